"""Maps at the size of their image: enlarged, and compared with each other."""

import cv2
import numpy as np


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge maps to the size of the image, bilinearly and without a shift.

    Pixel centres lie at half pixels, so that the middle of a cell of the map comes to lie on
    the middle of the square of image pixels that it stands for. Aligning the corners instead
    would move what is near the border by up to half a cell.

    Args:
        maps: (n, h, w) float.
        size: height and width of the result in pixels.

    Returns:
        (n, height, width) float32, within the range of ``maps``.
    """
    height, width = size
    if len(maps) == 0:
        return np.zeros((0, height, width), np.float32)
    # OpenCV's bilinear interpolation uses half-pixel centres and repeats the border.
    return np.stack(
        [
            cv2.resize(each.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
            for each in maps
        ]
    )


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
