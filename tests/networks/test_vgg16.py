import keras
import numpy as np
import pytest

from cnnlab.networks.vgg16 import (
    build_vgg16_base,
    build_vgg16_classifier,
    copy_weights_by_name,
    take_top,
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(0, 1, (2, 128, 128, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def classifier():
    """With a head that knows something."""
    network = build_vgg16_classifier()
    kernel, bias = network.get_layer("logits").get_weights()
    kernel = np.random.default_rng(1).normal(size=kernel.shape)
    network.get_layer("logits").set_weights([kernel, bias])
    return network


def test_base_equals_keras_own_vgg16_on_its_own_preprocessing(images):
    base = build_vgg16_base()
    reference = keras.applications.VGG16(weights=None, include_top=False, input_shape=(128, 128, 3))
    copy_weights_by_name(base, reference)
    expected = reference(keras.applications.vgg16.preprocess_input(255 * images.copy()))
    np.testing.assert_allclose(base(images), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("layer", "blocks"),
    [("global_average_pool", set()), ("block4_pool", {5}), ("block3_pool", {4, 5})],
)
def test_top_on_a_layers_features_equals_the_whole_network(images, classifier, layer, blocks):
    features = keras.Model(classifier.input, classifier.get_layer(layer).output)(images)
    top = take_top(classifier, layer)
    np.testing.assert_allclose(top(features), classifier(images), rtol=1e-4, atol=1e-3)
    assert {int(each.name[5]) for each in top.layers if each.name.startswith("block")} == blocks
    # A copy: what is trained does not change the network that it is from.
    head = top.get_layer("logits")
    head.set_weights([0 * weights for weights in head.get_weights()])
    assert np.ptp(np.asarray(classifier(images))) > 0


def test_an_untrained_classifier_knows_nothing(images):
    assert np.ptp(np.asarray(build_vgg16_classifier()(images))) == 0


def test_weights_do_not_move_to_a_model_without_the_layer(classifier):
    top = take_top(classifier, "block4_pool")
    with pytest.raises(ValueError, match="block5_conv1"):
        copy_weights_by_name(top, take_top(classifier, "block5_pool"))


def test_preprocessing_survives_saving(images, classifier, tmp_path):
    classifier.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("imagenet_preprocessing").compute_dtype == "float32"
    np.testing.assert_array_equal(loaded(images), classifier(images))
