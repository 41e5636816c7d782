"""Thin strands drawn over a picture, the farthest first, compiled by Numba."""

import numpy as np
from numba import njit

DEPTH_LEVELS = 60000
# Roots lie in the skin: a strand this much (share of the distance) behind it is still seen.
DEPTH_TOLERANCE = 0.0035


@njit(cache=True)
def _draw(order, points, colours, widths, opacity, nearest, picture):
    height, width = nearest.shape
    pieces = points.shape[1] - 1
    for k in range(order.shape[0]):
        i, j = order[k] // pieces, order[k] % pieces
        x0, y0, z0 = points[i, j, 0], points[i, j, 1], points[i, j, 2]
        x1, y1, z1 = points[i, j + 1, 0], points[i, j + 1, 1], points[i, j + 1, 2]
        steep = abs(y1 - y0) > abs(x1 - x0)
        if steep:
            x0, y0, x1, y1 = y0, x0, y1, x1
        # Now x is the axis along which the piece is longer.
        run = x1 - x0
        if abs(run) < 1e-6:
            continue
        slope = (y1 - y0) / run
        slant = 1.0 / np.sqrt(1.0 + slope * slope)
        most = width if not steep else height
        other = height if not steep else width
        first = max(0, int(np.ceil(min(x0, x1) - 0.5)))
        last = min(most - 1, int(np.ceil(max(x0, x1) - 0.5)) - 1)
        for a in range(first, last + 1):
            part = (a + 0.5 - x0) / run
            centre = y0 + slope * (a + 0.5 - x0)
            z = z0 + part * (z1 - z0)
            wide = widths[i, j] + part * (widths[i, j + 1] - widths[i, j])
            half = 0.5 * max(wide, 1.0) / slant
            thin = min(wide, 1.0) * opacity
            low = max(0, int(np.floor(centre - half - 0.5)))
            high = min(other - 1, int(np.floor(centre + half + 0.5)))
            for b in range(low, high + 1):
                # The share of the pixel [b, b + 1] that the strand covers across.
                share = min(centre + half, b + 1.0) - max(centre - half, b * 1.0)
                if share <= 0.0:
                    continue
                row, column = (a, b) if steep else (b, a)
                if z < nearest[row, column] * (1.0 - DEPTH_TOLERANCE):
                    continue
                alpha = min(share, 1.0) * thin
                for c in range(3):
                    colour = colours[i, j, c] + part * (colours[i, j + 1, c] - colours[i, j, c])
                    picture[row, column, c] += alpha * (colour - picture[row, column, c])


def draw_strands(
    points: np.ndarray,
    colours: np.ndarray,
    widths: np.ndarray,
    opacity: float,
    nearest: np.ndarray,
    picture: np.ndarray,
) -> None:
    """Draw strands over a picture, which is changed.

    Pieces are sorted by depth and laid over each other (Porter and Duff, "Compositing digital
    images", 1984); one thinner than a pixel covers it in part, so that fine hair is faint.

    Args:
        points: (n, s, 3) float32 column, row in pixels and inverse depth.
        colours: (n, s, 3) float32 radiance.
        widths: (n, s) float32 pixels.
        opacity: of a strand, in [0, 1].
        nearest: (h, w) float32 inverse depth of what else is in the picture; 0 for nothing.
        picture: (h, w, 3) float32.
    """
    depth = 0.5 * (points[:, 1:, 2] + points[:, :-1, 2]).reshape(-1)
    low, high = float(depth.min()), float(depth.max())
    # Sixteen bits of depth suffice, and NumPy sorts them by counting.
    level = ((depth - low) * (DEPTH_LEVELS / max(high - low, 1e-9))).astype(np.uint16)
    order = np.argsort(level, kind="stable")
    _draw(order, points, colours, widths, np.float32(opacity), nearest, picture)
