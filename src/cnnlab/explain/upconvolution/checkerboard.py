"""The checkerboard of transposed convolutions (Odena et al. 2016), shown and measured."""

from functools import partial

import keras
import numpy as np

from cnnlab.explain.upconvolution.decoders import (
    LAST_LAYER,
    Budget,
    build_decoder,
    convolve_transposed,
    fit_decoder,
    paint_difference,
    train_decoder,
)
from cnnlab.explain.upconvolution.inversion import UnseenFaces
from cnnlab.faces.loading import Faces
from cnnlab.networks.features import FixedNetwork, cache_layer_features
from cnnlab.networks.training import make_reproducible
from cnnlab.settings import SEED

TRANSPOSED, RESIZED = "transposed convolution", "resize and convolution"
WAYS = {TRANSPOSED: partial(build_decoder, enlarge=convolve_transposed), RESIZED: build_decoder}
"""What builds the decoder of either way to double the side of maps."""
CHECKED = "block4_pool"
"""The layer of VGG16 whose decoders are compared."""


def paint_untrained(decoder: keras.Model, features: np.ndarray) -> np.ndarray:
    """Paint with a decoder whose last layer, zero before training, is drawn at random.

    Args:
        decoder: an untrained decoder; its last layer is changed.
        features: (n, height, width, channels), not negative.

    Returns:
        (n, 64, 64, 3): around 0.5, with a standard deviation of 0.15 an image.
    """
    last = decoder.get_layer(LAST_LAYER)
    kernel, bias = last.weights
    last.set_weights([keras.initializers.GlorotUniform(SEED)(kernel.shape), bias])
    painted = paint_difference(decoder, features)
    painted -= painted.mean(axis=(1, 2, 3), keepdims=True)
    return 0.5 + 0.15 * painted / painted.std(axis=(1, 2, 3), keepdims=True)


def measure_checkerboard(pictures: np.ndarray) -> np.ndarray:
    """Return how much a pattern of period two pixels stands out in each picture.

    A transposed convolution of stride 2 treats even and odd rows and columns differently. What
    it paints then repeats every two pixels: its energy lies at half a cycle a pixel, along x or
    y. A picture without such a pattern has about as much energy there as at the frequencies
    next to it.

    Args:
        pictures: (n, side, side, 3); the side is even.

    Returns:
        (n,) mean energy of the grey picture at half a cycle a pixel, along either axis, divided
        by the mean energy at the four next lower frequencies. 1: no pattern.
    """
    grey = pictures.mean(axis=-1)
    energy = np.abs(np.fft.fft2(grey - grey.mean(axis=(1, 2), keepdims=True))) ** 2
    highest = grey.shape[1] // 2
    both = energy.mean(axis=1) + energy.mean(axis=2)
    return both[:, highest] / both[:, highest - 4 : highest].mean(axis=1)


def compare_enlarging(
    faces: Faces, network: FixedNetwork, unseen: UnseenFaces, budget: Budget
) -> dict[str, dict[str, np.ndarray]]:
    """Paint unseen faces with both ways to double a map's side, before and after training.

    Args:
        faces: the data.
        network: VGG16, whose layer ``CHECKED`` is inverted.
        unseen: what is painted.
        budget: of each decoder.

    Returns:
        For each way the (n, 64, 64, 3) pictures untrained and trained; what is trained is shown
        without the mean face, around 0.5.
    """
    features = cache_layer_features(faces, unseen.rows, network, CHECKED)
    painted = {}
    for name, build in WAYS.items():
        make_reproducible(SEED)
        fresh = build(*fit_decoder(features, budget))
        trained = train_decoder(faces, network, CHECKED, budget, build)
        painted[name] = {
            "untrained": paint_untrained(fresh, features),
            "trained": 0.5 + paint_difference(trained.model, features),
        }
    return painted
