from itertools import pairwise

import keras
import numpy as np
import pytest

from cnnlab.evaluation.layers import compare_costs, count_macs, measure_signal, tabulate_layers
from cnnlab.networks.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation


def model_of(*layers, shape=(6, 6, 2)):
    inputs = x = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


def test_macs_by_hand():
    model = model_of(
        keras.layers.Conv2D(5, 3, padding="valid"),  # 4 x 4 places, 9 x 2 x 5 products each
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),  # 2 x 2 places, 9 x 5 x 4
        keras.layers.DepthwiseConv2D(3, padding="same"),  # 2 x 2 places, 4 channels, 9 each
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    )
    assert count_macs(model) == 16 * 90 + 4 * 180 + 4 * 4 * 9 + 16 * 3


def test_a_layer_that_cannot_be_counted_is_named():
    model = model_of(keras.layers.Conv2DTranspose(1, 3, name="odd_one"))
    with pytest.raises(TypeError, match=r"odd_one.*Conv2DTranspose"):
        count_macs(model)


def test_light_vgg_as_tabled():
    model = build_light_vgg()
    table = tabulate_layers(model)
    # 9 (C + 1/9) F for each convolution, (n + 1) m for each dense layer.
    channels = [3, 16, 16, 32, 32, 64, 64, 128, 128, 128, 128]
    convolutions = [(9 * c + 1) * f for c, f in pairwise(channels)]
    units = [2048, 1024, 1024, 8]
    dense = [(n + 1) * m for n, m in pairwise(units)]
    found = table["parameters"]
    assert found[found > 0].tolist() == convolutions + dense
    assert found.sum() == 3_744_664
    assert table.loc["conv1_2", "arithmetic"] == "3·3·16·16 + 16"
    assert table.loc["pool5", "output"] == "4 × 4 × 128"
    for arithmetic, parameters in zip(table["arithmetic"], found, strict=True):
        assert eval(arithmetic.replace("·", "*") or "0") == parameters
    assert table["MACs"].sum() == count_macs(model)


def test_batch_normalisation_is_folded_and_costs_nothing():
    assert count_macs(build_light_vgg_with_batch_normalisation()) == count_macs(build_light_vgg())


def test_costs_stand_side_by_side():
    table = compare_costs({"Light VGG": build_light_vgg()})
    assert table["Light VGG"].to_dict() == {
        "parameters": "3,744,664",
        "size as float32": "15.0 MB",
        "MACs for one image": "237 million",
    }


def plain_network(depth=10, width=256):
    inputs = x = keras.Input((width,))
    for number in range(depth):
        x = keras.layers.Dense(width, activation="relu", name=f"fc{number}")(x)
    return keras.Model(inputs, x)


def test_the_signal_keeps_its_size_under_he_and_halves_its_square_under_glorot():
    images = np.random.default_rng(0).random((64, 256), np.float32)
    model = plain_network()
    before = [weight.numpy() for weight in model.weights]
    he = measure_signal(model, images, "he_normal", range(4))
    glorot = measure_signal(model, images, "glorot_normal", range(4))
    assert 0.7 < he.iloc[-1] / he.iloc[0] < 1.4
    # Nine layers after the first, with a factor of one half for the square each.
    assert 0.7 < glorot.iloc[-1] / glorot.iloc[0] / 2**-4.5 < 1.4
    for weight, value in zip(model.weights, before, strict=True):
        assert (weight.numpy() == value).all(), "the model itself must not change"
