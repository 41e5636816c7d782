import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluation.made_faces import build_tiny, make_faces

from cnnlab.evaluation import plots
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.training import RECORD
from cnnlab.settings import PROFILES
from cnnlab.studies import transfer_curve
from cnnlab.studies.learning_curve import EPOCHS as LIGHT_EPOCHS
from cnnlab.studies.records import describe_machine, write_study
from cnnlab.studies.transfer_curve import (
    DIFFERENCE,
    EPOCHS,
    STUDY,
    measure_curves,
    measure_size,
    read_curves,
)


def made_network(folder, title, sign):
    """The tiny network, which answers by the brightest stripe, or by the darkest."""
    model = build_tiny()
    stripes = np.kron(np.eye(8), np.ones((16, 1)))
    model.set_weights([np.ones((1, 1, 3, 16)), np.zeros(16), sign * stripes, np.zeros(8)])
    folder.mkdir()
    (folder / RECORD).write_text(json.dumps({"digest": title * 9}))
    return TrainedNetwork(
        title=title,
        model=model,
        history=pd.DataFrame({"val_loss": [1.0]}, index=[1]),
        chosen_epoch=1,
        folder=folder,
        seed=1,
        seconds=1.0,
        class_shares=np.full(8, 1 / 8),
    )


def test_both_networks_and_their_difference_are_measured_on_the_same_faces(tmp_path, monkeypatch):
    asked = []

    def make(title, sign):
        def train(faces, profile):
            asked.append(
                (title, profile.light_vgg_epochs, profile.vgg16_block4_epochs, profile.patience)
            )
            return made_network(tmp_path / title, title, sign)

        return train

    monkeypatch.setattr(transfer_curve, "train_light_vgg", make("Light VGG", 1))
    monkeypatch.setattr(transfer_curve, "train_vgg16", make("VGG16", -1))
    faces = make_faces(tmp_path, affect=False)
    people = np.arange(64) // 8
    faces = replace(faces, dataset=replace(faces.dataset, identities=people))
    profile = replace(PROFILES["smoke"], bootstrap_resamples=20)
    table = measure_size(faces, (77, 6), profile)
    # VGG16 stops early, by its profile; the light VGG is given its time.
    assert ("VGG16", profile.light_vgg_epochs, 6, profile.patience) in asked
    assert any(title == "Light VGG" and 77 == epochs <= stop for title, epochs, _, stop in asked)
    accuracy = table[table["figure"] == "accuracy"].set_index("network")
    assert list(accuracy.index) == ["VGG16", "Light VGG", DIFFERENCE]
    assert accuracy["estimate"].tolist() == [0, 1, 1]
    assert accuracy["train_per_class"].tolist() == [6] * 3
    assert accuracy["train_people"].tolist() == [6] * 3
    assert accuracy["validation_people"].tolist() == [2] * 3
    shuffled = pd.concat([table.assign(train_per_class=12), table]).assign(**describe_machine())
    write_study(shuffled, STUDY, tmp_path)
    assert read_curves(tmp_path)["train_per_class"].tolist() == [6] * 3 + [12] * 3
    assert read_curves(tmp_path / "none") is None


def test_sizes_are_parts_of_the_largest_set(monkeypatch):
    monkeypatch.setattr(transfer_curve, "render_faces", lambda *counts: counts)
    monkeypatch.setattr(transfer_curve, "take_first", lambda rendered, size: (rendered, size))
    monkeypatch.setattr(transfer_curve, "prepare_faces", lambda dataset: dataset)
    monkeypatch.setattr(
        transfer_curve,
        "measure_size",
        lambda faces, epochs, profile: pd.DataFrame([{"faces": faces, "epochs": epochs}]),
    )
    table = measure_curves({6: (1, 1), 4: (2, 1)}, 3, PROFILES["smoke"])
    assert table["faces"].tolist() == [((6, 3), 4), ((6, 3), 6)]
    assert table["epochs"].tolist() == [(2, 1), (1, 1)]


def test_every_size_has_steps_enough_and_shares_the_largest_trainings():
    # 14 per cent of Train are development images; batches are of 32.
    assert min(0.86 * 8 * size / 32 * epochs for size, (epochs, _) in EPOCHS.items()) > 1280
    steps = [size * block4_epochs for size, (_, block4_epochs) in sorted(EPOCHS.items())]
    assert steps == sorted(steps)
    assert all(EPOCHS[size][0] == LIGHT_EPOCHS[size] for size in (600, 1200))


def made_curves(differences):
    rows = []
    for size, (estimate, low, high) in differences.items():
        for network, values in (
            ("VGG16", (0.7, 0.65, 0.75)),
            ("Light VGG", (0.7 + estimate, 0.6 + estimate, 0.8 + estimate)),
            (DIFFERENCE, (estimate, low, high)),
        ):
            rows.append((network, size, *values))
    columns = ["network", "train_per_class", "estimate", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(epochs=9)


def test_the_figure_shows_both_networks_with_their_intervals():
    curves = made_curves({25: (-0.25, -0.3, -0.2), 1200: (0.01, -0.03, 0.05)})
    [axes] = plots.plot_transfer_curve(curves[curves["network"] != DIFFERENCE]).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "chance",
        "VGG16",
        "Light VGG",
    ]
    assert list(axes.containers[1][0].get_ydata()) == pytest.approx([0.45, 0.71])
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["25\n9", "1,200\n9"]
    assert axes.get_xscale() == "log"
