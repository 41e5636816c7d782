"""The one dataset type: for each image a file, a label, a split and what else is known."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cnnlab.faces.files import DataError, ImageFile, read_files

CLASSES = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
"""AffectNet's classes in AffectNet's order: a label is an index into this tuple."""

TRAIN = "train"
VALIDATION = "validation"


@dataclass(frozen=True)
class FaceDataset:
    """Labelled faces.

    Attributes:
        title: how figures and tables call the data; it has no marks of Markdown.
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
        arrays = {name: values[indices] for name, values in self._arrays().items()}
        chosen = replace(self, files=tuple(self.files[i] for i in indices), **arrays)
        if "content_hashes" in vars(self):
            # Thousands of files are not read again for what is known.
            vars(chosen)["content_hashes"] = tuple(self.content_hashes[i] for i in indices)
        return chosen

    def refuse_scarcity(self, place: str, train_least: int, hint: str = "") -> None:
        """Refuse data of which a split has too few images of a class.

        Args:
            place: where they are.
            train_least: how many of each class Train must have; Validation must have one.
            hint: what else to say.

        Raises:
            DataError: there are fewer.
        """
        for split, least in ((TRAIN, train_least), (VALIDATION, 1)):
            counts = np.bincount(self.labels[self.splits == split], minlength=len(CLASSES))
            scarce = [name for name, count in zip(CLASSES, counts, strict=True) if count < least]
            if scarce:
                raise DataError(
                    f"{place}: {split} has too few images of {', '.join(scarce)}: each of the "
                    f"{len(CLASSES)} classes needs at least {least}. Add some.{hint}"
                )

    @cached_property
    def content_hashes(self) -> tuple[str, ...]:
        """The sha256 of each file's bytes."""
        return tuple(hashlib.sha256(content).hexdigest() for content in read_files(self.files))

    @cached_property
    def digest(self) -> str:
        """A sha256 over names, contents and all that is known: the same data, the same digest."""
        total = hashlib.sha256()
        for file, content in zip(self.files, self.content_hashes, strict=True):
            # Names that are no UTF-8, as old archives leave them behind, are names too.
            total.update(f"{file.name}\0{content}\n".encode(errors="surrogateescape"))
        for name, values in self._arrays().items():
            total.update(f"{name}\0{values.dtype}\0{values.shape}\0".encode())
            total.update(np.ascontiguousarray(values).tobytes())
        return total.hexdigest()

    def _arrays(self) -> dict[str, np.ndarray]:
        """Return what is known of each image, in the order of the attributes."""
        return {name: held for name, held in vars(self).items() if isinstance(held, np.ndarray)}
