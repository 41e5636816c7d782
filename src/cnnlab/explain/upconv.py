"""Up-convolutional networks: a decoder learns what a layer's features still say of the image.

Dosovitskiy & Brox (2016), "Inverting visual representations with convolutional networks". The
features here are those of VGG16's block4_pool, which the training of VGG16 has cached already.
"""

import keras
import numpy as np
import tensorflow as tf

from cnnlab.faces.loading import Faces
from cnnlab.models.features import cache_vgg16_features
from cnnlab.models.precision import detect_policy
from cnnlab.models.training import Stopping, TrainingResult, train
from cnnlab.models.vgg16 import FEATURE_SHAPE
from cnnlab.models.vgg16_weights import VGG16_DIGEST
from cnnlab.settings import SEED, Profile, current_profile

LAYER = "block4_pool"
DECODED_SIZE = 64
FILTERS = (64, 48, 24)
"""Filters after each doubling of the size: 8 to 16, 32 and 64."""
LEARNING_RATE = 1e-3
BATCH_SIZE = 16


def build_decoder(dtype: str = "float32") -> keras.Model:
    """Build a decoder of up-convolutions from block4_pool's features to a small image.

    An up-convolution is a resize to twice the size and a 3x3 convolution: unlike a transposed
    convolution with stride, it covers every pixel equally often and paints no checkerboard
    (Odena et al. 2016). The output is what the image differs by from the mean training face:
    the last layer starts at zero, so that training starts at the baseline.

    Args:
        dtype: Keras dtype policy of all layers but the last.

    Returns:
        A flat functional model: (n, 8, 8, 512) compressed features to (n, 64, 64, 3), the
        difference from the mean face in RGB; the last layer is linear.
    """
    inputs = keras.Input(FEATURE_SHAPE, name="features")
    x = _convolve(inputs, 128, 1, dtype, "squeeze")
    for number, filters in enumerate(FILTERS, 1):
        x = keras.layers.UpSampling2D(2, dtype=dtype, name=f"resize{number}")(x)
        x = _convolve(x, filters, 3, dtype, f"conv{number}")
    difference = keras.layers.Conv2D(
        3, 3, padding="same", kernel_initializer="zeros", dtype="float32", name="difference"
    )(x)
    return keras.Model(inputs, difference, name="decoder")


def train_decoder(faces: Faces, profile: Profile | None = None, seed: int = SEED) -> TrainingResult:
    """Train the decoder with mean squared error, or return it when that was done before.

    Args:
        faces: the training split is learned from; the development split chooses the epoch.
        profile: how long; default: this run's.
        seed: of weights and order.
    """
    profile = profile or current_profile()
    dtype = detect_policy()
    epochs = profile.decoder_epochs
    steps = -(-len(faces.split.training) // BATCH_SIZE)
    mean_face = average_training_face(faces)

    def build() -> keras.Model:
        decoder = build_decoder(dtype)
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=LEARNING_RATE / 10,
            warmup_target=LEARNING_RATE,
            warmup_steps=steps,
            decay_steps=max(steps * (epochs - 1), 1),
            alpha=0.01,
        )
        decoder.compile(keras.optimizers.Adam(schedule), loss="mse")
        return decoder

    def training_batches(epoch: int) -> tf.data.Dataset:
        order = np.random.default_rng([seed, epoch]).permutation(len(faces.split.training))
        return _pairs(faces, faces.split.training, order, mean_face)

    def development_batches() -> tf.data.Dataset:
        order = np.arange(len(faces.split.development))
        return _pairs(faces, faces.split.development, order, mean_face)

    return train(
        "decoder-block4",
        {"data": faces.digest, "features": VGG16_DIGEST, "policy": dtype},
        build,
        training_batches,
        development_batches,
        Stopping(epochs, epochs),
        seed,
    )


def read_features(faces: Faces, indices: np.ndarray) -> np.ndarray:
    """Return block4_pool's features of unchanged images: (n, 8, 8, 512) float16."""
    (features,) = cache_vgg16_features(faces, indices, [None], SEED, detect_policy()).copies
    return features


def compress_features(features: np.ndarray) -> np.ndarray:
    """Take the root of features: they are sparse and reach hundreds, their roots lie near 1.

    Args:
        features: (n, 8, 8, 512), not negative.

    Returns:
        (n, 8, 8, 512) float32; nothing is lost, since the root can be undone.
    """
    return np.sqrt(features.astype(np.float32)) / 4


def decode_features(
    decoder: keras.Model, features: np.ndarray, mean_face: np.ndarray
) -> np.ndarray:
    """Paint images from features.

    Args:
        decoder: a trained decoder.
        features: (n, 8, 8, 512), not negative.
        mean_face: (64, 64, 3) float in [0, 1], of the training images.

    Returns:
        (n, 64, 64, 3) float32, clipped to [0, 1].
    """
    batches = [
        mean_face + decoder(compress_features(features[start : start + BATCH_SIZE]), training=False)
        for start in range(0, len(features), BATCH_SIZE)
    ]
    return tf.clip_by_value(tf.concat(batches, axis=0), 0, 1).numpy()


def shrink_images(images: np.ndarray) -> np.ndarray:
    """Average blocks of pixels: the images as the decoder could return them at best.

    Args:
        images: (n, 128, 128, 3) uint8.

    Returns:
        (n, 64, 64, 3) float32 in [0, 1].
    """
    n, height, width, channels = images.shape
    block = height // DECODED_SIZE
    blocks = images.reshape(n, DECODED_SIZE, block, width // block, block, channels)
    return (blocks.mean(axis=(2, 4)) / 255).astype(np.float32)


def enlarge_images(images: np.ndarray) -> np.ndarray:
    """Bring small images to the size that the classifiers take, bilinearly.

    Args:
        images: (n, 64, 64, 3) float.

    Returns:
        (n, 128, 128, 3) float32, clipped to [0, 1].
    """
    side = images.shape[1] * 2
    return tf.clip_by_value(tf.image.resize(images, (side, side)), 0, 1).numpy()


def average_training_face(faces: Faces) -> np.ndarray:
    """Return the mean of all training images: (64, 64, 3) float32 in [0, 1]."""
    rows = faces.split.training
    total = np.zeros((DECODED_SIZE, DECODED_SIZE, 3))
    for part in np.array_split(rows, -(-len(rows) // 256)):
        total += shrink_images(faces.images[part]).sum(axis=0)
    return (total / len(rows)).astype(np.float32)


def measure_error(images: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Return each image's root mean squared error over pixels and channels: (n,)."""
    return np.sqrt(np.square(images - references).mean(axis=(1, 2, 3)))


def _pairs(
    faces: Faces, rows: np.ndarray, order: np.ndarray, mean_face: np.ndarray
) -> tf.data.Dataset:
    """Return batches of features and what their small images differ by from the mean face."""
    features = read_features(faces, rows)

    def gather(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        difference = shrink_images(faces.images[rows[chosen]]) - mean_face
        return compress_features(features[chosen]), difference

    def load(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs, pixels = tf.numpy_function(gather, [chosen], (tf.float32, tf.float32))
        return (
            tf.ensure_shape(inputs, (None, *FEATURE_SHAPE)),
            tf.ensure_shape(pixels, (None, DECODED_SIZE, DECODED_SIZE, 3)),
        )

    return tf.data.Dataset.from_tensor_slices(order).batch(BATCH_SIZE).map(load).prefetch(2)


def _convolve(
    x: keras.KerasTensor, filters: int, width: int, dtype: str, name: str
) -> keras.KerasTensor:
    return keras.layers.Conv2D(
        filters,
        width,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )(x)
