from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from cnnlab.evaluation.comparison import compare_networks
from cnnlab.evaluation.metrics import summarise
from cnnlab.networks.predictions import Predictions

from .made_predictions import make_predictions


def answer(labels, answers):
    logits = 5.0 * (answers[:, None] == np.arange(8))
    return Predictions(labels, logits, "Network", "data", "split")


def test_a_network_equals_itself():
    predictions = make_predictions()
    comparison = compare_networks(predictions, predictions, 100, seed=0)
    assert (comparison.differences.to_numpy() == 0).all()
    assert (comparison.only_first, comparison.only_second) == (0, 0)
    assert comparison.p_value == 1


def test_mcnemar_by_hand():
    labels = np.tile(np.arange(8), 5)
    first, second = labels.copy(), labels.copy()
    first[:9] = (labels[:9] + 1) % 8
    second[9:11] = (labels[9:11] + 1) % 8
    second[:1] = first[:1] = (labels[:1] + 1) % 8
    comparison = compare_networks(answer(labels, first), answer(labels, second), 200, seed=0)
    assert (comparison.only_first, comparison.only_second) == (2, 8)
    # Two-sided, 10 differing images under one half: P(<= 2) + P(>= 8).
    assert comparison.p_value == pytest.approx(2 * binom.cdf(2, 10, 0.5))
    assert comparison.differences.loc["accuracy", "estimate"] == pytest.approx(6 / 40)


def test_pairing_narrows_the_interval_where_networks_err_together():
    first = make_predictions(per_class=40)
    noise = np.random.default_rng(1).normal(scale=0.1, size=first.logits.shape)
    second = replace(first, logits=first.logits + noise)
    paired = compare_networks(first, second, 400, seed=0).differences.loc["accuracy"]
    single = summarise(first, 400, seed=0).loc["accuracy"]
    assert paired["high"] - paired["low"] < (single["high"] - single["low"]) / 2


def test_different_images_are_refused():
    with pytest.raises(ValueError, match="not given the same images"):
        compare_networks(make_predictions(seed=0), make_predictions(seed=1), 10, seed=0)
