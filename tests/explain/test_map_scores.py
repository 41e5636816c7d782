import keras
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from cnnlab.explain.cam import map_scores
from cnnlab.explain.cam.map_scores import (
    CANDIDATES,
    GRADIENT_CANDIDATES,
    correlate_ranks,
    draw_by_gradients,
    draw_candidates,
    follow_shuffling,
    follow_use,
    score_candidates,
    score_shifts,
    score_shuffled,
    score_use,
)
from cnnlab.explain.cam.methods import METHODS
from cnnlab.explain.cam.overlay import resize_maps
from cnnlab.explain.shuffling import shuffle_weights
from cnnlab.networks.light_vgg import build_light_vgg
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
    return draw_candidates(model, IMAGES, TARGETS)


def test_candidates_are_the_methods_of_the_project_at_their_layers(model, maps):
    assert set(maps) == {*CANDIDATES, "edges", "random"}
    for name in CANDIDATES:
        method, layer = name.split(", ")
        expected = resize_maps(METHODS[method](model, IMAGES, layer, TARGETS), (32, 32))
        np.testing.assert_allclose(maps[name], expected, atol=1e-5)


def test_every_candidate_is_put_to_every_test(model, maps):
    moved = np.zeros((3, 32, 32), bool)
    moved[:, :16] = True
    curves = follow_use(model, IMAGES, maps, TARGETS)
    scores = score_candidates(model, IMAGES, TARGETS, maps, curves, moved)
    assert list(scores) == ["inside", "used", "like shuffled", "shifted"]
    assert list(scores["inside"]) == list(scores["used"]) == list(CANDIDATES)
    name = CANDIDATES[0]

    def share_above(each):
        return each[:, :16].sum(axis=(1, 2)) / each.sum(axis=(1, 2))

    shown = maps[name].any(axis=(1, 2))
    assert shown.any()
    expected = share_above(maps[name][shown]) - share_above(maps["edges"][shown])
    np.testing.assert_allclose(scores["inside"][name][shown], expected, rtol=1e-5)
    used = score_use(curves)
    np.testing.assert_allclose(scores["used"][name], used[name] - used["random"])
    np.testing.assert_array_equal(
        scores["like shuffled"], score_shuffled(model, IMAGES, maps, TARGETS)
    )
    unknown = score_candidates(model, IMAGES, TARGETS, maps, curves, None)
    assert unknown["inside"].isna().all(axis=None)


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
    same = score_shuffled(model, IMAGES, maps, TARGETS)
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
    head = score_shuffled(model, IMAGES, maps, TARGETS)
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


def test_every_method_is_by_gradients_or_by_trial():
    assert set(METHODS) == {*map_scores.COMBINATIONS, *map_scores.BY_TRIAL}
