import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.explain import decoders
from cnnlab.explain.deconvnet import forward_with_switches, trace_back
from cnnlab.models.precision import use_policy
from cnnlab.models.training import make_reproducible
from notebooks.cells import run_cells

ANSWER = run_cells(
    "02_deconvolution", "imports", "unpool", "step-back", "deconvnet", "build-decoder"
)
# Sides and channels of the layers that are inverted.
SHAPES = ((32, 128), (16, 256), (8, 512), (4, 512), (16, 64), (4, 128))


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99))
def test_unpooling_undoes_pooling_at_the_maxima(rows, columns, channels, seed):
    h = np.random.default_rng(seed).normal(size=(2 * rows, 2 * columns, channels))
    maxima, switches = ANSWER["max_pool"](h)
    back = ANSWER["unpool"](maxima, switches)
    assert np.count_nonzero(back) == maxima.size
    np.testing.assert_array_equal(back[back != 0], h[back != 0])
    np.testing.assert_array_equal(ANSWER["max_pool"](np.where(back, h, -9))[0], maxima)


def build_network():
    keras.utils.set_random_seed(0)
    inputs = x = keras.Input((16, 16, 3))
    for number, pools in enumerate((False, True, False, True, False)):
        x = keras.layers.Conv2D(
            4 + number,
            3,
            padding="same",
            activation="relu",
            bias_initializer=keras.initializers.RandomNormal(stddev=0.1),
            name=f"conv{number}",
        )(x)
        if pools:
            x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("last", ["conv0", "pool1", "conv2", "pool3", "conv4"])
def test_the_notebooks_deconvnet_is_the_packages(last):
    network = build_network()
    image = np.random.default_rng(1).normal(size=(16, 16, 3)).astype(np.float32)
    layers = ANSWER["list_layers"](network, last)
    activations, switches = ANSWER["run_forward"](image, layers)
    forward = forward_with_switches(network, image[None], last)
    np.testing.assert_allclose(activations, forward.activations[0], rtol=1e-4, atol=1e-5)
    signal = np.random.default_rng(2).normal(size=activations.shape).astype(np.float32)
    picture = ANSWER["run_backward"](signal, layers, switches)[-1]
    expected = trace_back(forward, signal[None])[0]
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(picture, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(("side", "channels"), SHAPES)
def test_the_notebooks_decoder_is_the_one_that_make_trains(side, channels, policy):
    def describe(build):
        make_reproducible(0)
        with use_policy(policy):
            return build((side, side, channels), 0.1, 40).to_json()

    assert describe(ANSWER["build_decoder"]) == describe(decoders.build_decoder)
