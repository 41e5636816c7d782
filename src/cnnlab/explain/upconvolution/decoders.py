"""Up-convolutional networks: decoders that learn what a layer's features still say of the image.

Dosovitskiy & Brox (2016), "Inverting visual representations with convolutional networks". They
paint images of 64 x 64 pixels, half as many along each side as the networks take.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise

import keras
import numpy as np
import tensorflow as tf

from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import BATCHES_AHEAD, gather_batches
from cnnlab.networks.devices import describe_cap, detect_policy, use_policy
from cnnlab.networks.features import FixedNetwork, cache_layer_features, describe_start
from cnnlab.networks.recipes import schedule_rate
from cnnlab.networks.training import Stopping, Training, TrainingResult, train
from cnnlab.settings import SEED

SIDE = 64
FILTERS = {8: 64, 16: 48, 32: 32, 64: 16}
"""Filters of the 3x3 convolution at each side of the maps in pixels."""
RECTIFIED = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
LEARNING_RATE = 2e-3
BATCH_SIZE = 16
MOST_IMAGES = 2400
"""Training images at most: block2_pool's features of one take 256 kB."""
LAST_LAYER = "difference"


@dataclass(frozen=True)
class Budget:
    """What each decoder may cost, whatever its layer.

    Attributes:
        epochs: passes over the same training images.
        parameters: about how many the decoder has.
    """

    epochs: int
    parameters: int


def resize_and_convolve(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    """Double the side of maps by an up-convolution: resize (nearest), then a 3x3 convolution.

    Every pixel is covered equally often (Odena et al. 2016).
    """
    x = keras.layers.UpSampling2D(2, name=f"resize{number}")(x)
    return keras.layers.Conv2D(filters, 3, name=f"conv{number}", **RECTIFIED)(x)


def convolve_transposed(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    """Double the side of maps by a transposed 3x3 convolution of stride 2.

    Its kernels overlap on every second row and column: the checkerboard of Odena et al. (2016).
    """
    name = f"conv{number}"
    return keras.layers.Conv2DTranspose(filters, 3, strides=2, name=name, **RECTIFIED)(x)


def build_decoder(
    shape: tuple[int, int, int],
    scale: float,
    mixed: int,
    enlarge: Callable[[keras.KerasTensor, int, int], keras.KerasTensor] = resize_and_convolve,
) -> keras.Model:
    """Build a decoder from a layer's features to a small image.

    The same for every layer: the root of the features, which are sparse and reach hundreds, is
    mixed to fewer maps by a 1x1 convolution; four 3x3 convolutions follow, at 8, 16, 32 and 64
    pixels a side, or at the layer's own side as long as that is larger; one more paints the
    pixels. The output is what the image differs by from the mean training face, and the last
    layer starts at zero: untrained, a decoder is the baseline. All layers but the last compute in
    the Keras dtype policy that is in force.

    Args:
        shape: (side, side, channels) of the features; the side is a power of 2, from 4 to 64.
        scale: what the features' roots are multiplied by; brings them near 1.
        mixed: maps after the 1x1 convolution (see ``count_mixed``).
        enlarge: how the side is doubled: of maps, filters and the layer's number.

    Returns:
        A flat functional model: (n, *shape) features, not negative, to (n, 64, 64, 3), the
        difference from the mean face in RGB; the last layer is linear.
    """
    inputs = keras.Input(shape, name="features")
    roots = keras.layers.Rescaling(scale, dtype="float32", name="roots")(keras.ops.sqrt(inputs))
    x = keras.layers.Conv2D(mixed, 1, name="mix", **RECTIFIED)(roots)
    for number, (side, filters) in enumerate(FILTERS.items(), 1):
        if x.shape[1] < side:
            x = enlarge(x, filters, number)
        else:
            x = keras.layers.Conv2D(filters, 3, name=f"conv{number}", **RECTIFIED)(x)
    difference = keras.layers.Conv2D(
        3, 3, padding="same", kernel_initializer="zeros", dtype="float32", name=LAST_LAYER
    )(x)
    return keras.Model(inputs, difference, name="decoder")


def count_mixed(channels: int, parameters: int) -> int:
    """Return how many mixed maps give a decoder about so many parameters.

    All else is fixed by ``FILTERS``.

    Args:
        channels: of the layer that is inverted.
        parameters: wanted.
    """
    widths = (*FILTERS.values(), 3)
    fixed = widths[0] + sum(9 * before * after + after for before, after in pairwise(widths))
    return max(round((parameters - fixed) / (channels + 1 + 9 * widths[0])), 8)


def fit_decoder(features: np.ndarray, budget: Budget) -> tuple[tuple[int, int, int], float, int]:
    """Return shape, scale and mixed, as ``build_decoder`` takes them, for a layer's features."""
    shape = features.shape[1:]
    return shape, measure_scale(features), count_mixed(shape[-1], budget.parameters)


def train_decoder(
    faces: Faces,
    network: FixedNetwork,
    layer: str,
    budget: Budget,
    build: Callable[[tuple[int, int, int], float, int], keras.Model] = build_decoder,
    learning_rate: float = LEARNING_RATE,
) -> TrainingResult:
    """Train a decoder with mean squared error, or return it when that was done before.

    Args:
        faces: at most ``MOST_IMAGES`` of the training split are learned from; the development
            split chooses the epoch.
        network: whose features are inverted.
        layer: in which layer.
        budget: how long, and how large.
        build: makes the untrained decoder, of what ``build_decoder`` takes.
        learning_rate: the highest; reached in the first epoch, and lowered from there.
    """
    dtype = detect_policy()
    rows, unseen = choose_training_rows(faces), faces.split.development
    features = cache_layer_features(faces, rows, network, layer)
    mean_face = average_training_face(faces)
    steps = -(-len(rows) // BATCH_SIZE)

    def compile_decoder() -> keras.Model:
        with use_policy(dtype):
            decoder = build(*fit_decoder(features, budget))
        schedule = schedule_rate(learning_rate, steps, budget.epochs)
        decoder.compile(keras.optimizers.Adam(schedule), loss="mse")
        return decoder

    def training_batches(epoch: int) -> tf.data.Dataset:
        order = np.random.default_rng([SEED, epoch]).permutation(len(rows))
        return _pair(features, faces.images, rows, order, mean_face)

    # Made once for all epochs: each would map its features anew, and keep them.
    @cache
    def development_batches() -> tf.data.Dataset:
        held_out = cache_layer_features(faces, unseen, network, layer)
        return _pair(held_out, faces.images, unseen, np.arange(len(unseen)), mean_face)

    description = {
        "data": faces.digest,
        "images": len(rows),
        "features": [network.digest, network.dtype, layer],
        "budget": asdict(budget),
        "policy": dtype,
    }
    return train(
        Training(
            f"decoder-{network.name}-{layer}",
            description | describe_start(network, layer) | describe_cap(),
            compile_decoder,
            training_batches,
            development_batches,
            Stopping(budget.epochs, budget.epochs),
            SEED,
        )
    )


def choose_training_rows(faces: Faces) -> np.ndarray:
    """Return the rows that decoders learn from: at most ``MOST_IMAGES`` of the training split."""
    rows = faces.split.training
    return np.sort(np.random.default_rng(SEED).permutation(rows)[:MOST_IMAGES])


def measure_scale(features: np.ndarray) -> float:
    """Return what the roots of features are multiplied by so that their mean square is 1.

    Args:
        features: (n, height, width, channels), not negative; the first 64 are looked at.

    Returns:
        Rounded to four digits, so that it names the same decoder wherever it is computed.
    """
    mean = features[:64].astype(np.float64).mean()
    return float(f"{1 / np.sqrt(mean):.4g}") if mean > 0 else 1.0


def paint_difference(decoder: keras.Model, features: np.ndarray) -> np.ndarray:
    """Return what images differ by from the mean training face, by their features.

    Args:
        decoder: a decoder; it is given a few images at a time.
        features: (n, height, width, channels), not negative.

    Returns:
        (n, 64, 64, 3) float32.
    """
    forward = tf.function(decoder, reduce_retracing=True)
    batches = (
        features[start : start + BATCH_SIZE].astype(np.float32)
        for start in range(0, len(features), BATCH_SIZE)
    )
    return np.concatenate([forward(batch, training=False).numpy() for batch in batches])


def shrink_images(images: np.ndarray) -> np.ndarray:
    """Average blocks of pixels: the images as a decoder could return them at best.

    Args:
        images: (n, 128, 128, 3) uint8.

    Returns:
        (n, 64, 64, 3) float32 in [0, 1].
    """
    block = images.shape[1] // SIDE
    # Whole numbers are summed view by view: five times as fast as NumPy's mean, and exact.
    total = np.zeros((len(images), SIDE, SIDE, images.shape[3]), np.uint32)
    for row, column in np.ndindex(block, block):
        total += images[:, row::block, column::block]
    return (total / block**2 / 255).astype(np.float32)


def enlarge_images(images: np.ndarray) -> np.ndarray:
    """Bring small images to the size that the networks take, bilinearly.

    Args:
        images: (n, 64, 64, 3) float.

    Returns:
        (n, 128, 128, 3) float32, clipped to [0, 1].
    """
    return tf.clip_by_value(tf.image.resize(images, (2 * SIDE, 2 * SIDE)), 0, 1).numpy()


def average_training_face(faces: Faces) -> np.ndarray:
    """Return the mean of all training images: (64, 64, 3) float32 in [0, 1]."""
    rows = faces.split.training
    total = np.zeros((SIDE, SIDE, 3))
    for part in np.array_split(rows, -(-len(rows) // 256)):
        total += shrink_images(faces.images[part]).sum(axis=0)
    return (total / len(rows)).astype(np.float32)


def _pair(
    features: np.ndarray,
    images: np.ndarray,
    rows: np.ndarray,
    order: np.ndarray,
    mean_face: np.ndarray,
) -> tf.data.Dataset:
    """Return batches of features and what their small images differ by from the mean face."""
    inputs = gather_batches(lambda chosen: features[chosen].astype(np.float32), order, BATCH_SIZE)
    differences = gather_batches(
        lambda chosen: shrink_images(images[rows[chosen]]) - mean_face, order, BATCH_SIZE
    )
    return tf.data.Dataset.zip((inputs, differences)).prefetch(BATCHES_AHEAD)
