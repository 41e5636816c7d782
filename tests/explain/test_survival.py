import numpy as np
import pytest
from scipy.ndimage import shift as shift_image

from cnnlab.explain.upconvolution import survival
from cnnlab.explain.upconvolution.survival import (
    choose_strangers,
    correlate_colour,
    find_own,
    measure_error,
    measure_shift,
    measure_similarity,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 64, 64, 3)).astype(np.float32)


def test_error_is_per_image_in_units_of_the_pixels():
    images = np.zeros((2, 4, 4, 3))
    pictures = images.copy()
    pictures[1] = 0.2
    np.testing.assert_allclose(measure_error(pictures, images), [0, 0.2])


def test_similarity_is_one_for_the_image_and_falls_with_noise():
    noise = RNG.normal(0, 0.1, IMAGES.shape).astype(np.float32)
    levels = [measure_similarity(IMAGES + k * noise, IMAGES).mean() for k in range(3)]
    assert levels[0] == pytest.approx(1)
    assert levels[0] > levels[1] > levels[2]


def test_shift_is_the_distance_that_a_picture_was_moved():
    moved = np.stack([shift_image(image, (2, -1, 0), order=0) for image in IMAGES])
    np.testing.assert_allclose(measure_shift(moved, IMAGES), np.hypot(2, 1))
    assert not measure_shift(IMAGES, IMAGES).any()
    # A picture without content fits everywhere: it counts as not moved.
    flat = np.full_like(IMAGES, 0.5)
    assert not measure_shift(flat, flat).any()


def test_own_image_is_found_and_hits_are_shared_among_equals():
    pictures = 0.5 * IMAGES + 0.25
    np.testing.assert_array_equal(find_own(pictures, IMAGES), np.ones(6))
    assert not find_own(np.roll(IMAGES, 1, axis=0), IMAGES).any()
    twins = IMAGES.copy()
    twins[1] = twins[0]
    np.testing.assert_allclose(find_own(twins, twins), [0.5, 0.5, 1, 1, 1, 1])


def test_own_image_is_found_though_rounding_leaves_a_negative_distance(monkeypatch):
    exact = survival._square_distances
    monkeypatch.setattr(survival, "_square_distances", lambda *pair: exact(*pair) - 1e-9)
    np.testing.assert_array_equal(find_own(IMAGES, IMAGES), np.ones(6))
    assert not find_own(np.roll(IMAGES, 1, axis=0), IMAGES).any()


def test_colour_follows_the_mean_and_nothing_else():
    people = np.arange(40) // 2
    colours = RNG.random((40, 1, 1, 3))
    images = colours + 0.1 * RNG.standard_normal((40, 8, 8, 3))
    pictures = np.broadcast_to(0.5 * colours + 0.1, images.shape)
    kept = correlate_colour(pictures, images, people, 200, 0)
    assert kept.value > 0.98
    assert kept.low <= kept.value <= kept.high
    expected = np.mean(
        [
            np.corrcoef(images.mean((1, 2))[:, c], pictures.mean((1, 2))[:, c])[0, 1]
            for c in range(3)
        ]
    )
    assert kept.value == pytest.approx(expected)
    lost = correlate_colour(RNG.permutation(pictures), images, people, 200, 0)
    assert lost.low < 0 < lost.high
    assert correlate_colour(np.full_like(images, 0.3), images, people, 200, 0).n == 0


def test_strangers_are_other_people():
    people = np.repeat(np.arange(5), 4)
    strangers = choose_strangers(people, 20, 0)
    assert (people[strangers] != people).all()
    assert (choose_strangers(None, 20, 0) != np.arange(20)).all()
    with pytest.raises(ValueError, match="one person"):
        choose_strangers(np.zeros(4), 4, 0)
