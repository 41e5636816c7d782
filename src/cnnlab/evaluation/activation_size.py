"""How large a network's activations are before training, layer by layer."""

import keras
import numpy as np
import pandas as pd


def measure_signal(
    model: keras.Model, images: np.ndarray, initializer: str, seeds: range
) -> pd.Series:
    """Return the root mean square of each weighted layer's output with fresh weights.

    Args:
        model: a flat functional model; its own weights stay as they are.
        images: (n, h, w, 3) float32 in [0, 1].
        initializer: Keras's name, such as ``he_normal`` or ``glorot_uniform``; biases are zero.
        seeds: a fresh set of weights for each; the mean square is averaged over them.

    Returns:
        Index: layer.
    """
    names = [layer.name for layer in model.layers if layer.weights]
    probe = keras.models.clone_model(model)
    outputs = keras.Model(probe.input, [probe.get_layer(name).output for name in names])
    squares = np.zeros(len(names))
    for seed in seeds:
        for number, name in enumerate(names):
            kernel, bias = probe.get_layer(name).weights
            config = {"class_name": initializer, "config": {"seed": 1000 * seed + number}}
            kernel.assign(keras.initializers.get(config)(kernel.shape))
            bias.assign(np.zeros(bias.shape))
        for number, values in enumerate(outputs.predict(images, verbose=0)):
            squares[number] += np.mean(np.square(values, dtype=np.float64)) / len(seeds)
    return pd.Series(np.sqrt(squares), index=pd.Index(names, name="layer"))
