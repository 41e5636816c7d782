import numpy as np
import pytest
from evaluation.languages import assert_same_numbers

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.wording import (
    describe_coherence,
    describe_errors,
    describe_leads,
    describe_outside,
    describe_overlap,
    describe_places,
    describe_sides,
)

ABOVE, BELOW, ACROSS = Mean(0.3, 0.2, 0.4, 9), Mean(-0.3, -0.4, -0.2, 9), Mean(0.1, -0.1, 0.3, 9)
UNKNOWN = Mean(0.3, np.nan, np.nan, 2)


def test_places_are_named_only_if_the_interval_leaves_out_the_area():
    shares = {"upper band": ABOVE, "lower band": ACROSS, "border": UNKNOWN}
    areas = {"upper band": 0.1, "lower band": 0.2, "border": 0.1}
    text = describe_places(shares, areas)
    assert text == (
        "More of the energy than in an even map lies in the upper band (0.30 [0.20, 0.40] against "
        "0.10)."
    )
    text = describe_places({"border": ABOVE, "upper band": ABOVE}, {"border": 1, "upper band": 0})
    assert "More of the energy than in an even map lies in the upper band" in text
    assert "; less in the border" in text
    assert describe_places({"border": ABOVE}, {"border": 1}).startswith("Less of the energy")
    assert describe_places({"border": ACROSS}, {"border": 0}).startswith("No region")


def test_errors_name_no_difference_that_can_be_chance():
    text = describe_errors({"upper band": ACROSS, "border": UNKNOWN}, 7)
    assert "those that are wrong (7 in all) cannot be told from right ones" in text
    text = describe_errors({"upper band": ACROSS, "border": BELOW}, 7)
    assert "the border (−0.30 [−0.40, −0.20])" in text
    assert "upper" not in text


def test_bands_lead_only_beyond_chance():
    text = describe_leads(
        {"fear": ("upper band", ABOVE), "anger": ("upper band", ABOVE), "sadness": ("x", UNKNOWN)}
    )
    assert "the upper band for fear and anger." in text
    assert "No band leads clearly for sadness." in text
    assert describe_leads({"fear": ("upper band", ACROSS)}).startswith("In no class")


def test_classes_outside_the_face_are_named():
    assert "for fear" in describe_outside({"fear": ABOVE, "anger": ACROSS}, 0.1)
    assert "For no class" in describe_outside({"fear": ABOVE, "anger": UNKNOWN}, 0.25)


@pytest.mark.parametrize(
    ("excess", "words"),
    [(ABOVE, "do not tell them apart"), (BELOW, "outvoted"), (ACROSS, "chance")],
)
def test_overlap_is_judged_against_that_of_a_third_class(excess, words):
    assert words in describe_overlap(ABOVE, ABOVE, excess)


def test_coherence_is_judged_against_chance():
    assert "no more of the gradient than chance" in describe_coherence(ABOVE, 0.25)
    assert "Most of the gradient cancels" in describe_coherence(ABOVE, 0.1)
    assert "Much of the gradient survives" in describe_coherence(Mean(0.8, 0.7, 0.9, 9), 0.1)


def test_persian_sentences_hold_the_same_figures():
    shares, areas = {"upper band": ABOVE, "border": BELOW}, {"upper band": 0.1, "border": 0.2}
    for describe, *facts in (
        (describe_places, shares, areas),
        (describe_places, {"border": ABOVE}, {"border": 1}),
        (describe_errors, shares, 7),
        (describe_errors, {"border": ACROSS}, 123),
        (describe_outside, {"fear": ABOVE}, 0.1),
        (describe_outside, {"fear": ACROSS}, 0.25),
        (describe_overlap, ABOVE, BELOW, ACROSS),
        (describe_coherence, ABOVE, 0.25),
        (describe_sides, ABOVE),
        (describe_sides, UNKNOWN),
    ):
        assert_same_numbers(describe(*facts), describe(*facts, "fa"))
    leads = {"fear": ("upper band", ABOVE), "anger": ("border", ABOVE), "sadness": ("x", UNKNOWN)}
    text = describe_leads(leads, "fa")
    assert "نوار بالا برای ترس؛ حاشیه برای خشم" in text and "برای غم هیچ نواری" in text


def test_sides_are_compared_only_with_an_interval():
    assert "look more at one side" in describe_sides(ABOVE)
    assert "do not show" in describe_sides(ACROSS)
    assert "Too few" in describe_sides(UNKNOWN)
