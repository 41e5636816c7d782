import numpy as np

from cnnlab.explain.samples import Samples, choose_samples, complete_samples

LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
CONFIDENCE = np.array([0.5, 0.9, 0.6, 0.7, 0.8, 0.95, 0.6, 0.7, 0.9])
PREDICTED = np.array([0, 0, 0, 1, 2, 1, 0, 1, 2])
PROBABILITIES = np.full((9, 3), 0.0)
PROBABILITIES[np.arange(9), PREDICTED] = CONFIDENCE


def test_the_surest_comes_first_and_another_after_it():
    chosen = choose_samples(LABELS, PROBABILITIES, 0, seed=1)
    assert chosen.right[0] == 1
    assert chosen.right[1] in (0, 2)
    assert chosen.wrong[0] == 5
    assert chosen.wrong[1] in (3, 4)
    assert chosen == choose_samples(LABELS, PROBABILITIES, 0, seed=1)


def test_the_second_is_drawn_at_random():
    seconds = {choose_samples(LABELS, PROBABILITIES, 0, seed).wrong[1] for seed in range(20)}
    assert seconds == {3, 4}


def test_fewer_where_there_are_fewer():
    one = choose_samples(LABELS, PROBABILITIES, 1, seed=1)
    assert (one.right, one.wrong) == ((7,), (6,))
    assert choose_samples(LABELS, PROBABILITIES, 2, seed=1).wrong == ()


def test_another_split_stands_in_only_for_what_is_missing():
    spare = Samples(right=(3, 4), wrong=(0, 2))
    filled = complete_samples(Samples(right=(5, 6), wrong=(7,)), spare, offset=100)
    assert (filled.right, filled.wrong) == ((5, 6), (7, 100))
    none = complete_samples(Samples((), ()), Samples(right=(1,), wrong=()), offset=10)
    assert (none.right, none.wrong) == ((11,), ())
