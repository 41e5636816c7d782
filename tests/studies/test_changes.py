"""The screening of changes and the trial of the one that it chose."""

import keras
import numpy as np
import pandas as pd
import pytest

from cnnlab.explain.cam import regions
from cnnlab.explain.cam.regions import measure_localisation
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.networks.light_vgg_changes import CHANGED, ORIGINAL
from cnnlab.networks.predictions import predict_development
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies.accuracy import COMPARED, LOSS
from cnnlab.studies.changes import (
    DIFFERENCE,
    PLACES,
    choose_winner,
    compare_changes,
    find_changed,
    find_gain,
    find_winner,
)
from cnnlab.studies.study import Run
from plumbing.user_errors import UserError

from .made_networks import make_network

RNG = np.random.default_rng(0)
# Each class is a bright square in a place of its own, which is all that its expression moves.
PLACED = [(16 + 32 * (k // 3), 8 + 40 * (k % 3)) for k in range(8)]


@pytest.fixture
def squares(monkeypatch):
    labels = np.tile(np.arange(8), 12)
    images = RNG.integers(0, 60, (96, 128, 128, 3), np.uint8)
    moved = np.zeros((96, 128, 128), bool)
    for row, label in enumerate(labels):
        top, left = PLACED[label]
        moved[row, top : top + 16, left : left + 16] = True
    images[moved] += 150
    moved[labels == 0] = False
    # Nothing is rendered anew to see what the expression moved.
    monkeypatch.setattr(regions, "find_moved_pixels", lambda faces, rows: moved[rows])
    splits = np.repeat(["train", "train", "validation"], 32)
    dataset = FaceDataset("squares", True, (), labels, splits)
    split = Split(np.arange(32), np.arange(32, 64), np.arange(64, 96))
    return Faces(dataset, images, (), split, "digest-of-squares")


def build_local(sharp):
    """A network that answers by where the image is bright; blind where it is not sharp."""
    inputs = keras.Input((128, 128, 3))
    maps = keras.layers.Conv2D(1, 8, 8, use_bias=False, name="conv5_2")(inputs)
    logits = keras.layers.Dense(8, use_bias=False)(keras.layers.Flatten()(maps))
    model = keras.Model(inputs, logits)
    weights = np.zeros((16, 16, 8), np.float32)
    for label, (top, left) in enumerate(PLACED):
        weights[top // 8 : top // 8 + 2, left // 8 : left // 8 + 2, label] = sharp
    model.set_weights([np.full((8, 8, 3, 1), 1 / 192, np.float32), weights.reshape(256, 8)])
    return model


@pytest.mark.parametrize("located", [8, 0])
def test_answers_and_maps_of_two_ways_are_compared(squares, tmp_path, located):
    run = Run(PROFILES["smoke"], squares, tmp_path / "t.csv")
    rows = np.arange(33, 33 + located)
    blunt = [make_network(tmp_path, build_local(0.2), "blunt")]
    sharp = [make_network(tmp_path, build_local(each), "sharp", SEED + each) for each in (2, 3)]
    table = compare_changes(blunt, sharp, predict_development, run, rows).set_index("figure")
    assert table.index.tolist() == [*COMPARED, *(PLACES if located else ())]
    assert table.loc[LOSS, "low"] < table.loc[LOSS, "difference"] < table.loc[LOSS, "high"] < 0
    assert table.loc[LOSS, "n"] == 32
    if located:
        # Both put the same share inside: they differ in strength only.
        assert table.loc[PLACES[0], "difference"] == pytest.approx(0, abs=1e-5)
        assert table.loc[PLACES[0], "second"] > 0.3 and table.loc[PLACES[0], "n"] == 8


def test_a_network_that_looks_at_the_square_scores_high_and_one_that_looks_away_low(squares):
    rows = np.array([1, 2, 3])
    model = build_local(1.0)
    near = measure_localisation(model, squares, rows)
    # The third square lies half on the border.
    np.testing.assert_allclose(near["border, HiResCAM"], [0.06, 0.06, 0.5], atol=0.05)
    kernel, weights = model.get_weights()
    model.set_weights([kernel, np.roll(weights, 4, axis=1)])
    away = measure_localisation(model, squares, rows)
    assert (away["inside, HiResCAM"] < near["inside, HiResCAM"]).all()


def write_screening(folder, titles, train_n=10):
    signature = {"processor": "p", "versions": "v", "date": "2026-11-24", "profile": "default"}
    table = pd.DataFrame({"network": titles, "figure": LOSS, "value": np.arange(len(titles))})
    table = table.assign(train_n=train_n, data_digest=f"d{train_n}", epochs=3, **signature)
    table.to_csv(folder / f"screening-{train_n}.csv", index=False)
    return table


def test_the_winner_is_the_best_changed_network_of_the_largest_screening(tmp_path):
    with pytest.raises(UserError, match=r"no screening-\*\.csv"):
        find_winner(tmp_path)
    few = write_screening(tmp_path, [ORIGINAL.title, "fine", "pooled"], train_n=10)
    assert choose_winner(few) == "fine"
    write_screening(tmp_path, [ORIGINAL.title, "placed", "fine"], train_n=20)
    assert find_winner(tmp_path).title == "placed"
    write_screening(tmp_path, ["former"], train_n=30)
    with pytest.raises(UserError, match="no change any more"):
        find_winner(tmp_path)


def test_architectures_are_compared_under_one_recipe():
    assert {each.recipe for each in CHANGED} == {ORIGINAL.recipe}


def test_a_trial_tells_what_was_changed_and_what_it_gained():
    rows = [
        (ORIGINAL.title, "accuracy", 0.5, np.nan, np.nan),
        ("fine", "accuracy", 0.7, np.nan, np.nan),
        (DIFFERENCE, "accuracy", 0.2, 0.1, 0.3),
        (DIFFERENCE, LOSS, -0.2, -0.3, -0.1),
    ]
    trial = pd.DataFrame(rows, columns=["network", "figure", "value", "low", "high"])
    assert find_changed(trial) == "fine"
    assert repr(find_gain(trial, "accuracy")) == "0.20 [0.10, 0.30]"
