"""When does transfer stop paying? ``python -m cnnlab.studies.transfer_curve``.

Writes ``report/studies/transfer-curve-rendered.csv``: VGG16 and the light VGG, trained on more and
more of the same rendered faces with one seed, judged on the same people, whom no training shows;
and their difference at each size. What is rendered and trained already is not done again.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cnnlab.faces.loading import Faces, prepare_faces, render_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.transfer import train_vgg16
from cnnlab.paths import STUDIES
from cnnlab.settings import PROFILES, Profile
from cnnlab.studies.learning_curve import (
    VALIDATION_PER_CLASS,
    describe_size,
    take_first,
)
from cnnlab.studies.records import describe_machine, read_studies, write_study
from cnnlab.studies.run_accuracy import measure_difference, measure_network
from plumbing.commands import run_command

STUDY = "transfer-curve-rendered"
DIFFERENCE = "Light VGG minus VGG16"

# Images of each class in Train/, the light VGG's epochs and those of VGG16's block 4. The light VGG
# takes at least 1,300 steps, for it stays at chance for some hundred before it learns anything, and
# does not stop early. Block 4, slow as it is, has fewer epochs of many images, but no fewer steps.
EPOCHS = {
    25: (240, 10),
    50: (120, 10),
    100: (60, 10),
    200: (30, 10),
    600: (15, 4),
    1200: (9, 2),
}


def measure_size(faces: Faces, epochs: tuple[int, int], profile: Profile) -> pd.DataFrame:
    """Train both networks and return the rows of both and of their difference, of all images.

    Columns: those of ``study.measure_network``, ``study.measure_difference`` and
    ``learning_curve.describe_size``.

    Args:
        faces: rendered faces.
        epochs: of the light VGG, which does not stop early, and the most of VGG16's block 4.
        profile: of VGG16's other stages, and resamples.
    """
    light_epochs, block4_epochs = epochs
    # The patience of ``learning_curve``, so that a training of both is done once.
    patient = replace(profile, light_vgg_epochs=light_epochs, patience=150)
    light = train_light_vgg(faces, patient)
    vgg16 = train_vgg16(faces, replace(profile, vgg16_block4_epochs=block4_epochs))
    table = pd.concat(
        [
            measure_network(vgg16, faces, profile),
            measure_network(light, faces, profile),
            measure_difference(vgg16, light, faces, profile),
        ],
        ignore_index=True,
    )
    return describe_size(table, faces, profile)


def measure_curves(
    epochs: Mapping[int, tuple[int, int]], validation_per_class: int, profile: Profile
) -> pd.DataFrame:
    """Render the faces and measure both networks at each size.

    Args:
        epochs: for each number of images a class in Train/ those of ``measure_size``.
        validation_per_class: images of each class that all are judged by.
        profile: of VGG16, resamples, and whether a network must have learned.

    Returns:
        The rows of ``measure_size``, from few to many images.
    """
    everything = render_faces(max(epochs), validation_per_class)
    return pd.concat(
        [
            measure_size(prepare_faces(take_first(everything, size)), epochs[size], profile)
            for size in sorted(epochs)
        ],
        ignore_index=True,
    )


def read_curves(folder: Path = STUDIES) -> pd.DataFrame | None:
    """Return the recorded rows for accuracy, from few to many images; None without a record."""
    records = read_studies(STUDY, folder)
    if records is None:
        return None
    return records[records["figure"] == "accuracy"].sort_values("train_per_class", kind="stable")


def record_transfer_curve() -> None:
    """Measure the curves and write the study."""
    # Too few images to learn from is a result here.
    profile = replace(PROFILES["default"], name="transfer-curve", must_learn=False)
    table = measure_curves(EPOCHS, VALIDATION_PER_CLASS, profile)
    write_study(table.assign(**describe_machine()), STUDY)


if __name__ == "__main__":
    sys.exit(run_command(record_transfer_curve))
