"""The maps of a network's pools, against its own layers and against plain NumPy."""

import keras
import numpy as np
import pytest

from cnnlab.explain.pooled_maps import compute_pooled_maps
from cnnlab.theory import equivariance as eq


def build_stack(**options):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3))
    options = {"padding": "same", "activation": "relu", "bias_initializer": "ones"} | options
    x = keras.layers.Conv2D(4, 3, name="conv1", **options)(inputs)
    x = keras.layers.MaxPooling2D(2, name="pool1")(x)
    x = keras.layers.Conv2D(5, 3, name="conv2", **options)(x)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    return keras.Model(inputs, x)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 16, 16, 3), dtype=np.float32)


def test_zero_padding_is_the_network_itself(images):
    model = build_stack()
    maps = compute_pooled_maps(model, "pool2", images, "zero")
    assert [(name, each.shape) for name, each in maps.items()] == [
        ("pool1", (2, 8, 8, 4)),
        ("pool2", (2, 4, 4, 5)),
    ]
    np.testing.assert_allclose(maps["pool2"], model(images), rtol=1e-5)


def test_circular_padding_agrees_with_numpy(images):
    model = build_stack()
    maps = compute_pooled_maps(model, "pool2", images, "circular")
    expected = images[0].astype(float)
    for name in ("conv1", "conv2"):
        layer = eq.Layer(*(part.astype(float) for part in model.get_layer(name).get_weights()))
        expected = eq.max_pool(eq.apply_layers(expected, [layer], "circular"), 2, 2)
    np.testing.assert_allclose(maps["pool2"][0], expected, atol=1e-5)


@pytest.mark.parametrize(("padding", "exact"), [("circular", True), ("zero", False)])
def test_only_circular_padding_is_exact_at_shifts_that_the_stride_divides(padding, exact, images):
    pair = np.stack([images[0], eq.translate(images[0], (4, 8))])
    output, of_shifted = compute_pooled_maps(build_stack(), "pool2", pair, padding)["pool2"]
    assert (eq.compare_outputs(output, of_shifted, (4, 8), 4) < 1e-5) is exact


@pytest.mark.parametrize("options", [{"padding": "valid"}, {"strides": 2}, {"kernel_size": 2}])
def test_other_convolutions_are_refused(options, images):
    inputs = keras.Input((16, 16, 3))
    options = {"kernel_size": 3, "padding": "same"} | options
    x = keras.layers.Conv2D(4, name="conv", **options)(inputs)
    model = keras.Model(inputs, keras.layers.MaxPooling2D(2, name="pool")(x))
    with pytest.raises(ValueError, match="conv has padding"):
        compute_pooled_maps(model, "pool", images, "circular")
