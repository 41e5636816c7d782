import keras
import numpy as np
import pytest

from cnnlab.explain.deconvnet import backpropagate, deconvolve, forward_with_switches
from cnnlab.explain.sanity import (
    compare_shuffled,
    compare_units,
    select_two_units,
    shuffle_weights,
)

IMAGES = np.random.default_rng(0).random((4, 12, 12, 3)).astype(np.float32)


def build_stack():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="block1_a")(inputs)
    x = keras.layers.MaxPooling2D(2, name="block1_pool")(x)
    return keras.Model(inputs, keras.layers.Conv2D(8, 3, activation="relu", name="block2_a")(x))


def test_shuffling_keeps_the_values_and_the_other_layers():
    model = build_stack()
    before = model.get_weights()
    shuffled = shuffle_weights(model, "block2", seed=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(before[:2], shuffled.get_weights()[:2], strict=True):
        np.testing.assert_array_equal(old, new)
    old, new = before[2], shuffled.get_weights()[2]
    assert (old != new).any()
    np.testing.assert_array_equal(np.sort(old.ravel()), np.sort(new.ravel()))
    with pytest.raises(ValueError, match="starts with 'block7'"):
        shuffle_weights(model, "block7", seed=0)


def test_two_units_share_a_place_and_are_the_strongest_there():
    activations = np.zeros((1, 2, 2, 3), np.float32)
    activations[0, 1, 0] = [1, 5, 3]
    activations[0, 0, 0, 0] = 6
    first, second = select_two_units(activations)
    assert np.argwhere(first[0]).tolist() == [[1, 0, 1]]
    assert np.argwhere(second[0]).tolist() == [[1, 0, 2]]


def test_identical_units_and_networks_agree_fully():
    model = build_stack()
    kernel, bias = model.get_layer("block2_a").get_weights()
    model.get_layer("block2_a").set_weights([abs(kernel) * 0 + abs(kernel[..., :1]), bias])
    forward = forward_with_switches(model, IMAGES, "block2_a")
    np.testing.assert_allclose(compare_units(forward, deconvolve), 1, rtol=1e-5)
    np.testing.assert_allclose(
        compare_shuffled(model, model, IMAGES, "block2_a", backpropagate), 1, rtol=1e-5
    )


def test_units_that_look_at_different_colours_disagree():
    inputs = keras.Input((12, 12, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, activation="relu", name="top")(inputs))
    kernel = np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)
    model.get_layer("top").set_weights([kernel, np.zeros(2)])
    forward = forward_with_switches(model, IMAGES, "top")
    np.testing.assert_allclose(compare_units(forward, backpropagate), 0, atol=1e-7)


def test_a_unit_that_shuffling_turned_off_is_compared_all_the_same():
    inputs = keras.Input((12, 12, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, activation="relu", name="top")(inputs))
    model.get_layer("top").set_weights([np.ones((1, 1, 3, 2)), np.zeros(2)])
    off = keras.models.clone_model(model)
    off.get_layer("top").set_weights([-np.ones((1, 1, 3, 2)), np.zeros(2)])
    for rule in (backpropagate, deconvolve):
        np.testing.assert_allclose(compare_shuffled(model, off, IMAGES, "top", rule), -1, rtol=1e-5)
