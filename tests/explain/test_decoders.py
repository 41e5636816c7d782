from dataclasses import replace

import keras
import numpy as np
import pytest

from cnnlab import paths
from cnnlab.explain.upconvolution import decoders
from cnnlab.explain.upconvolution.decoders import (
    MOST_IMAGES,
    Budget,
    average_training_face,
    build_decoder,
    choose_training_rows,
    convolve_transposed,
    count_mixed,
    enlarge_images,
    measure_scale,
    paint_difference,
    shrink_images,
    train_decoder,
)
from cnnlab.explain.upconvolution.survival import measure_error
from cnnlab.networks.features import FixedNetwork

from .made_faces import make_faces

RNG = np.random.default_rng(0)
SHAPES = [(32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 512), (16, 16, 64), (4, 4, 128)]


@pytest.fixture
def feature_stub(monkeypatch):
    """Features that tell white images from black ones; its list ``read.asked`` has how many."""

    def read(faces, indices, network, layer):
        read.asked.append(len(indices))
        white = faces.images[indices, 0, 0, 0] > 0
        return np.where(white[:, None, None, None], 9, 1) * np.ones((1, 8, 8, 16), np.float16)

    read.asked = []
    monkeypatch.setattr(decoders, "cache_layer_features", read)
    return read


def test_decoder_learns_what_the_features_say_and_is_kept(feature_stub, monkeypatch, tmp_path):
    faces = make_faces()
    network = FixedNetwork("Made", "made", "digest", "float32", lambda: None)
    monkeypatch.setattr(paths, "TRAINED", tmp_path)
    monkeypatch.setattr(decoders, "detect_policy", lambda: "float32")
    monkeypatch.setattr(decoders, "BATCH_SIZE", 2)
    rows, mean = faces.split.development, average_training_face(faces)
    features = feature_stub(faces, rows, network, "pool")

    def decode():
        trained = train_decoder(faces, network, "pool", Budget(4, 60_000))
        return mean + paint_difference(trained.model, features)

    feature_stub.asked.clear()
    decoded = decode()
    # A file that is mapped anew at each epoch stays in memory as often.
    assert feature_stub.asked == [len(faces.split.training), len(rows)]
    references = shrink_images(faces.images[rows])
    baseline = measure_error(mean[None], references).mean()
    assert baseline == pytest.approx(0.5, abs=1e-3)
    assert measure_error(decoded, references).mean() < 0.8 * baseline
    np.testing.assert_array_equal(decoded, decode())
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parameters", [120_000, 300_000])
def test_every_layer_gets_a_decoder_of_the_same_size(shape, parameters):
    decoder = build_decoder(shape, 0.1, count_mixed(shape[-1], parameters))
    assert decoder.output_shape == (None, 64, 64, 3)
    assert decoder.count_params() == pytest.approx(parameters, rel=0.01)
    convolutions = [layer for layer in decoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert len(convolutions) == 6


def test_transposed_decoder_has_the_same_parameters():
    resized, transposed = (
        build_decoder((8, 8, 64), 1, 20, enlarge)
        for enlarge in (decoders.resize_and_convolve, convolve_transposed)
    )
    assert transposed.output_shape == resized.output_shape
    assert transposed.count_params() == resized.count_params()


def test_untrained_decoder_paints_the_mean_face():
    features = RNG.random((3, 8, 8, 32)).astype(np.float16)
    difference = paint_difference(build_decoder((8, 8, 32), 1, 20), features)
    np.testing.assert_array_equal(difference, np.zeros((3, 64, 64, 3)))


def test_roots_are_scaled_to_a_mean_square_of_one():
    features = (400 * RNG.random((5, 4, 4, 8))).astype(np.float16)
    roots = measure_scale(features) * np.sqrt(features.astype(float))
    assert np.square(roots).mean() == pytest.approx(1, rel=1e-3)
    assert measure_scale(np.zeros((2, 4, 4, 8))) == 1


def test_rows_are_bounded_and_drawn_from_the_training_split():
    faces = make_faces()
    np.testing.assert_array_equal(choose_training_rows(faces), faces.split.training)
    many = np.arange(0, 4 * MOST_IMAGES, 2)
    rows = choose_training_rows(replace(faces, split=replace(faces.split, training=many)))
    assert len(set(rows)) == MOST_IMAGES
    assert set(rows) <= set(many)


def test_shrinking_averages_and_enlarging_brings_back_constants():
    images = RNG.integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    small = shrink_images(images)
    blocks = images.reshape(2, 64, 2, 64, 2, 3)
    np.testing.assert_array_equal(small, (blocks.mean(axis=(2, 4)) / 255).astype(np.float32))
    assert small[1, 3, 5, 2] == pytest.approx(images[1, 6:8, 10:12, 2].mean() / 255, rel=1e-5)
    constant = np.full((1, 64, 64, 3), 0.25, np.float32)
    large = enlarge_images(constant)
    assert large.shape == (1, 128, 128, 3)
    np.testing.assert_allclose(large, 0.25, rtol=1e-6)
    assert enlarge_images(constant * 8).max() == 1


def test_mean_face_is_of_the_training_split_only():
    faces = make_faces()
    faces.images[faces.split.development] = 77
    np.testing.assert_allclose(average_training_face(faces), 0.5, atol=1e-6)
