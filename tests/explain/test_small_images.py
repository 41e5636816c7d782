import numpy as np
import pytest

from cnnlab.explain.upconvolution.small_images import (
    average_training_face,
    enlarge_images,
    shrink_images,
)

from .made_faces import make_faces

RNG = np.random.default_rng(0)


def test_shrinking_averages_and_enlarging_brings_back_constants():
    images = RNG.integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    small = shrink_images(images)
    blocks = images.reshape(2, 64, 2, 64, 2, 3)
    np.testing.assert_array_equal(small, (blocks.mean(axis=(2, 4)) / 255).astype(np.float32))
    assert small[1, 3, 5, 2] == pytest.approx(images[1, 6:8, 10:12, 2].mean() / 255, rel=1e-5)
    constant = np.full((1, 64, 64, 3), 0.25, np.float32)
    large = enlarge_images(constant)
    assert large.shape == (1, 128, 128, 3)
    np.testing.assert_allclose(large, 0.25, rtol=1e-6)
    assert enlarge_images(constant * 8).max() == 1


def test_mean_face_is_of_the_training_split_only():
    faces = make_faces()
    faces.images[faces.split.development] = 77
    np.testing.assert_allclose(average_training_face(faces), 0.5, atol=1e-6)
