"""Up-convolutional networks: decoders that learn what a layer's features still say of the image.

Dosovitskiy & Brox (2016), "Inverting visual representations with convolutional networks".
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache

import keras
import numpy as np
import tensorflow as tf

from cnnlab.explain.upconvolution.small_images import SIDE, average_training_face, shrink_images
from cnnlab.faces.loading import Faces
from cnnlab.networks.features import FixedNetwork, cache_layer_features, describe_start
from cnnlab.networks.precision import describe_cap, detect_policy, use_policy
from cnnlab.networks.training import Stopping, TrainingResult, train
from cnnlab.settings import SEED, Profile

FILTERS = {8: 64, 16: 48, 32: 32, 64: 16}
"""Filters of the 3x3 convolution at each side of the maps in pixels."""
LEARNING_RATE = 2e-3
SLOW_RATE = 5e-4
"""For pool5 of the light VGG: at ``LEARNING_RATE`` its decoder's rectifiers may all fall silent."""
BATCH_SIZE = 16
MOST_IMAGES = 2400
"""Training images at most: block2_pool's features of one take 256 kB."""
LAST_LAYER = "difference"

Enlarge = Callable[[keras.KerasTensor, int, str], keras.KerasTensor]
"""Doubles the side of maps: of maps, filters and name."""
Build = Callable[[tuple[int, int, int], float, int], keras.Model]
"""Makes an untrained decoder: of what ``build_decoder`` takes."""


@dataclass(frozen=True)
class Budget:
    """What each decoder may cost, whatever its layer.

    Attributes:
        epochs: passes over the same training images.
        parameters: about how many the decoder has.
    """

    epochs: int
    parameters: int


def small_budget(profile: Profile) -> Budget:
    """Return the budget of the decoders that the report trains."""
    return Budget(profile.decoder_epochs, 120_000)


def study_budget(profile: Profile) -> Budget:
    """Return the budget of the study: five times as long, two and a half times as large."""
    return Budget(5 * profile.decoder_epochs, 300_000)


def resize_and_convolve(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Double the side of maps by an up-convolution: resize (nearest), then a 3x3 convolution.

    Every pixel is covered equally often (Odena et al. 2016).
    """
    x = keras.layers.UpSampling2D(2, name=f"resize{name}")(x)
    return _convolve(x, filters, 3, f"conv{name}")


def convolve_transposed(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Double the side of maps by a transposed 3x3 convolution of stride 2.

    Its kernels overlap on every second row and column: the checkerboard of Odena et al. (2016).
    """
    return keras.layers.Conv2DTranspose(
        filters,
        3,
        strides=2,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=f"conv{name}",
    )(x)


def build_decoder(
    shape: tuple[int, int, int],
    scale: float,
    mixed: int,
    enlarge: Enlarge = resize_and_convolve,
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
        enlarge: how the side is doubled.

    Returns:
        A flat functional model: (n, *shape) features, not negative, to (n, 64, 64, 3), the
        difference from the mean face in RGB; the last layer is linear.

    Raises:
        ValueError: maps of this side cannot be doubled to 64 pixels.
    """
    side, *_ = shape
    if side not in (4, 8, 16, 32, 64):
        raise ValueError(f"features of shape {shape}: the side must be 4, 8, 16, 32 or 64.")
    inputs = keras.Input(shape, name="features")
    roots = keras.layers.Rescaling(scale, dtype="float32", name="roots")(keras.ops.sqrt(inputs))
    x = _convolve(roots, mixed, 1, "mix")
    for number, (target, filters) in enumerate(FILTERS.items(), 1):
        if side < target:
            x = enlarge(x, filters, str(number))
            side *= 2
        else:
            x = _convolve(x, filters, 3, f"conv{number}")
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
    first, *rest = FILTERS.values()
    fixed, before = first, first
    for filters in (*rest, 3):
        fixed += 9 * before * filters + filters
        before = filters
    return max(round((parameters - fixed) / (channels + 1 + 9 * first)), 8)


def train_decoder(
    faces: Faces,
    network: FixedNetwork,
    layer: str,
    budget: Budget,
    build: Build = build_decoder,
    seed: int = SEED,
    learning_rate: float = LEARNING_RATE,
) -> TrainingResult:
    """Train a decoder with mean squared error, or return it when that was done before.

    Args:
        faces: at most ``MOST_IMAGES`` of the training split are learned from; the development
            split chooses the epoch.
        network: whose features are inverted.
        layer: in which layer.
        budget: how long, and how large.
        build: makes the decoder.
        seed: of weights and order.
        learning_rate: the highest; reached in the first epoch, and lowered from there.
    """
    dtype = detect_policy()
    rows = choose_training_rows(faces, seed)
    features = cache_layer_features(faces, rows, network, layer)
    mean_face = average_training_face(faces)
    steps = -(-len(rows) // BATCH_SIZE)

    def compile_decoder() -> keras.Model:
        shape = features.shape[1:]
        mixed = count_mixed(shape[-1], budget.parameters)
        with use_policy(dtype):
            decoder = build(shape, measure_scale(features), mixed)
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=learning_rate / 10,
            warmup_target=learning_rate,
            warmup_steps=steps,
            decay_steps=max(steps * (budget.epochs - 1), 1),
            alpha=0.01,
        )
        decoder.compile(keras.optimizers.Adam(schedule), loss="mse")
        return decoder

    def training_batches(epoch: int) -> tf.data.Dataset:
        order = np.random.default_rng([seed, epoch]).permutation(len(rows))
        return _pair(features, faces.images, rows, order, mean_face)

    # Mapped once for all epochs: the batches of each keep what they read from.
    @cache
    def held_out() -> np.ndarray:
        return cache_layer_features(faces, faces.split.development, network, layer)

    def development_batches() -> tf.data.Dataset:
        unseen = faces.split.development
        return _pair(held_out(), faces.images, unseen, np.arange(len(unseen)), mean_face)

    return train(
        f"decoder-{network.name}-{layer}",
        {
            "data": faces.digest,
            "images": len(rows),
            "features": [network.digest, network.dtype, layer],
            "budget": asdict(budget),
            "policy": dtype,
        }
        | describe_start(network, layer)
        | describe_cap(),
        compile_decoder,
        training_batches,
        development_batches,
        Stopping(budget.epochs, budget.epochs),
        seed,
    )


def choose_training_rows(faces: Faces, seed: int) -> np.ndarray:
    """Return the rows that decoders learn from: at most ``MOST_IMAGES`` of the training split."""
    rows = faces.split.training
    if len(rows) <= MOST_IMAGES:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_IMAGES])


def measure_scale(features: np.ndarray) -> float:
    """Return what the roots of features are multiplied by so that their mean square is 1.

    Args:
        features: (n, height, width, channels), not negative; the first 64 are looked at.

    Returns:
        Rounded to four digits, so that it names the same decoder wherever it is computed.
    """
    mean = features[:64].astype(np.float64).mean()
    return float(f"{1 / np.sqrt(mean):.4g}") if mean > 0 else 1.0


def decode_features(
    decoder: keras.Model, features: np.ndarray, mean_face: np.ndarray
) -> np.ndarray:
    """Paint images from features.

    Args:
        decoder: a trained decoder.
        features: (n, height, width, channels), not negative.
        mean_face: (64, 64, 3) float in [0, 1], of the training images.

    Returns:
        (n, 64, 64, 3) float32, clipped to [0, 1].
    """
    return np.clip(mean_face + paint_difference(decoder, features), 0, 1)


def paint_difference(decoder: keras.Model, features: np.ndarray) -> np.ndarray:
    """Return a decoder's output, a few images at a time: (n, 64, 64, 3) float32."""
    forward = tf.function(decoder, reduce_retracing=True)
    batches = (
        features[start : start + BATCH_SIZE].astype(np.float32)
        for start in range(0, len(features), BATCH_SIZE)
    )
    return np.concatenate([forward(batch, training=False).numpy() for batch in batches])


def _pair(
    features: np.ndarray,
    images: np.ndarray,
    rows: np.ndarray,
    order: np.ndarray,
    mean_face: np.ndarray,
) -> tf.data.Dataset:
    """Return batches of features and what their small images differ by from the mean face."""

    def gather(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        difference = shrink_images(images[rows[chosen]]) - mean_face
        return features[chosen].astype(np.float32), difference

    def load(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs, pixels = tf.numpy_function(gather, [chosen], (tf.float32, tf.float32))
        return (
            tf.ensure_shape(inputs, (None, *features.shape[1:])),
            tf.ensure_shape(pixels, (None, SIDE, SIDE, 3)),
        )

    return tf.data.Dataset.from_tensor_slices(order).batch(BATCH_SIZE).map(load).prefetch(2)


def _convolve(x: keras.KerasTensor, filters: int, width: int, name: str) -> keras.KerasTensor:
    return keras.layers.Conv2D(
        filters,
        width,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)
