import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cnnlab.explain.upconvolution.judges import recognise_people, train_recogniser

RNG = np.random.default_rng(1)


def make_people(count, images_each):
    """Each person is a smooth pattern; light and noise change from image to image."""
    people = np.repeat(np.arange(count), images_each)
    patterns = np.kron(RNG.random((count, 8, 8, 1)), np.ones((1, 8, 8, 3)))[people]
    light = RNG.normal(0, 0.2, (len(people), 1, 1, 1))
    return (patterns + light + 0.1 * RNG.standard_normal(patterns.shape)), people


@pytest.fixture(scope="module")
def recogniser():
    return train_recogniser(*make_people(12, 8))


def test_other_people_are_told_apart_and_noise_is_nobody(recogniser):
    images, people = make_people(6, 5)
    assert recognise_people(recogniser, images, images, people).mean() > 0.9
    noise = RNG.random(images.shape)
    assert recognise_people(recogniser, noise, images, people).mean() == pytest.approx(0.5, abs=0.1)


def test_area_is_that_of_the_library_and_the_own_image_is_left_out(recogniser):
    images, people = make_people(4, 3)
    pictures = 0.5 * images + 0.5 * RNG.random(images.shape)
    areas = recognise_people(recogniser, pictures, images, people)
    scores = recogniser.describe(pictures) @ recogniser.describe(images).T
    others = np.arange(12) != 7
    expected = roc_auc_score((people == people[7])[others], scores[7][others])
    assert areas[7] == pytest.approx(expected)


def test_who_is_seen_once_has_no_figure(recogniser):
    images, people = make_people(3, 2)
    people[0] = 99
    areas = recognise_people(recogniser, images, images, people)
    np.testing.assert_array_equal(np.isnan(areas), [True, True, False, False, False, False])


def test_classes_are_told_apart_by_who_learned_them():
    rng = np.random.default_rng(3)
    patterns = np.kron(rng.random((4, 8, 8, 1)), np.ones((1, 8, 8, 3)))
    classes = np.arange(80) % 4
    pictures = patterns[classes] + 0.2 * rng.standard_normal((80, 64, 64, 3))
    judge = train_recogniser(pictures[:40], classes[:40])
    assert (judge.classify(pictures[40:]) == classes[40:]).mean() > 0.95
