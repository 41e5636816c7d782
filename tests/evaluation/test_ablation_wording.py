import pandas as pd
import pytest

from cnnlab.evaluation.ablation_study import (
    EQUAL,
    LIGHT,
    PRECISION,
    PREFIX,
    SEED_CHOICE,
    VGG16,
    judge_choices,
    measure_spread,
)
from cnnlab.evaluation.ablation_wording import (
    describe_ablation,
    describe_origin,
    read_ablations,
    tabulate_ablation,
)
from cnnlab.evaluation.records import write_study
from cnnlab.report.glossary import read_glossary
from cnnlab.report.typesetting import GLOSSARY

from .languages import assert_same_numbers

WAYS = [
    (LIGHT, "learning rate", "half a cosine", "constant", 0.30, 0.10, 0.50),
    # Beyond the interval, but not beyond the seeds.
    (LIGHT, "label smoothing", "none", "0.1", 0.05, 0.01, 0.09),
    (LIGHT, "weight decay", "none", "0.1", -0.20, -0.30, -0.10),
    (LIGHT, "augmentation", "moved, flipped", "none", 0.50, -0.10, 1.10),
    (LIGHT, PRECISION, "bfloat16", "float32", 0.40, 0.20, 0.60),
    (LIGHT, SEED_CHOICE, "1403", "1404", -0.06, -0.10, -0.02),
    (LIGHT, SEED_CHOICE, "1403", "1405", 0.05, 0.01, 0.09),
    # Without other seeds the interval decides.
    (VGG16, "blocks 4 and 5", "fine-tuned", "frozen", 0.05, 0.01, 0.09),
]


@pytest.fixture
def records():
    rows = [
        {
            "network": network,
            "choice": choice,
            "recipe": recipe,
            "other": other,
            "figure": figure,
            "recipe_value": 1.0,
            "value": 1.0 + difference,
            "difference": difference,
            "low": low,
            "high": high,
            "n": 176.0,
            "note": "",
        }
        for network, choice, recipe, other, difference, low, high in WAYS
        for figure in ("cross-entropy", "accuracy")
    ]
    none = {"network": LIGHT, "choice": "class weights", "recipe": "none", "other": "balanced"}
    rows.append(none | {"figure": "cross-entropy", "note": EQUAL})
    return pd.DataFrame(rows).assign(
        data="photos",
        profile="default",
        train_n=800,
        processor="a processor",
        versions="versions",
        date="2026-11-25",
    )


def test_a_way_is_better_beyond_the_interval_and_the_seeds(records):
    assert measure_spread(records) == pytest.approx(0.11)
    verdicts = judge_choices(records, measure_spread(records))
    named = records.loc[verdicts.index, "choice"]
    assert dict(zip(named, verdicts, strict=True)) == {
        "learning rate": 1,
        "label smoothing": 0,
        "weight decay": -1,
        "augmentation": 0,
        "blocks 4 and 5": 1,
    }


def test_sentences_follow_the_verdicts_in_both_languages(records):
    text = describe_ablation(records)
    helps = text.split("explain in: ")[1].split(". ")[0]
    assert "learning rate" in helps and "blocks 4 and 5" in helps and "augmentation" not in helps
    assert "better in: light VGG: weight decay" in text.replace("Light", "light")
    assert "more than seeds do" in text
    assert "classes are equal" in text
    assert_same_numbers(text, describe_ablation(records, "fa"))
    assert_same_numbers(describe_origin(records), describe_origin(records, "fa"))


def test_class_weights_are_judged_by_what_they_are_for_as_well(records):
    assert "Macro-F1" not in describe_ablation(records)
    weighted = records[records["choice"] == "weight decay"].assign(
        choice="class weights",
        recipe="none",
        other=["square root", "balanced"],
        figure="macro-F1",
        difference=[-0.01, -0.125],
        low=-0.2,
        high=[0.1, -0.05],
    )
    text = describe_ablation(pd.concat([records, weighted], ignore_index=True))
    assert "Light VGG, square root, −0.01 [−0.20, 0.10]; Light VGG, balanced, −0.1" in text
    fa = describe_ablation(pd.concat([records, weighted], ignore_index=True), "fa")
    assert_same_numbers(text, fa)


def try_again(records, difference, low, high):
    """Append what a training on all images gives for the way that was better on a part."""
    doubted = records[records["choice"] == "weight decay"]
    again = doubted.assign(
        train_n=5000, difference=difference, low=low, high=high, value=1 + difference
    )
    return pd.concat([records, again], ignore_index=True)


@pytest.mark.parametrize(
    ("difference", "high", "verdict"),
    [
        (-0.20, -0.10, "There, too, another way is better: Light VGG: weight decay"),
        # Beyond the interval, but not beyond the seeds.
        (-0.10, -0.05, "so the recipe stays"),
        (-0.20, 0.10, "so the recipe stays"),
    ],
)
def test_what_was_better_on_a_part_is_judged_on_all_images(records, difference, high, verdict):
    tried = try_again(records, difference, -0.40, high)
    text = describe_ablation(tried)
    assert "all 5,000 training images" in text and verdict in text
    # What the part says is said as before, and the part's spread of seeds counts.
    assert describe_ablation(records).split("Not decided")[0] in text
    assert_same_numbers(text, describe_ablation(tried, "fa"))
    assert "800 training" in describe_origin(tried)
    assert tabulate_ablation(tried)["images"].tolist()[-1] == "5,000"


def test_without_a_difference_nothing_is_claimed(records):
    level = records.assign(difference=0.0, low=-0.1, high=0.1, value=1.0)
    text = describe_ablation(level)
    assert "In no choice" in text and "better in" not in text and "no more than seeds" in text


def test_the_table_has_a_row_a_choice_and_every_cell_has_its_persian(records, tmp_path):
    write_study(records, f"{PREFIX}photos-default", tmp_path)
    [read] = read_ablations(tmp_path)
    table = tabulate_ablation(read)
    assert len(table) == len(WAYS) + 1
    cells = table.set_index(["choice", "instead"])
    assert cells.loc[("learning rate", "constant"), "cross-entropy"] == "0.30 [0.10, 0.50]"
    assert cells.loc[("class weights", "balanced"), "accuracy"] == "–"
    read_glossary(GLOSSARY).translate_table(table.to_markdown(disable_numparse=True))
    assert read_ablations(tmp_path / "none") == []
