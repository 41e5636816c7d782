"""What notebook 02 asks for has been trained before it is executed."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from explain.made_faces import make_faces

from cnnlab.explain.upconvolution import checkerboard, inversion
from cnnlab.explain.upconvolution.decoders import (
    LEARNING_RATE,
    SLOW_RATE,
    build_decoder,
    small_budget,
)
from cnnlab.networks.training import TrainingResult
from cnnlab.settings import SEED, current_profile
from cnnlab.studies import report_decoders

NETWORKS = [SimpleNamespace(title="VGG16"), SimpleNamespace(title="Light VGG")]


@pytest.fixture
def asked(monkeypatch):
    """Collect the trainings that are asked for, none of which is done."""
    trainings = []

    def train_decoder(
        faces, network, layer, budget, build=build_decoder, seed=SEED, rate=LEARNING_RATE
    ):
        trainings.append((network.title, layer, budget, build, seed, rate))
        history = pd.DataFrame({"val_loss": [0.04, 0.01]}, index=[1, 2])
        return TrainingResult(None, history, None, "", 2)

    for module in (report_decoders, inversion, checkerboard):
        monkeypatch.setattr(module, "train_decoder", train_decoder)
    return trainings


def test_the_notebook_asks_for_no_other_decoders(asked, monkeypatch, capsys):
    faces = make_faces()
    monkeypatch.setattr(report_decoders, "load_faces", lambda: faces)
    monkeypatch.setattr(report_decoders, "train_light_vgg", lambda faces: None)
    monkeypatch.setattr(report_decoders, "fix_networks", lambda light_vgg: NETWORKS)
    report_decoders.train_small_decoders()
    trained = set(asked)
    assert len(asked) == len(trained) == 8
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(
        "Decoder of block2_pool (VGG16) by resize and convolution, learning rate 0.002: epoch 2"
    )
    assert first.endswith("25.5 grey levels")

    asked.clear()
    features = np.ones((2, 8, 8, 16), np.float16)
    for module in (inversion, checkerboard):
        monkeypatch.setattr(module, "cache_layer_features", lambda *arguments: features)
    monkeypatch.setattr(inversion, "decode_features", lambda *arguments: None)
    monkeypatch.setattr(inversion, "train_recogniser", lambda *arguments: None)
    monkeypatch.setattr(checkerboard, "paint_difference", lambda *arguments: np.eye(3)[None, None])
    unseen, budget = SimpleNamespace(rows=None, mean_face=None), small_budget(current_profile())
    inversion.invert_layers(faces, NETWORKS, unseen, budget, SEED)
    checkerboard.compare_enlarging(faces, NETWORKS[0], unseen, budget, SEED)
    slow = ("Light VGG", "pool5", budget, build_decoder, SEED, SLOW_RATE)
    assert {*asked, slow} == trained
