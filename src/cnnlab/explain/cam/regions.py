"""Where a map's energy lies: in four regions of the image, and in the pixels that moved.

The regions are bands of the image, not of the face that is seen: they fit faces that were
cropped to fill the picture and look towards the camera, and are wrong by as much as a face is
turned, tilted or off centre.
"""

import keras
import numpy as np
import pandas as pd

from cnnlab.explain.cam.class_activation import (
    differentiate_targets,
    hires_cam,
    resize_maps,
)
from cnnlab.explain.cam.samples import find_moved_pixels
from cnnlab.faces.loading import Faces

BORDER = "border"
UPPER = "upper band"
MIDDLE = "middle band"
LOWER = "lower band"
REGIONS = (UPPER, MIDDLE, LOWER, BORDER)
FRAME = 1 / 8
"""The border's width as a share of the image's side: 16 of 128 pixels."""
LAYER = "conv5_2"
"""The last convolution of the light VGG and of all its variants."""


def make_regions(height: int, width: int) -> dict[str, np.ndarray]:
    """Divide an image into a frame and three bands of equal height within it.

    The bands hold, on a frontal face that fills the image: forehead, brows and eyes (upper);
    nose and cheeks (middle); mouth and chin (lower).

    Args:
        height: of the image in pixels.
        width: of the image in pixels.

    Returns:
        For each of ``REGIONS`` a (height, width) bool mask; together they cover the image once.
    """
    rows, columns = np.indices((height, width))
    top, left = round(height * FRAME), round(width * FRAME)
    inside = (rows >= top) & (rows < height - top) & (columns >= left) & (columns < width - left)
    band = (rows - top) * 3 // (height - 2 * top)
    bands = {name: inside & (band == index) for index, name in enumerate((UPPER, MIDDLE, LOWER))}
    return bands | {BORDER: ~inside}


def share_energy(maps: np.ndarray) -> dict[str, np.ndarray]:
    """Return which share of each map's energy lies in each region.

    Args:
        maps: (n, height, width) float, not negative, at the size of the image.

    Returns:
        For each of ``REGIONS`` what ``share_inside`` returns; summing to 1 over the regions.
    """
    regions = make_regions(*maps.shape[1:])
    return {name: share_inside(maps, regions[name][None]) for name in REGIONS}


def share_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return which share of each map's energy, the sum of its values, lies inside its mask.

    Args:
        maps: (n, height, width) float, not negative.
        masks: (n, height, width) bool; or (1, height, width), one for all.

    Returns:
        (n,) float64 in [0, 1]; not a number for a map that is zero everywhere or an empty mask.
    """
    totals = maps.sum(axis=(1, 2), dtype=np.float64)
    inside = (maps * masks).sum(axis=(1, 2), dtype=np.float64)
    is_known = (totals > 0) & masks.any(axis=(1, 2))
    return np.divide(inside, totals, out=np.full(len(maps), np.nan), where=is_known)


def measure_overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""Measure how far two maps of the same image lie in the same places.

    Args:
        first: (n, h, w) float in [0, 1].
        second: (n, h, w) float in [0, 1].

    Returns:
        (n,) float64, $\sum \min / \sum \max$ over the pixels: 1 for equal maps, 0 for maps that
        share no pixel; not a number where both are zero everywhere.
    """
    common = np.minimum(first, second).sum(axis=(1, 2), dtype=np.float64)
    joint = np.maximum(first, second).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(common, joint, out=np.full(len(joint), np.nan), where=joint > 0)


def measure_localisation(model: keras.Model, faces: Faces, rows: np.ndarray) -> pd.DataFrame:
    """Judge the maps of the true class at ``LAYER`` by the pixels that the expression moved.

    Args:
        model: the light VGG or one of its variants.
        faces: rendered faces.
        rows: (n,) which of their images.

    Returns:
        n rows with the share of HiResCAM's energy inside the moved pixels, and on the border; not
        a number for empty maps.
    """
    images = faces.images[rows] / np.float32(255)
    found = differentiate_targets(model, images, LAYER, faces.labels[rows])
    maps = resize_maps(hires_cam(found), images.shape[1:3])
    moved = find_moved_pixels(faces, rows)
    return pd.DataFrame(
        {
            "inside, HiResCAM": share_inside(maps, moved),
            "border, HiResCAM": share_energy(maps)[BORDER],
        }
    )
