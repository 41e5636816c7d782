"""Networks that are one chain of layers, without branches: what can be traced back by hand."""

import keras

from cnnlab.networks.vgg16 import ImageNetPreprocessing

LINEAR = (
    ImageNetPreprocessing,
    keras.layers.Rescaling,
    keras.layers.Flatten,
    keras.layers.GlobalAveragePooling2D,
)
"""Layers that only scale, shift, reshape or average: their derivative is the same everywhere."""

NOISE = (keras.layers.Dropout, keras.layers.GaussianDropout)
"""Layers that do nothing but in training."""


def chain_to(model: keras.Model, layer: str) -> list[keras.Layer]:
    """Return the layers of a plain stack from the input to a named one, in order.

    Args:
        model: a flat functional model that is a plain stack as far as ``layer``: ``Conv2D`` and
            ``Dense`` (with ReLU or without activation), ``MaxPooling2D``, ``ReLU``, and the
            layers of ``LINEAR`` and ``NOISE``.
        layer: name of the last layer of the chain.

    Returns:
        The layers without the input, and without those of ``NOISE``.

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
    chain = [each for each in chain if not isinstance(each, NOISE)]
    for each in chain:
        _check_kind(each)
    return chain


def _is_plain_relu(layer: keras.Layer) -> bool:
    """Tell whether a layer is a ReLU without a leak, a threshold or an upper limit."""
    return isinstance(layer, keras.layers.ReLU) and not (
        layer.max_value is not None or layer.negative_slope or layer.threshold
    )


def _check_kind(layer: keras.Layer) -> None:
    if isinstance(layer, (keras.layers.MaxPooling2D, *LINEAR)) or _is_plain_relu(layer):
        return
    if type(layer) is keras.layers.Conv2D:
        plain = set(layer.dilation_rate) == {1} and layer.groups == 1
    else:
        plain = type(layer) is keras.layers.Dense and layer.input.ndim == 2
    if plain and layer.activation in (keras.activations.relu, keras.activations.linear):
        return
    raise ValueError(
        f"{layer.name} ({type(layer).__name__}) cannot be traced back. A plain stack has Conv2D "
        "without dilation or groups and Dense, with ReLU or no activation, MaxPooling2D and ReLU."
    )
