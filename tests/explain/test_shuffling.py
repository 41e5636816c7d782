import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.explain.deconvolution.deconvnet import (
    backpropagate,
    deconvolve,
    forward_with_switches,
    trace_back,
)
from cnnlab.explain.shuffling import (
    AT_ONCE,
    compare_with_edges,
    compute_correlations,
    compute_cosines,
    find_edges,
    paint_classes,
    select_two_units,
    shuffle_weights,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 12, 12, 3)).astype(np.float32)
PARTNERS = [1, 2, 3, 0]


def build_stack():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="block1_a")(inputs)
    x = keras.layers.MaxPooling2D(2, name="block1_pool")(x)
    return keras.Model(inputs, keras.layers.Conv2D(8, 3, activation="relu", name="block2_a")(x))


def build_classifier():
    stack = build_stack()
    x = keras.layers.Flatten()(stack.output)
    x = keras.layers.Dense(6, activation="relu", name="fc")(keras.layers.Dropout(0.5)(x))
    return keras.Model(stack.input, keras.layers.Dense(3, name="logits")(x))


def test_shuffling_keeps_the_values_and_the_other_layers():
    model = build_stack()
    before = model.get_weights()
    shuffled = shuffle_weights(model, ["block2"], seed=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(before[:2], shuffled.get_weights()[:2], strict=True):
        np.testing.assert_array_equal(old, new)
    old, new = before[2], shuffled.get_weights()[2]
    assert (old != new).any()
    np.testing.assert_array_equal(np.sort(old.ravel()), np.sort(new.ravel()))
    with pytest.raises(ValueError, match="starts with 'block7'"):
        shuffle_weights(model, ["block2", "block7"], seed=0)


def test_a_layer_is_shuffled_alike_whichever_others_are():
    alone = shuffle_weights(build_stack(), ["block2"], seed=0).get_weights()
    together = shuffle_weights(build_stack(), ["block2", "block1"], seed=0).get_weights()
    np.testing.assert_array_equal(alone[2], together[2])
    assert (alone[0] != together[0]).any()


def test_gradient_pictures_are_the_logits_gradients():
    model = build_classifier()
    images = RNG.random((AT_ONCE + 1, 12, 12, 3)).astype(np.float32)
    classes = RNG.integers(3, size=len(images))
    pictures = paint_classes(model, images, classes)
    tensor = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(tf.gather(model(tensor, training=False), classes, batch_dims=1))
    np.testing.assert_allclose(
        pictures["gradient"], tape.gradient(total, tensor), rtol=1e-4, atol=1e-6
    )
    assert set(pictures) == {"gradient", "deconvnet", "guided"}


def test_edges_correlate_with_the_edges_of_their_own_image():
    step = np.zeros((2, 12, 12, 3), np.float32)
    step[0, :, 6:], step[1, 6:] = 1, 1
    pictures = np.zeros_like(step)
    pictures[:, :, 5:7] = -3
    own, other = compare_with_edges(pictures, step)
    assert own == pytest.approx(1)
    assert abs(other) < 0.1
    assert np.isnan(compare_with_edges(pictures, np.ones_like(step))).all()


def test_edges_are_those_of_opencv():
    grey = IMAGES.mean(axis=-1)
    expected = [
        np.hypot(cv2.Sobel(each, cv2.CV_32F, 1, 0), cv2.Sobel(each, cv2.CV_32F, 0, 1))
        for each in grey
    ]
    np.testing.assert_allclose(find_edges(IMAGES), expected, rtol=1e-4, atol=1e-5)


def test_cosines_know_sign_and_silence():
    first = RNG.normal(size=(3, 4, 4, 3))
    second = np.stack([2 * first[0], -first[1], 0 * first[2]])
    found = compute_cosines(first, second)
    np.testing.assert_allclose(found[:2], [1, -1])
    assert np.isnan(found[2])


def test_correlations_are_pearsons():
    first, second = RNG.normal(size=(2, 3, 4, 5))
    expected = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(compute_correlations(first, second), expected)


def test_two_units_share_a_place_and_are_the_strongest_there():
    activations = np.zeros((1, 2, 2, 3), np.float32)
    activations[0, 1, 0] = [1, 5, 3]
    activations[0, 0, 0, 0] = 6
    first, second = select_two_units(activations)
    assert np.argwhere(first[0]).tolist() == [[1, 0, 1]]
    assert np.argwhere(second[0]).tolist() == [[1, 0, 2]]


def compare(model, layer, rule=deconvolve):
    """Cosines of a unit's picture with another unit's, and with its own in another image."""
    forward = forward_with_switches(model, IMAGES, layer)
    unit, other_unit = select_two_units(forward.activations.numpy())
    picture, of_other, elsewhere = (
        trace_back(forward, signal, rule) for signal in (unit, other_unit, unit[PARTNERS])
    )
    return compute_cosines(picture, of_other), compute_cosines(picture[PARTNERS], elsewhere)


def test_identical_units_agree_fully():
    model = build_stack()
    kernel, bias = model.get_layer("block2_a").get_weights()
    model.get_layer("block2_a").set_weights([abs(kernel) * 0 + abs(kernel[..., :1]), bias])
    of_units, _ = compare(model, "block2_a")
    np.testing.assert_allclose(of_units, 1, rtol=1e-5)


def test_units_that_look_at_different_colours_disagree():
    inputs = keras.Input((12, 12, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, activation="relu", name="top")(inputs))
    kernel = np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)
    model.get_layer("top").set_weights([kernel, np.zeros(2)])
    of_units, _ = compare(model, "top", backpropagate)
    np.testing.assert_allclose(of_units, 0, atol=1e-7)


def test_a_linear_networks_unit_has_one_picture_in_all_images():
    inputs = keras.Input((12, 12, 3))
    top = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="top")(inputs)
    _, of_images = compare(keras.Model(inputs, top), "top")
    np.testing.assert_allclose(of_images, 1, rtol=1e-5)


def test_switches_make_the_picture_another_in_another_image():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 12, 3))
    pooled = keras.layers.MaxPooling2D(4, name="pool")(inputs)
    top = keras.layers.Conv2D(2, 1, activation="relu", name="top")(pooled)
    model = keras.Model(inputs, top)
    kernel, bias = model.get_layer("top").get_weights()
    model.get_layer("top").set_weights([abs(kernel), bias])
    _, of_images = compare(model, "top")
    assert of_images.mean() < 0.6
