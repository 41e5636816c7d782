"""The entry for everybody who needs faces: ``load_faces()``.

``python -m cnnlab data`` prepares the data of a run and says what they are.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.decoding import Unreadable, decode_dataset
from cnnlab.faces.readers import read_dataset
from cnnlab.faces.sampling import choose_per_class
from cnnlab.faces.splits import Split, split_dataset
from cnnlab.paths import DECODED, RENDERED
from cnnlab.settings import IMAGE_SIZE, SEED, Profile, current_data, current_profile

RENDERED_TITLE = "rendered, synthetic faces"
SMOKE_PER_CLASS = {TRAIN: 40, VALIDATION: 20}


@dataclass(frozen=True)
class Faces:
    """The data of a run.

    Attributes:
        dataset: n readable images and what is known of them.
        images: (n, 128, 128, 3) uint8 RGB, mapped from disk.
        unreadable: the images that could not be decoded; they are not among the n.
        split: which of the n serves what.
        digest: of all that was read, unreadable images included.
    """

    dataset: FaceDataset
    images: np.ndarray
    unreadable: tuple[Unreadable, ...]
    split: Split
    digest: str

    @property
    def labels(self) -> np.ndarray:
        """(n,) int64, indices into ``CLASSES``."""
        return self.dataset.labels


def load_faces(profile: Profile | None = None, data: Path | None = None) -> Faces:
    """Load faces: the user's folder or .zip, or, where none is given, rendered ones.

    Args:
        profile: of the run; without it, profile and data are those that ``make`` exports.
        data: the folder or .zip.

    Raises:
        DataError: the user's data cannot be used.
        UserError: the exported profile is not known.
    """
    if profile is None:
        profile, data = current_profile(), current_data()
    if data is None:
        return prepare_faces(render_faces(profile.train_per_class, profile.validation_per_class))
    dataset = read_dataset(data)
    return prepare_faces(_sample(dataset) if profile.name == "smoke" else dataset)


def render_faces(train_per_class: int, validation_per_class: int) -> FaceDataset:
    """Return rendered faces; those that are on disk already are not rendered again.

    Args:
        train_per_class: images of each class in Train/.
        validation_per_class: images of each class in Validation/.
    """
    # Imported here: who brings data does not wait for the renderer's compiled loops.
    from facesynth.data.folder import render_dataset, renderer_digest

    counts = (train_per_class, validation_per_class)
    # The digest keeps faces of another version of the renderer from passing for these.
    folder = RENDERED / f"{counts[0]}x{counts[1]}-seed{SEED}-{renderer_digest()[:12]}"
    render_dataset(folder, *counts, SEED)
    return replace(read_dataset(folder), title=RENDERED_TITLE, rendered=True)


def prepare_faces(dataset: FaceDataset) -> Faces:
    """Decode and split a data set.

    Raises:
        DataError: a class has too few images that can be decoded.
    """
    images, unreadable = decode_dataset(dataset, IMAGE_SIZE, DECODED)
    lost = {image.name for image in unreadable}
    rows = [row for row, file in enumerate(dataset.files) if file.name not in lost]
    readable = dataset.select(np.array(rows, np.int64))
    hint = ""
    if unreadable:
        first = unreadable[0]
        hint = f" {len(unreadable)} can't be read, such as {first.name}: {first.reason}."
    readable.refuse_scarcity(dataset.title, 2, hint)
    split = split_dataset(readable, SEED)
    return Faces(readable, images, unreadable, split, dataset.digest)


def count_images(faces: Faces) -> pd.DataFrame:
    """Return how many images each class (rows, and a total) has in each split (columns)."""
    columns = {
        name: np.bincount(faces.labels[indices], minlength=len(CLASSES))
        for name, indices in vars(faces.split).items()
    }
    table = pd.DataFrame(columns, index=list(CLASSES))
    table.loc["all"] = table.sum()
    table["all"] = table.sum(axis="columns")
    return table


def _sample(dataset: FaceDataset) -> FaceDataset:
    """Keep a small stratified part: smoke shows that a run works, not what it can reach."""
    chosen = []
    for split, limit in SMOKE_PER_CLASS.items():
        in_split = np.flatnonzero(dataset.splits == split)
        chosen += choose_per_class(dataset.labels, in_split, limit, SEED)
    rows = np.sort(np.concatenate(chosen))
    if len(rows) == len(dataset):
        return dataset
    note = (
        f"PROFILE=smoke uses {len(rows)} of {len(dataset)} images: at most "
        f"{SMOKE_PER_CLASS[TRAIN]} of a class from Train and {SMOKE_PER_CLASS[VALIDATION]} from "
        "Validation."
    )
    return replace(dataset.select(rows), notes=(*dataset.notes, note))


def print_data() -> Faces:
    """Prepare the data of this run, print what they are and return them."""
    faces = load_faces()
    print(f"{faces.dataset.title} (digest {faces.digest[:12]})\n")
    print(f"{count_images(faces).to_string()}\n")
    for note in faces.dataset.notes:
        print(f"Note: {note}")
    for image in faces.unreadable:
        print(f"Unreadable: {image.name}: {image.reason}")
    print(f"{len(faces.unreadable)} images could not be read.")
    return faces
