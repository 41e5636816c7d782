from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnnlab.explain.upconvolution.inversion import DECODED, Inversion
from cnnlab.explain.upconvolution.optimised_images import (
    CONTRASTED,
    FACES,
    FEATURE_ERROR,
    OPTIMISED,
    PIXEL_ERROR,
    compare_methods,
    measure_feature_error,
    optimise_images,
)
from cnnlab.networks.features import FixedNetwork

RNG = np.random.default_rng(0)


def build_network():
    """Fixed layers of averages: their features are the image at 16 x 16."""
    inputs = x = keras.Input((128, 128, 3))
    for name in ("averages", *CONTRASTED):
        x = keras.layers.AveragePooling2D(8 if name == "averages" else 1, name=name)(x)
    return keras.Model(inputs, x)


NETWORK = FixedNetwork("Made", "made", "digest", "float32", build_network)
IMAGES = np.kron(RNG.random((2, 4, 4, 3)), np.ones((1, 16, 16, 1))).astype(np.float32)


def test_optimised_images_have_the_features_and_are_kept(tmp_path):
    start = optimise_images(NETWORK, "averages", IMAGES, 1, tmp_path)
    found = optimise_images(NETWORK, "averages", IMAGES, 120, tmp_path)
    before, after = (
        measure_feature_error(NETWORK, "averages", pictures, IMAGES) for pictures in (start, found)
    )
    assert (after < 0.2 * before).all()
    assert found.min() >= 0
    assert found.max() <= 1
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
    again = optimise_images(NETWORK, "averages", IMAGES, 120, tmp_path)
    np.testing.assert_array_equal(found, again)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")} == kept


def test_feature_error_is_relative_to_the_features():
    assert measure_feature_error(NETWORK, "averages", IMAGES, IMAGES).max() == 0
    halved = measure_feature_error(NETWORK, "averages", 0.5 * IMAGES, IMAGES)
    np.testing.assert_allclose(halved, 0.5, rtol=1e-5)
    with pytest.raises(ValueError, match="No such layer"):
        measure_feature_error(NETWORK, "none", IMAGES, IMAGES)


def test_methods_are_compared_on_the_same_faces():
    images = np.concatenate([IMAGES[:1], np.zeros_like(IMAGES), IMAGES[1:]])
    unseen = SimpleNamespace(images=images)
    brighter = [Inversion("Made", layer, images + np.float32(0.1), None) for layer in CONTRASTED]
    other = Inversion("Light VGG", "block3_pool", None, None)
    found = {layer: images[FACES] for layer in CONTRASTED}
    errors = compare_methods(NETWORK, [*brighter, other], unseen, found)
    assert errors["block3_pool", DECODED, PIXEL_ERROR] == pytest.approx(25.5, rel=1e-4)
    expected = measure_feature_error(NETWORK, "block5_pool", IMAGES + np.float32(0.1), IMAGES)
    assert errors["block5_pool", DECODED, FEATURE_ERROR] == pytest.approx(expected.mean())
    assert errors["block5_pool", OPTIMISED, PIXEL_ERROR] == 0
