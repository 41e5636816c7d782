"""Where on the face a map's energy lies: four regions of the image, the same for every face.

The regions are bands of the image, not of the face that is seen: they fit faces that were
cropped to fill the picture and look towards the camera, and are wrong by as much as a face is
turned, tilted or off centre.
"""

import numpy as np

BORDER = "border"
UPPER = "upper band"
MIDDLE = "middle band"
LOWER = "lower band"
REGIONS = (UPPER, MIDDLE, LOWER, BORDER)
FRAME = 1 / 8
"""The border's width as a share of the image's side: 16 of 128 pixels."""


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
        For each of ``REGIONS`` (n,) float64 in [0, 1], summing to 1 over the regions; not a
        number for a map that is zero everywhere.
    """
    totals = maps.sum(axis=(1, 2), dtype=np.float64)
    shares = np.full((len(REGIONS), len(maps)), np.nan)
    regions = make_regions(*maps.shape[1:])
    for share, name in zip(shares, REGIONS, strict=True):
        inside = (maps * regions[name]).sum(axis=(1, 2), dtype=np.float64)
        np.divide(inside, totals, out=share, where=totals > 0)
    return dict(zip(REGIONS, shares, strict=True))
