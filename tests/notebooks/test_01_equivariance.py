import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.theory import equivariance as eq
from notebooks.cells import run_cells

CELLS = ("imports", "correlation", "commute", "breaking", "equivariance-error", "parameters")

seeds = st.integers(0, 2**32 - 1)
shifts = st.tuples(st.integers(-30, 30), st.integers(-30, 30))
odd_sides = st.sampled_from([1, 3, 5])


@pytest.fixture(scope="module")
def answer():
    return run_cells("01_equivariance", *CELLS, "statement-maps")


@given(seed=seeds, shift=shifts, height=odd_sides, width=odd_sides)
@settings(deadline=None)
def test_the_notebooks_correlation_is_the_packages_and_commutes(answer, seed, shift, height, width):
    random = np.random.default_rng(seed)
    image = random.normal(size=(12, 8, 2))
    kernels = random.normal(size=(height, width, 2, 3))
    output = answer["correlate"](image, kernels)
    np.testing.assert_allclose(output, eq.correlate(image, kernels, "circular"), atol=1e-12)
    translate = answer["translate"]
    np.testing.assert_array_equal(translate(image, shift), eq.translate(image, shift))
    np.testing.assert_allclose(
        answer["correlate"](translate(image, shift), kernels), translate(output, shift), atol=1e-12
    )


def test_the_notebooks_layers_are_those_of_keras(answer):
    image, kernels, bias = answer["image"], answer["kernels"], answer["bias"]
    layer = keras.layers.Conv2D(8, 3, padding="same", activation="relu")
    layer.build((None, *image.shape))
    layer.set_weights([kernels, bias])
    output = answer["layer_with_zero_padding"](image)
    np.testing.assert_allclose(output, layer(image[None])[0], atol=1e-5)
    pooled = answer["max_pool"](output)[::2, ::2]
    np.testing.assert_allclose(pooled, keras.layers.MaxPooling2D(2)(output[None])[0], rtol=1e-6)


def test_the_notebooks_error_is_the_packages(answer):
    for name, (stride, layers) in answer["maps"].items():
        expected = [
            eq.equivariance_error(layers, answer["image"], (0, t), stride) for t in range(9)
        ]
        np.testing.assert_allclose(answer["errors"][name], expected, atol=1e-12)


@given(seed=seeds, shift=shifts)
@settings(deadline=None)
def test_the_strongest_grid_moves_with_every_shift(answer, seed, shift):
    image = np.random.default_rng(seed).normal(size=(12, 8, 2))
    error = eq.equivariance_error(answer["keep_strongest_grid"], image, shift, 2)
    assert error == 0


def test_a_convolutions_parameters_are_those_of_keras(answer):
    layer = keras.layers.Conv2D(answer["C"], answer["n"])
    layer.build((None, *answer["face"].shape))
    assert answer["shared"] == layer.count_params()
