import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from cnnlab.explain.cam.class_activation import hires_cam
from cnnlab.explain.cam.faithfulness import follow_deletion, follow_insertion, measure_area
from cnnlab.explain.cam.plausibility import draw_baselines, play_pointing_game, share_inside
from cnnlab.explain.cam.stability import measure_stability, shift_pixels

RNG = np.random.default_rng(0)


def build_window(rows, columns, size=16, slope=0.2):
    """A network whose logit 0 is the brightness of a window of the image; logit 1 is 0."""
    inputs = keras.Input((size, size, 1))
    maps = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="last")(inputs)
    weights = np.zeros((size, size, 2), np.float32)
    weights[rows, columns, 0] = slope
    dense = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(inputs, dense(keras.layers.Flatten()(maps)))
    dense.set_weights([weights.reshape(size * size, 2)])
    return model


def test_energy_is_shared_between_inside_and_outside():
    maps, masks = RNG.random((5, 6, 7)), RNG.random((5, 6, 7)) < 0.4
    inside = share_inside(maps, masks)
    np.testing.assert_allclose(inside + share_inside(maps, ~masks), 1)
    np.testing.assert_allclose(share_inside(3 * maps, masks), inside)
    np.testing.assert_allclose(share_inside(np.ones((5, 6, 7)), masks), masks.mean(axis=(1, 2)))


def test_maps_and_masks_that_say_nothing_have_no_score():
    maps = np.stack([np.zeros((2, 2)), np.ones((2, 2))])
    masks = np.array([[[True, False]] * 2, [[False, False]] * 2])
    assert np.isnan(share_inside(maps, masks)).all()
    assert np.isnan(play_pointing_game(maps, masks)).all()


def test_the_pointing_game_looks_at_the_peak_only():
    maps = np.full((2, 3, 3), 0.5)
    maps[0, 2, 1] = 1
    maps[1, 0, 0] = maps[1, 2, 2] = 1
    mask = np.zeros((2, 3, 3), bool)
    mask[:, 2] = True
    assert play_pointing_game(maps, mask).tolist() == [1.0, 0.5]
    assert play_pointing_game(maps, ~mask).tolist() == [0.0, 0.5]


def test_baselines_are_what_their_names_say():
    images = np.zeros((3, 32, 32, 3), np.float32)
    images[:, :, 16:] = 1
    found = draw_baselines(images, (4, 4), seed=1)
    assert all(maps.shape == (3, 32, 32) and maps.min() >= 0 for maps in found.values())
    assert found["edges"][0].any(axis=0).nonzero()[0].tolist() == [15, 16]
    assert not np.allclose(found["random"][0], found["random"][1])
    np.testing.assert_array_equal(found["random"], draw_baselines(images, (4, 4), 1)["random"])


def test_deleting_what_counts_first_falls_first():
    model = build_window(slice(8, 16), slice(0, 16), slope=0.02)
    images = RNG.uniform(0.2, 0.4, (3, 16, 16, 1)).astype(np.float32)
    images[:, 8:] += 0.6
    truth = np.zeros((3, 16, 16))
    truth[:, 8:] = 1
    targets = np.zeros(3, int)
    right = follow_deletion(model, images, truth, targets)
    wrong = follow_deletion(model, images, 1 - truth, targets)
    np.testing.assert_allclose(right[:, 0], softmax(model.predict(images, verbose=0), 1)[:, 0])
    np.testing.assert_allclose(right[:, -1], wrong[:, -1], rtol=1e-5)
    assert (measure_area(right) < measure_area(wrong)).all()
    # With the right half gone, nothing else changes the answer.
    np.testing.assert_allclose(right[:, 8], right[:, -1], rtol=1e-4)
    np.testing.assert_allclose(wrong[:, 8], wrong[:, 0], rtol=1e-4)


def test_inserting_what_counts_first_rises_first():
    model = build_window(slice(4, 8), slice(4, 8), slope=0.5)
    images = np.zeros((1, 16, 16, 1), np.float32)
    images[:, 4:8, 4:8] = 1
    truth = images[..., 0]
    right = follow_insertion(model, images, truth, np.zeros(1, int))
    wrong = follow_insertion(model, images, 1 - truth, np.zeros(1, int))
    np.testing.assert_allclose(right[:, 1], right[:, -1], rtol=1e-5)
    assert measure_area(right) > measure_area(wrong) + 0.05


def test_areas_are_those_of_the_trapezoids():
    assert measure_area(np.array([[0.0, 1.0], [1.0, 1.0]])).tolist() == [0.5, 1.0]
    np.testing.assert_allclose(measure_area(np.linspace(0, 1, 11)[None] ** 2), 0.335)


@given(st.integers(-5, 5), st.integers(-5, 5))
@settings(max_examples=20, deadline=None)
def test_shifts_move_pixels_and_repeat_the_border(down, right):
    images = RNG.random((2, 9, 8, 3))
    moved = shift_pixels(images, (down, right))
    for row in range(9):
        for column in range(8):
            source = np.clip([row - down, column - right], 0, [8, 7])
            np.testing.assert_array_equal(moved[:, row, column], images[:, source[0], source[1]])


def test_maps_of_a_convolution_with_average_pooling_move_with_the_image():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="last")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    images = np.zeros((4, 16, 16, 1), np.float32)
    images[:, 5:11, 5:11] = RNG.random((4, 6, 6, 1))
    targets = np.array([0, 1, 0, 1])
    found = measure_stability(hires_cam, model, images, "last", targets, (2, -3))
    moving = found[np.isfinite(found)]
    assert len(moving) >= 2
    np.testing.assert_allclose(moving, 1, atol=1e-4)


def test_maps_that_stay_where_they_are_are_unstable():
    model = build_window(slice(6, 10), slice(6, 10))
    images = np.ones((2, 16, 16, 1), np.float32)
    found = measure_stability(hires_cam, model, images, "last", np.zeros(2, int), (0, 2))
    # The window of 4 columns stays; moved back by 2 it shares half of itself with the map before.
    np.testing.assert_allclose(found, 1 / 3, atol=1e-5)


@pytest.mark.parametrize("follow", [follow_deletion, follow_insertion])
def test_curves_have_a_probability_for_each_step(follow):
    model = build_window(slice(0, 4), slice(0, 4))
    images, maps = RNG.random((2, 16, 16, 1)).astype(np.float32), RNG.random((2, 16, 16))
    curves = follow(model, images, maps, np.array([0, 1]), steps=5)
    assert curves.shape == (2, 6)
    assert ((curves >= 0) & (curves <= 1)).all()
