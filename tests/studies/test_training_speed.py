import keras
import pytest

from cnnlab.networks.devices import use_policy
from cnnlab.networks.light_vgg import build_light_vgg_with_batch_normalisation
from cnnlab.studies.training_speed import (
    FORWARD,
    NETWORKS,
    STEP,
    count_flop,
    measure_model,
    measure_peak,
    with_composed_normalisation,
    without_noise,
)


def build_small(trainable=True):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    x = keras.layers.Flatten()(x)
    model = keras.Model(inputs, keras.layers.Dense(8)(x))
    model.trainable = trainable
    return model


def kinds_of(model):
    return {type(layer).__name__ for layer in model.layers}


def test_operations_of_a_step_are_those_of_a_product_and_its_two_gradients():
    conv, dense = 64 * 9 * 3 * 4, 256 * 8
    assert count_flop(build_small(), FORWARD) == 2 * (conv + dense)
    # Two gradients a layer, but the first layer's input is the image.
    assert count_flop(build_small(), STEP) == 2 * (2 * conv + 3 * dense)


def test_copies_differ_in_the_named_layers_only():
    with use_policy("mixed_bfloat16"):
        authors = build_light_vgg_with_batch_normalisation()
    composed, quiet = with_composed_normalisation(authors), without_noise(authors)
    fused, usual = {"FusedBatchNormalization"}, {"BatchNormalization"}
    assert kinds_of(composed) ^ kinds_of(authors) == fused | usual
    assert kinds_of(quiet) ^ kinds_of(authors) == {"GaussianDropout", "Identity"}
    for copy in (composed, quiet):
        assert [layer.name for layer in copy.layers] == [layer.name for layer in authors.layers]
        assert copy.count_params() == authors.count_params()
        assert copy.get_layer("conv1_1_bn").compute_dtype == "bfloat16"


@pytest.mark.parametrize("title", list(NETWORKS)[:4])
def test_light_networks_have_eight_classes(title):
    assert NETWORKS[title]().output.shape == (None, 8)


def test_shares_are_of_the_peak_and_what_is_not_trained_has_no_step():
    model = build_small()
    table = measure_model(model, peak=1e9, runs=2).set_index("stage")
    assert table.index.tolist() == [FORWARD, STEP]
    reached = count_flop(model, STEP) / table.loc[STEP, "milliseconds"] * 1000
    assert table.loc[STEP, "share_of_peak"] == pytest.approx(reached / 1e9)
    frozen = measure_model(build_small(trainable=False), peak=1e9, runs=2)
    assert frozen["stage"].tolist() == [FORWARD]


def test_the_peak_is_that_of_a_product_of_matrices():
    assert measure_peak("mixed_bfloat16", size=100, runs=2) > 1e6
