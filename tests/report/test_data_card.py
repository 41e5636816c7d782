"""The data card's tables cannot drift from the code and the studies."""

import numpy as np
import pandas as pd
import pytest

from cnnlab.report.data_card import (
    CARD,
    TABLES,
    fill_card,
    tabulate_difficulty,
    tabulate_learning_curve,
    tabulate_sizes,
)
from cnnlab.studies.learning_curve import SHORT_DIGEST
from facesynth.data.folder import RENDERER
from facesynth.hair.grooming import BARE
from facesynth.head.expressions import Difficulty, draw_expression
from facesynth.person import identity
from plumbing.commands import UserError

TABLE = pd.DataFrame({"b": ["1"]}, index=pd.Index(["x"], name="a"))


def test_the_card_says_what_the_code_and_the_studies_say(monkeypatch):
    # Hair is not counted, takes half of the time, and is drawn from a generator of its own.
    monkeypatch.setattr(identity, "draw_grooming", lambda *_: BARE)
    text = CARD.read_text(encoding="utf-8")
    renewed = fill_card(text, {name: tabulate() for name, tabulate in TABLES.items()})
    assert renewed == text, "run `make card`"


def test_a_table_goes_to_its_place_and_nothing_else_changes():
    text = "before\n<!-- table: one -->\nold | table\n<!-- end -->\nafter"
    filled = fill_card(text, {"one": TABLE})
    assert filled.startswith("before\n<!-- table: one -->\n| a ")
    assert filled.endswith("<!-- end -->\nafter")
    assert "old" not in filled
    assert fill_card(filled, {"one": TABLE}) == filled


@pytest.mark.parametrize("text", ["no place", "<!-- table: two -->\n<!-- end -->"])
def test_a_place_without_a_table_or_the_reverse_is_refused(text):
    with pytest.raises(UserError, match="tables are one"):
        fill_card(text, {"one": TABLE})


def test_sizes_add_up():
    sizes = tabulate_sizes().map(lambda cell: int(cell.replace(",", "")))
    for split in ("Train", "Validation"):
        assert (sizes[f"{split}, images"] == 8 * sizes[f"{split}, each class"]).all()
        assert (2 * sizes[f"{split}, people"] >= sizes[f"{split}, each class"]).all()


def test_the_difficulty_is_what_expressions_are_drawn_with():
    shown = tabulate_difficulty()["default"]
    weakest = float(shown["`weakest`"])
    drawn = [draw_expression("fear", np.random.default_rng(seed)) for seed in range(200)]
    assert min(one.intensity for one in drawn) == weakest
    assert set(shown.index) == {f"`{name}`" for name in vars(Difficulty())}


def test_the_curve_comes_from_the_record(monkeypatch):
    monkeypatch.setattr("cnnlab.report.data_card.read_curve", lambda: None)
    assert len(tabulate_learning_curve()) == 0
    facts = {"train_people": 600, "epochs": 9, "estimate": 0.8, "low": 0.7, "high": 0.9}
    record = pd.DataFrame(
        [
            facts | {"train_per_class": 40, "renderer": "0" * SHORT_DIGEST},
            facts | {"train_per_class": 1200, "renderer": RENDERER[:SHORT_DIGEST]},
        ]
    )
    monkeypatch.setattr("cnnlab.report.data_card.read_curve", lambda: record)
    table = tabulate_learning_curve()
    assert table.index.tolist() == ["40", "1,200"]
    assert table.iloc[1].tolist() == ["600", "9", "80.0%", "70.0% to 90.0%", "this version"]
    assert table.iloc[0, -1] == "an earlier version"
