"""The learning curves on rendered faces."""

from dataclasses import replace

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.files import ImageFile
from cnnlab.studies.learning_curves import (
    BOTH_EPOCHS,
    LEARNING_CURVE,
    LIGHT_EPOCHS,
    read_curve,
    take_first,
)
from cnnlab.studies.study import run_study


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


def test_every_size_has_steps_enough_and_both_curves_share_the_largest_trainings():
    # 14 per cent of Train are development images; batches are of 32.
    assert min(0.86 * 8 * size / 32 * light for size, (light, _) in BOTH_EPOCHS.items()) > 1280
    steps = [size * block4 for size, (_, block4) in sorted(BOTH_EPOCHS.items())]
    assert steps == sorted(steps)
    assert all(BOTH_EPOCHS[size][:1] == LIGHT_EPOCHS[size] for size in (600, 1200))


def test_the_curve_of_the_last_renderer_is_read_from_few_to_many_images(tmp_path):
    for renderer in ("old", "new"):
        study = replace(
            LEARNING_CURVE,
            list_configurations=lambda run, renderer=renderer: [
                {"train_per_class": size, "renderer": renderer} for size in (9, 4)
            ],
            measure=lambda run, **size: pd.DataFrame({"figure": ["accuracy", "macro-F1"]}),
        )
        assert run_study(study, tmp_path) == (2, 0)
    curve = read_curve(LEARNING_CURVE, tmp_path)
    assert curve["train_per_class"].tolist() == [4, 9]
    assert set(curve["renderer"]) == {"new"} and set(curve["figure"]) == {"accuracy"}
