"""What a folder or a .zip holds, found and read without unpacking and without trusting it."""

import io
import os
import re
import stat
import warnings
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from cnnlab.quoting import make_title
from plumbing.user_errors import UserError

IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)

MAX_FILE_BYTES = 2**29
"""Of one file. FER2013's table, the largest that is read, has 301 MB."""

MAX_DEPTH = 32
"""Folders within folders. No data need more, and names of thousands fill the memory."""

MAX_UNPACKED_RATIO = 100
"""Photographs shrink by a few per cent in a .zip and tables about tenfold; bombs a thousandfold."""

SMALL_ENOUGH = 2**30
"""Bytes that a .zip may unpack to whatever its ratio."""

# Line breaks and terminal commands: such a name would rewrite the message that shows it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class DataError(UserError):
    """The data cannot be used: the message says which file, what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(make_printable(message))


@dataclass(frozen=True)
class ImageFile:
    """An image on disk, inside a .zip, or in a row of a table.

    Attributes:
        path: the image, or the folder or .zip with the table.
        name: what to call it in messages and in the digest (relative, with ``/``).
        content: the image's bytes where the reader had them in hand; None: they are on disk.
    """

    path: Path | zipfile.Path
    name: str
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Listing:
    """What a folder or a .zip holds, junk left out.

    Attributes:
        path: the folder or the .zip.
        root: the folder, or the opened .zip.
        files: names relative to ``path``, with ``/``, sorted.
        folders: names of folders likewise, empty ones included.
    """

    path: Path
    root: Path | zipfile.Path
    files: tuple[str, ...]
    folders: tuple[str, ...]

    @property
    def title(self) -> str:
        """What figures and tables call the data: the path's name, see ``make_title``."""
        absolute = Path(os.path.abspath(self.path))
        return make_title(absolute.name if absolute.is_dir() else absolute.stem)

    def list_children(self, prefix: str) -> list[str]:
        """Return the names of the folders directly below a prefix."""
        below = (name.removeprefix(prefix) for name in self.folders if name.startswith(prefix))
        return [name for name in below if name and "/" not in name]

    def find_splits(
        self, top: str, names: Mapping[str, Sequence[Collection[str]]]
    ) -> tuple[dict[str, str], list[str]]:
        """Return the folder of each split below a prefix, and a note on each other folder.

        Args:
            top: the prefix, empty or ending in ``/``.
            names: for each split what its folder may be called, in lower case; of several
                groups of names the first that occurs.

        Raises:
            DataError: a split has no folder, or more than one.
        """
        children = self.list_children(top)
        folders = {}
        for split, groups in names.items():
            matching = [[child for child in children if child.lower() in group] for group in groups]
            found = next(filter(None, matching), [])
            if not found:
                raise DataError(
                    f"{self.path} lacks the folder {' or '.join(groups[0])}. Folders found: "
                    f"{', '.join(children[:12]) or 'none'}. Add it; see data/README.md."
                )
            if len(found) > 1:
                raise DataError(
                    f"{self.path} has {' and '.join(found)}, which mean the same. Keep one of them."
                )
            folders[split] = found[0]
        known = " and ".join(f"{folder}/ is {split}" for split, folder in folders.items())
        others = [child for child in children if child not in folders.values()]
        return folders, [f"The folder {other}/ was not read: {known}." for other in others]

    def note_unused(self, prefix: str, used: Collection[str]) -> list[str]:
        """Return a note on the files below a prefix that are not among those used, if any."""
        rest = sorted({name for name in self.files if name.startswith(prefix)} - set(used))
        if not rest:
            return []
        return [f"Left out of {prefix}, being no labelled images: {len(rest)} (such as {rest[0]})."]

    def image_file(self, name: str, top: str = "") -> ImageFile:
        """Return the file of this name; messages and digests call it so without ``top``."""
        return ImageFile(self.root / name, make_printable(name.removeprefix(top)))

    def read_table(self, name: str, **options) -> pd.DataFrame:
        """Read a table with a header, separated by commas; options are those of pandas.

        Raises:
            DataError: the file cannot be read, or is no such table.
        """
        (content,) = read_files([self.image_file(name)])
        try:
            with warnings.catch_warnings():
                # pandas only warns that it cuts off what a row has beyond the header.
                warnings.simplefilter("error", pd.errors.ParserWarning)
                stream = io.BytesIO(content)
                return pd.read_csv(stream, skipinitialspace=True, index_col=False, **options)
        except (ValueError, pd.errors.ParserWarning) as error:
            raise DataError(
                f"{self.path}: {name} is not a table ({error}). Repair it, copy or download it "
                "again, or remove it."
            ) from error


def list_data(path: Path) -> Listing:
    """List what a folder or a .zip holds.

    Links to folders are followed, each folder once.

    Raises:
        DataError: nothing there, neither a folder nor a .zip, a folder that may not be listed or
            is met twice, a damaged or encrypted .zip, or one whose names, repetitions or size
            show that it was made to do harm.
    """
    with _reading(path):
        if not path.exists():
            raise DataError(f"{path} does not exist. Check the path given as DATA.")
        # To read from a pipe would be to wait for ever.
        is_zip = path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path))
    if path.is_dir():
        return _list_folder(path)
    if is_zip:
        return _list_archive(path)
    raise DataError(
        f"{path} is neither a folder nor a .zip. Give one of them as DATA; see data/README.md."
    )


def read_files(files: Iterable[ImageFile]) -> Iterator[bytes]:
    """Yield the bytes of each file, in order.

    Raises:
        DataError: a file cannot be read, or is larger than ``MAX_FILE_BYTES``.
    """
    for file in files:
        yield _read(file.path) if file.content is None else file.content


def is_image(name: str) -> bool:
    """Return whether a file's name ends as an image's does."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def make_printable(name: str) -> str:
    r"""Return a file's name with bytes that are no UTF-8 spelt out, as in ``caf\xe9.jpg``."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def check_numbers(
    values: pd.Series, place: str, remedy: str, low: int, high: int = 2**53, is_whole: bool = False
) -> np.ndarray:
    """Return what a column holds as float64.

    Args:
        values: (n,) numbers or text; the index says where each is.
        place: where the column is.
        remedy: what to do where a number is not right.
        low: the least.
        high: the largest; beyond its default float64 no longer tells whole numbers apart.
        is_whole: whether they must be whole numbers.

    Raises:
        DataError: a cell holds no number, or none that may be.
    """
    # pandas keeps a whole number that is too long for all its kinds as Python's own.
    values = values.astype(str) if values.dtype == object else values
    numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
    is_right = numbers.between(low, high) & (not is_whole or numbers % 1 == 0)
    if not is_right.all():
        row = np.flatnonzero(~is_right)[0]
        kind = "whole number" if is_whole else "number"
        raise DataError(
            f"{place}: {values.index[row]} holds {str(values.iloc[row])[:40]!r}; it must be a "
            f"{kind} from {low:,} to {high:,}. {remedy}"
        )
    return numbers.to_numpy()


@contextmanager
def _reading(path: Path | zipfile.Path, damage: str = "is damaged") -> Iterator[None]:
    """Turn what goes wrong with a file into a message that names it."""
    try:
        yield
    except (MemoryError, DataError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError(
                f"{path}: cannot be read ({error.strerror}). Check that it is still there and "
                "that you may read it."
            ) from error
        # zipfile raises many kinds of error on damaged bytes, and all mean the same here.
        raise DataError(
            f"{path} {damage} ({error}). Copy or download it again, or unpack the .zip and give "
            "the folder."
        ) from error


def _read(path: Path | zipfile.Path) -> bytes:
    with _reading(path):
        # Reading from a pipe or a device may wait, or go on, for ever.
        if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path} is not a plain file (a pipe or a device). Remove it.")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise DataError(
            f"{path} is larger than {MAX_FILE_BYTES} bytes, which one file may hold. Shrink or "
            "remove it."
        )
    return content


def _list_folder(path: Path) -> Listing:
    files, folders = [], []
    seen: dict[str, str] = {}
    # A folder that cannot be listed must not pass for an empty one.
    for parent, children, names in os.walk(path, followlinks=True, onerror=_refuse_unlistable):
        _refuse_second_way(path, parent, seen)
        relative = Path(parent).relative_to(path)
        children[:] = [name for name in children if not _is_junk(name)]
        folders += [(relative / name).as_posix() for name in children]
        files += [(relative / name).as_posix() for name in names if not _is_junk(name)]
        # Before the walk goes on below: it is not to follow folders in folders without end.
        for name in (*children, *names):
            _refuse_bad_name(path, (relative / name).as_posix())
    return Listing(path, path, tuple(sorted(files)), tuple(sorted(folders)))


def _refuse_unlistable(error: OSError) -> None:
    raise DataError(
        f"{error.filename}: cannot be listed ({error.strerror}). Check that you may read it."
    )


def _refuse_second_way(path: Path, parent: str, seen: dict[str, str]) -> None:
    """Refuse a folder that links make part of the data twice, or that holds the data itself.

    Its images would count more than once, perhaps in Train and in Validation; a link to a
    folder above would never come to an end.
    """
    real, data = os.path.realpath(parent), os.path.realpath(path)
    if real in seen or (real != data and os.path.commonpath((real, data)) == real):
        raise DataError(
            f"{parent} is a link to {seen.get(real, real)}, so that the same images would be "
            "read twice. Remove the link."
        )
    seen[real] = parent


def _list_archive(path: Path) -> Listing:
    with _reading(path, "is cut off or not a .zip"):
        archive = zipfile.Path(path)
    entries = archive.root.infolist()
    files, folders = [], set()
    for entry in entries:
        name = PurePosixPath(entry.filename)
        _refuse_unsafe(path, entry, name)
        if any(_is_junk(part) for part in name.parts):
            continue
        _refuse_bad_name(path, entry.filename)
        if entry.flag_bits & 0x1:
            raise DataError(
                f"{path}: {name} is encrypted. Unpack it with its password and give the folder as "
                "DATA."
            )
        folders.update(f"{parent}" for parent in name.parents if parent.parts)
        if entry.is_dir():
            folders.add(f"{name}")
        else:
            files.append(f"{name}")
    _refuse_bomb(path, entries)
    repeated = [name for name, count in Counter([*files, *folders]).items() if count > 1]
    if repeated:
        raise DataError(
            f"{path} holds {len(repeated)} names more than once, such as {repeated[0]}. Make the "
            "archive again from its images."
        )
    return Listing(path, archive, tuple(sorted(files)), tuple(sorted(folders)))


def _refuse_unsafe(path: Path, entry: zipfile.ZipInfo, name: PurePosixPath) -> None:
    leads_outside = name.is_absolute() or ".." in name.parts or "\\" in entry.filename
    drive = bool(name.parts) and name.parts[0].endswith(":")
    link = stat.S_ISLNK(entry.external_attr >> 16)
    if leads_outside or drive or link:
        raise DataError(
            f"{path}: the name {entry.filename!r} leads outside of the archive, or may. "
            "The archive is not trustworthy and was not read; make it again from its images."
        )
    if name.as_posix() != entry.filename.removesuffix("/"):
        raise DataError(
            f"{path}: the name {entry.filename!r} has empty or dotted folders in it. Make the "
            "archive again from its images."
        )


def _refuse_bomb(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if unpacked > max(SMALL_ENOUGH, MAX_UNPACKED_RATIO * packed):
        largest = max(entries, key=lambda entry: entry.file_size)
        raise DataError(
            f"{path}: {packed} bytes would unpack to {unpacked}, the largest being "
            f"{largest.filename} with {largest.file_size}. No photographs do; the archive is not "
            "trustworthy and was not read. Make it again from its images."
        )


def _refuse_bad_name(path: Path, name: str) -> None:
    if _CONTROL.search(name):
        raise DataError(
            f"{path}: the name {name!r} holds characters that cannot be shown. Rename it."
        )
    if name.count("/") > MAX_DEPTH:
        raise DataError(
            f"{path}: {name[:80]}... lies in more than {MAX_DEPTH} folders. Give the folder that "
            "holds Train and Validation as DATA."
        )


def _is_junk(name: str) -> bool:
    """What operating systems leave behind: not the user's data, and not worth a note."""
    return name.startswith(".") or name.lower() in ("__macosx", "thumbs.db", "desktop.ini")
