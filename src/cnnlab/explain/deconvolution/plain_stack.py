"""Networks that are one chain of layers, without branches: what can be traced back by hand."""

from dataclasses import dataclass
from itertools import pairwise

import keras
import numpy as np

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
    stack = model.layers[: model.layers.index(model.get_layer(layer)) + 1]
    for previous, current in pairwise(stack):
        if current.input is not previous.output:
            raise ValueError(
                f"{current.name} does not take the output of {previous.name}: the network "
                "branches, and only a plain stack can be traced back."
            )
    chain = [each for each in stack[1:] if not isinstance(each, NOISE)]
    for each in chain:
        if not _can_be_traced_back(each):
            raise ValueError(
                f"{each.name} ({type(each).__name__}) cannot be traced back. A plain stack has "
                "Conv2D without dilation or groups and Dense, with ReLU or no activation, "
                "MaxPooling2D and ReLU."
            )
    return chain


def has_relu(layer: keras.Layer) -> bool:
    """Tell whether a layer rectifies what it gives."""
    activation = getattr(layer, "activation", None)
    return isinstance(layer, keras.layers.ReLU) or activation is keras.activations.relu


@dataclass(frozen=True)
class ReceptiveField:
    """The square of pixels that a layer's unit at (row, column) depends on.

    Along each axis it starts at ``start + step * index`` and is ``size`` pixels long; near the
    border a part of it lies on the padding: outside the image.

    Attributes:
        size: in pixels.
        step: pixels between neighbouring units.
        start: first pixel of unit 0; negative on the padding.
    """

    size: int
    step: int
    start: int

    def crop(self, image: np.ndarray, row: int, column: int) -> np.ndarray:
        """Cut out what a unit sees; near the border the cut is moved inside the image.

        So all crops of one layer have the same size. A moved one also holds pixels that the
        unit does not see.

        Args:
            image: (H, W, c).
            row: of the unit.
            column: of the unit.

        Returns:
            (min(size, H), min(size, W), c).
        """
        starts = self.start + self.step * np.array([row, column])
        top, left = np.clip(starts, 0, np.maximum(np.array(image.shape[:2]) - self.size, 0))
        return image[top : top + self.size, left : left + self.size]


def compute_receptive_field(model: keras.Model, layer: str) -> ReceptiveField:
    """Compute the receptive field of a layer's units from kernels, strides and padding.

    The recursion of Araujo et al. (2019), section "Computing the receptive field".

    Args:
        model: a plain stack of square kernels as far as ``layer``.
        layer: its last layer.

    Raises:
        ValueError: the model is not a plain stack, or the layer's units have no place.
    """
    if model.get_layer(layer).output.ndim != 4:
        raise ValueError(f"{layer} has no feature maps: each of its units sees the whole image.")
    size, step, start = 1, 1, 0
    for current in chain_to(model, layer):
        if not isinstance(current, (keras.layers.Conv2D, keras.layers.MaxPooling2D)):
            continue
        is_pool = isinstance(current, keras.layers.MaxPooling2D)
        window, _ = current.pool_size if is_pool else current.kernel_size
        stride, _ = current.strides
        if current.padding == "same":
            length, outputs = current.input.shape[1], current.output.shape[1]
            start -= step * (max((outputs - 1) * stride + window - length, 0) // 2)
        size += step * (window - 1)
        step *= stride
    return ReceptiveField(size, step, start)


def _can_be_traced_back(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.ReLU):
        return (layer.max_value, layer.negative_slope, layer.threshold) == (None, 0, 0)
    if isinstance(layer, keras.layers.Conv2D) and {*layer.dilation_rate, layer.groups} != {1}:
        return False
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
        return layer.activation in (keras.activations.relu, keras.activations.linear)
    return isinstance(layer, (keras.layers.MaxPooling2D, *LINEAR))
