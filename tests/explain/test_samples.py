import numpy as np
import pytest

from cnnlab.explain.cam.samples import choose_located, choose_samples, find_moved_pixels
from cnnlab.faces.dataset import CLASSES

from .made_faces import make_faces

LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
CONFIDENCE = np.array([0.5, 0.9, 0.6, 0.7, 0.8, 0.95, 0.6, 0.7, 0.9])
PREDICTED = np.array([0, 0, 0, 1, 2, 1, 0, 1, 2])
PROBABILITIES = np.full((9, 3), 0.0)
PROBABILITIES[np.arange(9), PREDICTED] = CONFIDENCE


def choose(label, spare_from=9, seed=1):
    return choose_samples(LABELS, PROBABILITIES, label, spare_from, seed)


def test_the_surest_comes_first_and_another_after_it():
    right, wrong = choose(0)
    assert right[0] == 1 and right[1] in (0, 2)
    assert wrong[0] == 5 and wrong[1] in (3, 4)
    assert choose(0) == (right, wrong)


def test_the_second_is_drawn_at_random():
    assert {choose(0, seed=seed)[1][1] for seed in range(20)} == {3, 4}


def test_fewer_where_there_are_fewer():
    assert choose(1) == ((7,), (6,))
    assert choose(2) == ((8,), ())


def test_spare_images_stand_in_only_for_what_is_missing():
    assert choose(0, spare_from=5)[0] == choose(0)[0]
    right, wrong = choose(0, spare_from=4)
    assert wrong == (3, 5)
    right, _ = choose(0, spare_from=1)
    assert right == (0, 1)
    assert choose(0, spare_from=0) == choose(0)


def test_neutral_images_have_no_place_and_are_left_out():
    faces = make_faces()
    rows = choose_located(faces, faces.split.training, 2)
    assert np.bincount(faces.labels[rows], minlength=8).tolist() == [0] + [2] * 7
    assert CLASSES[0] == "neutral" and set(rows) <= set(faces.split.training)


def test_nobody_knows_what_moved_in_photographs():
    with pytest.raises(ValueError, match="only of rendered faces"):
        find_moved_pixels(make_faces(), np.arange(2))
