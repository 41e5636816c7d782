import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.scores import CategoricalScore

from cnnlab.explain.cam.class_activation import (
    BATCH_SIZE,
    COMBINATIONS,
    LayerGradients,
    differentiate_targets,
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    measure_coherence,
    resize_maps,
    scale_to_peak,
)

from .made_networks import build_spot_network

RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 12, 10, 3)).astype(np.float32)
TARGETS = np.array([0, 3, 1, 2, 3])
MAPS = RNG.random((3, 8, 6)).astype(np.float32)


def build(head, dtype="float32", num_classes=4):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu", padding="same", dtype=dtype, name="first")(
        inputs
    )
    x = keras.layers.MaxPooling2D(2, dtype=dtype)(x)
    x = keras.layers.Conv2D(7, 3, padding="same", activation="relu", dtype=dtype, name="last")(x)
    x = head(dtype=dtype)(x)
    return keras.Model(inputs, keras.layers.Dense(num_classes, dtype="float32", name="logits")(x))


def test_equals_the_class_activation_map_for_average_pooling_and_a_linear_layer():
    model = build(keras.layers.GlobalAveragePooling2D)
    maps = keras.Model(model.input, model.get_layer("last").output)(IMAGES).numpy()
    kernel = model.get_layer("logits").kernel.numpy()
    cam = np.stack([each @ kernel[:, c] for each, c in zip(maps, TARGETS, strict=True)])
    found = grad_cam(differentiate_targets(model, IMAGES, "last", TARGETS))
    h, w = maps.shape[1:3]
    np.testing.assert_allclose(found, np.maximum(cam, 0) / (h * w), rtol=1e-4, atol=1e-7)


def test_weights_are_average_finite_differences_for_a_head_with_place():
    model = build(keras.layers.Flatten)
    head_input = keras.Input(model.get_layer("last").output.shape[1:])
    x = keras.layers.Flatten()(head_input)
    head = keras.Model(head_input, model.get_layer("logits")(x))
    maps = keras.Model(model.input, model.get_layer("last").output)(IMAGES).numpy()
    n, h, w, k = maps.shape
    weights = np.empty((n, k))
    for channel in range(k):
        # Linear above the maps: a finite difference is exact, and shifting a whole map by 1
        # adds up the derivatives of all its places.
        shifted = maps.copy()
        shifted[..., channel] += 1
        change = (head(shifted) - head(maps)).numpy()
        weights[:, channel] = change[np.arange(n), TARGETS] / (h * w)
    expected = np.maximum(np.einsum("nhwk,nk->nhw", maps, weights), 0)
    found = grad_cam(differentiate_targets(model, IMAGES, "last", TARGETS))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_shows_the_only_channel_that_counts_and_nothing_for_the_class_that_it_speaks_against():
    model = build(keras.layers.GlobalAveragePooling2D, num_classes=3)
    kernel = np.zeros((7, 3), np.float32)
    kernel[2, 0], kernel[2, 1] = 2.0, -2.0
    model.get_layer("logits").set_weights([kernel, np.zeros(3, np.float32)])
    channel = keras.Model(model.input, model.get_layer("last").output)(IMAGES).numpy()[..., 2]
    assert (channel.max(axis=(1, 2)) > 0).all()
    for combine in COMBINATIONS.values():
        speaks_for = combine(differentiate_targets(model, IMAGES, "last", np.zeros(5, int)))
        np.testing.assert_allclose(
            scale_to_peak(speaks_for), scale_to_peak(channel), rtol=1e-5, atol=1e-6
        )
        for target in (1, 2):
            nothing = differentiate_targets(model, IMAGES, "last", np.full(5, target))
            assert not combine(nothing).any()


def test_batches_do_not_matter():
    model = build(keras.layers.Flatten)
    rows = np.arange(BATCH_SIZE + 3) % len(IMAGES)
    many = differentiate_targets(model, IMAGES[rows], "last", TARGETS[rows])
    few = differentiate_targets(model, IMAGES, "last", TARGETS)
    for name in ("maps", "gradients", "logits"):
        np.testing.assert_allclose(getattr(many, name), getattr(few, name)[rows], atol=1e-6)


def test_any_layer_and_frozen_networks_are_explained():
    model = build(keras.layers.Flatten)
    trainable = grad_cam(differentiate_targets(model, IMAGES, "first", TARGETS))
    model.trainable = False
    assert trainable.shape == (5, 12, 10)
    frozen = grad_cam(differentiate_targets(model, IMAGES, "first", TARGETS))
    np.testing.assert_array_equal(frozen, trainable)


def test_mixed_precision_gives_float32_close_to_full_precision():
    exact = build(keras.layers.Flatten)
    mixed = build(keras.layers.Flatten, dtype="mixed_bfloat16")
    mixed.set_weights(exact.get_weights())
    found, expected = (
        scale_to_peak(grad_cam(differentiate_targets(model, IMAGES, "last", TARGETS)))
        for model in (mixed, exact)
    )
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_zero_maps_stay_zero_beside_others():
    maps = np.zeros((2, 3, 3), np.float32)
    maps[1, 1, 2] = 4
    scaled = scale_to_peak(maps)
    assert scaled[0].tolist() == [[0] * 3] * 3
    assert scaled[1, 1, 2] == 1


def test_coherence_is_one_for_average_pooling_and_less_for_flatten():
    pooled = differentiate_targets(
        build(keras.layers.GlobalAveragePooling2D), IMAGES, "last", TARGETS
    )
    np.testing.assert_allclose(measure_coherence(pooled.gradients), 1, rtol=1e-5)
    flat = differentiate_targets(build(keras.layers.Flatten), IMAGES, "last", TARGETS)
    assert (measure_coherence(flat.gradients) < 0.6).all()
    assert np.isnan(measure_coherence(np.zeros((1, 2, 2, 3), np.float32))).all()


def test_places_that_differ_are_told_apart_by_hires_cam_and_not_by_grad_cam():
    images = RNG.uniform(0.2, 1, (3, 16, 16, 1)).astype(np.float32)
    found = differentiate_targets(build_spot_network(), images, "last", np.zeros(3, int))
    fine, coarse = hires_cam(found), grad_cam(found)
    assert fine[:, 2:, 2:].min() > 0
    fine[:, 2:, 2:] = 0
    assert not fine.any()
    assert coarse[:, :2, :2].min() > 0  # brightness anywhere, though only one quarter counts


def test_hires_cam_sums_to_the_logit_where_all_weights_above_are_positive():
    model = build(keras.layers.Flatten)
    kernel = model.get_layer("logits").kernel
    kernel.assign(abs(kernel))
    found = differentiate_targets(model, IMAGES, "last", TARGETS)
    logits = found.logits[np.arange(5), TARGETS]
    np.testing.assert_allclose(hires_cam(found).sum(axis=(1, 2)), logits, rtol=1e-4)


def test_methods_agree_on_global_average_pooling():
    model = build(keras.layers.GlobalAveragePooling2D)
    found = differentiate_targets(model, IMAGES, "last", TARGETS)
    np.testing.assert_allclose(hires_cam(found), grad_cam(found), rtol=1e-4, atol=1e-7)


def test_plus_plus_weights_are_the_papers_third_derivatives():
    """Equation 19 with the derivatives of exp(logit) by automatic differentiation, one by one."""
    maps = RNG.uniform(0, 1, (1, 2, 2, 1)).astype(np.float32)
    slopes = np.array([[0.7, -0.4], [0.2, 0.9]], np.float32)
    a = tf.Variable(maps[0, :, :, 0])

    def derivative(order, i, j):
        def score(value):
            moved = tf.tensor_scatter_nd_update(a, [[i, j]], [value])
            return tf.exp(tf.reduce_sum(moved * slopes))

        value = tf.Variable(a[i, j])
        functions = [score]
        for _ in range(order):

            def differentiate(x, inner=functions[-1]):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = inner(x)
                return tape.gradient(y, x)

            functions.append(differentiate)
        return float(functions[-1](tf.convert_to_tensor(value)))

    weight = 0.0
    for i in range(2):
        for j in range(2):
            first, second, third = (derivative(order, i, j) for order in (1, 2, 3))
            alpha = second / (2 * second + maps.sum() * third)
            weight += alpha * max(first, 0)
    found = grad_cam_plus_plus(
        LayerGradients(maps, slopes[None, :, :, None], np.zeros((1, 1), np.float32))
    )
    score = float(tf.exp(tf.reduce_sum(a * slopes)))
    np.testing.assert_allclose(found[0] * score, weight * maps[0, :, :, 0], rtol=1e-4)


@pytest.mark.parametrize("head", [keras.layers.Flatten, keras.layers.GlobalAveragePooling2D])
def test_grad_cam_agrees_with_tf_keras_vis(head):
    model = build(head)
    expected = Gradcam(model, clone=False)(
        CategoricalScore(TARGETS.tolist()),
        IMAGES,
        penultimate_layer="last",
        expand_cam=False,
        normalize_cam=False,
    )
    found = grad_cam(differentiate_targets(model, IMAGES, "last", TARGETS))
    np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("row", "column"), [(1, 1), (3, 4), (6, 2)])
def test_resizing_does_not_shift_a_single_cell(row, column):
    cell = np.zeros((1, 8, 6), np.float32)
    cell[0, row, column] = 1
    large = resize_maps(cell, (128, 96))[0]
    # The centre of mass stays in the middle of the 16 x 16 pixels that the cell stands for.
    rows, columns = np.indices(large.shape)
    assert np.average(rows, weights=large) == pytest.approx(16 * row + 7.5)
    assert np.average(columns, weights=large) == pytest.approx(16 * column + 7.5)


def test_resizing_is_that_of_opencv():
    expected = [cv2.resize(each, (96, 128), interpolation=cv2.INTER_LINEAR) for each in MAPS]
    found = resize_maps(MAPS, (128, 96))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert resize_maps(MAPS[:0], (5, 7)).shape == (0, 5, 7)


def test_wrong_arguments_are_refused():
    model = build(keras.layers.Flatten)
    with pytest.raises(ValueError, match="nowhere"):
        differentiate_targets(model, IMAGES, "nowhere", TARGETS)
    with pytest.raises(ValueError, match="5 images need as many targets"):
        differentiate_targets(model, IMAGES, "last", TARGETS[:2])


def test_a_softmax_is_refused():
    model = build(keras.layers.Flatten)
    softmax = keras.Model(model.input, keras.layers.Softmax()(model.output))
    with pytest.raises(ValueError, match="softmax"):
        differentiate_targets(softmax, IMAGES, "last", TARGETS)
