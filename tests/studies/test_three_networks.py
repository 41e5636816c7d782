"""The study of the authors' three networks, on made images and made records."""

from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
from evaluation.made_faces import build_tiny, make_architecture, make_faces

from cnnlab.evaluation.affect import DIMENSIONS
from cnnlab.evaluation.published_figures import HEWITT_GUNES_NETWORKS
from cnnlab.networks import from_scratch, regressor
from cnnlab.networks.training import train
from cnnlab.settings import PROFILES
from cnnlab.studies import three_networks
from cnnlab.studies.records import describe_machine, write_study
from cnnlab.studies.three_networks import (
    PREFIX,
    THEIRS,
    measure_variant,
    read_families,
    tabulate_family,
)

PROFILE = replace(PROFILES["smoke"], family_epochs=2, regressor_epochs=1, bootstrap_resamples=20)


@pytest.fixture(autouse=True)
def train_elsewhere(tmp_path, monkeypatch):
    for module in (from_scratch, regressor):
        monkeypatch.setattr(module, "train", partial(train, root=tmp_path / "trained"))


def measure(faces):
    return measure_variant(make_architecture("VGG variant"), faces, PROFILE)


def test_both_heads_are_measured_where_the_data_know_both(tmp_path):
    table = measure(make_faces(tmp_path, affect=True))
    figures = table.set_index("figure")
    assert {f"{name} concordance" for name in DIMENSIONS} < set(figures.index)
    assert figures.loc["accuracy", "epochs"] == 2
    assert table[["training_accuracy", "development_accuracy"]].stack().between(0, 1).all()
    assert figures.loc["valence RMSE", "epochs"] == 1
    assert (table["parameters"] == build_tiny().count_params()).all()
    assert (table["n"] == 16).all()
    assert table["configuration_digest"].nunique() == 2


def test_without_valence_there_is_the_classifier_alone(tmp_path):
    table = measure(make_faces(tmp_path, affect=False))
    assert not table["figure"].str.contains("valence").any()
    assert table["configuration_digest"].nunique() == 1


def made_record(data):
    rows = [
        {
            "network": network,
            "figure": figure,
            "estimate": value,
            "low": value - 0.05,
            "high": value + 0.05,
            "parameters": 1_000,
            "macs": 10,
            "training_seconds": 60.0,
            "epochs": 3,
            "training_accuracy": value + (0.3 if network == "AlexNet variant" else 0.1),
            "development_accuracy": value,
            "n": 16,
            "configuration_digest": network,
        }
        for network, value in zip(HEWITT_GUNES_NETWORKS.index, (0.5, 0.6, 0.4), strict=True)
        for figure in ("accuracy", "macro AUC", "micro AUC")
    ]
    return pd.DataFrame(rows).assign(
        seed=1,
        train_n=32,
        data=data,
        rendered=False,
        data_digest="0" * 16,
        profile="full",
        **describe_machine(),
    )


def test_records_are_read_run_by_run(tmp_path):
    assert read_families(tmp_path) == []
    for data in ("one", "two"):
        write_study(made_record(data), f"{PREFIX}{data}-full", tmp_path)
    assert [records["data"].unique().tolist() for records in read_families(tmp_path)] == [
        ["one"],
        ["two"],
    ]


def test_table_stands_beside_the_published_one_figure_by_figure():
    table = tabulate_family(made_record("made"))
    # What the paper does not have is left out, and so is what the record does not have.
    assert table.index.tolist() == ["parameters", "accuracy", "macro AUC"]
    assert table.columns.tolist() == [*HEWITT_GUNES_NETWORKS.index, THEIRS]
    assert table.loc["accuracy", "VGG variant"] == "0.60 [0.55, 0.65]"
    assert table.loc["accuracy", THEIRS] == "0.56 / 0.58 / 0.56"
    assert table.loc["parameters", "AlexNet variant"] == "1,000"


def test_the_family_of_the_paper_is_recorded(tmp_path, monkeypatch):
    written = {}
    monkeypatch.setattr(three_networks, "load_faces", lambda: make_faces(tmp_path, affect=False))
    monkeypatch.setattr(three_networks, "current_profile", lambda: PROFILE)
    monkeypatch.setattr(three_networks, "describe_run", lambda faces, profile: {})
    monkeypatch.setattr(
        three_networks,
        "FAMILY",
        tuple(make_architecture(title) for title in HEWITT_GUNES_NETWORKS.index),
    )
    monkeypatch.setattr(
        three_networks, "write_study", lambda table, name: written.update({name: table})
    )
    three_networks.record_family()
    (name,) = written
    assert name == "family-made-smoke"
    assert written[name]["network"].unique().tolist() == list(HEWITT_GUNES_NETWORKS.index)
    assert {"processor", "versions", "date"} < set(written[name].columns)
