"""Which pixels a unit of a plain stack can see."""

from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.explain.plain_stack import chain_to


@dataclass(frozen=True)
class ReceptiveField:
    """The square of pixels that a layer's unit at (row, column) depends on.

    Along each axis it starts at ``start + step * index`` and is ``size`` pixels long; near the
    border a part of it lies on the padding.

    Attributes:
        size: in pixels.
        step: pixels between neighbouring units.
        start: first pixel of unit 0; negative on the padding.
    """

    size: int
    step: int
    start: int

    def crop(self, image: np.ndarray, row: int, column: int) -> np.ndarray:
        """Return the part of an (H, W, c) image that a unit sees, without the padding."""
        top, left = (self.start + self.step * index for index in (row, column))
        return image[max(top, 0) : max(top + self.size, 0), max(left, 0) : max(left + self.size, 0)]


def compute_receptive_field(model: keras.Model, layer: str) -> ReceptiveField:
    """Compute the receptive field of a layer's units from kernels, strides and padding.

    The recursion of Araujo et al. (2019), section "Computing the receptive field".

    Args:
        model: a plain stack of square kernels as far as ``layer``.
        layer: its last layer.

    Raises:
        ValueError: the model is not a plain stack.
    """
    size, step, start = 1, 1, 0
    for current in chain_to(model, layer):
        if isinstance(current, keras.layers.Conv2D):
            window, stride = current.kernel_size[0], current.strides[0]
        elif isinstance(current, keras.layers.MaxPooling2D):
            window, stride = current.pool_size[0], current.strides[0]
        else:
            continue
        if current.padding == "same":
            length, outputs = current.input.shape[1], current.output.shape[1]
            start -= step * (max((outputs - 1) * stride + window - length, 0) // 2)
        size += step * (window - 1)
        step *= stride
    return ReceptiveField(size, step, start)
