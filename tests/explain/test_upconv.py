from dataclasses import replace

import numpy as np
import pytest

from cnnlab.explain import upconv
from cnnlab.explain.upconv import (
    average_training_face,
    build_decoder,
    compress_features,
    decode_features,
    enlarge_images,
    measure_error,
    shrink_images,
    train_decoder,
)
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.settings import PROFILES

RNG = np.random.default_rng(0)


def make_faces():
    """Two kinds of image, black and white, so that their features can say all."""
    images = np.zeros((40, 128, 128, 3), np.uint8)
    images[1::2] = 255
    dataset = FaceDataset("made", False, (), np.arange(40) % 8, np.full(40, "train"))
    split = Split(np.arange(32), np.arange(32, 40), np.arange(0))
    return Faces(dataset, images, (), split, "digest-of-made-faces")


@pytest.fixture
def feature_stub(monkeypatch):
    def read_features(faces, indices):
        white = faces.images[indices, 0, 0, 0] > 0
        return np.where(white[:, None, None, None], 9, 1) * np.ones((1, 8, 8, 512), np.float16)

    monkeypatch.setattr(upconv, "read_features", read_features)


def test_decoder_learns_what_the_features_say(feature_stub, monkeypatch, tmp_path):
    faces = make_faces()
    real_train = upconv.train
    monkeypatch.setattr(upconv, "train", lambda *args: real_train(*args, root=tmp_path))
    monkeypatch.setattr(upconv, "detect_policy", lambda: "float32")
    monkeypatch.setattr(upconv, "BATCH_SIZE", 2)
    result = train_decoder(faces, replace(PROFILES["smoke"], decoder_epochs=5), seed=0)
    rows, mean = faces.split.development, average_training_face(faces)
    decoded = decode_features(result.model, upconv.read_features(faces, rows), mean)
    references = shrink_images(faces.images[rows])
    error = measure_error(decoded, references).mean()
    baseline = measure_error(mean[None], references).mean()
    assert baseline == pytest.approx(0.5, abs=1e-3)
    assert error < 0.8 * baseline
    again = train_decoder(faces, replace(PROFILES["smoke"], decoder_epochs=5), seed=0)
    np.testing.assert_array_equal(
        decoded, decode_features(again.model, upconv.read_features(faces, rows), mean)
    )


def test_decoder_doubles_three_times_and_stays_small():
    decoder = build_decoder()
    assert decoder.input_shape == (None, 8, 8, 512)
    assert decoder.output_shape == (None, 64, 64, 3)
    assert decoder.count_params() < 250_000


def test_untrained_decoder_paints_the_mean_face():
    mean = RNG.random((64, 64, 3)).astype(np.float32)
    features = RNG.random((3, 8, 8, 512)).astype(np.float16)
    decoded = decode_features(build_decoder(), features, mean)
    np.testing.assert_array_equal(decoded, np.repeat(mean[None], 3, axis=0))


def test_shrinking_averages_and_enlarging_brings_back_constants():
    images = RNG.integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    small = shrink_images(images)
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


def test_error_is_per_image_in_units_of_the_pixels():
    references = np.zeros((2, 4, 4, 3))
    images = references.copy()
    images[1] = 0.2
    np.testing.assert_allclose(measure_error(images, references), [0, 0.2])


def test_compression_can_be_undone():
    features = (RNG.random((2, 8, 8, 512)) * 400).astype(np.float16)
    compressed = compress_features(features)
    assert compressed.dtype == np.float32
    np.testing.assert_allclose((compressed * 4) ** 2, features.astype(np.float32), rtol=1e-4)
