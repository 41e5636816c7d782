r"""Correlation on the group p4, equivariant to translations and to rotations by 90 degrees.

After Cohen & Welling (2016), sections 4 and 6. An element of p4 is a shift and a number of turns
q in {0, 1, 2, 3}. Functions on it are arrays (H, W, 4, K): a position, an orientation q, a channel;
images are (H, W, K), kernels have their origin at the centre, and turns are anticlockwise. The
grid is cyclic. The proofs are in notebook 01.
"""

import numpy as np

from cnnlab.theory.equivariance import correlate

ORIENTATIONS = 4


def rotate(image: np.ndarray, turns: int) -> np.ndarray:
    """Turn the first two axes anticlockwise about their centre.

    Args:
        image: (H, W, ...), an image or kernels.
        turns: by 90 degrees; any integer.

    Returns:
        (H, W, ...), or (W, H, ...) for an odd number of turns.
    """
    return np.rot90(image, turns)


def rotate_on_group(maps: np.ndarray, turns: int) -> np.ndarray:
    """Let rotations act on functions on p4: turn each map, and cycle the orientations.

    Args:
        maps: (H, W, 4, ...), functions on p4, or kernels on it.
        turns: by 90 degrees; any integer.

    Returns:
        (H, W, 4, ...), or (W, H, 4, ...); what was at orientation q is at q + turns.
    """
    return np.roll(rotate(maps, turns), turns, axis=2)


def lift(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Correlate an image with four turned copies of each kernel (equation 10).

    Args:
        image: (H, W, K).
        kernels: (h, h, K, C), h odd.

    Returns:
        (H, W, 4, C), functions on p4.

    Raises:
        ValueError: as ``correlate``, for circular padding.
    """
    return np.stack(
        [correlate(image, rotate(kernels, q), "circular") for q in range(ORIENTATIONS)], axis=2
    )


def correlate_on_p4(maps: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Correlate functions on p4 with kernels on p4 (equation 11).

    Args:
        maps: (H, W, 4, K).
        kernels: (h, h, 4, K, C), h odd.

    Returns:
        (H, W, 4, C).

    Raises:
        ValueError: as ``correlate``, for circular padding; there are not four orientations.
    """
    if maps.shape[2] != ORIENTATIONS or kernels.shape[2] != ORIENTATIONS:
        raise ValueError(
            f"The maps have {maps.shape[2]} orientations and the kernels {kernels.shape[2]}. "
            f"A function on p4 has {ORIENTATIONS}: lift the image first."
        )
    # The sum over orientations is one over channels, for a planar correlation.
    flat = maps.reshape(*maps.shape[:2], -1)
    side, filters = kernels.shape[0], kernels.shape[-1]
    turned = [rotate_on_group(kernels, q) for q in range(ORIENTATIONS)]
    return np.stack(
        [correlate(flat, each.reshape(side, side, -1, filters), "circular") for each in turned],
        axis=2,
    )


def pool_orientations(maps: np.ndarray) -> np.ndarray:
    """Take the maximum over the orientations: functions on p4 (H, W, 4, K) to images (H, W, K)."""
    return maps.max(axis=2)
