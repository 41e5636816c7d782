"""What is known of a network before it is trained: what its layers cost, and what they pass on."""

import math
from collections.abc import Mapping

import keras
import numpy as np
import pandas as pd

FLOAT32_BYTES = 4
"""Of one parameter."""


def count_macs(model: keras.Model) -> int:
    """Return the multiply-accumulates for one image: one for each product of input and weight.

    A convolution with a k x k kernel from c to d channels at m x n output positions has
    m n k^2 c d, positions in the zero padding included; a dense layer as many as weights.
    Biases, activations and pools are not counted.

    Args:
        model: a flat functional model with fixed image size.

    Raises:
        TypeError: the model has a layer with weights that this function can't count.
    """
    return sum(_count_macs(layer) for layer in model.layers)


def compare_costs(models: Mapping[str, keras.Model]) -> pd.DataFrame:
    """Return what networks cost, as text: a row for each kind of cost, a column a network.

    Args:
        models: flat functional models by their titles.
    """
    return pd.DataFrame(
        {
            title: {
                "parameters": f"{model.count_params():,}",
                "size as float32": f"{FLOAT32_BYTES * model.count_params() / 1e6:.1f} MB",
                "MACs for one image": f"{count_macs(model) / 1e6:,.0f} million",
            }
            for title, model in models.items()
        }
    )


def tabulate_layers(model: keras.Model) -> pd.DataFrame:
    """Return a row a layer: output shape, parameters, how they come about, and MACs.

    The arithmetic gives the shapes of the weights: ``3·3·16·32 + 32`` is a kernel and a bias.

    Args:
        model: a flat functional model.

    Returns:
        Index: layer; columns: type, output, arithmetic, parameters, MACs (the last two int).
    """
    rows = {
        layer.name: {
            "type": type(layer).__name__,
            "output": " × ".join(map(str, layer.output.shape[1:])),
            "arithmetic": " + ".join("·".join(map(str, each.shape)) for each in layer.weights),
            "parameters": layer.count_params(),
            "MACs": _count_macs(layer),
        }
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


def _count_macs(layer: keras.Layer) -> int:
    match layer:
        # First, since Keras's depthwise convolution is no Conv2D but its kernel looks like one.
        case keras.layers.DepthwiseConv2D():
            return math.prod(layer.output.shape[1:]) * math.prod(layer.kernel_size)
        case keras.layers.Conv2D() | keras.layers.Dense():
            positions = math.prod(layer.output.shape[1:-1])
            return positions * math.prod(layer.kernel.shape)
    # At inference, batch normalisation is folded into the convolution before it.
    if layer.count_params() and not isinstance(layer, keras.layers.BatchNormalization):
        raise TypeError(
            f"{layer.name}: multiply-accumulates of a {type(layer).__name__} are not known. "
            "Add its formula to cnnlab.evaluation.layers."
        )
    return 0


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
