"""Maps brought to the size of their image."""

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
