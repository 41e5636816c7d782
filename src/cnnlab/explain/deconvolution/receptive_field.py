"""Which pixels a unit of a plain stack can see."""

from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.explain.deconvolution.plain_stack import chain_to


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
        cuts = []
        for index, length in zip((row, column), image.shape, strict=False):
            start = self.start + self.step * index
            first = min(max(start, 0), max(length - self.size, 0))
            cuts.append(slice(first, first + self.size))
        return image[tuple(cuts)]


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
