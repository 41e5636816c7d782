import keras
import numpy as np
import pytest

from cnnlab.networks.devices import use_policy
from cnnlab.networks.family import (
    FAMILY,
    build_light_alexnet,
    build_light_mobilenet,
)

# Hewitt & Gunes (2018), Table 4.
PUBLISHED = {"AlexNet variant": 3_464_952, "VGG variant": 3_753_016, "MobileNet variant": 3_237_064}


@pytest.mark.parametrize("architecture", FAMILY, ids=lambda architecture: architecture.name)
def test_parameters_are_those_of_the_paper(architecture):
    assert architecture.build().count_params() == PUBLISHED[architecture.title]


def test_alexnet_has_one_convolution_a_block_of_shrinking_kernels():
    model = build_light_alexnet()
    convolutions = [each for each in model.layers if isinstance(each, keras.layers.Conv2D)]
    assert [layer.kernel.shape[0] for layer in convolutions] == [9, 7, 5, 3, 3]
    assert [layer.filters for layer in convolutions] == [16, 32, 64, 128, 128]
    assert model.get_layer("flatten").output.shape[1:] == (2048,)


@pytest.mark.parametrize("architecture", FAMILY[::2], ids=lambda each: each.name)
def test_logits_are_float32_and_all_else_is_bfloat16_under_mixed_precision(architecture):
    with use_policy("mixed_bfloat16"):
        model = architecture.build()
    assert model.layers[-1].compute_dtype == "float32"
    computed = {layer.compute_dtype for layer in model.layers[1:-1]}
    assert computed == {"bfloat16"}
    assert model(np.zeros((1, 128, 128, 3), np.float32)).dtype == "float32"


def test_mobilenet_is_flat():
    assert not any(isinstance(layer, keras.Model) for layer in build_light_mobilenet().layers)
