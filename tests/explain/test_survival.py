import numpy as np
import pytest
from scipy.ndimage import shift as shift_image
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import normalize

from cnnlab.explain.upconvolution.survival import (
    choose_strangers,
    correlate_colour,
    find_own,
    measure_error,
    measure_shift,
    recognise_people,
    train_judge,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 64, 64, 3)).astype(np.float32)


def test_error_is_per_image_in_units_of_the_pixels():
    images = np.zeros((2, 4, 4, 3))
    pictures = images.copy()
    pictures[1] = 0.2
    np.testing.assert_allclose(measure_error(pictures, images), [0, 0.2])


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


def test_colour_follows_the_mean_and_nothing_else():
    people = np.arange(40) // 2
    colours = RNG.random((40, 1, 1, 3))
    images = colours + 0.1 * RNG.standard_normal((40, 8, 8, 3))
    pictures = np.broadcast_to(0.5 * colours + 0.1, images.shape)
    kept = correlate_colour(pictures, images, people, 200)
    assert kept.value > 0.98
    assert kept.low <= kept.value <= kept.high
    expected = np.mean(
        [
            np.corrcoef(images.mean((1, 2))[:, c], pictures.mean((1, 2))[:, c])[0, 1]
            for c in range(3)
        ]
    )
    assert kept.value == pytest.approx(expected)
    few = correlate_colour(pictures, images, people // 10, 200)
    assert few.value == kept.value and np.isnan(few.low)
    lost = correlate_colour(RNG.permutation(pictures), images, people, 200)
    assert lost.low < 0 < lost.high
    assert correlate_colour(np.full_like(images, 0.3), images, people, 200).n == 0


def test_strangers_are_other_people():
    people = np.repeat(np.arange(5), 4)
    strangers = choose_strangers(people, 20)
    assert (people[strangers] != people).all()
    assert (choose_strangers(None, 20) != np.arange(20)).all()
    with pytest.raises(ValueError, match="one person"):
        choose_strangers(np.zeros(4), 4)


def make_people(count, images_each):
    """Each person is a smooth pattern; light and noise change from image to image."""
    people = np.repeat(np.arange(count), images_each)
    patterns = np.kron(RNG.random((count, 8, 8, 1)), np.ones((1, 8, 8, 3)))[people]
    light = RNG.normal(0, 0.2, (len(people), 1, 1, 1))
    return (patterns + light + 0.1 * RNG.standard_normal(patterns.shape)), people


@pytest.fixture(scope="module")
def judge():
    return train_judge(*make_people(12, 8))


def test_other_people_are_told_apart_and_noise_is_nobody(judge):
    images, people = make_people(6, 5)
    assert recognise_people(judge, images, images, people).mean() > 0.9
    noise = RNG.random(images.shape)
    assert recognise_people(judge, noise, images, people).mean() == pytest.approx(0.5, abs=0.1)


def test_area_is_that_of_the_library_and_the_own_image_is_left_out(judge):
    images, people = make_people(4, 3)
    pictures = 0.5 * images + 0.5 * RNG.random(images.shape)
    areas = recognise_people(judge, pictures, images, people)
    scores = normalize(judge.transform(pictures)) @ normalize(judge.transform(images)).T
    others = np.arange(12) != 7
    expected = roc_auc_score((people == people[7])[others], scores[7][others])
    assert areas[7] == pytest.approx(expected)


def test_who_is_seen_once_has_no_figure(judge):
    images, people = make_people(3, 2)
    people[0] = 99
    areas = recognise_people(judge, images, images, people)
    np.testing.assert_array_equal(np.isnan(areas), [True, True, False, False, False, False])


def test_classes_are_told_apart_by_who_learned_them():
    rng = np.random.default_rng(3)
    patterns = np.kron(rng.random((4, 8, 8, 1)), np.ones((1, 8, 8, 3)))
    classes = np.arange(80) % 4
    pictures = patterns[classes] + 0.2 * rng.standard_normal((80, 64, 64, 3))
    judge = train_judge(pictures[:40], classes[:40])
    assert (judge.predict(pictures[40:]) == classes[40:]).mean() > 0.95
