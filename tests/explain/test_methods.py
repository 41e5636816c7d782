import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.scores import CategoricalScore

from cnnlab.explain.cam.class_activation import (
    LayerGradients,
    differentiate_targets,
    grad_cam,
    multiply_maps_by_gradients,
    scale_to_peak,
    weigh_maps,
    weigh_maps_by_positive_gradients,
)
from cnnlab.explain.cam.methods import METHODS
from cnnlab.explain.cam.perturbation import ablation_cam, cover_cells, occlusion

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 16, 16, 3)).astype(np.float32)
TARGETS = np.array([0, 2, 1, 2])


def build(head, bias=True):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(5, 3, activation="relu", padding="same")(inputs)
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Conv2D(6, 3, activation="relu", padding="same", name="last")(x)
    for layer in head:
        x = layer(x)
    return keras.Model(inputs, keras.layers.Dense(3, use_bias=bias, name="logits")(x))


def pooled(**options):
    return build([keras.layers.GlobalAveragePooling2D()], **options)


def flat(**options):
    return build([keras.layers.Flatten()], **options)


def hidden():
    return build([keras.layers.Flatten(), keras.layers.Dense(20, activation="relu")])


def build_spot_network():
    """A network whose logit 0 is the brightness of the image's lower right quarter, and no more."""
    inputs = keras.Input((16, 16, 1))
    maps = keras.layers.Conv2D(
        1, 4, strides=4, use_bias=False, kernel_initializer="ones", name="last"
    )(inputs)
    weights = np.zeros((4, 4, 2), np.float32)
    weights[2:, 2:, 0] = 1
    dense = keras.layers.Dense(2, use_bias=False, name="logits")
    model = keras.Model(inputs, dense(keras.layers.Flatten()(maps)))
    dense.set_weights([weights.reshape(16, 2)])
    return model


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("build_model", [pooled, flat, hidden])
def test_every_method_keeps_the_signature(name, build_model):
    model = build_model()
    maps = METHODS[name](model, IMAGES, "last", TARGETS)
    assert maps.shape == (4, 8, 8) and maps.dtype == np.float32
    assert maps.min() >= 0 and maps.max() <= 1
    np.testing.assert_allclose(maps, METHODS[name](model, IMAGES, "last", TARGETS, 3), atol=1e-5)


@pytest.mark.parametrize("name", ["HiResCAM", "occlusion"])
def test_methods_that_know_places_find_the_only_quarter_that_counts(name):
    images = RNG.uniform(0.2, 1, (3, 16, 16, 1)).astype(np.float32)
    if name == "occlusion":
        images[:, 8:, 8:] += 1  # hiding by the mean colour must darken the quarter
    maps = METHODS[name](build_spot_network(), images, "last", np.zeros(3, int))
    outside = maps.copy()
    outside[:, 2:, 2:] = 0
    inside = maps[:, 2:, 2:]
    assert (inside > 0.1).all()
    # A square that hides a cell reaches half a cell over its border.
    assert outside[:, :1].max() == outside[:, :, :1].max() == 0
    if name == "HiResCAM":
        assert outside.max() == 0


def test_grad_cam_misses_what_hires_cam_finds_when_places_differ():
    images = RNG.uniform(0.2, 1, (3, 16, 16, 1)).astype(np.float32)
    maps = grad_cam(build_spot_network(), images, "last", np.zeros(3, int))
    assert maps[:, :2, :2].min() > 0  # brightness anywhere, though only one quarter counts


def test_hires_cam_sums_to_the_logit_of_a_linear_head_without_bias():
    found = differentiate_targets(flat(bias=False), IMAGES, "last", TARGETS)
    total = multiply_maps_by_gradients(found).sum(axis=(1, 2))
    np.testing.assert_allclose(total, found.logits[np.arange(4), TARGETS], rtol=1e-4, atol=1e-5)


def test_methods_agree_on_global_average_pooling():
    model = pooled()
    maps = differentiate_targets(model, IMAGES, "last", TARGETS).maps
    weights = model.get_layer("logits").kernel.numpy()[:, TARGETS]
    expected = scale_to_peak(np.maximum(np.einsum("nhwk,kn->nhw", maps, weights), 0))
    for name in ("Grad-CAM", "HiResCAM"):
        np.testing.assert_allclose(
            METHODS[name](model, IMAGES, "last", TARGETS), expected, atol=1e-5
        )


def test_ablation_weighs_each_map_by_the_logit_without_it():
    model = hidden()
    found = differentiate_targets(model, IMAGES, "last", TARGETS)
    head_input = keras.Input((8, 8, 6))
    x = head_input
    for layer in model.layers[model.layers.index(model.get_layer("last")) + 1 :]:
        x = layer(x)
    head = keras.Model(head_input, x)
    evidence = np.zeros((4, 8, 8))
    for k in range(6):
        maps = found.maps.copy()
        maps[..., k] = 0
        loss = (found.logits - head(maps).numpy())[np.arange(4), TARGETS]
        evidence += loss[:, None, None] * found.maps[..., k]
    expected = scale_to_peak(np.maximum(evidence, 0).astype(np.float32))
    np.testing.assert_allclose(ablation_cam(model, IMAGES, "last", TARGETS), expected, atol=1e-4)


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
    found = weigh_maps_by_positive_gradients(
        LayerGradients(maps, slopes[None, :, :, None], np.zeros((1, 1), np.float32))
    )
    score = float(tf.exp(tf.reduce_sum(a * slopes)))
    np.testing.assert_allclose(found[0] * score, weight * maps[0, :, :, 0], rtol=1e-4)


def test_squares_of_occlusion_are_centred_on_their_cells():
    masks = cover_cells((4, 2), (16, 16)).reshape(4, 2, 16, 16)
    assert masks[1, 0].any(axis=1).nonzero()[0].tolist() == list(range(2, 10))
    assert masks[1, 0].any(axis=0).nonzero()[0].tolist() == list(range(0, 12))
    assert masks.any(axis=(0, 1)).all()


def test_occlusion_is_the_drop_of_the_logit():
    model = flat()
    masks = cover_cells((8, 8), (16, 16))
    image, target = IMAGES[1], TARGETS[1]
    covered = np.array([np.where(m[..., None], image.mean(axis=(0, 1)), image) for m in masks])
    before = model(image[None]).numpy()[0, target]
    drops = np.maximum(before - model(covered).numpy()[:, target], 0).reshape(1, 8, 8)
    found = occlusion(model, IMAGES, "last", TARGETS)[1]
    np.testing.assert_allclose(found, scale_to_peak(drops.astype(np.float32))[0], atol=1e-4)


def test_a_class_that_nothing_speaks_for_has_an_empty_map():
    model = pooled()
    kernel = model.get_layer("logits").kernel.numpy()
    kernel[:, 1] = -np.abs(kernel[:, 1])
    model.get_layer("logits").kernel.assign(kernel)
    for name, method in METHODS.items():
        if name == "occlusion":
            continue  # hiding evidence against a class raises its logit: no map is empty by design
        maps = method(model, IMAGES, "last", np.ones(4, int))
        assert not maps.any(), name


@pytest.mark.parametrize("build_model", [pooled, flat, hidden])
def test_grad_cam_agrees_with_tf_keras_vis(build_model):
    model = build_model()
    expected = Gradcam(model, clone=False)(
        CategoricalScore(TARGETS.tolist()),
        IMAGES,
        penultimate_layer="last",
        expand_cam=False,
        normalize_cam=False,
    )
    found = weigh_maps(differentiate_targets(model, IMAGES, "last", TARGETS))
    np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-3, atol=1e-6)
