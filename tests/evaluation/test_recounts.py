from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.recounts import (
    ALL,
    CORRECTED,
    WITHOUT_COPIES,
    correct_for_shares,
    estimate_shares,
    format_variants,
    summarise_variants,
    vary_predictions,
)
from cnnlab.networks.predictions import Predictions

from .made_predictions import make_predictions

RNG = np.random.default_rng(0)
CENTRES = 2.0 * np.eye(8)
EQUAL = np.full(8, 1 / 8)


def sample(shares, n=6000):
    """Draw points around eight centres and the exact answers for equal shares."""
    labels = RNG.choice(8, n, p=shares)
    points = CENTRES[labels] + RNG.standard_normal((n, 8))
    logits = points @ CENTRES.T - (CENTRES**2).sum(axis=1) / 2
    return Predictions(labels, logits, "exact", "made", "Validation/")


def test_shares_are_found_without_labels():
    shares = np.array([0.3, 0.25, 0.15, 0.1, 0.1, 0.05, 0.03, 0.02])
    found = estimate_shares(sample(shares).probabilities, EQUAL)
    np.testing.assert_allclose(found, shares, atol=0.02)
    assert found.sum() == pytest.approx(1)


def test_equal_shares_stay_equal():
    np.testing.assert_allclose(
        estimate_shares(sample(EQUAL).probabilities, EQUAL), EQUAL, atol=0.02
    )


def test_a_class_that_no_image_shows_keeps_a_share():
    shares = np.array([0.6, 0.4, 0, 0, 0, 0, 0, 0])
    found = estimate_shares(sample(shares, 50).probabilities, EQUAL)
    assert (found > 0).all()
    assert found[2:].max() < found[:2].min()


def test_the_correction_is_bayes_rule_and_helps():
    shares = np.array([0.5, 0.3, 0.1, 0.04, 0.03, 0.01, 0.01, 0.01])
    before = sample(shares)
    after = correct_for_shares(before, EQUAL, shares)
    expected = softmax(before.logits, axis=1) * shares
    np.testing.assert_allclose(after.probabilities, expected / expected.sum(1, keepdims=True))
    assert (after.predicted == after.labels).mean() > (before.predicted == before.labels).mean()
    assert after.losses.mean() < before.losses.mean()
    np.testing.assert_allclose(correct_for_shares(after, shares, EQUAL).logits, before.logits)


def test_data_without_copies_and_of_the_learned_shares_have_one_variant():
    predictions = make_predictions()
    assert vary_predictions(predictions, np.zeros(96, bool), EQUAL) == {ALL: predictions}


def test_copies_are_left_out_with_their_labels_and_people():
    predictions = make_predictions(identities=np.arange(96) // 4)
    copies = np.arange(96) % 5 == 0
    variants = vary_predictions(predictions, copies, EQUAL)
    rest = variants[WITHOUT_COPIES]
    assert variants[ALL] is predictions
    np.testing.assert_array_equal(rest.labels, predictions.labels[~copies])
    np.testing.assert_array_equal(rest.logits, predictions.logits[~copies])
    np.testing.assert_array_equal(rest.identities, predictions.identities[~copies])


def test_copies_stay_where_a_class_would_be_lost():
    predictions = make_predictions()
    assert WITHOUT_COPIES not in vary_predictions(predictions, predictions.labels == 7, EQUAL)


def test_other_shares_than_learned_are_corrected_for_without_the_labels():
    signal = 2.0
    many = make_predictions(per_class=60, signal=signal)
    # Log-likelihoods of normal noise: calibrated, as the correction presupposes.
    many = replace(many, logits=signal * many.logits)
    rows = np.flatnonzero((many.labels < 2) | (np.arange(len(many)) % 6 == 0))
    predictions = many.select(rows)
    corrected = vary_predictions(predictions, np.zeros(len(rows), bool), EQUAL)[CORRECTED]
    assert corrected.losses.mean() < predictions.losses.mean()
    relabelled = replace(predictions, labels=np.sort(predictions.labels))
    again = vary_predictions(relabelled, np.zeros(len(rows), bool), EQUAL)[CORRECTED]
    np.testing.assert_array_equal(again.logits, corrected.logits)


def test_the_table_has_a_row_a_variant_and_a_column_a_network_and_figure():
    predictions = make_predictions()
    copies = np.arange(96) < 4
    records = summarise_variants(vary_predictions(predictions, copies, EQUAL), 50, seed=3)
    whole = records[records["variant"] == ALL].set_index("figure")[["estimate", "low", "high"]]
    pd.testing.assert_frame_equal(whole, summarise(predictions, 50, seed=3), check_names=False)
    table = format_variants(records, ["accuracy", "macro-F1"])
    assert table.index.tolist() == ["all images (96)", "without copies (92)"]
    assert table.columns.tolist() == ["Network: accuracy", "Network: macro-F1"]
