"""The entry for everybody who needs faces: ``load_faces()``.

``python -m cnnlab.faces.loading`` prepares the data of a run and says what they are.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, DataError, FaceDataset
from cnnlab.faces.decoding import Unreadable, decode_dataset
from cnnlab.faces.readers import read_dataset
from cnnlab.faces.sampling import choose_per_class
from cnnlab.faces.splits import Split, split_dataset
from cnnlab.paths import DECODED, RENDERED
from cnnlab.settings import IMAGE_SIZE, SEED, Profile, current_data, current_profile
from plumbing.commands import run_command

RENDERED_TITLE = "rendered, synthetic faces"
SMOKE_TRAIN_PER_CLASS = 40
SMOKE_VALIDATION_PER_CLASS = 20


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


def load_faces() -> Faces:
    """Load the faces that this run's settings ask for.

    The user's folder or .zip where one is given; rendered faces, made on first use, where not.

    Raises:
        DataError: the user's data cannot be used.
        SettingsError: the profile is not known.
    """
    profile = current_profile()
    path = current_data()
    if path is not None:
        return prepare_faces(_read(path, profile))
    return prepare_faces(render_faces(profile.train_per_class, profile.validation_per_class))


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
        DataError: a class has lost all its images, since none could be decoded.
    """
    decoded = decode_dataset(dataset, IMAGE_SIZE, DECODED)
    readable = dataset.select(decoded.readable)
    _refuse_lost_class(readable, decoded.unreadable)
    return Faces(
        dataset=readable,
        images=decoded.images,
        unreadable=decoded.unreadable,
        split=split_dataset(readable, SEED),
        digest=dataset.digest,
    )


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


def _read(path: Path, profile: Profile) -> FaceDataset:
    dataset = read_dataset(path)
    return _sample(dataset) if profile.name == "smoke" else dataset


def _sample(dataset: FaceDataset) -> FaceDataset:
    """Keep a small stratified part: smoke shows that a run works, not what it can reach."""
    limits = {TRAIN: SMOKE_TRAIN_PER_CLASS, VALIDATION: SMOKE_VALIDATION_PER_CLASS}
    chosen = [
        part
        for split, limit in limits.items()
        for part in choose_per_class(
            dataset.labels, np.flatnonzero(dataset.splits == split), limit, SEED
        )
    ]
    rows = np.sort(np.concatenate(chosen))
    if len(rows) == len(dataset):
        return dataset
    note = (
        f"PROFILE=smoke uses {len(rows)} of {len(dataset)} images: at most "
        f"{SMOKE_TRAIN_PER_CLASS} of a class from Train and {SMOKE_VALIDATION_PER_CLASS} from "
        "Validation."
    )
    return replace(dataset.select(rows), notes=(*dataset.notes, note))


def _refuse_lost_class(dataset: FaceDataset, unreadable: tuple[Unreadable, ...]) -> None:
    for split in (TRAIN, VALIDATION):
        present = dataset.labels[dataset.splits == split]
        for label in sorted(set(range(len(CLASSES))) - set(present.tolist())):
            raise DataError(
                f"{dataset.title}: none of the images of {CLASSES[label]} in {split} can be "
                f"read. The first of {len(unreadable)} unreadable images is "
                f"{unreadable[0].name}: {unreadable[0].reason}. Replace them."
            )


def _describe(faces: Faces) -> str:
    lines = [f"{faces.dataset.title} (digest {faces.digest[:12]})", ""]
    lines += [count_images(faces).to_string(), ""]
    lines += [f"Note: {note}" for note in faces.dataset.notes]
    lines += [f"Unreadable: {image.name}: {image.reason}" for image in faces.unreadable]
    lines.append(f"{len(faces.unreadable)} images could not be read.")
    return "\n".join(lines)


def print_data() -> None:
    """Prepare the data of this run and print what they are."""
    print(_describe(load_faces()))


if __name__ == "__main__":
    sys.exit(run_command(print_data))
