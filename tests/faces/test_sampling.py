"""Choices of images."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.faces.sampling import choose_people


@given(st.integers(1, 6), st.integers(0, 3), st.integers(1, 8))
def test_chosen_people_show_every_class_once(complete, partly, count):
    # Everybody shows each of three classes twice; some of them never show the last.
    people = np.repeat(np.arange(complete + partly), 6)
    labels = np.tile([0, 1, 2, 0, 1, 2], complete + partly)
    keep = np.flatnonzero((labels < 2) | (people < complete))
    sheet = choose_people(labels, people, keep, count, seed=1)
    assert sheet.shape == (3, min(count, complete))
    np.testing.assert_array_equal(labels[sheet], np.arange(3)[:, None] * np.ones_like(sheet))
    assert (people[sheet] == people[sheet[:1]]).all()
    assert len(np.unique(people[sheet[0]])) == sheet.shape[1]
    shuffled = np.random.default_rng(0).permutation(keep)
    np.testing.assert_array_equal(choose_people(labels, people, shuffled, count, seed=1), sheet)


def test_nobody_is_chosen_where_nobody_shows_all():
    labels, people = np.array([0, 1]), np.array([5, 6])
    assert choose_people(labels, people, np.arange(2), 3, seed=0).shape == (2, 0)
