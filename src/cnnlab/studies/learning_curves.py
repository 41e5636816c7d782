"""How much do more images help? Rendered faces, more and more of the same, judged by the same.

Of two tables one has the light VGG alone, the other the light VGG beside VGG16. What is rendered
and trained already is not done again, and both share their largest trainings.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.evaluation.comparison import compare_networks
from cnnlab.evaluation.recounts import ALL
from cnnlab.faces.dataset import TRAIN, FaceDataset
from cnnlab.faces.loading import Faces, prepare_faces, render_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.predictions import predict_validation
from cnnlab.networks.transfer import train_vgg16
from cnnlab.paths import STUDIES
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies.accuracy import measure_network
from cnnlab.studies.study import SHORT_DIGEST, Run, Study, read_studies
from facesynth.data.folder import RENDERER

MOST_PER_CLASS, VALIDATION_PER_CLASS = 1200, 200
ACCURACY = "accuracy"
DIFFERENCE = "Light VGG minus VGG16"

# The light VGG does not stop early, and takes at least 1,300 steps, for it stays at chance for some
# hundred before it learns anything; the development loss chooses the epoch. Too few images to learn
# from is a result here.
PROFILE = replace(PROFILES["default"], must_learn=False)
LIGHT_PATIENCE = 150

LIGHT_EPOCHS = {40: (150,), 150: (45,), 600: (15,), 1200: (9,)}
"""Of the light VGG, by the images of each class in Train/."""
BOTH_EPOCHS = {
    25: (240, 10),
    50: (120, 10),
    100: (60, 10),
    200: (30, 10),
    600: (15, 4),
    1200: (9, 2),
}
"""Of the light VGG, and the most of VGG16's block 4, which is slow: fewer, but no fewer steps."""


def take_first(dataset: FaceDataset, per_class: int) -> FaceDataset:
    """Return Validation/ and the first images of each class in Train/.

    Rendered images are named by person, so the smaller part's people are among the larger's.
    """
    in_train = dataset.splits == TRAIN
    train = pd.Series(np.flatnonzero(in_train))
    first = train.groupby(dataset.labels[train]).head(per_class)
    return dataset.select(np.union1d(np.flatnonzero(~in_train), first))


def measure_part(faces: Faces, light_epochs: int, block4_epochs: int | None = None) -> pd.DataFrame:
    """Train the light VGG, and VGG16 where it has epochs; return the accuracy on Validation/.

    Args:
        faces: rendered faces.
        light_epochs: of the light VGG.
        block4_epochs: the most of VGG16's block 4; None: without VGG16.

    Returns:
        Columns: those of ``accuracy.measure_network``; train_people (development images are
        among them), data_digest. With VGG16 there is a row for ``DIFFERENCE``.
    """
    patient = replace(PROFILE, light_vgg_epochs=light_epochs, patience=LIGHT_PATIENCE)
    light = train_light_vgg(faces, patient)
    tables = [measure_network(light, faces, PROFILE)]
    if block4_epochs:
        vgg16 = train_vgg16(faces, replace(PROFILE, vgg16_block4_epochs=block4_epochs))
        pair = [predict_validation(network, faces) for network in (vgg16, light)]
        compared = compare_networks(*pair, PROFILE.bootstrap_resamples, SEED)
        difference = compared.rename_axis("figure").reset_index()
        difference = difference.assign(network=DIFFERENCE, variant=ALL, n=len(pair[0]))
        tables = [measure_network(vgg16, faces, PROFILE), *tables, difference]
    table = pd.concat(tables, ignore_index=True)
    shown = table[(table["figure"] == ACCURACY) & (table["variant"] == ALL)]
    people = faces.dataset.identities[faces.dataset.splits == TRAIN]
    return shown.assign(
        train_people=len(np.unique(people)), data_digest=faces.digest[:SHORT_DIGEST]
    )


def read_curve(study: Study, folder: Path = STUDIES) -> pd.DataFrame:
    """Return a study's rows for accuracy, from few to many images, of the last renderer."""
    rows = read_studies(study.name, folder).query("figure == @ACCURACY")
    rows = rows[rows["renderer"] == rows["renderer"].iloc[-1]]
    return rows.sort_values("train_per_class", kind="stable")


def make_study(name: str, question: str, epochs: Mapping[int, tuple[int, ...]]) -> Study:
    """Declare a curve over the sizes in ``epochs``, which are what ``measure_part`` trains."""
    renderer = RENDERER[:SHORT_DIGEST]

    def measure(run: Run, train_per_class: int, renderer: str) -> pd.DataFrame:
        everything = render_faces(MOST_PER_CLASS, VALIDATION_PER_CLASS)
        faces = prepare_faces(take_first(everything, train_per_class))
        return measure_part(faces, *epochs[train_per_class])

    sizes = [{"train_per_class": size, "renderer": renderer} for size in epochs]
    return Study(name, question, lambda run: sizes, measure, load=None)


LEARNING_CURVE = make_study(
    "learning-curve-rendered", "How much do more rendered faces help the light VGG?", LIGHT_EPOCHS
)
TRANSFER_CURVE = make_study(
    "transfer-curve-rendered",
    "At how many rendered faces does transfer from VGG16 stop paying?",
    BOTH_EPOCHS,
)
