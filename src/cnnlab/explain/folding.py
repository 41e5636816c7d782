"""Batch normalisation folded into the layer before it, for networks that are only looked into.

At inference batch normalisation (Ioffe & Szegedy 2015, algorithm 2) is one fixed scaling and
shift a channel. After a convolution or a dense layer, both are part of kernel and bias.
"""

import keras
import numpy as np

from cnnlab.explain.plain_stack import NOISE, follow_chain, is_plain_relu


def fold_batch_normalisation(model: keras.Model) -> keras.Model:
    """Copy a network for inference, with batch normalisation folded into kernels and biases.

    A ReLU behind a folded layer becomes its activation, and layers that only add noise in
    training are left out. So the light VGG with batch normalisation becomes the light VGG as
    tabled, with the names of its layers.

    Args:
        model: a flat functional model without branches; left as it is.

    Returns:
        A model of the same outputs at inference, in float32.

    Raises:
        ValueError: the network branches, or has a batch normalisation that does not follow a
            ``Conv2D`` or ``Dense`` without activation, or does not normalise its channels.
    """
    chain = follow_chain(model, model.layers[-1].name)
    rest = [layer for layer in chain if not isinstance(layer, NOISE)]
    inputs = x = keras.Input(model.input.shape[1:], name=model.layers[0].name)
    while rest:
        layer, *rest = rest
        config = layer.get_config() | {"dtype": "float32"}
        weights = layer.get_weights()
        if rest and isinstance(rest[0], keras.layers.BatchNormalization):
            weights = _fold(layer, rest.pop(0))
            config["use_bias"] = True
            if rest and is_plain_relu(rest[0]):
                config["activation"] = "relu"
                del rest[0]
        copy = type(layer).from_config(config)
        x = copy(x)
        copy.set_weights(weights)
    return keras.Model(inputs, x, name=f"{model.name}_folded")


def _fold(layer: keras.Layer, normalisation: keras.layers.BatchNormalization) -> list[np.ndarray]:
    """Return kernel and bias of the layer and the normalisation in one."""
    linear = type(layer) in (keras.layers.Conv2D, keras.layers.Dense)
    if not linear or layer.activation is not keras.activations.linear:
        raise ValueError(
            f"{normalisation.name} follows {layer.name} ({type(layer).__name__}) and cannot be "
            "folded: only into Conv2D or Dense without activation."
        )
    if normalisation.axis not in (-1, layer.output.ndim - 1):
        raise ValueError(
            f"{normalisation.name} normalises axis {normalisation.axis}, not the channels: it "
            "cannot be folded."
        )
    mean, variance, scale, shift, kernel, bias = (
        None if each is None else np.asarray(each, np.float64)
        for each in (
            normalisation.moving_mean,
            normalisation.moving_variance,
            normalisation.gamma,
            normalisation.beta,
            layer.kernel,
            layer.bias,
        )
    )
    factor = (1 if scale is None else scale) / np.sqrt(variance + normalisation.epsilon)
    centred = (0 if bias is None else bias) - mean
    return [kernel * factor, centred * factor + (0 if shift is None else shift)]
