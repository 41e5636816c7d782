"""The record of a run, on made networks that are always right or always wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluation.made_faces import make_faces

from cnnlab.evaluation.published_figures import HEWITT_GUNES_NETWORKS
from cnnlab.evaluation.recounts import ALL, WITHOUT_COPIES
from cnnlab.networks.predictions import predict_validation
from cnnlab.networks.regressor import replace_head
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies.accuracy import (
    COMPARED,
    FIGURES,
    LIGHT,
    REPORTED,
    VGG16,
    compare_ways,
    find_run,
    list_trainings,
    measure_network,
    measure_published,
)
from cnnlab.studies.study import read_runs, run_study

from .made_networks import build_stripes, make_network

PROFILE = replace(PROFILES["smoke"], bootstrap_resamples=20)


@pytest.fixture
def faces(tmp_path):
    return make_faces(tmp_path, affect=True)


@pytest.fixture
def right(tmp_path):
    return make_network(tmp_path, build_stripes(1), LIGHT)


@pytest.fixture
def wrong(tmp_path):
    return make_network(tmp_path, build_stripes(-1), VGG16)


@pytest.fixture
def folder(tmp_path, faces, right, wrong):
    """A folder of tables with the record of a run."""

    def measure(run, network, seed):
        made = wrong if network == VGG16 else right
        return measure_network(made, run.faces, PROFILE)

    run_study(replace(REPORTED, load=lambda: faces, measure=measure), tmp_path / "studies")
    return tmp_path / "studies"


def test_a_network_has_a_row_for_each_figure_and_way_to_count(faces, right):
    faces.images[56] = faces.images[0]
    table = measure_network(right, faces, PROFILE)
    assert set(table["figure"]) == set(FIGURES)
    assert table.groupby("variant")["n"].first().to_dict() == {ALL: 16, WITHOUT_COPIES: 15}
    assert (table["estimate"] == 1).all() and (table["copies_in_train"] == 1).all()
    assert (table[["epochs", "chosen_epoch"]] == 2).all(axis=None)
    assert (table["configuration_digest"] == 16 * "a").all()


def test_a_network_that_must_learn_and_did_not_is_not_recorded(faces, wrong):
    with pytest.raises(AssertionError):
        measure_network(wrong, faces, replace(PROFILE, must_learn=True))


def test_every_training_is_listed_with_its_accuracy(folder):
    (table,) = read_runs("accuracy-*", folder)
    trainings = list_trainings(table)
    assert trainings["network"].tolist() == [VGG16] + 3 * [LIGHT]
    assert trainings["seed"].tolist() == [SEED, SEED, SEED + 1, SEED + 2]
    assert trainings["accuracy"].tolist() == [0, 1, 1, 1]


def test_a_run_is_found_by_its_data_and_profile(folder, faces):
    (table,) = read_runs("accuracy-*", folder)
    pd.testing.assert_frame_equal(find_run(faces, PROFILE, folder), table)


def test_ways_are_compared_over_their_seeds_on_the_same_images(faces, right, wrong, tmp_path):
    other = make_network(tmp_path, build_stripes(1), LIGHT, SEED + 1)
    table = compare_ways([wrong], [right, other], predict_validation, faces, PROFILE)
    assert table.index.tolist() == list(COMPARED)
    assert table.loc["accuracy", ["first", "second", "difference"]].tolist() == [0, 1, 1]
    assert (table["low"] <= table["difference"]).all() and (table["n"] == 16).all()


def test_the_published_figures_are_measured_of_both_heads_where_there_are_two(
    faces, right, tmp_path
):
    regressor = make_network(tmp_path, replace_head(right.model), "affect")
    table = measure_published(right, regressor, faces, PROFILE)
    figures = table.set_index("figure")
    assert set(figures.index) == set(HEWITT_GUNES_NETWORKS.columns) - {"parameters"}
    # A new head answers 0 to every image.
    error = np.sqrt(np.mean(np.square(faces.dataset.valence[faces.split.validation])))
    assert figures.loc["valence RMSE", "estimate"] == pytest.approx(error)
    assert (table["parameters"] == right.model.count_params()).all()
    alone = measure_published(right, None, faces, PROFILE)
    assert not alone["figure"].str.contains("valence").any()
