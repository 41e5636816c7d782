import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.explain.deconvnet import backpropagate, forward_with_switches, trace_back
from cnnlab.explain.folding import fold_batch_normalisation
from cnnlab.models.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation

RNG = np.random.default_rng(0)


def draw_statistics(model):
    """Give every batch normalisation scales, shifts and statistics as training might."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for weight in layer.weights:
                positive = "mean" not in weight.path and "beta" not in weight.path
                low, high = (0.3, 3) if positive else (-1, 1)
                weight.assign(RNG.uniform(low, high, weight.shape))
    return model


def make_images(count, side, channels=3):
    return RNG.random((count, side, side, channels)).astype(np.float32)


@pytest.fixture(scope="module")
def authors():
    keras.utils.set_random_seed(0)
    return draw_statistics(build_light_vgg_with_batch_normalisation())


def test_light_vgg_keeps_its_logits(authors):
    images = make_images(3, 128)
    expected = authors(images, training=False).numpy()
    found = fold_batch_normalisation(authors)(images, training=False).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(expected))
    assert np.ptp(expected, axis=0).min() > 0


def test_light_vgg_becomes_the_tabled_one(authors):
    folded, tabled = fold_batch_normalisation(authors), build_light_vgg()
    assert folded.count_params() == tabled.count_params()
    assert [layer.name for layer in folded.layers] == [layer.name for layer in tabled.layers]
    tabled.set_weights(folded.get_weights())
    images = make_images(2, 128)
    np.testing.assert_allclose(tabled(images), folded(images), rtol=1e-5, atol=1e-6)


def test_what_is_traced_back_is_the_unfolded_networks_gradient(authors):
    folded = fold_batch_normalisation(authors)
    images = make_images(2, 128)
    part = keras.Model(authors.input, authors.get_layer("pool2").output)
    forward = forward_with_switches(folded, images, "pool2")
    signal = RNG.normal(size=forward.activations.shape).astype(np.float32)
    tensor = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(part(tensor, training=False) * signal)
    expected = tape.gradient(total, tensor).numpy()
    found = trace_back(forward, signal, backpropagate)
    assert np.linalg.norm(found - expected) < 1e-4 * np.linalg.norm(expected)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("use_bias", [True, False])
def test_every_form_of_batch_normalisation_is_folded(scale, center, use_bias):
    inputs = keras.Input((9, 9, 2))
    x = keras.layers.Conv2D(4, 3, strides=2, use_bias=use_bias, bias_initializer="ones")(inputs)
    x = keras.layers.BatchNormalization(scale=scale, center=center, epsilon=0.1)(x)
    x = keras.layers.ReLU(max_value=1.5)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = draw_statistics(keras.Model(inputs, keras.layers.Dense(2)(x)))
    images = make_images(5, 9, channels=2)
    folded = fold_batch_normalisation(model)
    np.testing.assert_allclose(folded(images), model(images), rtol=1e-4, atol=1e-5)
    assert not [each for each in folded.layers if isinstance(each, keras.layers.BatchNormalization)]


def test_mixed_precision_is_folded_to_float32():
    inputs = keras.Input((9, 9, 3))
    x = keras.layers.Conv2D(4, 3, dtype="mixed_bfloat16")(inputs)
    x = keras.layers.BatchNormalization(dtype="mixed_bfloat16")(x)
    folded = fold_batch_normalisation(draw_statistics(keras.Model(inputs, x)))
    assert folded(make_images(1, 9)).dtype == tf.float32


@pytest.mark.parametrize(
    ("before", "axis", "reason"),
    [
        (keras.layers.MaxPooling2D(2, name="before"), -1, "follows before"),
        (keras.layers.Conv2D(2, 3, activation="relu", name="before"), -1, "follows before"),
        (keras.layers.Conv2D(2, 3, name="before"), 1, "normalises axis 1"),
    ],
)
def test_what_cannot_be_folded_is_refused(before, axis, reason):
    inputs = keras.Input((9, 9, 3))
    outputs = keras.layers.BatchNormalization(axis=axis, name="norm")(before(inputs))
    with pytest.raises(ValueError, match=f"norm {reason}"):
        fold_batch_normalisation(keras.Model(inputs, outputs))
