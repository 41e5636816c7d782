"""The head for valence and arousal, on a handful of made images."""

from dataclasses import replace

import numpy as np
import pytest
from evaluation.made_faces import make_architecture

from cnnlab import paths
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.networks.from_scratch import train_network
from cnnlab.networks.predictions import predict_outputs
from cnnlab.networks.regressor import HEAD, read_affect, train_regressor
from cnnlab.networks.training import Stopping
from cnnlab.settings import PROFILES

SHORT = replace(PROFILES["smoke"], regressor_epochs=6)
TINY = make_architecture("Tiny")


@pytest.fixture(scope="module")
def faces():
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(8), 6)
    images = rng.integers(0, 60, (48, 128, 128, 3), dtype=np.uint8)
    # How bright the upper half is tells valence, the lower half arousal.
    valence, arousal = rng.uniform(-1, 1, (2, 48)).astype(np.float32)
    images[:, :64] += (60 * (1 + valence)).astype(np.uint8)[:, None, None, None]
    images[:, 64:] += (60 * (1 + arousal)).astype(np.uint8)[:, None, None, None]
    valence[3] = arousal[4] = np.nan
    splits = np.array(["train"] * 40 + ["validation"] * 8)
    dataset = FaceDataset("made", False, (), labels, splits, valence=valence, arousal=arousal)
    split = Split(np.arange(32), np.arange(32, 40), np.arange(40, 48))
    return Faces(dataset, images, (), split, "0" * 64)


@pytest.fixture(scope="module")
def networks(faces, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRAINED", tmp_path_factory.mktemp("trained"))
        # Of another seed: with the same one the regressor would start alike without it.
        classifier = train_network(TINY, faces, Stopping(1, 1), seed=2)
        yield classifier, train_regressor(TINY, classifier, faces, SHORT, seed=1)


def test_images_of_which_either_is_unknown_are_left_out(networks, faces):
    assert np.isnan(read_affect(faces)[faces.split.training]).any(axis=0).all()
    assert networks[1].history.notna().all(axis=None)


@pytest.mark.parametrize("lacking", ["valence", "arousal"])
def test_where_one_of_both_is_lacking_nothing_is_known_or_learned(networks, faces, lacking):
    some = replace(faces, dataset=replace(faces.dataset, **{lacking: None}))
    assert read_affect(some) is None
    with pytest.raises(ValueError, match="made: valence and arousal are not known"):
        train_regressor(TINY, networks[0], some, SHORT)


def test_regressor_starts_from_the_classifier_and_learns(networks, faces):
    classifier, regressor = networks
    assert regressor.model.output.shape == (None, 2)
    assert regressor.model.layers[-1].name == HEAD
    names = [layer.name for layer in classifier.model.layers[:-1]]
    assert [layer.name for layer in regressor.model.layers[:-1]] == names
    # Fine-tuned, every layer moves, but not far from where the classifier left it.
    before, after = (network.model.get_layer("conv1_1").get_weights()[0] for network in networks)
    assert 0 < np.linalg.norm(after - before) < 0.5 * np.linalg.norm(before)
    losses = regressor.history["val_loss"]
    assert losses[regressor.chosen_epoch] == losses.min() < losses[1]


def test_answers_are_those_of_the_chosen_epoch_in_both_dimensions(networks, faces):
    _, regressor = networks
    rows = faces.split.development
    answers = predict_outputs(regressor, faces, rows)
    assert answers.shape == (8, 2)
    squares = (answers - read_affect(faces)[rows]) ** 2
    # Trained in bfloat16 on some machines: near, not equal.
    assert squares.mean() == pytest.approx(regressor.history["val_loss"].min(), rel=0.1)


def test_another_classifier_gives_another_regressor(networks, faces):
    classifier, regressor = networks
    elsewhere = classifier.folder.with_name("light-vgg-0123456789abcdef")
    another = replace(classifier, folder=elsewhere)
    other = train_regressor(TINY, another, faces, SHORT, seed=1)
    assert other.digest != regressor.digest
