from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cnnlab.evaluation.comparison import (
    average_columns,
    average_over_seeds,
    compare_networks,
    compare_over_seeds,
)
from cnnlab.evaluation.metrics import compute_figures, summarise
from cnnlab.networks.predictions import Predictions

from .made_predictions import make_predictions

LABELS = np.repeat(np.arange(8), 12)
PEOPLE = np.tile(np.arange(12), 8)


def predict(skill, seed):
    logits = np.random.default_rng(seed).normal(size=(len(LABELS), 8))
    logits[np.arange(len(LABELS)), LABELS] += skill
    return Predictions(LABELS, logits, f"{skill}-{seed}", "made", "Validation/", PEOPLE)


def test_a_network_equals_itself():
    predictions = make_predictions()
    assert (compare_networks(predictions, predictions, 100, seed=0).to_numpy() == 0).all()


def test_the_first_is_subtracted_from_the_second():
    knows_nothing, knows_all = make_predictions(signal=0), make_predictions(signal=50)
    accuracy = compare_networks(knows_nothing, knows_all, 100, seed=0).loc["accuracy"]
    wrong = (knows_nothing.predicted != knows_nothing.labels).mean()
    assert accuracy["estimate"] == pytest.approx(wrong)
    assert accuracy["low"] < wrong < accuracy["high"]


def test_pairing_narrows_the_interval_where_networks_err_together():
    first = make_predictions(per_class=40)
    noise = np.random.default_rng(1).normal(scale=0.1, size=first.logits.shape)
    second = replace(first, logits=first.logits + noise)
    paired = compare_networks(first, second, 400, seed=0).loc["accuracy"]
    single = summarise(first, 400, seed=0).loc["accuracy"]
    assert paired["high"] - paired["low"] < (single["high"] - single["low"]) / 2


def test_different_images_are_refused():
    with pytest.raises(ValueError, match="not given the same images"):
        compare_networks(make_predictions(seed=0), make_predictions(seed=1), 10, seed=0)


def test_one_seed_each_is_the_paired_comparison():
    first, second = predict(0.5, 1), predict(1.5, 2)
    found = compare_over_seeds([first], [second], compute_figures, LABELS, PEOPLE, 300, 7)
    expected = compare_networks(first, second, 300, 7)
    found = found.rename(columns={"difference": "estimate"})[["estimate", "low", "high"]]
    pd.testing.assert_frame_equal(found, expected, check_names=False)


def test_the_same_networks_do_not_differ_on_average():
    way = [predict(1, seed) for seed in range(3)]
    found = compare_over_seeds(way, way, compute_figures, LABELS, PEOPLE, 200, 0)
    assert (found["difference"] == 0).all()
    assert (found["low"] < 0).all() and (found["high"] > 0).all()


def test_few_people_have_no_interval():
    way, few = [predict(1, 0)], np.arange(len(LABELS)) % 4
    found = compare_over_seeds(way, [predict(2, 1)], compute_figures, LABELS, few, 50, 0)
    assert found[["low", "high"]].isna().all(axis=None) and found["difference"].notna().all()


def test_seeds_alone_give_welchs_interval():
    """Values that are the same for all images leave nothing but the seeds' scatter."""
    n, values, others = 50, np.array([1.0, 2.0, 6.0]), np.array([0.5, 0.6, 0.3, 0.9])
    first, second = (
        [pd.DataFrame({"x": np.full(n, value)}) for value in way] for way in (others, values)
    )
    labels = np.zeros(n, int)
    found = compare_over_seeds(first, second, average_columns, labels, None, 50, 0).loc["x"]
    expected = stats.ttest_ind(values, others, equal_var=False).confidence_interval(0.95)
    assert found["difference"] == pytest.approx(values.mean() - others.mean())
    np.testing.assert_allclose([found["low"], found["high"]], expected, rtol=1e-9)


def test_the_interval_of_three_seeds_covers_as_often_as_it_says():
    n, trials, labels = 40, 200, np.zeros(40, int)
    rng, covered = np.random.default_rng(1), 0
    for _ in range(trials):
        of_images = rng.normal(0, 1, n)  # how hard an image is, for all networks alike
        ways = [
            [
                pd.DataFrame({"x": of_images * gain + rng.normal(0, 0.2) + rng.normal(0, 0.5, n)})
                for _ in range(3)
            ]
            for gain in (1.0, 1.5)
        ]
        found = compare_over_seeds(*ways, average_columns, labels, None, 100, 0).loc["x"]
        covered += found["low"] <= 0 <= found["high"]
    # Resampling the three seeds themselves, it would be about 0.87.
    assert 0.92 <= covered / trials <= 0.99


def test_columns_are_averaged_over_the_images_that_have_values():
    values = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [np.nan, np.nan, 4.0]})
    found = average_columns(values, np.array([[1, 1, 1], [2, 1, 0]]))
    assert found["a"].tolist() == pytest.approx([1.5, 4 / 3])
    assert found["b"].iloc[0] == 4 and np.isnan(found["b"].iloc[1])


def test_the_mean_over_seeds_has_students_interval():
    # Three values with the standard deviation 0.1: t with two degrees of freedom is 4.303.
    mean = average_over_seeds(pd.Series([0.6, 0.7, 0.8]))
    assert mean.value == pytest.approx(0.7)
    assert (mean.low, mean.high) == pytest.approx((0.7 - 0.24841, 0.7 + 0.24841), abs=1e-4)
    assert repr(average_over_seeds(pd.Series([0.5]))) == "0.50"
