"""Two ways to invert a layer, on the same faces: by a decoder and by optimisation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.explain.upconvolution.inversion import DECODED, Inversion, UnseenFaces
from cnnlab.explain.upconvolution.optimised_images import measure_feature_error, optimise_images
from cnnlab.explain.upconvolution.survival import measure_error
from cnnlab.networks.features import FixedNetwork
from cnnlab.paths import FEATURES

CONTRASTED = ("block3_pool", "block5_pool")
"""The layers of VGG16 that are inverted in both ways."""
FACES = 2
OPTIMISED = "optimised"
PIXEL_ERROR, FEATURE_ERROR = "pixel error", "feature error"


def choose_contrasted(unseen: UnseenFaces) -> np.ndarray:
    """Return the positions of ``FACES`` unseen faces of different classes, the first and last."""
    return np.linspace(0, len(unseen.rows) - 1, FACES).astype(int)


def optimise_contrasted(
    network: FixedNetwork, images: np.ndarray, steps: int, seed: int, root: Path = FEATURES
) -> dict[str, np.ndarray]:
    """Invert faces by optimisation in each of the layers ``CONTRASTED``.

    Args:
        network: VGG16.
        images: (k, 64, 64, 3) float32 in [0, 1].
        steps: of the optimisation.
        seed: where it starts.
        root: where results are kept.

    Returns:
        For each layer (k, 64, 64, 3) float32 in [0, 1].
    """
    return {
        layer: optimise_images(network, layer, images, steps, seed, root) for layer in CONTRASTED
    }


def compare_methods(
    network: FixedNetwork,
    inversions: Sequence[Inversion],
    unseen: UnseenFaces,
    positions: np.ndarray,
    optimised: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Measure both methods in pixels and in features.

    Args:
        network: VGG16.
        inversions: decoders, those of ``CONTRASTED`` among them.
        unseen: the faces.
        positions: (k,) which of them were optimised.
        optimised: what ``optimise_contrasted`` found.

    Returns:
        Columns network, layer, picture, figure, estimate (mean over the k faces), n: the pixel
        error in grey levels, and the error of the features relative to their length.
    """
    images = unseen.images[positions]
    decoded = {
        each.layer: each.pictures[positions]
        for each in inversions
        if each.network == network.title and each.layer in CONTRASTED
    }
    rows = []
    for layer in CONTRASTED:
        for name, pictures in ((DECODED, decoded[layer]), (OPTIMISED, optimised[layer])):
            measured = {
                PIXEL_ERROR: 255 * measure_error(pictures, images),
                FEATURE_ERROR: measure_feature_error(network, layer, pictures, images),
            }
            rows += [
                (network.title, layer, name, figure, values.mean(), len(values))
                for figure, values in measured.items()
            ]
    return pd.DataFrame(rows, columns=["network", "layer", "picture", "figure", "estimate", "n"])
