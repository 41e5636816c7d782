"""Does a map move with its image? What translation equivariance promises, measured."""

import keras
import numpy as np

from cnnlab.explain.cam.methods import Method
from cnnlab.explain.cam.overlay import measure_overlap, resize_maps


def shift_pixels(images: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """Move images down and right by whole pixels; the border's pixels are repeated.

    Args:
        images: (n, H, W) or (n, H, W, c).
        shift: rows down and columns right; negative for up and left.
    """
    rows, columns = (
        np.clip(np.arange(side) - step, 0, side - 1)
        for side, step in zip(images.shape[1:3], shift, strict=True)
    )
    return images[:, rows][:, :, columns]


def measure_stability(
    method: Method,
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    targets: np.ndarray,
    shift: tuple[int, int],
) -> np.ndarray:
    """Compare the map of a shifted image, shifted back, with the map of the image.

    Args:
        method: one of :data:`~cnnlab.explain.cam.methods.METHODS`.
        model: the network.
        images: (n, H, W, c) float, as the model takes them.
        layer: the layer that is explained.
        targets: (n,) int, the class that is explained, the same for both images.
        shift: rows down and columns right, in pixels.

    Returns:
        (n,) float64, the overlap of the two maps, see
        :func:`~cnnlab.explain.cam.overlay.measure_overlap`; rows and columns that left the image
        do not count.
    """
    size = images.shape[1:3]
    still = resize_maps(method(model, images, layer, targets), size)
    moved = resize_maps(method(model, shift_pixels(images, shift), layer, targets), size)
    back = shift_pixels(moved, (-shift[0], -shift[1]))
    stays = np.ones((1, *size), bool)
    for axis, step in enumerate(shift, 1):
        places = np.arange(size[axis - 1]) + step
        inside = (places >= 0) & (places < size[axis - 1])
        stays &= np.expand_dims(inside, [each for each in range(3) if each != axis])
    return measure_overlap(still * stays, back * stays)
