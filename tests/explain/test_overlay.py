import numpy as np
import pytest
import tensorflow as tf

from cnnlab.explain.cam.overlay import measure_overlap, resize_maps

MAPS = np.random.default_rng(0).random((3, 8, 6)).astype(np.float32)


def test_agrees_with_half_pixel_centres_of_another_library():
    expected = tf.image.resize(MAPS[..., None], (128, 96), method="bilinear")[..., 0]
    np.testing.assert_allclose(resize_maps(MAPS, (128, 96)), expected, atol=1e-4)


@pytest.mark.parametrize(("row", "column"), [(1, 1), (3, 4), (6, 2)])
def test_does_not_shift_a_single_cell(row, column):
    cell = np.zeros((1, 8, 6), np.float32)
    cell[0, row, column] = 1
    large = resize_maps(cell, (128, 96))[0]
    # The centre of mass stays in the middle of the 16 x 16 pixels that the cell stands for.
    rows, columns = np.indices(large.shape)
    assert np.average(rows, weights=large) == pytest.approx(16 * row + 7.5)
    assert np.average(columns, weights=large) == pytest.approx(16 * column + 7.5)


def test_mirroring_commutes_with_resizing():
    np.testing.assert_allclose(
        resize_maps(MAPS[:, ::-1, ::-1], (128, 96)),
        resize_maps(MAPS, (128, 96))[:, ::-1, ::-1],
        atol=1e-5,
    )


def test_constant_maps_range_and_no_maps():
    np.testing.assert_allclose(resize_maps(np.full((1, 4, 4), 0.3), (37, 41)), 0.3, rtol=1e-6)
    large = resize_maps(MAPS, (100, 100))
    assert large.dtype == np.float32
    assert large.min() >= MAPS.min() - 1e-6
    assert large.max() <= MAPS.max() + 1e-6
    assert resize_maps(MAPS[:0], (5, 7)).shape == (0, 5, 7)


def test_overlap_of_equal_disjoint_nested_and_empty_maps():
    first = np.zeros((4, 4, 4))
    second = np.zeros((4, 4, 4))
    first[0, 1, 1] = second[0, 1, 1] = 0.5
    first[1, 0, 0] = second[1, 3, 3] = 1
    first[2, 0, :2] = 1
    second[2, 0, :1] = 1
    np.testing.assert_allclose(measure_overlap(first, second), [1, 0, 0.5, np.nan])
    np.testing.assert_allclose(measure_overlap(second, first), [1, 0, 0.5, np.nan])
