import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cnnlab.explain.deconvolution.selectivity import compute_areas, measure_selectivity

LABELS = np.tile(np.arange(4), 30)
PEOPLE = np.repeat(np.arange(20), 6)


def draw_peaks(units, seed=0):
    return np.random.default_rng(seed).normal(size=(len(LABELS), units)).astype(np.float32)


def test_areas_are_those_of_scikit_learn_ties_included():
    peaks = draw_peaks(5).round()
    areas = compute_areas(peaks, LABELS, np.arange(4))
    for unit, label in np.ndindex(areas.shape):
        expected = roc_auc_score(label == LABELS, peaks[:, unit])
        assert areas[unit, label] == pytest.approx(expected)


def test_units_without_preference_have_one_half_on_average():
    found = measure_selectivity(draw_peaks(400), LABELS, PEOPLE, 200, seed=0)
    assert found.value == pytest.approx(0.5, abs=0.02)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("people", [PEOPLE, None])
def test_units_with_a_preference_are_found(people):
    peaks = draw_peaks(2)
    peaks[LABELS == 2, 0] += 100
    peaks[LABELS == 0, 1] += 100
    assert measure_selectivity(peaks, LABELS, people, 50, seed=1).value == 1


def test_the_judge_has_not_seen_the_choice():
    # A unit that prefers one class in each person's own way: nothing carries over to others.
    rng = np.random.default_rng(0)
    peaks = np.zeros((len(LABELS), 300), np.float32)
    for person in np.unique(PEOPLE):
        favourites = rng.integers(4, size=300)
        peaks += (person == PEOPLE)[:, None] * (LABELS[:, None] == favourites)
    found = measure_selectivity(peaks, LABELS, PEOPLE, 50, seed=0)
    assert found.value == pytest.approx(0.5, abs=0.02)


def test_without_enough_people_nothing_is_claimed():
    alone = measure_selectivity(draw_peaks(3), LABELS, np.zeros(len(LABELS), int), 50, seed=0)
    assert alone.n == 0
    few = measure_selectivity(draw_peaks(3), LABELS, PEOPLE // 5, 50, seed=0)
    assert np.isfinite(few.value)
    assert np.isnan(few.low)
