"""The one dataset type: for each image a file, a label, a split and what else is known."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from cnnlab.commands import UserError

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


class DataError(UserError):
    """The data cannot be used: the message says which file, what is wrong and what to do."""


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
        """Return the file's bytes.

        Raises:
            DataError: the file or its .zip cannot be read.
        """
        return next(read_files([self]))


def read_files(files: Iterable[ImageFile]) -> Iterator[bytes]:
    """Yield the bytes of each file, in order; a .zip is opened once, not once an image.

    Raises:
        DataError: a file or a .zip cannot be read.
    """
    archives: dict[Path, zipfile.ZipFile] = {}
    with ExitStack() as opened:
        for file in files:
            try:
                if file.member is None:
                    yield file.path.read_bytes()
                    continue
                if file.path not in archives:
                    archives[file.path] = opened.enter_context(zipfile.ZipFile(file.path))
                yield archives[file.path].read(file.member)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
                raise DataError(
                    f"{file.path}: the archive is damaged at {file.member} ({error}). "
                    "Copy or download it again, or unpack it and give the folder."
                ) from error
            except OSError as error:
                raise DataError(
                    f"{file.path}: cannot be read ({error.strerror or error}). "
                    "Check that the file is still there and that you may read it."
                ) from error


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
        arrays = {
            field.name: getattr(self, field.name)[indices]
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        }
        chosen = replace(self, files=tuple(self.files[i] for i in indices), **arrays)
        if "content_hashes" in vars(self):
            # Thousands of files are not read again for what is known.
            vars(chosen)["content_hashes"] = tuple(self.content_hashes[i] for i in indices)
        return chosen

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
        for field in fields(self):
            values = getattr(self, field.name)
            if isinstance(values, np.ndarray):
                total.update(f"{field.name}\0{values.dtype}\0{values.shape}\0".encode())
                total.update(np.ascontiguousarray(values).tobytes())
        return total.hexdigest()
