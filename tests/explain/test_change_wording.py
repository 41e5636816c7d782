import numpy as np
import pandas as pd
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


def improve(low, high, longer=(np.nan, np.nan)):
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
        epochs=10,
        longer_epochs=longer[0],
        longer_accuracy=longer[1],
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


def test_a_light_vgg_that_was_trained_longer_is_held_against_the_gain():
    trials = {longer: improve(0.1, 0.2, longer=(40, longer)) for longer in (0.65, 0.75)}
    texts = {longer: change_wording.describe_improvement(trial) for longer, trial in trials.items()}
    assert "After 40 the light VGG reaches 0.650" in texts[0.65]
    assert "still less than *fine* here" in texts[0.65]
    assert "0.750" in texts[0.75] and "learns faster, and not yet which ends higher" in texts[0.75]
    for longer, trial in trials.items():
        assert_same_numbers(texts[longer], change_wording.describe_improvement(trial, "fa"))
    assert "After" not in change_wording.describe_improvement(improve(0.1, 0.2))


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
