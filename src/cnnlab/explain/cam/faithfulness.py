"""Does the network use the places that a map marks? Curves of deletion and insertion.

Petsiuk, Das & Saenko (2018), "RISE", section 4.1: pixels are taken away, or given, in the order
of the map, and the class's probability is followed.
"""

import cv2
import keras
import numpy as np
from scipy.special import softmax

from cnnlab.explain.cam.perturbation import run_in_batches

AT_ONCE = 8
"""Images whose stages are passed together."""
BLUR = 10.0
"""Standard deviation in pixels of the blurred image that insertion starts from."""


def follow_deletion(
    model: keras.Model, images: np.ndarray, maps: np.ndarray, targets: np.ndarray, steps: int = 16
) -> np.ndarray:
    """Replace pixels by the image's mean colour, the highest of the map first.

    Args:
        model: ends in logits.
        images: (n, H, W, c) float, as the model takes them.
        maps: (n, H, W) float; equal values are taken in the order of the pixels.
        targets: (n,) int, whose probability is followed.
        steps: parts into which the pixels are divided.

    Returns:
        (n, steps + 1) float, probabilities from nothing to everything deleted. A faithful map
        makes them fall early.
    """
    means = images.mean(axis=(1, 2), keepdims=True)
    return _follow(model, images, np.broadcast_to(means, images.shape), maps, targets, steps)


def follow_insertion(
    model: keras.Model, images: np.ndarray, maps: np.ndarray, targets: np.ndarray, steps: int = 16
) -> np.ndarray:
    """Put pixels into a blurred image, the highest of the map first.

    Arguments and result are those of :func:`follow_deletion`; a faithful map makes the
    probabilities rise early.
    """
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), BLUR) for image in images])
    return _follow(model, blurred.reshape(images.shape), images, maps, targets, steps)


def measure_area(curves: np.ndarray) -> np.ndarray:
    """Return the (n,) areas under (n, steps + 1) curves over [0, 1], by the trapezoidal rule."""
    return np.trapezoid(curves, dx=1 / (curves.shape[1] - 1), axis=1)


def _follow(
    model: keras.Model,
    before: np.ndarray,
    after: np.ndarray,
    maps: np.ndarray,
    targets: np.ndarray,
    steps: int,
) -> np.ndarray:
    """Exchange the pixels of ``before`` for those of ``after`` in the order of the maps."""
    pixels = maps[0].size
    ends = np.round(np.linspace(0, pixels, steps + 1)).astype(int)
    curves = []
    for first in range(0, len(maps), AT_ONCE):
        chunk = slice(first, first + AT_ONCE)
        order = np.argsort(-maps[chunk].reshape(-1, pixels), axis=1, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(pixels), axis=1)
        exchanged = rank.reshape(-1, 1, *maps.shape[1:]) < ends[:, None, None]
        stages = np.where(exchanged[..., None], after[chunk, None], before[chunk, None])
        logits = run_in_batches(
            model, stages.reshape(-1, *before.shape[1:]).astype(np.float32), AT_ONCE * (steps + 1)
        )
        probabilities = softmax(logits, axis=1).reshape(len(stages), steps + 1, -1)
        curves.append(probabilities[np.arange(len(stages)), :, targets[chunk]])
    return np.concatenate(curves)
