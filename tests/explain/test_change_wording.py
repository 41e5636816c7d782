import numpy as np
import pandas as pd
import pytest
from evaluation.languages import assert_same_numbers

from cnnlab.explain import change_wording
from cnnlab.explain.screening import MEASURE
from cnnlab.models.light_vgg_variants import ORIGINAL


def screen(**networks):
    """Records of networks with a difference in the measure and its interval."""
    rows = []
    for name, (difference, low, high) in networks.items():
        for figure in change_wording.SHOWN:
            rows.append((name, figure, 1.5 + difference, difference, low, high, 1000))
    columns = ["network", "figure", "value", "difference", "low", "high", "parameters"]
    return pd.DataFrame(rows, columns=columns).replace("original", ORIGINAL.title)


def test_the_screening_names_its_winner_and_what_is_clear():
    records = screen(
        original=(0, 0, 0),
        fine=(-0.2, -0.3, -0.1),
        pooled=(0.2, 0.1, 0.3),
        framed=(-0.1, -0.3, 0.1),
    )
    text = change_wording.describe_screening(records)
    assert f"lowest {MEASURE}" in text and "*fine*" in text
    assert (
        "Clearly lower than the light VGG's: *fine*" in text and "Clearly higher: *pooled*" in text
    )
    table = change_wording.tabulate_screening(records)
    assert list(table.index) == [ORIGINAL.title, "fine", "pooled", "framed"]
    assert table.loc[ORIGINAL.title, "difference"] == "–"
    assert table.loc["fine", "difference"] == "−0.20 [−0.30, −0.10]"
    assert table.loc["fine", "parameters"] == "1,000"


def test_the_screening_counts_what_is_clear():
    records = screen(original=(0, 0, 0), fine=(-0.2, -0.3, -0.1), pooled=(0.2, 0.1, 0.3))
    text = change_wording.count_screened(records)
    assert "for 1 of 2 changed networks, and clearly above it for 1" in text
    assert_same_numbers(text, change_wording.count_screened(records, "fa"))
    records = screen(original=(0, 0, 0), fine=(0.03, -0.1, 0.2), pooled=(0.2, 0.1, 0.3))
    text = change_wording.describe_screening(records)
    assert "minus the light VGG's it is 0.03 [−0.10, 0.20]" in text
    assert "None is clearly lower" in text


def improve(low, high, most_epochs=10):
    rows = [
        (ORIGINAL.title, "accuracy", 0.5, np.nan, np.nan, 3000),
        (ORIGINAL.title, "accuracy", 0.6, np.nan, np.nan, 3000),
        ("fine", "accuracy", 0.7, np.nan, np.nan, 500),
        ("difference", "accuracy", 0.15, low, high, np.nan),
    ]
    columns = ["network", "figure", "value", "low", "high", "parameters"]
    return pd.DataFrame(rows, columns=columns).assign(
        n=40,
        seeds=3,
        rendered=True,
        data_digest="d",
        most_epochs=most_epochs,
    )


def test_a_gain_is_claimed_only_if_the_interval_excludes_zero():
    assert "*fine* is better" in change_wording.describe_improvement(improve(0.1, 0.2))
    assert "*fine* is worse" in change_wording.describe_improvement(improve(-0.3, -0.2))
    text = change_wording.describe_improvement(improve(-0.1, 0.2))
    assert "a gain is not shown" in text and "500 parameters against 3,000" in text


def test_the_gain_is_named_shortly_in_both_languages():
    text = change_wording.name_gain(improve(0.1, 0.2))
    assert text == (
        "Accuracy of *fine* minus the light VGG's on the rendered faces, after at most 10 epochs: "
        "0.150 [0.100, 0.200]."
    )
    assert_same_numbers(text, change_wording.name_gain(improve(0.1, 0.2), "fa"))


@pytest.mark.parametrize(
    ("short", "long", "meaning"),
    [
        ((0.1, 0.2), (0.05, 0.15), "learns faster, and it ends higher too"),
        ((0.1, 0.2), (-0.05, 0.15), "learns faster; that it ends higher is not shown"),
        ((0.1, 0.2), (-0.15, -0.05), "learns faster, and it ends lower"),
        ((-0.1, 0.2), (0.05, 0.15), ""),
    ],
)
def test_what_more_epochs_make_of_a_gain_is_said(short, long, meaning):
    trials = [improve(*short), improve(*long, most_epochs=40)]
    text = change_wording.describe_budgets(trials)
    assert "after at most 10 epochs" in text and "after at most 40" in text
    assert meaning in text and ("learns" in text) == bool(meaning)
    assert_same_numbers(text, change_wording.describe_budgets(trials, "fa"))
    assert "second look was not blind" in text
    assert change_wording.describe_budgets(trials[:1]) == ""


def test_trials_on_the_same_data_go_together():
    other = improve(0.1, 0.2).assign(data_digest="e")
    first, second = improve(0.1, 0.2), improve(0.1, 0.2, most_epochs=40)
    groups = change_wording.group_budgets([first, second, other])
    assert [len(group) for group in groups] == [2, 1]
    assert groups[0][1] is second


def test_the_trial_shows_means_over_seeds_beside_the_difference():
    table = change_wording.tabulate_improvements([improve(0.1, 0.2)])
    row = table.iloc[0]
    assert (row["light VGG"], row["fine"]) == ("0.550", "0.700")
    assert row["difference"] == "0.150 [0.100, 0.200]"


def test_persian_sentences_hold_the_same_figures():
    records = screen(original=(0, 0, 0), fine=(-0.2, -0.3, -0.1), pooled=(0.2, 0.1, 0.3))
    text = change_wording.describe_screening(records, "fa")
    assert_same_numbers(change_wording.describe_screening(records), text)
    assert "*ریز*" in text and "ادغامی" in text
    for trial in (improve(0.1, 0.2), improve(-0.3, -0.2), improve(-0.1, 0.2)):
        text = change_wording.describe_improvement(trial, "fa")
        assert_same_numbers(change_wording.describe_improvement(trial), text)
