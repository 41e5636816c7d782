from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.variants import (
    ALL,
    CORRECTED,
    WITHOUT_COPIES,
    describe_copies,
    describe_shift,
    format_variants,
    measure_shift,
    summarise_variants,
    take_summaries,
    vary_predictions,
)
from cnnlab.faces.dataset import FaceDataset

from .languages import assert_same_numbers
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
    pd.testing.assert_frame_equal(
        take_summaries(records)["Network"], summarise(predictions, 50, seed=3)
    )
    table = format_variants(records, ["accuracy", "macro-F1"])
    assert table.index.tolist() == ["all images (96)", "without copies (92)"]
    assert table.columns.tolist() == ["Network: accuracy", "Network: macro-F1"]


def test_copies_are_counted():
    assert "2 (2.5%) have" in describe_copies(np.arange(80) < 2)
    assert "No image" in describe_copies(np.zeros(80, bool))
    assert "2 تصویر (2.5%)" in describe_copies(np.arange(80) < 2, "fa")


def made_dataset(train, validation):
    labels = np.concatenate([np.repeat(range(8), train), np.repeat(range(8), validation)])
    splits = np.repeat(["train", "validation"], [sum(train), sum(validation)])
    return FaceDataset("made", False, (), labels, splits)


def test_the_shift_is_named_with_the_classes_that_differ_most():
    train, validation = [10] * 8, [40, 5, 10, 5, 5, 5, 5, 5]
    text = describe_shift(made_dataset(train, validation))
    shift = measure_shift(EQUAL, np.array(validation) / 80)
    assert shift == pytest.approx(40 / 80 - 1 / 8)
    assert "37.5% of the images would have to change class" in text
    assert "neutral (12.5% of Train, 50.0% of Validation)" in text
    assert_same_numbers(text, describe_shift(made_dataset(train, validation), "fa"))
    assert "same shares" in describe_shift(made_dataset([3] * 8, [2] * 8))
