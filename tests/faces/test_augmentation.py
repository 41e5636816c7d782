import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter, map_coordinates

from cnnlab.faces.augmentation import Augmentation, augment, scale

STILL = Augmentation(rotation_degrees=0, shift=0, horizontal_flip=False)


def smooth_images(count: int, height: int = 40, width: int = 32) -> np.ndarray:
    noise = np.random.default_rng(0).random((count, height, width, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def test_scaling():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    scaled = scale(images).numpy()
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, images / 255, atol=1e-7)
    np.testing.assert_array_equal(scale(scaled), scaled)


def test_no_movement_leaves_images_as_they_are():
    images = smooth_images(3)
    np.testing.assert_allclose(augment(images, STILL, (1, 2)), images, atol=1e-5)


def test_flip_alone_mirrors_about_half_of_the_images_exactly():
    images = smooth_images(200, 8, 6)
    moved = augment(images, Augmentation(0, 0, True), (1, 2)).numpy()
    pairs = list(zip(moved, images, strict=True))
    mirrored = np.array([np.allclose(new, old[:, ::-1], atol=1e-5) for new, old in pairs])
    kept = np.array([np.allclose(new, old, atol=1e-5) for new, old in pairs])
    assert (mirrored ^ kept).all()
    assert 70 <= mirrored.sum() <= 130


def drawn(count, augmentation, seed, height, width):
    """The random values, drawn as the documentation of ``augment`` says."""
    draws = tf.random.stateless_uniform((4, count), seed, minval=-1.0).numpy()
    return (
        draws[0] * np.deg2rad(augmentation.rotation_degrees),
        draws[1] * augmentation.shift * width,
        draws[2] * augmentation.shift * height,
        (draws[3] < 0) & augmentation.horizontal_flip,
    )


def move_with_scipy(image, angle, dx, dy, mirrored):
    """Mirror, then rotate about the centre, then shift; an independent implementation."""
    height, width, _ = image.shape
    if mirrored:
        image = image[:, ::-1]
    y, x = np.mgrid[:height, :width].astype(float)
    y, x = y - (height - 1) / 2 - dy, x - (width - 1) / 2 - dx
    source_x = np.cos(angle) * x + np.sin(angle) * y + (width - 1) / 2
    source_y = -np.sin(angle) * x + np.cos(angle) * y + (height - 1) / 2
    channels = [
        map_coordinates(image[..., c], (source_y, source_x), order=1, mode="reflect")
        for c in range(3)
    ]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(20, 0, False),
        Augmentation(0, 0.1, False),
        Augmentation(0, 0.1, True),
        Augmentation(20, 0.1, True),
    ],
)
def test_agrees_with_scipy(augmentation):
    images = smooth_images(12)
    moved = augment(images, augmentation, (7, 8)).numpy()
    parameters = zip(*drawn(12, augmentation, (7, 8), 40, 32), strict=True)
    expected = [move_with_scipy(image, *p) for image, p in zip(images, parameters, strict=True)]
    np.testing.assert_allclose(moved, expected, atol=2e-3)


def test_stays_in_range_and_turns_uint8_into_float():
    images = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), dtype=np.uint8)
    moved = augment(images, Augmentation(), (1, 2)).numpy()
    assert moved.dtype == np.float32
    assert moved.shape == images.shape
    assert moved.min() >= 0 and moved.max() <= 1 + 1e-6


def test_border_is_filled_with_image_not_black():
    white = np.ones((32, 32, 32, 3), np.float32)
    np.testing.assert_allclose(augment(white, Augmentation(45, 0.3), (1, 2)), 1, atol=1e-5)


def test_same_seed_same_images_other_seed_other_images():
    images = smooth_images(4)
    one, two, other = (augment(images, Augmentation(), (5, s)).numpy() for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert all(np.abs(a - b).max() > 0.01 for a, b in zip(one, other, strict=True))
