import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.explain.deconvolution.deconvnet import forward_with_switches, trace_back
from cnnlab.explain.upconvolution import decoders
from cnnlab.networks.devices import use_policy
from cnnlab.networks.training import make_reproducible
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


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_the_notebooks_deconvnet_is_the_packages(depth):
    network = build_network()
    image = np.random.default_rng(1).normal(size=(16, 16, 3)).astype(np.float32)
    layers = [
        (*network.get_layer(f"conv{number}").get_weights(), number in (1, 3))
        for number in range(depth)
    ]
    forward = forward_with_switches(network, image[None], f"conv{depth - 1}")
    activations = np.array(forward.activations)
    channel = activations.max(axis=(0, 1, 2)).argmax()
    signal = np.zeros_like(activations)
    strongest = activations[..., channel] == activations[..., channel].max()
    signal[..., channel] = np.where(strongest, activations[..., channel], 0)
    expected = trace_back(forward, signal)[0]
    assert np.abs(expected).max() > 0.01
    picture = ANSWER["project_strongest"](image, layers, channel)[-1]
    np.testing.assert_allclose(picture, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(("side", "channels"), SHAPES)
def test_the_notebooks_decoder_is_the_one_that_make_trains(side, channels, policy):
    def describe(build):
        make_reproducible(0)
        with use_policy(policy):
            return build((side, side, channels), 0.1, 40).to_json()

    assert describe(ANSWER["build_decoder"]) == describe(decoders.build_decoder)
