"""The small images that decoders paint: from full size and back."""

import numpy as np
import tensorflow as tf

from cnnlab.faces.loading import Faces

SIDE = 64


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
    side = images.shape[1] * 2
    return tf.clip_by_value(tf.image.resize(images, (side, side)), 0, 1).numpy()


def average_training_face(faces: Faces) -> np.ndarray:
    """Return the mean of all training images: (64, 64, 3) float32 in [0, 1]."""
    rows = faces.split.training
    total = np.zeros((SIDE, SIDE, 3))
    for part in np.array_split(rows, -(-len(rows) // 256)):
        total += shrink_images(faces.images[part]).sum(axis=0)
    return (total / len(rows)).astype(np.float32)
