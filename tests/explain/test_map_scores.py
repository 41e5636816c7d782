import keras
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from cnnlab.explain import map_scores
from cnnlab.explain.map_scores import (
    BASELINES,
    CANDIDATES,
    GRADIENT_CANDIDATES,
    compare_methods,
    correlate_ranks,
    draw_by_gradients,
    draw_candidates,
    follow_shuffling,
    follow_use,
    score_places,
    score_shifts,
    score_shuffled,
    score_use,
)
from cnnlab.explain.methods import METHODS
from cnnlab.explain.overlay import resize_maps
from cnnlab.explain.sanity import shuffle_weights
from cnnlab.models.light_vgg import build_light_vgg
from cnnlab.settings import SEED

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 32, 32, 3)).astype(np.float32)
TARGETS = np.array([1, 0, 2])


@pytest.fixture(scope="module")
def model():
    """The light VGG's names in small."""
    keras.utils.set_random_seed(1)
    inputs = x = keras.Input((32, 32, 3))
    for block in (3, 4, 5):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=f"conv{block}_2")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    for name in ("fc1", "fc2"):
        x = keras.layers.Dense(12, activation="relu", name=name)(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


@pytest.fixture(scope="module")
def maps(model):
    return draw_candidates(model, IMAGES, TARGETS, np.arange(3))


def test_candidates_are_the_methods_of_the_project_at_their_layers(model, maps):
    assert set(maps) == {*CANDIDATES, *BASELINES}
    for name in CANDIDATES:
        method, layer = name.split(", ")
        expected = resize_maps(METHODS[method](model, IMAGES, layer, TARGETS), (32, 32))
        np.testing.assert_allclose(maps[name], expected, atol=1e-5)


def test_what_is_tried_on_some_images_has_no_score_on_the_others(model, maps):
    some = draw_candidates(model, IMAGES, TARGETS, np.array([2]))
    scores = score_places(some, np.ones((3, 32, 32), bool))
    for name in CANDIDATES:
        by_trial = name.split(", ")[0] in map_scores.BY_TRIAL
        drawn = [2] if by_trial else [0, 1, 2]
        np.testing.assert_allclose(some[name][drawn], maps[name][drawn], atol=1e-5)
        for each in scores.values():
            assert not by_trial or each[name].iloc[:2].isna().all()
    assert np.isfinite(compare_methods(some).to_numpy()).all()


def test_each_map_is_scored_by_itself(maps):
    moved = np.zeros((3, 32, 32), bool)
    moved[:, :16] = True
    scores = score_places(maps, moved)
    np.testing.assert_allclose(scores["inside"]["even"], 0.5)
    name = CANDIDATES[0]
    totals = maps[name].sum(axis=(1, 2))
    assert (totals > 0).any()
    upper = np.where(totals > 0, maps[name][:, :16].sum(axis=(1, 2)) / totals, np.nan)
    np.testing.assert_allclose(scores["inside"][name], upper, rtol=1e-5)
    assert scores["pointing"].stack().dropna().between(0, 1).all()


def test_a_map_of_what_counts_is_used_more_than_its_opposite():
    inputs = keras.Input((32, 32, 3))
    counted = keras.layers.Cropping2D(((0, 16), (0, 0)))(inputs)
    average = keras.layers.GlobalAveragePooling2D()(counted)
    model = keras.Model(inputs, keras.layers.Dense(3)(average))
    kernel = np.zeros((3, 3), np.float32)
    kernel[:, 0] = 1
    model.layers[-1].set_weights([kernel, np.zeros(3, np.float32)])
    images = np.zeros((2, 32, 32, 3), np.float32)
    images[:, :16] = RNG.uniform(0.5, 1, (2, 16, 32, 3))
    truth = np.zeros((2, 32, 32))
    truth[:, :16] = 1
    curves = follow_use(model, images, {"truth": truth, "rest": 1 - truth}, np.zeros(2, int))
    assert curves["insertion"]["truth"].shape == (2, map_scores.STEPS + 1)
    found = score_use(curves)
    assert (found["truth"] > found["rest"] + 0.05).all()


def test_shuffling_nothing_that_a_map_sees_changes_nothing(model, maps):
    same = score_shuffled(model, IMAGES, maps, TARGETS, layers=("fc2", "fc1", "logits"))
    assert list(same) == list(GRADIENT_CANDIDATES)
    assert not np.allclose(same, 1)
    unshuffled = pd.DataFrame(
        {
            name: correlate_ranks(each, maps[name])
            for name, each in draw_by_gradients(model, IMAGES, TARGETS).items()
        }
    )
    np.testing.assert_allclose(unshuffled.dropna(), 1)


def test_the_cascade_passes_through_the_shuffled_head(model, maps):
    stages = ("logits", "fc2", "fc1", "conv5_2", "conv4_2", "conv3_2")
    found = follow_shuffling(model, IMAGES, maps, TARGETS, stages)
    head = score_shuffled(model, IMAGES, maps, TARGETS, layers=map_scores.HEAD)
    assert set(found) == set(map_scores.COMBINATIONS)
    for method, by_stage in found.items():
        assert tuple(by_stage) == stages
        np.testing.assert_allclose(by_stage["fc1"], head[f"{method}, {map_scores.LAST}"])
    everything = keras.models.clone_model(model)
    everything.set_weights(shuffle_weights(model, stages, SEED).get_weights())
    expected = METHODS["HiResCAM"](everything, IMAGES, map_scores.LAST, TARGETS)
    correlations = correlate_ranks(
        maps[f"HiResCAM, {map_scores.LAST}"], resize_maps(expected, (32, 32))
    )
    np.testing.assert_allclose(found["HiResCAM"]["conv3_2"], correlations, atol=1e-5)


def test_the_cascade_shuffles_every_layer_of_the_light_vgg_once_from_the_output_down():
    weighted = [layer.name for layer in build_light_vgg().layers if layer.weights]
    assert list(map_scores.STAGES) == weighted[::-1]


def test_a_shift_of_nothing_leaves_all_maps_as_they_are(model):
    found = score_shifts(model, IMAGES, TARGETS, (0, 0))
    assert list(found) == list(GRADIENT_CANDIDATES)
    np.testing.assert_allclose(found.stack().dropna(), 1)
    assert (score_shifts(model, IMAGES, TARGETS, (3, 3)).stack().dropna() < 1).all()


def test_ranks_are_correlated_as_scipy_does():
    first, second = RNG.random((3, 5, 6)), RNG.random((3, 5, 6)).round(1)
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(correlate_ranks(first, second), expected)
    assert np.isnan(correlate_ranks(first, np.ones_like(first))).all()


def test_methods_agree_with_themselves(maps):
    table = compare_methods(maps)
    assert list(table) == list(table.index) == list(METHODS)
    np.testing.assert_allclose(np.diag(table), 1)
    np.testing.assert_allclose(table, table.T)


def test_every_method_is_by_gradients_or_by_trial():
    assert set(METHODS) == {*map_scores.COMBINATIONS, *map_scores.BY_TRIAL}
