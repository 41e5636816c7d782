"""Networks as LiteRT files, and their answers beside Keras's."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from evaluation.made_faces import make_faces

from cnnlab.settings import PROFILES
from cnnlab.studies.phone import OPTIONS, convert_to_litert, load_litert, measure_export

from .made_networks import build_stripes, make_network


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
    return {each: convert_to_litert(model, each, images) for each in OPTIONS}


def test_fewer_bits_make_smaller_files(model, files):
    weights = 4 * model.count_params()
    for precision, share in zip(OPTIONS, (1, 1 / 2, 1 / 4), strict=True):
        assert len(files[precision]) == pytest.approx(share * weights, rel=0.1)


@pytest.mark.parametrize(("precision", "error"), zip(OPTIONS, (1e-5, 1e-2, 0.1), strict=True))
def test_answers_are_keras_own_as_near_as_the_precision(model, images, files, precision, error):
    answers = np.stack(list(map(load_litert(files[precision]), images)))
    expected = np.asarray(model(images, training=False))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=error * np.abs(expected).max())
    # Fewer bits answer otherwise, if by little: the file really has them.
    assert (np.abs(answers - expected).max() > 1e-5) == (precision != "float32")


def test_calibration_decides_the_scales(model, images):
    predict = load_litert(convert_to_litert(model, "int8", images / 100))
    # Bright images exceed all that was seen: they are cut off.
    answers = np.stack(list(map(predict, images)))
    assert np.abs(answers - np.asarray(model(images))).max() > 0.1


def test_a_file_is_measured_against_keras(tmp_path):
    faces = make_faces(tmp_path, affect=False)
    network = make_network(tmp_path, build_stripes(1), "right")
    profile = replace(PROFILES["smoke"], bootstrap_resamples=20)
    (row,) = measure_export(network, "float32", faces, profile).to_dict("records")
    assert row["accuracy"] == row["keras_accuracy"] == row["agreement"] == 1
    assert row["lower_quartile"] <= row["milliseconds"] <= row["upper_quartile"]
    assert row["n"] == 16 and "ai-edge-litert" in row["versions"]
