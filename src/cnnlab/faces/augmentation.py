"""Random rotations, shifts and mirror images of faces, the same for the same seed."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Augmentation:
    """How far training images are moved at random.

    The defaults are those of Hewitt & Gunes (2018, section 3.2).

    Attributes:
        rotation_degrees: most rotation about the centre, either way.
        shift: most shift in x and in y, either way, as a part of the image's size.
        horizontal_flip: whether every second image, at random, is mirrored left to right.
    """

    rotation_degrees: float = 20.0
    shift: float = 0.10
    horizontal_flip: bool = True


def augment(images: tf.Tensor, augmentation: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Move each image at random, by one rotation, shift and perhaps mirroring.

    The three are one affine map, so the pixels are interpolated (bilinearly) only once. What
    comes into view beyond the border is the image's reflection. No state is kept: the same
    images and seed give the same result, in whichever order and however many at a time.

    Args:
        images: (b, h, w, 3) uint8, or float in [0, 1].
        augmentation: how far.
        seed: (2,) integers.

    Returns:
        (b, h, w, 3) float32 in [0, 1].
    """
    images = scale(images)
    count, height, width = tf.shape(images)[0], tf.shape(images)[1], tf.shape(images)[2]
    # In [-1, 1): angle, shift in x, shift in y, side.
    draws = tf.random.stateless_uniform((4, count), seed, minval=-1.0)
    size = tf.cast([[width], [height]], tf.float32)
    transforms = _affine_maps(
        angles=draws[0] * np.deg2rad(augmentation.rotation_degrees),
        shifts=draws[1:3] * augmentation.shift * size,
        signs=tf.where((draws[3] < 0) & augmentation.horizontal_flip, -1.0, 1.0),
        centre=(size - 1) / 2,
    )
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def scale(images: tf.Tensor) -> tf.Tensor:
    """Bring uint8 images from 0..255 to float32 [0, 1]; floats are taken to be there already."""
    images = tf.convert_to_tensor(images)
    if images.dtype == tf.uint8:
        return tf.cast(images, tf.float32) / 255.0
    return tf.cast(images, tf.float32)


def _affine_maps(
    angles: tf.Tensor, shifts: tf.Tensor, signs: tf.Tensor, centre: tf.Tensor
) -> tf.Tensor:
    """Return (b, 8) maps from output to input pixels: in = S R (out - c - t) + c.

    R rotates by the angle, t shifts, c is the centre, and S mirrors x where the sign is -1.

    Args:
        angles: (b,) radians.
        shifts: (2, b) pixels, x and y.
        signs: (b,) 1 or -1.
        centre: (2, 1) pixels, x and y.
    """
    cos, sin = tf.cos(angles), tf.sin(angles)
    a, b = signs * cos, signs * sin
    c, d = -sin, cos
    x, y = centre[0] + shifts[0], centre[1] + shifts[1]
    zeros = tf.zeros_like(angles)
    rows = [a, b, centre[0] - a * x - b * y, c, d, centre[1] - c * x - d * y, zeros, zeros]
    return tf.stack(rows, axis=1)
