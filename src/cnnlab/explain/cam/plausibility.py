"""Does a map lie where the expression is? Scores against pixels that are known to matter."""

import cv2
import numpy as np

from cnnlab.explain.cam.overlay import resize_maps


def share_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return which share of each map's energy lies inside its mask.

    Args:
        maps: (n, H, W) float, not negative.
        masks: (n, H, W) bool.

    Returns:
        (n,) float64 in [0, 1]; not a number for a map that is zero everywhere or an empty mask.
    """
    totals = maps.sum(axis=(1, 2), dtype=np.float64)
    inside = (maps * masks).sum(axis=(1, 2), dtype=np.float64)
    known = (totals > 0) & masks.any(axis=(1, 2))
    return np.divide(inside, totals, out=np.full(len(maps), np.nan), where=known)


def play_pointing_game(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return whether each map's peak lies inside its mask (Zhang et al. 2018, section 4.2).

    Args:
        maps: (n, H, W) float, not negative.
        masks: (n, H, W) bool.

    Returns:
        (n,) float64: 1 for a hit and 0 for a miss; of several equal peaks the share that hits.
        Not a number for a map that is zero everywhere or an empty mask.
    """
    highest = maps.max(axis=(1, 2), keepdims=True)
    return share_inside((maps == highest) & (highest > 0), masks)


def draw_baselines(images: np.ndarray, grid: tuple[int, int], seed: int) -> dict[str, np.ndarray]:
    """Return maps that know nothing of the network: what a method has to beat.

    Args:
        images: (n, H, W, 3) float.
        grid: h and w of the random map before it is enlarged, as coarse as a layer's maps.
        seed: of the random maps.

    Returns:
        For each baseline (n, H, W) float32, not negative: ``edges``, the gradient's magnitude of
        the grey image; ``random``.
    """
    n, height, width = images.shape[:3]
    grey = images.mean(axis=3).astype(np.float32)
    edges = [
        np.hypot(cv2.Sobel(each, cv2.CV_32F, 1, 0), cv2.Sobel(each, cv2.CV_32F, 0, 1))
        for each in grey
    ]
    noise = np.random.default_rng(seed).random((n, *grid)).astype(np.float32)
    return {
        "edges": np.reshape(edges, (n, height, width)),
        "random": resize_maps(noise, (height, width)),
    }
