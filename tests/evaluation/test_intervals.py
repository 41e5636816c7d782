import numpy as np
import pytest
from scipy import stats
from scipy.stats import norm

from cnnlab.evaluation.intervals import (
    CHUNK,
    average,
    compare_within,
    draw_counts,
    percentile_interval,
)


def draw_all(*arguments):
    return np.concatenate(list(draw_counts(*arguments)))


def test_without_identities_every_class_keeps_its_number_of_images():
    labels = np.repeat(np.arange(8), np.arange(1, 9))
    counts = draw_all(labels, None, 300, 0)
    assert counts.shape == (300, 36)
    for label in range(8):
        assert (counts[:, labels == label].sum(axis=1) == label + 1).all()
    # A class of one image has no choice; others vary.
    assert (counts[:, 0] == 1).all()
    assert counts[:, -1].std() > 0.5


def test_with_identities_people_are_drawn_with_all_their_images():
    identities = np.repeat(np.arange(6), 8)
    labels = np.tile(np.arange(8), 6)
    counts = draw_all(labels, identities, 100, 0).reshape(100, 6, 8)
    assert (counts == counts[:, :, :1]).all()
    assert (counts[:, :, 0].sum(axis=1) == 6).all()


def test_resamples_that_miss_a_class_are_drawn_again():
    identities = np.array([0, 1, 1, 2, 2, 3])
    labels = np.array([0, 0, 1, 0, 1, 0])
    counts = draw_all(labels, identities, 500, 0)
    assert len(counts) == 500
    assert (counts[:, labels == 1].sum(axis=1) > 0).all()


def test_too_few_people_are_refused():
    # Each of 40 classes has one person of its own: no draw of 40 people hits them all.
    labels = np.arange(40)
    with pytest.raises(ValueError, match="40 people are too few"):
        draw_all(labels, labels, 10, 0)


def test_the_last_chunk_is_as_short_as_it_has_to_be_and_seeds_repeat():
    labels = np.repeat(np.arange(8), 3)
    sizes = [len(chunk) for chunk in draw_counts(labels, None, CHUNK + 7, 3)]
    assert sizes == [CHUNK, 7]
    assert (draw_all(labels, None, 50, 3) == draw_all(labels, None, 50, 3)).all()
    assert (draw_all(labels, None, 50, 3) != draw_all(labels, None, 50, 4)).any()


def test_bootstrap_of_a_mean_has_the_standard_error_of_theory():
    values = np.random.default_rng(0).normal(size=200)
    means = draw_all(np.zeros(200, int), None, 4000, 1) @ values / 200
    low, high = percentile_interval(means)
    half = norm.ppf(0.975) * values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        right = (rng.random(120) < 0.6).astype(float)
        low, high = percentile_interval(
            draw_all(np.zeros(120, int), None, 400, trial) @ right / 120
        )
        covered += low <= 0.6 <= high
    # 95% nominal; the standard error of 300 trials is 1.3%.
    assert 0.90 <= covered / 300 <= 0.99


def test_images_of_one_person_make_the_interval_wider_than_independent_images():
    identities = np.repeat(np.arange(30), 8)
    labels = np.tile(np.arange(8), 30)
    right = np.random.default_rng(0).integers(0, 2, 30).repeat(8).astype(float)

    def width(people):
        low, high = percentile_interval(draw_all(labels, people, 1000, 0) @ right / 240)
        return high - low

    # Eight copies of each outcome are no new information: wider by the root of 8.
    assert width(identities) == pytest.approx(np.sqrt(8) * width(None), rel=0.15)


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
    values, in_first, strata = make_strata(0.0)
    pooled = compare_within(values, in_first, np.zeros(300, int), None, 500, 0)
    assert pooled.high < -0.5  # confounded
    within = compare_within(values, in_first, strata, None, 500, 0)
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
