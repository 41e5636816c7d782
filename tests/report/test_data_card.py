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
from cnnlab.settings import SEED
from cnnlab.studies.learning_curves import LEARNING_CURVE, read_curve
from facesynth.data.folder import RENDERER
from facesynth.data.population import count_people
from facesynth.hair.grooming import Grooming
from facesynth.head.expressions import Difficulty, draw_expression
from facesynth.person import identity
from plumbing.user_errors import UserError

TABLE = pd.DataFrame({"b": ["1"]}, index=pd.Index(["x"], name="a"))


def test_the_card_says_what_the_code_and_the_studies_say(monkeypatch):
    whole = count_people(range(6), SEED)
    # Not counted, though most of the work: hair has a generator of its own, and when the skin is
    # painted all that counts has been drawn.
    monkeypatch.setattr(identity, "draw_grooming", lambda *_: Grooming())
    monkeypatch.setattr(identity, "draw_skin_maps", lambda *_: None)
    pd.testing.assert_series_equal(count_people(range(6), SEED), whole)
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


def test_the_curve_comes_from_the_record():
    curve, table = read_curve(LEARNING_CURVE), tabulate_learning_curve()
    sizes = [int(size.replace(",", "")) for size in table.index]
    assert sizes == curve["train_per_class"].tolist() == sorted(sizes)
    shown = table["accuracy on Validation"].str.rstrip("%").astype(float) / 100
    np.testing.assert_allclose(shown, curve["estimate"], atol=6e-4)
    is_current = curve["renderer"].map(RENDERER.startswith)
    assert (table["rendered by"] == "this version").tolist() == is_current.tolist()
