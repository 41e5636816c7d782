"""The learning curve on rendered faces."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from cnnlab.faces import loading
from cnnlab.faces.dataset import FaceDataset, ImageFile
from cnnlab.networks import from_scratch
from cnnlab.networks.training import train
from cnnlab.settings import PROFILES
from cnnlab.studies import learning_curve
from cnnlab.studies.learning_curve import measure_curve, read_curve, take_first
from cnnlab.studies.records import describe_machine, write_study


def made_dataset(tmp_path, people=3):
    """Each person shows each class twice; the last person is in Validation."""
    names = [
        (person, label, repetition)
        for label in range(8)
        for person in range(people)
        for repetition in range(2)
    ]
    files = [ImageFile(tmp_path / f"{name}", f"{name}") for name in names]
    for file in files:
        file.path.write_bytes(file.name.encode())
    person, label, _ = np.array(names).T
    splits = np.where(person == people - 1, "validation", "train")
    return FaceDataset("made", True, tuple(files), label, splits, identities=person)


def test_smaller_sets_are_parts_of_larger_ones_and_share_validation(tmp_path):
    dataset = made_dataset(tmp_path)
    parts = [take_first(dataset, per_class) for per_class in (1, 2, 4)]
    names = [{file.name for file in part.files} for part in parts]
    assert names[0] < names[1] < names[2] == {file.name for file in dataset.files}
    for part, per_class in zip(parts, (1, 2, 4), strict=True):
        in_train = part.splits == "train"
        assert np.bincount(part.labels[in_train]).tolist() == [per_class] * 8
        assert np.bincount(part.labels[~in_train]).tolist() == [2] * 8
    # Two images are of one person, four of two.
    assert np.unique(parts[1].identities[parts[1].splits == "train"]).tolist() == [0]
    with pytest.raises(ValueError, match="has 4 images in Train, not 5"):
        take_first(dataset, 5)


def test_the_curve_is_measured_recorded_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "DECODED", tmp_path / "decoded")
    monkeypatch.setattr(loading, "RENDERED", tmp_path / "rendered")
    monkeypatch.setattr(from_scratch, "train", partial(train, root=tmp_path / "trained"))
    profile = replace(PROFILES["smoke"], bootstrap_resamples=20)
    table = measure_curve({6: 1, 4: 2}, 2, profile)
    accuracy = table[table["figure"] == "accuracy"]
    assert accuracy["train_per_class"].tolist() == [4, 6]
    assert accuracy["train_people"].tolist() == [2, 3]
    assert accuracy["epochs"].tolist() == [2, 1]
    assert (table["validation_people"] == 1).all()
    assert (table["n"] == 16).all()
    assert accuracy["data_digest"].nunique() == 2
    assert accuracy["estimate"].between(0, 1).all()

    shuffled = table.iloc[::-1].assign(**describe_machine())
    write_study(shuffled, learning_curve.STUDY, tmp_path)
    assert read_curve(tmp_path)["train_per_class"].tolist() == [4, 6]
    assert read_curve(tmp_path / "none") is None
