import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.networks.training import make_reproducible

SHAPES = [(4, 6, 5, 3), (1, 6, 5, 3), (7, 3), (2, 3)]


def draw_weights(layer):
    rng = np.random.default_rng(3)
    layer.set_weights([rng.uniform(0.5, 2, weight.shape) for weight in layer.weights])


def layers_alike(shape, **options):
    pair = FusedBatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for layer in pair:
        layer.build(shape)
        draw_weights(layer)
    return pair


def run(layer, inputs, training):
    """Outputs, gradients of inputs, scale and centre, and the statistics kept afterwards."""
    inputs = tf.constant(inputs)
    weights = np.linspace(-1, 2, tf.size(inputs)).reshape(inputs.shape)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2 * weights)
    gradients = tape.gradient(loss, [inputs, *(v.value for v in layer.trainable_variables)])
    return [outputs, *gradients, layer.moving_mean.value, layer.moving_variance.value]


def draw_inputs(shape):
    return np.random.default_rng(1).normal(3, 2, shape).astype(np.float32)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_kerass_layer(shape, training):
    fused, composed = layers_alike(shape, momentum=0.7, epsilon=0.01)
    inputs = draw_inputs(shape)
    for found, expected in zip(
        run(fused, inputs, training), run(composed, inputs, training), strict=True
    ):
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found / scale, expected / scale, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_in_bfloat16_is_as_near_to_float32_as_kerass_layer(shape):
    fused, composed = layers_alike(shape, dtype="mixed_bfloat16")
    _, exact = layers_alike(shape)
    # Values that bfloat16 has exactly, so that only the layers' own rounding is seen.
    inputs = tf.cast(tf.cast(draw_inputs(shape), tf.bfloat16), tf.float32)
    found, composed, exact = (run(layer, inputs, True) for layer in (fused, composed, exact))
    assert fused.compute_dtype == "bfloat16"
    assert found[0].dtype == tf.bfloat16
    for one, other, truth in zip(found, composed, exact, strict=True):
        one, other = (np.abs(tf.cast(each, tf.float32) - truth).max() for each in (one, other))
        # Half a unit in the last place of bfloat16 is 2^-9 of the value.
        assert one <= 2 * other + np.abs(truth).max() * 2**-8


def test_frozen_layer_keeps_its_statistics():
    fused, composed = layers_alike((4, 6, 5, 3))
    before = fused.moving_mean.numpy()
    fused.trainable = composed.trainable = False
    inputs = draw_inputs((4, 6, 5, 3))
    np.testing.assert_array_equal(fused(inputs, training=True), composed(inputs, training=True))
    np.testing.assert_array_equal(fused.moving_mean, before)


def test_two_runs_are_equal_bit_for_bit():
    def train_once():
        make_reproducible(7)
        model = keras.Sequential(
            [
                keras.Input((32, 32, 3)),
                keras.layers.Conv2D(16, 3, use_bias=False, dtype="mixed_bfloat16"),
                FusedBatchNormalization(dtype="mixed_bfloat16"),
                keras.layers.GlobalAveragePooling2D(dtype="float32"),
                keras.layers.Dense(8),
                FusedBatchNormalization(),
            ]
        )
        model.compile("adam", "mse")
        rng = np.random.default_rng(0)
        model.fit(rng.random((64, 32, 32, 3), np.float32), rng.random((64, 8)), 16, 2, verbose=0)
        return model.get_weights()

    for one, other in zip(train_once(), train_once(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_saved_model_is_loaded_with_the_layer(tmp_path):
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, FusedBatchNormalization(momentum=0.8, name="norm")(inputs))
    draw_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.get_layer("norm")) is FusedBatchNormalization
    assert loaded.get_layer("norm").momentum == 0.8
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
