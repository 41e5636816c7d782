import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.faces.augmentation import Augmentation, augment
from notebooks.cells import run_cells

ANSWER = run_cells("05_augmentation", "imports", "resample")


@given(st.integers(0, 2**31))
def test_the_notebooks_movement_is_the_packages(seed):
    images = np.random.default_rng(seed).random((2, 32, 32, 3), dtype=np.float32)
    # Drawn in the order that the notebook's cell "draw" takes them in.
    random = tf.random.stateless_uniform((4, 2), (seed, 1), minval=-1).numpy()
    angles, shifts = np.deg2rad(20) * random[0], 0.10 * 32 * random[1:3].T
    sides = np.where(random[3] < 0, -1, 1)
    moved = [ANSWER["move"](*each) for each in zip(images, angles, shifts, sides, strict=True)]
    np.testing.assert_allclose(moved, augment(images, Augmentation(), (seed, 1)), atol=2e-3)


@pytest.mark.parametrize(
    ("shift", "side", "expected"),
    [((0, 0), 1, lambda image: image), ((0, 0), -1, lambda image: image[:, ::-1])],
)
def test_no_movement_and_a_mirror_are_exact(shift, side, expected):
    image = np.random.default_rng(0).random((16, 16, 3))
    np.testing.assert_allclose(ANSWER["move"](image, 0, shift, side), expected(image), atol=1e-12)


def test_a_whole_shift_moves_the_pixels_right_and_down_and_reflects_the_border():
    image = np.random.default_rng(0).random((16, 16, 3))
    moved = ANSWER["move"](image, 0, (3, 1), 1)
    np.testing.assert_allclose(moved[1:, 3:], image[:-1, :-3], atol=1e-12)
    np.testing.assert_allclose(moved[1:, :3], image[:-1, 2::-1], atol=1e-12)
