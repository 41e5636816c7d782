import keras
import numpy as np
import pytest

from cnnlab.explain.upconvolution.optimised_images import measure_feature_error, optimise_images
from cnnlab.networks.features import FixedNetwork

RNG = np.random.default_rng(0)


def build_network():
    """One fixed layer of averages: its features are the image at 16 x 16."""
    inputs = keras.Input((128, 128, 3))
    averages = keras.layers.AveragePooling2D(8, name="averages")(inputs)
    return keras.Model(inputs, keras.layers.Flatten()(averages))


NETWORK = FixedNetwork("Made", "made", "digest", "float32", build_network)
IMAGES = np.kron(RNG.random((2, 4, 4, 3)), np.ones((1, 16, 16, 1))).astype(np.float32)


def test_optimised_images_have_the_features_and_are_kept(tmp_path):
    start = optimise_images(NETWORK, "averages", IMAGES, 1, 0, tmp_path)
    found = optimise_images(NETWORK, "averages", IMAGES, 120, 0, tmp_path)
    before, after = (
        measure_feature_error(NETWORK, "averages", pictures, IMAGES) for pictures in (start, found)
    )
    assert (after < 0.2 * before).all()
    assert found.min() >= 0
    assert found.max() <= 1
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
    np.testing.assert_array_equal(
        found, optimise_images(NETWORK, "averages", IMAGES, 120, 0, tmp_path)
    )
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")} == kept


def test_feature_error_is_relative_to_the_features():
    assert measure_feature_error(NETWORK, "averages", IMAGES, IMAGES).max() == 0
    halved = measure_feature_error(NETWORK, "averages", 0.5 * IMAGES, IMAGES)
    np.testing.assert_allclose(halved, 0.5, rtol=1e-5)
    with pytest.raises(ValueError, match="No such layer"):
        measure_feature_error(NETWORK, "none", IMAGES, IMAGES)
