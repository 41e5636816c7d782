import keras
import numpy as np
import pytest

from cnnlab.explain.cam.class_activation import (
    differentiate_targets,
    grad_cam,
    measure_coherence,
    scale_to_peak,
    weigh_maps,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 12, 10, 3)).astype(np.float32)
TARGETS = np.array([0, 3, 1, 2, 3])


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
    found = weigh_maps(differentiate_targets(model, IMAGES, "last", TARGETS))
    h, w = maps.shape[1:3]
    np.testing.assert_allclose(found, np.maximum(cam, 0) / (h * w), rtol=1e-4, atol=1e-7)
    positive = np.maximum(cam, 0)
    np.testing.assert_allclose(
        grad_cam(model, IMAGES, "last", TARGETS), scale_to_peak(positive), rtol=1e-4, atol=1e-6
    )


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
    found = weigh_maps(differentiate_targets(model, IMAGES, "last", TARGETS))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_shows_the_only_channel_that_counts_and_nothing_for_the_class_that_it_speaks_against():
    model = build(keras.layers.GlobalAveragePooling2D, num_classes=3)
    kernel = np.zeros((7, 3), np.float32)
    kernel[2, 0], kernel[2, 1] = 2.0, -2.0
    model.get_layer("logits").set_weights([kernel, np.zeros(3, np.float32)])
    channel = keras.Model(model.input, model.get_layer("last").output)(IMAGES).numpy()[..., 2]
    assert (channel.max(axis=(1, 2)) > 0).all()
    speaks_for = grad_cam(model, IMAGES, "last", np.zeros(5, int))
    np.testing.assert_allclose(speaks_for, scale_to_peak(channel), rtol=1e-5, atol=1e-6)
    for target in (1, 2):
        assert not grad_cam(model, IMAGES, "last", np.full(5, target)).any()


def test_batches_do_not_matter():
    model = build(keras.layers.Flatten)
    whole = grad_cam(model, IMAGES, "last", TARGETS)
    np.testing.assert_allclose(
        whole, grad_cam(model, IMAGES, "last", TARGETS, batch_size=2), atol=1e-6
    )
    single = [
        grad_cam(model, IMAGES[i : i + 1], "last", TARGETS[i : i + 1])[0]
        for i in range(len(IMAGES))
    ]
    np.testing.assert_allclose(whole, single, atol=1e-6)


def test_any_layer_and_frozen_networks_are_explained():
    model = build(keras.layers.Flatten)
    trainable = grad_cam(model, IMAGES, "first", TARGETS)
    model.trainable = False
    assert trainable.shape == (5, 12, 10)
    np.testing.assert_array_equal(grad_cam(model, IMAGES, "first", TARGETS), trainable)


def test_mixed_precision_gives_float32_close_to_full_precision():
    exact = build(keras.layers.Flatten)
    mixed = build(keras.layers.Flatten, dtype="mixed_bfloat16")
    mixed.set_weights(exact.get_weights())
    found = grad_cam(mixed, IMAGES, "last", TARGETS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, grad_cam(exact, IMAGES, "last", TARGETS), atol=0.1)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": "nowhere"}, "has no layer 'nowhere'"),
        ({"layer": "logits"}, "maps"),
        ({"targets": np.array([0, 1])}, "5 images need as many targets"),
        ({"targets": np.array([0, 1, 2, 3, 4])}, "from 0 to 3"),
        ({"targets": np.array([0, 1, 2, 3, -1])}, "from 0 to 3"),
        ({"images": IMAGES[:0], "targets": TARGETS[:0]}, "no images"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    given = {"images": IMAGES, "layer": "last", "targets": TARGETS} | arguments
    with pytest.raises(ValueError, match=message):
        grad_cam(build(keras.layers.Flatten), **given)


def test_a_softmax_is_refused():
    model = build(keras.layers.Flatten)
    softmax = keras.Model(model.input, keras.layers.Softmax()(model.output))
    with pytest.raises(ValueError, match="softmax"):
        grad_cam(softmax, IMAGES, "last", TARGETS)
