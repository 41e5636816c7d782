import keras
import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import spearmanr

from cnnlab.explain.cam.class_activation import (
    COMBINATIONS,
    differentiate_targets,
    resize_maps,
    scale_to_peak,
)
from cnnlab.explain.cam.map_scores import (
    BY_TRIAL,
    CANDIDATES,
    HEAD,
    LAST,
    LAYERS,
    STEPS,
    correlate_ranks,
    draw_by_gradients,
    draw_candidates,
    follow_shuffling,
    follow_use,
    score_candidates,
)
from cnnlab.explain.shuffling import shuffle_weights
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.settings import SEED

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 32, 32, 3)).astype(np.float32)
TARGETS = np.array([1, 0, 2])
BY_GRADIENTS = {f"{method}, {layer}" for method in COMBINATIONS for layer in LAYERS}


@pytest.fixture(scope="module")
def model():
    """The light VGG's names in small."""
    keras.utils.set_random_seed(1)
    inputs = x = keras.Input((32, 32, 3))
    for name in LAYERS:
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    for name in ("fc1", "fc2"):
        x = keras.layers.Dense(12, activation="relu", name=name)(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


@pytest.fixture(scope="module")
def maps(model):
    return draw_candidates(model, IMAGES, TARGETS)


@pytest.fixture(scope="module")
def scores(model, maps):
    moved = np.zeros((3, 32, 32), bool)
    moved[:, :16] = True
    curves = follow_use(model, IMAGES, maps, TARGETS)
    return score_candidates(model, IMAGES, TARGETS, maps, curves, moved)


def build_window(rows, columns, slope=0.02):
    """A network whose logit 0 is the brightness of a window of the image; the others are 0."""
    inputs = keras.Input((16, 16, 3))
    weights = np.zeros((16, 16, 3, 3), np.float32)
    weights[rows, columns, :, 0] = slope
    dense = keras.layers.Dense(3, use_bias=False)
    model = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    dense.set_weights([weights.reshape(-1, 3)])
    return model


def test_candidates_are_the_methods_at_their_layers(model, maps):
    assert set(maps) == {*CANDIDATES, "edges", "random"}
    for name in CANDIDATES:
        method, layer = name.split(", ")
        if method in BY_TRIAL:
            expected = BY_TRIAL[method](model, IMAGES, layer, TARGETS)
        else:
            found = differentiate_targets(model, IMAGES, layer, TARGETS)
            expected = scale_to_peak(COMBINATIONS[method](found))
        np.testing.assert_allclose(maps[name], resize_maps(expected, (32, 32)), atol=1e-5)


def test_baselines_are_what_their_names_say(model):
    images = np.zeros((3, 32, 32, 3), np.float32)
    images[:, :, 16:] = 1
    found = draw_candidates(model, images, TARGETS)
    assert all(found[name].shape == (3, 32, 32) for name in ("edges", "random"))
    assert found["edges"][0].any(axis=0).nonzero()[0].tolist() == [15, 16]
    assert not np.allclose(found["random"][0], found["random"][1])
    again = draw_candidates(model, images, TARGETS)
    np.testing.assert_array_equal(found["random"], again["random"])


def test_every_candidate_is_put_to_every_test(model, maps, scores):
    assert list(scores) == ["inside", "used", "like shuffled", "shifted"]
    assert list(scores["inside"]) == list(scores["used"]) == list(CANDIDATES)
    assert set(scores["shifted"]) == set(scores["like shuffled"]) == BY_GRADIENTS
    name = CANDIDATES[0]

    def share_above(each):
        return each[:, :16].sum(axis=(1, 2)) / each.sum(axis=(1, 2))

    shown = maps[name].any(axis=(1, 2))
    assert shown.any()
    expected = share_above(maps[name][shown]) - share_above(maps["edges"][shown])
    np.testing.assert_allclose(scores["inside"][name][shown], expected, rtol=1e-5)


def test_where_nobody_knows_what_moved_nothing_is_inside(model, maps):
    curves = follow_use(model, IMAGES, maps, TARGETS)
    scores = score_candidates(model, IMAGES, TARGETS, maps, curves, None)
    assert scores["inside"].isna().all(axis=None)


def test_deleting_what_counts_first_falls_first():
    model = build_window(slice(8, 16), slice(0, 16))
    images = RNG.uniform(0.2, 0.4, (3, 16, 16, 3)).astype(np.float32)
    images[:, 8:] += 0.6
    truth = np.zeros((3, 16, 16))
    truth[:, 8:] = 1
    curves = follow_use(model, images, {"right": truth, "wrong": 1 - truth}, np.zeros(3, int))
    right, wrong = curves["deletion"]["right"], curves["deletion"]["wrong"]
    assert right.shape == (3, STEPS + 1)
    before = softmax(model.predict(images, verbose=0), axis=1)[:, 0]
    np.testing.assert_allclose(right[:, 0], before, rtol=1e-5)
    np.testing.assert_allclose(right[:, -1], wrong[:, -1], rtol=1e-5)
    assert (right.mean(axis=1) < wrong.mean(axis=1)).all()
    # With the right half gone, nothing else changes the answer.
    np.testing.assert_allclose(right[:, STEPS // 2], right[:, -1], rtol=1e-4)
    np.testing.assert_allclose(wrong[:, STEPS // 2], wrong[:, 0], rtol=1e-4)


def test_inserting_what_counts_first_rises_first():
    model = build_window(slice(4, 8), slice(4, 8), slope=0.2)
    images = np.zeros((1, 16, 16, 3), np.float32)
    images[:, 4:8, 4:8] = 1
    truth = images[..., 0]
    curves = follow_use(model, images, {"right": truth, "wrong": 1 - truth}, np.zeros(1, int))
    right, wrong = curves["insertion"]["right"], curves["insertion"]["wrong"]
    np.testing.assert_allclose(right[:, 1], right[:, -1], rtol=1e-5)
    assert right.mean() > wrong.mean() + 0.05


def test_maps_of_convolutions_with_average_pooling_move_with_the_image():
    keras.utils.set_random_seed(0)
    inputs = x = keras.Input((32, 32, 3))
    for name in LAYERS:
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    for name in HEAD[::-1]:
        x = keras.layers.Dense(3, name=name)(x)
    model = keras.Model(inputs, x)
    images = np.zeros((3, 32, 32, 3), np.float32)
    images[:, 10:20, 8:18] = RNG.random((3, 10, 10, 3))
    maps = draw_by_gradients(model, images, TARGETS)
    # The others, slow on so fine a grid, are not shifted.
    maps |= dict.fromkeys({*CANDIDATES, "edges", "random"} - set(maps), images[..., 0])
    curves = follow_use(model, images, maps, TARGETS)
    shifted = score_candidates(model, images, TARGETS, maps, curves, None)["shifted"].stack()
    assert len(shifted.dropna()) > len(shifted) / 2
    np.testing.assert_allclose(shifted.dropna(), 1, atol=1e-4)


def test_shuffling_nothing_that_a_map_sees_changes_nothing(model, maps, scores):
    assert not np.allclose(scores["like shuffled"], 1)
    unshuffled = correlate_ranks(maps, draw_by_gradients(model, IMAGES, TARGETS))
    np.testing.assert_allclose(unshuffled.stack().dropna(), 1)


def test_the_cascade_shuffles_every_layer_from_the_output_down(model, maps, scores):
    cascade = follow_shuffling(model, IMAGES, maps, TARGETS)
    assert list(cascade) == ["logits", "fc2", "fc1", "conv5_2", "conv4_2", "conv3_2"]
    for by_map in cascade.values():
        assert list(by_map) == [f"{method}, {LAST}" for method in COMBINATIONS]
    for name, after_head in cascade["fc1"].items():
        np.testing.assert_allclose(after_head, scores["like shuffled"][name])
    everything = shuffle_weights(model, list(cascade), SEED)
    expected = correlate_ranks(maps, draw_by_gradients(everything, IMAGES, TARGETS, [LAST]))
    np.testing.assert_allclose(cascade["conv3_2"], expected)


def test_the_light_vggs_head_is_what_is_shuffled():
    weighted = [layer.name for layer in build_light_vgg().layers if layer.weights]
    assert tuple(weighted[:-4:-1]) == HEAD
    assert set(LAYERS) < set(weighted)


def test_ranks_are_correlated_as_scipy_does():
    first, second = RNG.random((3, 5, 6)), RNG.random((3, 5, 6)).round(1)
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first, second, strict=True)
    ]
    found = correlate_ranks({"a": first, "b": first}, {"a": second, "b": np.ones_like(first)})
    np.testing.assert_allclose(found["a"], expected)
    assert found["b"].isna().all()
