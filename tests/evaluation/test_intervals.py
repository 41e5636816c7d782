import numpy as np
import pytest
from scipy import stats

from cnnlab.evaluation.intervals import average, compare_groups, compare_within


def test_interval_agrees_with_scipys_bootstrap():
    values = np.random.default_rng(0).gamma(2, size=60)
    found = average(values, None, 4000, 1)
    expected = stats.bootstrap((values,), np.mean, method="percentile", rng=2, n_resamples=4000)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=0.04)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=0.04)


def test_people_are_resampled_whole():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(12), 10)
    values = rng.normal(size=12)[people] + 0.01 * rng.normal(size=120)
    by_person = average(values, people, 1000, 0)
    by_image = average(values, None, 1000, 0)
    # Ten copies of one figure are no ten observations: sqrt(10) times as wide.
    ratio = (by_person.high - by_person.low) / (by_image.high - by_image.low)
    assert 2 < ratio < 4.5


def test_what_is_not_a_number_is_left_out():
    found = average(np.array([1.0, np.nan, 3.0]), np.array([0, 1, 2]), 100, 0)
    assert (found.value, found.n) == (2, 2)


def test_no_image_and_few_people_have_no_interval():
    assert average(np.array([np.nan]), None, 100, 0).format() == "–"
    four = average(np.array([0.25, 0.75] * 4), np.arange(8) % 4, 100, 0)
    assert four.format() == "0.50"
    assert average(np.full(5, 0.25), None, 100, 0).format(1) == "0.3 [0.3, 0.3]"


def test_difference_of_groups_agrees_with_welchs_interval():
    rng = np.random.default_rng(3)
    groups = np.arange(300) < 120
    values = rng.normal(size=300) + 0.5 * groups
    found = compare_groups(values, groups, None, 4000, 1)
    expected = stats.ttest_ind(values[groups], values[~groups], equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.value == pytest.approx(values[groups].mean() - values[~groups].mean())
    assert found.low == pytest.approx(interval.low, abs=0.04)
    assert found.high == pytest.approx(interval.high, abs=0.04)


def test_difference_needs_two_groups():
    values = np.array([1.0, 2, 3, 4])
    assert compare_groups(values, np.full(4, True), None, 100, 0).n == 0
    assert compare_groups(values, np.full(4, False), None, 100, 0).n == 0
    single = compare_groups(values, np.array([True, False, False, False]), None, 100, 0)
    assert single.value == -2
    assert np.isnan(single.low)
    four_people = compare_groups(np.arange(20.0), np.arange(20) < 8, np.arange(20) // 2, 100, 0)
    assert four_people.value == -10
    assert np.isnan(four_people.low)


def make_strata(shift, seed=0):
    """Two strata far apart, the first group mostly in the lower one, and a shift within each."""
    rng = np.random.default_rng(seed)
    strata = np.repeat([0, 1], 150)
    in_first = rng.random(300) < np.where(strata == 0, 0.7, 0.2)
    return 3 * strata + shift * in_first + rng.normal(size=300), in_first, strata


def test_difference_within_strata_is_that_of_least_squares():
    values, in_first, strata = make_strata(0.5)
    found = compare_within(values, in_first, strata, None, 4000, 1)
    design = np.column_stack([in_first, strata == 0, strata == 1]).astype(float)
    solution, [residual], *_ = np.linalg.lstsq(design, values)
    error = np.sqrt(residual / (300 - 3) * np.linalg.inv(design.T @ design)[0, 0])
    assert found.value == pytest.approx(solution[0])
    assert found.low == pytest.approx(solution[0] - 1.96 * error, abs=0.04)
    assert found.high == pytest.approx(solution[0] + 1.96 * error, abs=0.04)


def test_strata_of_other_sizes_make_no_difference():
    facts = make_strata(0.0)
    assert compare_groups(*facts[:2], None, 500, 0).high < -0.5  # confounded
    within = compare_within(*facts, None, 500, 0)
    assert within.low < 0 < within.high


def test_strata_without_both_groups_say_nothing():
    values, in_first, strata = make_strata(0.5)
    alone = np.append(values, 99.0), np.append(in_first, True), np.append(strata, 2)
    found = compare_within(*alone, None, 100, 0)
    assert found == compare_within(values, in_first, strata, None, 100, 0)
    apart = compare_within(values, strata == 0, strata, None, 100, 0)
    assert apart.n == 0 and np.isnan(apart.value)
    few = compare_within(values, in_first, strata, np.arange(300) % 4, 100, 0)
    assert np.isfinite(few.value) and np.isnan(few.low)
    gap = np.where(np.arange(300) == 5, np.nan, values)
    assert compare_within(gap, in_first, strata, None, 100, 0).n == 299
