"""The study of LiteRT files, on made images."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from evaluation.made_faces import make_architecture, make_faces

from cnnlab.networks import from_scratch
from cnnlab.networks.answers import predict_logits
from cnnlab.networks.family import train_variant
from cnnlab.networks.litert import PRECISIONS
from cnnlab.networks.training import train
from cnnlab.settings import PROFILES
from cnnlab.studies.phone import (
    PREFIX,
    measure_exports,
    read_exports,
    tabulate_exports,
)
from cnnlab.studies.records import describe_machine, write_study

PROFILE = replace(PROFILES["smoke"], family_epochs=2, bootstrap_resamples=20)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    faces = make_faces(root, affect=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_scratch, "train", partial(train, root=root / "trained"))
        network = train_variant(make_architecture("Tiny"), faces, PROFILE)
    return faces, network, measure_exports(network, faces, PROFILE, runs=3)


def test_every_precision_is_measured_against_keras(measured):
    faces, network, table = measured
    assert table["precision"].tolist() == list(PRECISIONS)
    exact = table.iloc[0]
    assert (exact["agreement"], exact["agreement_low"]) == (1, 1)
    rows = faces.split.validation
    right = predict_logits(network, faces, rows).argmax(axis=1) == faces.labels[rows]
    assert (table["keras_accuracy"] == right.mean()).all()
    assert exact["accuracy"] == right.mean()
    assert table["milliseconds"].between(table["lower_quartile"], table["upper_quartile"]).all()
    assert (table["n"] == 16).all()


def test_an_unlike_answer_counts_against_agreement(measured, monkeypatch):
    faces, network, _ = measured
    rows = faces.split.validation
    wrong = np.roll(predict_logits(network, faces, rows), 1, axis=1)
    monkeypatch.setattr("cnnlab.studies.phone.predict_logits", lambda *_: wrong)
    table = measure_exports(network, faces, PROFILE, runs=3)
    assert table["agreement"].iloc[0] == 0


def test_records_are_read_and_shown(measured, tmp_path):
    _, _, table = measured
    assert read_exports(tmp_path) == []
    run = {"data": "made", "profile": "full"}
    run["threads"] = 1
    write_study(table.assign(**run, **describe_machine()), f"{PREFIX}made-full", tmp_path)
    (records,) = read_exports(tmp_path)
    shown = tabulate_exports(records)
    assert shown.index.tolist() == ["Tiny"] * 3
    assert shown["number format"].tolist() == list(PRECISIONS)
    assert shown["same answer as Keras"].iloc[0] == "1.000 [1.000, 1.000]"
