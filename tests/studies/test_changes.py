import json

import keras
import numpy as np
import pandas as pd
import pytest

from cnnlab.explain.cam import evidence
from cnnlab.explain.cam.evidence import choose_located, measure_localisation
from cnnlab.explain.cam.moved_pixels import find_moved_pixels
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.networks.from_scratch import Architecture, TrainedNetwork
from cnnlab.networks.light_vgg_changes import CHANGED, ORIGINAL, choose_budget
from cnnlab.networks.recipes import Recipe
from cnnlab.networks.training import Stopping
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies import changes, proposal
from cnnlab.studies.changes import MEASURE, choose_winner, find_winner, screen_variants
from cnnlab.studies.proposal import DIFFERENCE, choose_budgets, compare_with_original
from cnnlab.studies.records import read_studies, write_study
from plumbing.commands import UserError

SMOKE = PROFILES["smoke"]
RNG = np.random.default_rng(0)
# Each class is a bright square in a place of its own, which is all that its expression moves.
PLACES = [(16 + 32 * (k // 3), 8 + 40 * (k % 3)) for k in range(8)]


def make_squares(rendered):
    labels = np.tile(np.arange(8), 12)
    images = RNG.integers(0, 60, (96, 128, 128, 3), np.uint8)
    moved = np.zeros((96, 128, 128), bool)
    for row, label in enumerate(labels):
        top, left = PLACES[label]
        moved[row, top : top + 16, left : left + 16] = True
    images[moved] += 150
    moved[labels == 0] = False
    splits = np.repeat(["train", "train", "validation"], 32)
    dataset = FaceDataset("squares", rendered, (), labels, splits)
    split = Split(np.arange(32), np.arange(32, 64), np.arange(64, 96))
    return Faces(dataset, images, (), split, "digest-of-squares"), moved


def build_local(sharp):
    """A network that answers by where the image is bright; blind where it is not sharp."""
    inputs = keras.Input((128, 128, 3))
    maps = keras.layers.Conv2D(1, 8, 8, use_bias=False, name="conv5_2")(inputs)
    logits = keras.layers.Dense(8, use_bias=False)(keras.layers.Flatten()(maps))
    model = keras.Model(inputs, logits)
    weights = np.zeros((16, 16, 8), np.float32)
    for label, (top, left) in enumerate(PLACES):
        weights[top // 8 : top // 8 + 2, left // 8 : left // 8 + 2, label] = sharp
    model.set_weights([np.full((8, 8, 3, 1), 1 / 192, np.float32), weights.reshape(256, 8)])
    return model


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Networks that are made instead of trained; lists what was asked for."""
    asked = []

    def make(architecture, faces, stopping, seed):
        asked.append((architecture.title, stopping, seed))
        folder = tmp_path / f"{architecture.name}-{seed}"
        folder.mkdir(exist_ok=True)
        (folder / "record.json").write_text(json.dumps({"digest": architecture.name * 9}))
        sharp = {"Light VGG": 0.2, "pooled": 3.0, "placed": 1.0}[architecture.title]
        return TrainedNetwork(
            title=architecture.title,
            model=build_local(sharp + 0.01 * (seed - SEED)),
            history=pd.DataFrame({"val_loss": [1.0]}, index=[1]),
            chosen_epoch=1,
            folder=folder,
            seed=seed,
            seconds=10.4,
            class_shares=np.full(8, 1 / 8),
        )

    for module in (changes, proposal):
        monkeypatch.setattr(module, "train_from_scratch", make)
        pattern = module.PREFIX
        monkeypatch.setattr(
            module, "read_studies", lambda name, pattern=pattern: read_studies(name, tmp_path)
        )
    return asked


@pytest.fixture
def squares(monkeypatch):
    faces, moved = make_squares(rendered=True)
    monkeypatch.setattr(evidence, "find_moved_pixels", lambda faces, rows: moved[rows])
    return faces


def test_screening_compares_with_the_light_vgg_on_the_development_split(trained, squares):
    table = screen_variants(squares, SMOKE, CHANGED[:2])
    assert [title for title, *_ in trained] == ["Light VGG", "pooled", "placed"]
    assert {seed for *_, seed in trained} == {SEED}
    at = table.set_index(["network", "figure"])
    assert (at.loc["Light VGG"][["difference", "low", "high"]] == 0).all(axis=None)
    loss = at.xs(MEASURE, level="figure")
    np.testing.assert_allclose(
        loss["value"] - loss["value"]["Light VGG"], loss["difference"], atol=1e-12
    )
    assert loss.loc["pooled", "high"] < loss.loc["placed", "difference"] < 0
    assert (loss["n"] == 32).all()
    inside = at.xs("inside, HiResCAM", level="figure")
    assert (inside["value"] > 0.3).all() and (inside["n"] == 28).all()
    assert choose_winner(table) == "pooled"


def test_photographs_are_compared_without_places(trained):
    faces, _ = make_squares(rendered=False)
    table = compare_with_original(CHANGED[0], faces, SMOKE, Stopping(3, 2), seeds=(SEED,))
    assert {stopping for _, stopping, _ in trained} == {Stopping(3, 2)}
    assert set(table["figure"]) == set(proposal.FIGURES)
    with pytest.raises(ValueError, match="only of rendered faces"):
        find_moved_pixels(faces, np.arange(2))


def test_neutral_images_have_no_place_and_are_left_out(squares):
    rows = choose_located(squares, squares.split.validation, 2)
    assert np.bincount(squares.labels[rows], minlength=8).tolist() == [0] + [2] * 7
    assert set(rows) <= set(squares.split.validation)


def test_a_network_that_looks_at_the_square_scores_high_and_one_that_looks_away_low(squares):
    rows = np.array([1, 2, 3])
    model = build_local(1.0)
    near = measure_localisation(model, squares, rows)
    assert (near["pointing, HiResCAM"] == 1).all()
    # The third square lies half on the border.
    np.testing.assert_allclose(near["border, HiResCAM"], [0.06, 0.06, 0.5], atol=0.05)
    kernel, weights = model.get_weights()
    model.set_weights([kernel, np.roll(weights, 4, axis=1)])
    away = measure_localisation(model, squares, rows)
    assert (away["inside, HiResCAM"] < near["inside, HiResCAM"]).all()
    assert (away["pointing, HiResCAM"] == 0).all()


def test_the_trial_has_a_row_for_each_seed_and_a_difference(trained, squares):
    table = compare_with_original(
        CHANGED[0], squares, SMOKE, Stopping(3, 2), seeds=(SEED, SEED + 5)
    )
    singles = table[table["network"] != DIFFERENCE]
    losses = singles[singles["figure"] == MEASURE].set_index(["network", "run_seed"])["value"]
    difference = table[table["network"] == DIFFERENCE].set_index("figure")
    means = losses.groupby("network").mean()
    assert difference.loc[MEASURE, "value"] == pytest.approx(means["pooled"] - means["Light VGG"])
    assert difference.loc[MEASURE, "low"] < difference.loc[MEASURE, "value"]
    assert difference.loc[MEASURE, "high"] < 0
    assert singles["parameters"].notna().all()
    # Both networks put the same share inside: they differ in strength only.
    assert difference.loc["inside, HiResCAM", "value"] == pytest.approx(0, abs=1e-5)


def test_trainings_are_cut_to_the_steps_that_can_be_afforded(squares):
    many = Faces(
        squares.dataset, squares.images, (), Split(np.arange(64_000), *[np.arange(8)] * 2), ""
    )
    default = PROFILES["default"]
    assert choose_budget(many, default).epochs == 1
    assert choose_budget(squares, default).epochs == 45
    # The trial also has the report's own budget, where that is another.
    assert [budget.epochs for budget in choose_budgets(many, default)] == [1, 45]
    assert [budget.epochs for budget in choose_budgets(squares, default)] == [45]


def write_screening(folder, titles, train_n=10):
    table = pd.DataFrame(
        {
            "network": titles,
            "figure": MEASURE,
            "value": np.arange(len(titles), dtype=float),
            "data_digest": f"d{train_n}",
            "profile": "default",
            "train_n": train_n,
            "epochs": 3,
            "processor": "p",
            "versions": "v",
            "date": "2026-11-24",
        }
    )
    write_study(table, f"{changes.PREFIX}{train_n}", folder)


def test_the_winner_is_the_best_changed_network_of_the_largest_record(trained, tmp_path):
    with pytest.raises(UserError, match="No variant has been chosen"):
        find_winner()
    write_screening(tmp_path, [ORIGINAL.title, "fine", "pooled"], train_n=10)
    write_screening(tmp_path, [ORIGINAL.title, "placed", "fine"], train_n=20)
    assert find_winner().title == "placed"
    write_screening(tmp_path, ["former"], train_n=30)
    with pytest.raises(UserError, match="no variant any more"):
        find_winner()


def test_architectures_are_compared_under_one_recipe():
    assert all(isinstance(each, Architecture) for each in CHANGED)
    assert {each.recipe for each in CHANGED} == {ORIGINAL.recipe}
    assert isinstance(ORIGINAL.recipe, Recipe)


def sign(table):
    return table.assign(processor="p", versions="v", date="2026-11-24", profile="full")


def improve(rendered, most_epochs=10):
    rows = [
        (ORIGINAL.title, "accuracy", 0.5, np.nan, np.nan),
        (ORIGINAL.title, "accuracy", 0.6, np.nan, np.nan),
        ("fine", "accuracy", 0.7, np.nan, np.nan),
        (DIFFERENCE, "accuracy", 0.15, 0.1, 0.2),
    ]
    table = pd.DataFrame(rows, columns=["network", "figure", "value", "low", "high"])
    return sign(table.assign(rendered=rendered, data_digest=rendered, most_epochs=most_epochs))


def test_of_each_data_set_the_longest_trial_is_read_rendered_faces_first(trained, tmp_path):
    assert proposal.read_improvements() == []
    for number, (rendered, epochs) in enumerate(((False, 40), (True, 45), (False, 9))):
        write_study(improve(rendered, epochs), f"{proposal.PREFIX}{number}", tmp_path)
    trials = proposal.read_improvements()
    read = [(trial["rendered"].iloc[0], trial["most_epochs"].iloc[0]) for trial in trials]
    assert read == [(True, 45), (False, 40)]
    assert {len(trial) for trial in trials} == {4}


def test_the_trials_table_shows_means_over_seeds_beside_the_difference():
    trials = [improve(True), improve(False, 40)]
    assert proposal.find_changed(trials[0]) == "fine"
    assert repr(proposal.find_gain(trials[0], "accuracy")) == "0.15 [0.10, 0.20]"
    table = proposal.tabulate_improvements(trials)
    assert table.index.tolist() == ["rendered", "photographs"]
    row = table.loc["photographs"]
    assert (row["light VGG"], row["fine"]) == ("0.550", "0.700")
    assert (row["epochs"], row["difference"]) == (40, "0.150 [0.100, 0.200]")


def test_the_screenings_table_has_differences_from_the_light_vgg():
    rows = [
        (name, figure, 1.5 + difference, difference, low, high, 1000)
        for name, difference, low, high in ((ORIGINAL.title, 0, 0, 0), ("fine", -0.2, -0.3, -0.1))
        for figure in changes.SHOWN
    ]
    columns = ["network", "figure", "value", "difference", "low", "high", "parameters"]
    table = changes.tabulate_screening(pd.DataFrame(rows, columns=columns))
    assert table.index.tolist() == ["light VGG", "fine"]
    assert table.map(str).loc["light VGG", "difference"] == "–"
    assert table.map(str).loc["fine"].tolist() == [
        "1,000",
        "1.30",
        "−0.20 [−0.30, −0.10]",
        "1.300",
        "1.30",
        "1.30",
    ]
