"""The one dataset type: for each image a file, a label, a split and what else is known."""

import hashlib
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from plumbing.commands import UserError

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

MAX_FILE_BYTES = 2**29
"""Of one file. FER2013's table, the largest that is read, has 301 MB."""

TRAIN = "train"
VALIDATION = "validation"


class DataError(UserError):
    """The data cannot be used: the message says which file, what is wrong and what to do."""


@dataclass(frozen=True)
class ImageFile:
    """An image on disk, inside a .zip, or in a row of a table.

    Attributes:
        path: the image, or the .zip or folder that holds it.
        name: what to call it in messages and in the digest (relative, with ``/``).
        member: the image's name inside the .zip; None for a plain file.
        content: the image's bytes where the reader had them in hand; None: they are on disk.
    """

    path: Path
    name: str
    member: str | None = None
    content: bytes | None = field(default=None, repr=False)

    def read_bytes(self) -> bytes:
        """Return the file's bytes.

        Raises:
            DataError: the file or its .zip cannot be read.
        """
        return next(read_files([self]))


def read_files(files: Iterable[ImageFile]) -> Iterator[bytes]:
    """Yield the bytes of each file, in order; a .zip is opened once, not once an image.

    Raises:
        DataError: a file or a .zip cannot be read, or a file is larger than ``MAX_FILE_BYTES``.
    """
    archives: dict[Path, zipfile.ZipFile] = {}
    with ExitStack() as opened:
        for file in files:
            if file.content is not None:
                yield file.content
                continue
            if file.member is None:
                yield _read_plain(file.path)
                continue
            if file.path not in archives:
                archives[file.path] = opened.enter_context(open_archive(file.path))
            yield _read_member(archives[file.path], file)


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a .zip for reading.

    Raises:
        DataError: it cannot be read, or is no sound .zip.
    """
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise _cannot_be_read(path, error) from error
    except Exception as error:
        # zipfile raises many kinds of error on damaged bytes, and all mean the same here.
        raise DataError(
            f"{path} is cut off or not a .zip ({error}). Copy or download it again."
        ) from error
    with archive:
        yield archive


def _read_plain(path: Path) -> bytes:
    try:
        found = path.stat()
        # Reading from a pipe or a device may wait, or go on, for ever.
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{path} is not a plain file (a pipe or a device). Remove it.")
        _refuse_large(str(path), found.st_size)
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _cannot_be_read(path, error) from error
    # Files of the kernel's own, as in /proc, do not know their size.
    _refuse_large(str(path), len(content))
    return content


def _read_member(archive: zipfile.ZipFile, file: ImageFile) -> bytes:
    try:
        entry = archive.getinfo(file.member)
        _refuse_large(f"{file.path}: {file.member}", entry.file_size)
        return archive.read(entry)
    except (MemoryError, DataError):
        raise
    except OSError as error:
        if error.errno is not None:
            raise _cannot_be_read(file.path, error) from error
        raise _is_damaged(file, error) from error
    except Exception as error:
        raise _is_damaged(file, error) from error


def _refuse_large(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise DataError(
            f"{name} holds {size} bytes; one file may hold {MAX_FILE_BYTES}. Shrink or remove it."
        )


def _cannot_be_read(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path}: cannot be read ({error.strerror or error}). "
        "Check that the file is still there and that you may read it."
    )


def _is_damaged(file: ImageFile, error: Exception) -> DataError:
    return DataError(
        f"{file.path}: the archive is damaged at {file.member} ({error}). "
        "Copy or download it again, or unpack it and give the folder."
    )


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
            each.name: getattr(self, each.name)[indices]
            for each in fields(self)
            if isinstance(getattr(self, each.name), np.ndarray)
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
        for each in fields(self):
            values = getattr(self, each.name)
            if isinstance(values, np.ndarray):
                total.update(f"{each.name}\0{values.dtype}\0{values.shape}\0".encode())
                total.update(np.ascontiguousarray(values).tobytes())
        return total.hexdigest()
