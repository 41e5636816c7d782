"""The one dataset type: for each image a file, a label, a split and what else is known."""

import hashlib
import zipfile
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

CLASSES = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)
"""AffectNet's classes in AffectNet's order: a label is an index into this tuple."""

TRAIN = "train"
VALIDATION = "validation"


@dataclass(frozen=True)
class ImageFile:
    """An image on disk, or inside a .zip.

    Attributes:
        path: the image, or the .zip that holds it.
        member: the image's name inside the .zip; None for a plain file.
        name: what to call it in messages and in the digest (relative, with ``/``).
    """

    path: Path
    name: str
    member: str | None = None

    def read_bytes(self) -> bytes:
        """Return the file's bytes."""
        if self.member is None:
            return self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(self.member)


@dataclass(frozen=True)
class FaceDataset:
    """Labelled faces.

    Attributes:
        title: how figures and tables call the data.
        rendered: whether the faces are rendered, so that every figure says "synthetic".
        files: n images.
        labels: (n,) int64, indices into ``CLASSES``.
        splits: (n,) str, ``train`` or ``validation``.
        identities: (n,) int64, who is seen; None where unknown.
        valence: (n,) float32 in [-1, 1]; None where unknown.
        arousal: (n,) float32 in [-1, 1]; None where unknown.
        action_units: (n, a) float32 in [0, 1.5]; None where unknown.
        notes: what the reader has to tell the user, a sentence each.
    """

    title: str
    rendered: bool
    files: tuple[ImageFile, ...]
    labels: np.ndarray
    splits: np.ndarray
    identities: np.ndarray | None = None
    valence: np.ndarray | None = None
    arousal: np.ndarray | None = None
    action_units: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.files)

    def select(self, indices: np.ndarray) -> "FaceDataset":
        """Return the dataset of these rows, in this order."""
        arrays = {
            field.name: getattr(self, field.name)[indices]
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        }
        return replace(self, files=tuple(self.files[i] for i in indices), **arrays)

    @cached_property
    def content_hashes(self) -> tuple[str, ...]:
        """The sha256 of each file's bytes."""
        return tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in self.files)

    @cached_property
    def digest(self) -> str:
        """A sha256 over names, contents, labels and splits: the same data, the same digest."""
        total = hashlib.sha256()
        for file, content, label, split in zip(
            self.files, self.content_hashes, self.labels, self.splits, strict=True
        ):
            total.update(f"{file.name}\0{content}\0{label}\0{split}\n".encode())
        return total.hexdigest()
