"""Networks that are one chain of convolutions and pools: what can be traced back by hand."""

import keras

from cnnlab.models.vgg16 import ImageNetPreprocessing

AFFINE = (ImageNetPreprocessing, keras.layers.Rescaling)
"""Layers that scale and shift pixels: their adjoint is their derivative, the same everywhere."""


def chain_to(model: keras.Model, layer: str) -> list[keras.Layer]:
    """Return the layers from the input to a named one, in order, without the input itself.

    Args:
        model: a flat functional model that is a plain stack as far as ``layer``: ``Conv2D``
            (with ReLU or without activation), ``MaxPooling2D``, ``ReLU``, and layers of fixed
            scaling before them.
        layer: name of the last layer of the chain.

    Raises:
        ValueError: there is no such layer, the layers do not form a chain, or one of them is
            of another kind.
    """
    names = [each.name for each in model.layers]
    if layer not in names:
        raise ValueError(f"{model.name} has no layer {layer!r}. It has: {', '.join(names)}.")
    entry, *chain = model.layers[: names.index(layer) + 1]
    if not isinstance(entry, keras.layers.InputLayer) or not chain:
        raise ValueError(f"{model.name} has no layers between its input and {layer!r}.")
    for previous, current in zip([entry, *chain], chain, strict=False):
        if current.input is not previous.output:
            raise ValueError(
                f"{current.name} does not take the output of {previous.name}: the network "
                "branches, and only a plain stack can be traced back."
            )
        _check_kind(current)
    return chain


def _check_kind(layer: keras.Layer) -> None:
    if isinstance(layer, (keras.layers.MaxPooling2D, *AFFINE)):
        return
    if isinstance(layer, keras.layers.ReLU):
        if layer.max_value is None and not layer.negative_slope and not layer.threshold:
            return
    elif type(layer) is keras.layers.Conv2D:
        plain = set(layer.dilation_rate) == {1} and layer.groups == 1
        if plain and layer.activation in (keras.activations.relu, keras.activations.linear):
            return
    raise ValueError(
        f"{layer.name} ({type(layer).__name__}) cannot be traced back. A plain stack has Conv2D "
        "without dilation or groups, with ReLU or no activation, MaxPooling2D and ReLU. Fold "
        "batch normalisation into the convolutions first."
    )
