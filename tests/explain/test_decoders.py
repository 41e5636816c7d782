import keras
import numpy as np
import pytest

from cnnlab.explain.upconvolution import decoders
from cnnlab.explain.upconvolution.decoders import (
    Budget,
    build_decoder,
    choose_training_rows,
    convolve_transposed,
    count_mixed,
    decode_features,
    measure_scale,
    train_decoder,
)
from cnnlab.explain.upconvolution.small_images import average_training_face, shrink_images
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
    real_train = decoders.train
    monkeypatch.setattr(decoders, "train", lambda *args: real_train(*args, root=tmp_path))
    monkeypatch.setattr(decoders, "detect_policy", lambda: "float32")
    monkeypatch.setattr(decoders, "BATCH_SIZE", 2)
    rows, mean = faces.split.development, average_training_face(faces)
    features = feature_stub(faces, rows, network, "pool")

    def decode():
        trained = train_decoder(faces, network, "pool", Budget(4, 60_000), seed=0)
        return decode_features(trained.model, features, mean)

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


def test_sides_that_cannot_be_doubled_to_64_are_refused():
    with pytest.raises(ValueError, match=r"\(7, 7, 3\)"):
        build_decoder((7, 7, 3), 1, 20)


def test_untrained_decoder_paints_the_mean_face():
    mean = RNG.random((64, 64, 3)).astype(np.float32)
    features = RNG.random((3, 8, 8, 32)).astype(np.float16)
    decoded = decode_features(build_decoder((8, 8, 32), 1, 20), features, mean)
    np.testing.assert_array_equal(decoded, np.repeat(mean[None], 3, axis=0))


def test_roots_are_scaled_to_a_mean_square_of_one():
    features = (400 * RNG.random((5, 4, 4, 8))).astype(np.float16)
    roots = measure_scale(features) * np.sqrt(features.astype(float))
    assert np.square(roots).mean() == pytest.approx(1, rel=1e-3)
    assert measure_scale(np.zeros((2, 4, 4, 8))) == 1


def test_rows_are_bounded_and_drawn_from_the_training_split(monkeypatch):
    faces = make_faces()
    np.testing.assert_array_equal(choose_training_rows(faces, 0), faces.split.training)
    monkeypatch.setattr(decoders, "MOST_IMAGES", 10)
    rows = choose_training_rows(faces, 0)
    assert len(set(rows)) == 10
    assert set(rows) <= set(faces.split.training)
