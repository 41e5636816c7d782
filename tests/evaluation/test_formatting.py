"""Numbers, intervals and tables as text."""

import pandas as pd

from cnnlab.evaluation.formatting import (
    Estimate,
    format_classes,
    format_interval,
    format_number,
    format_summaries,
)
from cnnlab.evaluation.metrics import summarise, summarise_classes
from cnnlab.faces.dataset import CLASSES

from .made_predictions import make_predictions


def test_intervals_have_a_minus_sign_and_fixed_digits():
    row = pd.Series({"estimate": -0.1, "low": -0.25, "high": 0.05})
    assert format_interval(row) == "−0.10 [−0.25, 0.05]"
    assert Estimate.of(row).format(1) == "−0.1 [−0.3, 0.1]"


def test_halves_are_rounded_alike_whatever_the_unit():
    for images in range(41):
        share = images / 40
        percent = format_number(100 * share, 0)
        assert format_number(share, 2) == f"{int(percent) / 100:.2f}"
    assert format_number(-0.004, 2) == "0.00"
    assert format_number(-0.005, 2) == "−0.01"


def test_tables_have_a_row_for_each_figure_and_class():
    predictions = make_predictions()
    table = format_summaries({"A": summarise(predictions, 20, 0)})
    assert table.loc["accuracy", "A"].count(".") == 3
    classes = format_classes(summarise_classes(predictions, 20, 0), predictions.labels)
    assert classes.index.tolist() == list(CLASSES)
    assert classes["images"].eq("12").all()
    assert classes.columns.tolist() == ["images", "recall", "precision", "F1", "AUC"]


def test_what_is_undefined_is_a_dash_and_without_an_interval_alone():
    nothing = float("nan")
    row = pd.Series({"estimate": nothing, "low": nothing, "high": nothing})
    assert format_interval(row) == "–"
    assert format_interval(row.fillna({"estimate": 0.5})) == "0.50"
