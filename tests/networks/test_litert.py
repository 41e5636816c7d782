import keras
import numpy as np
import pytest

from cnnlab.networks.litert import PRECISIONS, LiteRTNetwork, convert_to_litert


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(32, 3, use_bias=False)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(64, activation="relu")(x)
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Dense(8, dtype="float32")(x))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((12, 16, 16, 3), np.float32)


@pytest.fixture(scope="module")
def files(model, images):
    return {each: convert_to_litert(model, each, images) for each in PRECISIONS}


def test_fewer_bits_make_smaller_files(model, files):
    weights = 4 * model.count_params()
    for precision, share in zip(PRECISIONS, (1, 1 / 2, 1 / 4), strict=True):
        assert len(files[precision]) == pytest.approx(share * weights, rel=0.1)


@pytest.mark.parametrize(("precision", "error"), zip(PRECISIONS, (1e-5, 1e-2, 0.1), strict=True))
def test_answers_are_keras_own_as_near_as_the_precision(model, images, files, precision, error):
    network = LiteRTNetwork.load(files[precision], threads=1)
    answers = np.stack([network.predict(image) for image in images])
    expected = np.asarray(model(images, training=False))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=error * np.abs(expected).max())
    # Fewer bits answer otherwise, if by little: the file really has them.
    assert (np.abs(answers - expected).max() > 1e-5) == (precision != "float32")


def test_a_prepared_image_is_answered_again_and_again(images, files):
    network = LiteRTNetwork.load(files["int8"], threads=1)
    first, second = (network.predict(image) for image in images[:2])
    run = network.prepare(images[0])
    np.testing.assert_array_equal(run(), first)
    np.testing.assert_array_equal(run(), first)
    assert not np.array_equal(first, second)


def test_calibration_decides_the_scales(model, images):
    dim = convert_to_litert(model, "int8", images / 100)
    network = LiteRTNetwork.load(dim, threads=1)
    # Bright images exceed all that was seen: they are cut off.
    answers = np.stack([network.predict(image) for image in images])
    assert np.abs(answers - np.asarray(model(images))).max() > 0.1


def test_what_cannot_be_converted_is_refused(model, images):
    with pytest.raises(ValueError, match="none of float32, float16, int8"):
        convert_to_litert(model, "int4", images)
    with pytest.raises(ValueError, match="to calibrate by"):
        convert_to_litert(model, "int8", images[:0])
