"""Inversion by optimisation (Mahendran & Vedaldi 2015): the contrast to a trained decoder.

"Understanding deep image representations by inverting them", section 3: find an image with the
features of another, under a prior that knows nothing of faces.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.explain.upconvolution.decoders import SIDE, enlarge_images
from cnnlab.explain.upconvolution.inversion import DECODED, Inversion, UnseenFaces
from cnnlab.explain.upconvolution.survival import measure_error
from cnnlab.networks.devices import describe_cap
from cnnlab.networks.features import FixedNetwork
from cnnlab.networks.training import digest_of
from cnnlab.paths import FEATURES
from cnnlab.settings import SEED
from plumbing.storage import make_sealed

CONTRASTED = ("block3_pool", "block5_pool")
"""The layers of VGG16 that are inverted in both ways."""
FACES = [0, -1]
"""Unseen faces for that: the first and the last, of different classes."""
OPTIMISED = "optimised"
PIXEL_ERROR, FEATURE_ERROR = "pixel error", "feature error"

LEARNING_RATE = 0.03
TOTAL_VARIATION = 2.0
ALPHA_NORM = 0.05
ALPHA = 6


def optimise_images(
    network: FixedNetwork,
    layer: str,
    images: np.ndarray,
    steps: int,
    root: Path = FEATURES,
) -> np.ndarray:
    """Find small images with the features of given ones, or return them when that was done.

    Adam on the pixels minimises the squared distance of features, relative to their squared
    length, plus the mean squared step between neighbouring pixels (total variation, beta = 2)
    and the mean 6th power of the pixels' distance from mid-grey (alpha norm). It starts at
    mid-grey with a little noise. What is unknown are 64x64 pixels, as for a decoder; they are
    enlarged before the network sees them.

    Args:
        network: whose features.
        layer: in which layer.
        images: (n, 64, 64, 3) float32 in [0, 1], whose features are to be met.
        steps: of the optimisation.
        root: where the result is kept.

    Returns:
        (n, 64, 64, 3) float32, clipped to [0, 1].
    """
    description = {
        "network": [network.digest, network.dtype, layer],
        "images": hashlib.sha256(np.ascontiguousarray(images, "<f4").tobytes()).hexdigest(),
        "steps": steps,
        "prior": [LEARNING_RATE, TOTAL_VARIATION, ALPHA_NORM, ALPHA],
        "seed": SEED,
    }
    key = digest_of(description | describe_cap())
    file = root / f"optimised-{network.name}-{layer}-{key[:16]}.npy"
    make_sealed(file, key, lambda path: np.save(path, _descend(network, layer, images, steps)))
    return np.load(file)


def measure_feature_error(
    network: FixedNetwork, layer: str, pictures: np.ndarray, images: np.ndarray
) -> np.ndarray:
    """Return how far the features of pictures are from those of the images.

    Args:
        network: whose features.
        layer: in which layer.
        pictures: (n, 64, 64, 3) float in [0, 1].
        images: (n, 64, 64, 3) float in [0, 1].

    Returns:
        (n,) length of the difference divided by the length of the images' features.
    """
    read = _read_layer(network, layer)
    found, wanted = (read(enlarge_images(each)).numpy() for each in (pictures, images))
    axes = tuple(range(1, wanted.ndim))
    return np.sqrt(np.square(found - wanted).sum(axes) / np.square(wanted).sum(axes))


def compare_methods(
    network: FixedNetwork,
    inversions: Sequence[Inversion],
    unseen: UnseenFaces,
    optimised: Mapping[str, np.ndarray],
) -> pd.Series:
    """Measure decoding and optimisation in pixels and in features.

    Args:
        network: VGG16.
        inversions: by decoders, those of ``CONTRASTED`` among them.
        unseen: the faces.
        optimised: for each of ``CONTRASTED`` the pictures of ``FACES`` that were found.

    Returns:
        By layer, picture and figure, the mean over the faces: of the pixel error in grey levels,
        and of the error of the features relative to their length.
    """
    images = unseen.images[FACES]
    decoded = {each.layer: each.pictures for each in inversions if each.network == network.title}
    errors = {}
    for layer in CONTRASTED:
        for name, pictures in ((DECODED, decoded[layer][FACES]), (OPTIMISED, optimised[layer])):
            in_pixels = 255 * measure_error(pictures, images)
            in_features = measure_feature_error(network, layer, pictures, images)
            errors[layer, name, PIXEL_ERROR] = in_pixels.mean()
            errors[layer, name, FEATURE_ERROR] = in_features.mean()
    return pd.Series(errors)


def _descend(network: FixedNetwork, layer: str, images: np.ndarray, steps: int) -> np.ndarray:
    read = _read_layer(network, layer)
    wanted = read(enlarge_images(images))
    axes = list(range(1, len(wanted.shape)))
    length = tf.reduce_sum(tf.square(wanted), axes)
    noise = np.random.default_rng(SEED).normal(0, 0.02, images.shape)
    pixels = tf.Variable((0.5 + noise).astype(np.float32))
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps, alpha=0.1)
    optimiser = keras.optimizers.Adam(schedule)
    optimiser.build([pixels])

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            shown = tf.image.resize(pixels, (2 * SIDE, 2 * SIDE))
            distance = tf.reduce_sum(tf.square(read(shown) - wanted), axes) / length
            variation = tf.reduce_mean(
                tf.square(pixels[:, 1:, :-1] - pixels[:, :-1, :-1])
                + tf.square(pixels[:, :-1, 1:] - pixels[:, :-1, :-1]),
                [1, 2, 3],
            )
            norm = tf.reduce_mean(tf.abs(2 * (pixels - 0.5)) ** ALPHA, [1, 2, 3])
            loss = tf.reduce_sum(distance + TOTAL_VARIATION * variation + ALPHA_NORM * norm)
        optimiser.apply([tape.gradient(loss, pixels)], [pixels])

    for _ in range(steps):
        step()
    return np.clip(pixels.numpy(), 0, 1)


def _read_layer(network: FixedNetwork, layer: str) -> Callable[[tf.Tensor], tf.Tensor]:
    model = network.build()
    part = keras.Model(model.input, model.get_layer(layer).output)
    return tf.function(lambda x: tf.cast(part(x, training=False), tf.float32))
