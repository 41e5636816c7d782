"""How much more rendered faces help: ``python -m cnnlab.studies.learning_curve``.

Writes ``report/studies/learning-curve-rendered.csv``: the light VGG, trained on more and more of
the same rendered faces, judged on the same people, whom no training shows. What is rendered and
trained already is not done again.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.evaluation.recounts import ALL
from cnnlab.faces.dataset import TRAIN, FaceDataset
from cnnlab.faces.loading import Faces, prepare_faces, render_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.paths import STUDIES
from cnnlab.settings import PROFILES, Profile
from cnnlab.studies.records import describe_machine, read_studies, write_study
from cnnlab.studies.run_accuracy import describe_run, measure_network
from facesynth.data.folder import RENDERER
from plumbing.commands import run_command

STUDY = "learning-curve-rendered"
FIGURES_OF_MERIT = ("accuracy", "macro-F1")
SHORT_DIGEST = 16

# Images of each class in Train/, and epochs: at least 1,300 steps, for the network stays at chance
# for some hundred before it learns anything. None stops early for the same reason; the
# development loss chooses the epoch.
EPOCHS = {40: 150, 150: 45, 600: 15, 1200: 9}
VALIDATION_PER_CLASS = 200


def take_first(dataset: FaceDataset, per_class: int) -> FaceDataset:
    """Return Validation/ and the first images of each class in Train/.

    Rendered images are named by person, so the smaller part's people are among the larger's.

    Args:
        dataset: rendered faces.
        per_class: images of each class to take from Train/.

    Raises:
        ValueError: a class has fewer.
    """
    in_train = dataset.splits == TRAIN
    chosen = [np.flatnonzero(~in_train)]
    for label in np.unique(dataset.labels):
        rows = np.flatnonzero(in_train & (dataset.labels == label))[:per_class]
        if len(rows) < per_class:
            raise ValueError(f"Class {label} has {len(rows)} images in Train, not {per_class}.")
        chosen.append(rows)
    return dataset.select(np.sort(np.concatenate(chosen)))


def measure_size(faces: Faces, profile: Profile) -> pd.DataFrame:
    """Train the light VGG and return its rows of ``measure_network``, see ``describe_size``."""
    table = measure_network(train_light_vgg(faces, profile), faces, profile)
    return describe_size(table, faces, profile)


def describe_size(table: pd.DataFrame, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Keep the rows of ``FIGURES_OF_MERIT`` of all images and add of how many images they are.

    Columns added: those of ``study.describe_run``; train_per_class and train_people (development
    images are among them); validation_people; renderer (digest of its version).

    Args:
        table: rows of ``study.measure_network`` or ``study.measure_difference``.
        faces: rendered faces that the networks were trained on.
        profile: of the run.
    """
    in_train = faces.dataset.splits == TRAIN
    identities = faces.dataset.identities
    shown = table["figure"].isin(FIGURES_OF_MERIT) & (table["variant"] == ALL)
    return table[shown].assign(
        **describe_run(faces, profile),
        train_per_class=int(np.bincount(faces.labels[in_train]).min()),
        train_people=len(np.unique(identities[in_train])),
        validation_people=len(np.unique(identities[~in_train])),
        renderer=RENDERER[:SHORT_DIGEST],
    )


def measure_curve(
    epochs: Mapping[int, int], validation_per_class: int, profile: Profile
) -> pd.DataFrame:
    """Render the faces and measure the network at each size.

    Args:
        epochs: for each number of images a class in Train/ the epochs.
        validation_per_class: images of each class that all are judged by.
        profile: patience, resamples and whether a network must have learned.

    Returns:
        The rows of ``measure_size``, from few to many images.
    """
    everything = render_faces(max(epochs), validation_per_class)
    tables = []
    for per_class in sorted(epochs):
        faces = prepare_faces(take_first(everything, per_class))
        tables.append(measure_size(faces, replace(profile, light_vgg_epochs=epochs[per_class])))
    return pd.concat(tables, ignore_index=True)


def is_current(renderer: str) -> bool:
    """Say whether a record's faces were rendered by this version of the renderer.

    Args:
        renderer: as the record's column of that name has it.
    """
    return renderer == RENDERER[:SHORT_DIGEST]


def read_curve(folder: Path = STUDIES) -> pd.DataFrame | None:
    """Return the recorded rows for accuracy, from few to many images; None without a record."""
    records = read_studies(STUDY, folder)
    if records is None:
        return None
    return records[records["figure"] == "accuracy"].sort_values("train_per_class")


def record_learning_curve() -> None:
    """Measure the curve and write the study."""
    profile = replace(
        PROFILES["full"],
        name="learning-curve",
        patience=max(EPOCHS.values()),
        # Too few images to learn from is a result here.
        must_learn=False,
    )
    table = measure_curve(EPOCHS, VALIDATION_PER_CLASS, profile)
    write_study(table.assign(**describe_machine()), STUDY)


if __name__ == "__main__":
    sys.exit(run_command(record_learning_curve))
