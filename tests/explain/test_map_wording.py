import numpy as np
import pandas as pd
from evaluation.languages import assert_same_numbers

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain import map_wording

ABOVE, AROUND, BELOW = (Mean(v, v - 0.1, v + 0.1, 9) for v in (0.3, 0.0, -0.3))
FEW = Mean(0.3, np.nan, np.nan, 3)


def test_a_candidate_is_trusted_if_it_passes_every_test_that_was_made():
    excess = {"a": ABOVE, "b": ABOVE, "c": FEW}
    use = {"a": ABOVE, "b": AROUND, "c": ABOVE, "d": ABOVE}
    shuffled = {"a": AROUND, "b": AROUND, "c": AROUND}
    verdicts = map_wording.judge(excess, use, shuffled)
    assert list(verdicts.index) == ["a", "b", "c"]
    assert verdicts.all(axis=1).tolist() == [True, False, False]
    assert list(map_wording.judge({}, use, shuffled).columns) == ["used", "sensitive"]
    correlated = Mean(0.6, 0.4, 0.8, 9)
    assert not map_wording.judge({}, {"a": ABOVE}, {"a": correlated}).loc["a", "sensitive"]


def test_trust_names_who_passes_and_otherwise_who_passes_most():
    verdicts = pd.DataFrame({"x": [True, True], "y": [True, False]}, ["a, conv", "b"])
    text = map_wording.describe_trust(verdicts, {"a, conv": AROUND, "b": BELOW, "c": ABOVE})
    assert "passed by a (`conv`)" in text and "overlap by 0.00, that of c by 0.30." in text
    text = map_wording.describe_trust(verdicts, {"a, conv": ABOVE, "b": BELOW})
    assert text.endswith("they overlap by 0.30.")
    verdicts["z"] = False
    text = map_wording.describe_trust(verdicts, {})
    assert "No candidate passes all" in text and "2 of 3" in text and "No map passes: z" in text
    assert "passes any test" in map_wording.describe_trust(verdicts[["z"]], {})


def test_maps_are_compared_with_the_best_baseline():
    inside = {"a, l": ABOVE, "b": AROUND, "edges": AROUND}
    text = map_wording.describe_plausibility(inside, {"a, l": ABOVE, "b": BELOW}, "edges")
    assert "Clearly above that baseline: a (`l`)" in text and "Clearly below it: b" in text
    text = map_wording.describe_plausibility(inside, {"a, l": AROUND}, "edges")
    assert "No map lies clearly above it" in text


def test_persian_sentences_hold_the_same_figures():
    inside = {"occlusion, l": ABOVE, "b": AROUND, "edges": BELOW}
    for excess in ({"occlusion, l": ABOVE, "b": BELOW}, {"b": AROUND}):
        facts = (inside, excess, "edges")
        persian = map_wording.describe_plausibility(*facts, "fa")
        assert_same_numbers(map_wording.describe_plausibility(*facts), persian)
        assert "*لبه‌ها*" in persian
    verdicts = pd.DataFrame({"used": [True, True], "sensitive": [True, False]}, ["a, conv", "b"])
    overlaps = {"a, conv": AROUND, "b": ABOVE}
    text = map_wording.describe_trust(verdicts, overlaps, "fa")
    assert "به‌کاررفته و حساس" in text and "a (`conv`)" in text
    assert_same_numbers(map_wording.describe_trust(verdicts, overlaps), text)
    verdicts["plausible"] = False
    text = map_wording.describe_trust(verdicts, overlaps, "fa")
    assert "2 آزمون از 3" in text and "باورپذیر" in text


def test_right_and_wrong_answers_are_compared_where_they_can_be_told_apart():
    mixed = {"a, l": ABOVE, "b": AROUND, "c": BELOW}
    text = map_wording.describe_answers(mixed, "edges", AROUND, 24)
    assert text.startswith("On right answers minus wrong ones, *edges* itself")
    assert "has 0.00 [−0.10, 0.10]. Less" in text
    assert "the images differ" in map_wording.describe_answers(mixed, "edges", ABOVE, 24)
    assert "for 1 of 3 methods and layers" in text and "right answers than on wrong" in text
    assert "for a (`l`), by 0.30 [0.20, 0.40]" in text and "for c, by −0.30" in text
    none = map_wording.describe_answers({"b": AROUND, "few": FEW}, "edges", ABOVE, 24)
    assert "for no method" in none and "(24 images)" in none
    for changes in (mixed, {"b": AROUND}):
        facts = (changes, "edges", BELOW, 240)
        persian = map_wording.describe_answers(*facts, "fa")
        assert_same_numbers(map_wording.describe_answers(*facts), persian)


HIGH = Mean(0.8, 0.7, 0.9, 9)
CASCADES = (
    {"Grad-CAM": [ABOVE, HIGH, BELOW], "HiResCAM": [AROUND] * 3},
    {"Grad-CAM": [HIGH] * 3},
    {"Grad-CAM": [HIGH, FEW, ABOVE]},
)


def test_the_cascade_says_when_maps_fall_and_what_is_left():
    stages = ("a", "b", "c")
    texts = [map_wording.describe_shuffling(stages, means) for means in CASCADES]
    assert "once `a` is shuffled for Grad-CAM and HiResCAM" in texts[0]
    assert "share nothing clear" in texts[0] and "0.00 [−0.10, 0.10] (HiResCAM)" in texts[0]
    assert "does not come to lie below 0.5 at any stage for Grad-CAM" in texts[1]
    assert "still lies above zero (Grad-CAM)" in texts[1]
    # Without an interval nothing is claimed.
    assert "once `c`" in texts[2]
    for means, english in zip(CASCADES, texts, strict=True):
        assert_same_numbers(english, map_wording.describe_shuffling(stages, means, "fa"))


def test_shifts_name_the_steadiest_map_and_the_least_steady():
    overlaps = {"a, l": ABOVE, "b": Mean(0.9, 0.8, 0.95, 9)}
    text = map_wording.describe_shifts(overlaps, 8)
    assert "the map of b moves with it best (overlap 0.90" in text and "a (`l`) least (0.30" in text
    assert_same_numbers(text, map_wording.describe_shifts(overlaps, 8, "fa"))
