from dataclasses import replace

import numpy as np
import pandas as pd

from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.recounts import (
    ALL,
    CORRECTED,
    WITHOUT_COPIES,
    format_variants,
    summarise_variants,
    vary_predictions,
)

from .made_predictions import make_predictions

EQUAL = np.full(8, 1 / 8)


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
