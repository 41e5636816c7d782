"""Networks whose right map is known by construction."""

import keras
import numpy as np


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


def build_hidden_head():
    """A network with a hidden layer above its last convolution."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(5, 3, activation="relu", padding="same")(inputs)
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Conv2D(6, 3, activation="relu", padding="same", name="last")(x)
    x = keras.layers.Dense(20, activation="relu")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
