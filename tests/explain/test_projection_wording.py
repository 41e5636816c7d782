import numpy as np

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.projection_wording import (
    describe_cascade,
    describe_dependence,
    describe_growth,
    describe_preferences,
    describe_size,
)
from cnnlab.explain.selectivity import NO_CLASS, Selectivity

LOW, MIDDLE, HIGH = (Mean(v, v - 0.05, v + 0.05, 16) for v in (0.3, 0.57, 0.9))
UNSURE = Mean(0.4, np.nan, np.nan, 4)


def test_sizes_are_relative_to_the_image():
    assert describe_size(5, 128) == describe_size(10, 256)
    texts = [describe_size(pixels, 128) for pixels in (4, 24, 70)]
    for word, text in zip(("edge", "eye", "together"), texts, strict=True):
        assert word in text


def test_growth_is_claimed_only_where_intervals_are_apart():
    assert "grow selective" in describe_growth("the net", [MIDDLE, HIGH])
    assert "grow less selective" in describe_growth("the net", [HIGH, MIDDLE])
    near = Mean(0.6, 0.55, 0.65, 16)
    assert "no growth" in describe_growth("the net", [MIDDLE, near])
    assert "too few people" in describe_growth("the net", [UNSURE, HIGH])


def test_preferences_are_counted_where_both_halves_agree():
    classes = np.array([1, 1, NO_CLASS, 0, 1])
    found = Selectivity(classes, np.array([0.9, 0.8, 0.9, 0.7, 0.4]), HIGH)
    text = describe_preferences("conv5", found, ("joy", "fear"))
    assert "Of the 5 units of conv5, 3 prefer" in text
    assert text.endswith("fear (2) and joy (1).")
    none = Selectivity(np.full(2, NO_CLASS), np.full(2, 0.5), LOW)
    assert "none prefers" in describe_preferences("conv5", none, ("joy", "fear"))


def test_dependence_is_judged_by_the_paired_difference():
    above, zero = Mean(0.6, 0.5, 0.7, 16), Mean(0.1, -0.1, 0.3, 16)

    def judge(deconvnet, guided):
        return describe_dependence({"two classes": {"deconvnet": deconvnet, "guided": guided}})

    assert "both rectified rules tell two classes apart less" in judge(above, above)
    assert "only the guided rule clearly tells two classes" in judge(zero, above)
    assert "no rectified rule" in judge(zero, UNSURE)


def test_what_is_judged_alike_is_said_once():
    above, zero = Mean(0.6, 0.5, 0.7, 16), Mean(0.1, -0.1, 0.3, 16)
    excess = {"two classes": {"a": above}, "two units": {"a": above}, "two faces": {"a": zero}}
    text = describe_dependence(excess)
    assert "two classes and two units apart" in text
    assert text.count(";") == 1 and text.count("two faces") == 1


def test_cascade_names_the_last_stage_of_an_unbroken_run():
    by_rule = {"a": [HIGH, MIDDLE, HIGH], "b": [LOW, HIGH, HIGH], "c": [HIGH, HIGH, HIGH]}
    text = describe_cascade(("top", "middle", "bottom"), by_rule)
    assert "by the a and c rules it stays above 0.5 down to bottom" in text
    assert "by the b rule it is 0.30 [0.25, 0.35] after the first stage" in text


def test_persian_sentences_hold_the_same_figures():
    text = describe_growth("VGG سبک", [MIDDLE, HIGH], "fa")
    assert text.startswith("برای VGG سبک") and "گزینشی‌تر" in text
    assert MIDDLE.format() in text and HIGH.format() in text
    classes = np.array([1, 1, NO_CLASS, 0, 1])
    found = Selectivity(classes, np.array([0.9, 0.8, 0.9, 0.7, 0.4]), HIGH)
    text = describe_preferences("conv5", found, ("شادی", "ترس"), "fa")
    assert text.endswith("ترس (2) و شادی (1).")
    above = Mean(0.6, 0.5, 0.7, 16)
    text = describe_dependence({"دو کلاس": {"a": above}, "دو واحد": {"a": above}}, "fa")
    assert "دو کلاس و دو واحد" in text and "هر دو قاعده" in text
