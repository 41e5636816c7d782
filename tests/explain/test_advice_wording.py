import numpy as np
import pandas as pd
import pytest
from evaluation.languages import assert_same_numbers

from cnnlab.explain.advice_wording import CHANGES, HEADS, describe_advice, rank_changed
from cnnlab.explain.change_wording import NAMES_FA
from cnnlab.explain.screening import MEASURE, choose_winner
from cnnlab.models.light_vgg_variants import CHANGED, ORIGINAL
from cnnlab.models.normalisation import FusedBatchNormalization

SCREENING = pd.DataFrame(
    [
        (ORIGINAL.title, MEASURE, 0.9, 0),
        ("pooled", MEASURE, 0.7, -0.2),
        ("fine", MEASURE, 0.8, -0.1),
        ("placed", MEASURE, 1.2, 0.3),
        ("normalised", MEASURE, 1.3, 0.4),
        ("placed normalised", MEASURE, 1.4, 0.5),
        ("placed", "accuracy", 0.1, 0),
    ],
    columns=["network", "figure", "value", "difference"],
).assign(low=lambda rows: rows["difference"] - 0.1, high=lambda rows: rows["difference"] + 0.1)


def try_out(low, high, rendered=True, winner="pooled", most_epochs=10):
    """A record of a trial whose difference in accuracy has an interval."""
    rows = [
        (ORIGINAL.title, "accuracy", 0.5, np.nan, np.nan, 3000),
        (ORIGINAL.title, "accuracy", 0.6, np.nan, np.nan, 3000),
        (winner, "accuracy", 0.7, np.nan, np.nan, 500),
        ("difference", "accuracy", (low + high) / 2, low, high, np.nan),
    ]
    if rendered:
        rows.append(("difference", "inside, HiResCAM", 0.125, 0.1, 0.15, np.nan))
        rows.append(("difference", "border, HiResCAM", -0.25, -0.35, -0.15, np.nan))
    columns = ["network", "figure", "value", "low", "high", "parameters"]
    return pd.DataFrame(rows, columns=columns).assign(
        rendered=rendered, data_digest=f"{rendered}", most_epochs=most_epochs
    )


BETTER, OPEN, WORSE = (0.02, 0.06), (-0.02, 0.04), (-0.08, -0.04)
OUTCOMES = [
    [try_out(*rendered), try_out(*photographs, rendered=False)]
    for rendered in (BETTER, OPEN, WORSE)
    for photographs in (BETTER, OPEN, WORSE)
] + [[try_out(*BETTER)]]


def test_a_change_is_recommended_only_where_its_gain_excludes_zero():
    both = describe_advice([try_out(*BETTER), try_out(0.01, 0.03, rendered=False)], SCREENING)
    assert "global average pooling" in both and "500 parameters in place of 3,000" in both
    assert "0.040 [0.020, 0.060] on the rendered faces and 0.020 [0.010, 0.030]" in both
    assert "Elsewhere" not in both and "luck" not in both
    assert "moved pixels changes by 0.125 [0.100, 0.150]" in both
    assert "that on the border by −0.250 [−0.350, −0.150]" in both
    part = describe_advice([try_out(*BETTER), try_out(*OPEN, rendered=False)], SCREENING)
    assert "Elsewhere no gain is shown: 0.010 [−0.020, 0.040] on the photographs." in part
    mixed = describe_advice([try_out(*BETTER), try_out(*WORSE, rendered=False)], SCREENING)
    assert "It costs accuracy elsewhere: −0.060" in mixed


def test_of_trials_on_the_same_data_the_longest_counts():
    shorter = try_out(*BETTER)
    gone = describe_advice([shorter, try_out(*OPEN, most_epochs=40)], SCREENING)
    assert "no change is shown" in gone and "that it ends higher is not shown" in gone
    kept = describe_advice([shorter, try_out(0.01, 0.03, most_epochs=40)], SCREENING)
    assert "by 0.020 [0.010, 0.030] on the rendered faces (95% intervals)" in kept
    assert "it ends higher too" in kept


def test_without_a_gain_nothing_is_recommended_and_the_reason_is_given():
    text = describe_advice([try_out(*OPEN), try_out(*OPEN, rendered=False)], SCREENING)
    assert "no change is shown" in text and "holds 0" in text
    assert "best of 5 with one seed; there its cross-entropy" in text
    assert "was −0.20 [−0.30, −0.10]" in text
    assert "the light VGG's accuracy alone ranges from 0.500 to 0.600 on the rendered" in text
    assert "and from 0.500 to 0.600 on the photographs." in text
    assert "clearly lower" not in text
    text = describe_advice([try_out(*OPEN), try_out(*WORSE, rendered=False)], SCREENING)
    assert "no change is shown" in text and "there the change harms" in text


def with_cross_entropy(trial, low, high):
    row = trial[trial["network"] == "difference"].iloc[[0]]
    row = row.assign(figure=MEASURE, value=(low + high) / 2, low=low, high=high)
    return pd.concat([trial, row], ignore_index=True)


def test_without_a_gain_a_clearly_lower_cross_entropy_is_named_and_no_other():
    trials = [
        with_cross_entropy(try_out(*OPEN), -0.2, 0.1),
        with_cross_entropy(try_out(*OPEN, rendered=False), -0.12, -0.02),
    ]
    text = describe_advice(trials, SCREENING)
    expected = "cross-entropy on Validation/ is clearly lower: −0.070 [−0.120, −0.020] on the photo"
    assert expected in text
    assert_same_numbers(text, describe_advice(trials, SCREENING, "fa"))
    text = describe_advice([try_out(*OPEN)], None)
    assert "best of" not in text and "second" not in text


def test_the_next_idea_is_the_second_of_the_screening_that_chose_the_change():
    assert rank_changed(SCREENING) == [
        "pooled",
        "fine",
        "placed",
        "normalised",
        "placed normalised",
    ]
    assert rank_changed(SCREENING)[0] == choose_winner(SCREENING)
    assert "*fine*, second in the screening" in describe_advice([try_out(*BETTER)], SCREENING)
    other = describe_advice([try_out(*BETTER, winner="fine")], SCREENING)
    assert "second in the screening" not in other


def test_what_no_map_argues_for_is_named():
    titles = {each.title for each in CHANGED}
    assert set(HEADS) < titles
    argued = [describe_advice([try_out(*BETTER, winner=name)], None) for name in sorted(titles)]
    unargued = ["no map argues" in text for text in argued]
    assert unargued == [name in HEADS for name in sorted(titles)]
    alone = describe_advice([try_out(*BETTER, winner="placed normalised")], SCREENING)
    assert "alone, *placed*, the cross-entropy" in alone and "is 0.30 [0.20, 0.40]" in alone
    # A network is normalised exactly if a layer of it is.
    for each in CHANGED:
        layers = {type(layer).__name__ for layer in each.build().layers}
        assert (FusedBatchNormalization.__name__ in layers) == (each.title in HEADS)


def test_records_of_different_changes_are_not_mixed():
    with pytest.raises(ValueError, match="one changed network"):
        describe_advice([try_out(*BETTER), try_out(*BETTER, winner="fine")], SCREENING)


@pytest.mark.parametrize("trials", [*OUTCOMES, [try_out(*OPEN, winner="normalised")]])
def test_both_languages_hold_the_same_figures(trials):
    persian = describe_advice(trials, SCREENING, "fa")
    assert_same_numbers(describe_advice(trials, SCREENING), persian)


def test_every_change_can_be_advised_in_both_languages():
    titles = {each.title for each in CHANGED}
    assert titles == set(CHANGES) and titles <= set(NAMES_FA)
