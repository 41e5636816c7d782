import keras
import numpy as np

from cnnlab.evaluation.activation_size import measure_signal


def plain_network(depth=10, width=256):
    inputs = x = keras.Input((width,))
    for number in range(depth):
        x = keras.layers.Dense(width, activation="relu", name=f"fc{number}")(x)
    return keras.Model(inputs, x)


def test_the_signal_keeps_its_size_under_he_and_halves_its_square_under_glorot():
    images = np.random.default_rng(0).random((64, 256), np.float32)
    model = plain_network()
    before = [weight.numpy() for weight in model.weights]
    he = measure_signal(model, images, "he_normal", range(4))
    glorot = measure_signal(model, images, "glorot_normal", range(4))
    assert 0.7 < he.iloc[-1] / he.iloc[0] < 1.4
    # Nine layers after the first, with a factor of one half for the square each.
    assert 0.7 < glorot.iloc[-1] / glorot.iloc[0] / 2**-4.5 < 1.4
    for weight, value in zip(model.weights, before, strict=True):
        assert (weight.numpy() == value).all(), "the model itself must not change"
