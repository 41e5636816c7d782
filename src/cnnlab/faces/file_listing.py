"""What a folder or a .zip holds, found without unpacking anything and without trusting it."""

import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cnnlab.faces.dataset import DataError, ImageFile, open_archive
from cnnlab.quoting import make_title

IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)

MAX_DEPTH = 32
"""Folders within folders. No data need more, and names of thousands fill the memory."""

MAX_UNPACKED_RATIO = 100
"""Photographs shrink by a few per cent in a .zip and tables about tenfold; bombs a thousandfold."""

SMALL_ENOUGH = 2**30
"""Bytes that a .zip may unpack to whatever its ratio."""

# Line breaks and terminal commands: such a name would rewrite the message that shows it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Listing:
    """What a folder or a .zip holds, junk left out.

    Attributes:
        path: the folder or the .zip.
        files: names relative to ``path``, with ``/``, sorted.
        folders: names of folders likewise, empty ones included.
    """

    path: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]

    def image_file(self, name: str, shown_as: str) -> ImageFile:
        """Return the image of this name; ``shown_as`` is what messages and digests call it."""
        shown_as = make_printable(shown_as)
        if self.path.is_dir():
            return ImageFile(self.path / name, shown_as)
        return ImageFile(self.path, shown_as, member=name)


def list_data(path: Path) -> Listing:
    """List what a folder or a .zip holds.

    Links to folders are followed, each folder once.

    Raises:
        DataError: nothing there, neither a folder nor a .zip, a folder that may not be listed or
            is met twice, a damaged or encrypted .zip, or one whose names, repetitions or size
            show that it was made to do harm.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{path} does not exist. Check the path given as DATA.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path.") from error
    if stat.S_ISDIR(mode):
        return _list_folder(path)
    # To read from a pipe would be to wait for ever.
    if stat.S_ISREG(mode) and (path.suffix.lower() == ".zip" or _is_zip(path)):
        return _list_archive(path)
    raise DataError(
        f"{path} is neither a folder nor a .zip. Give one of them as DATA; see data/README.md."
    )


def find_top(listing: Listing, split_names: Collection[str]) -> str:
    """Return the prefix (empty, or ending in ``/``) below which the splits lie.

    Args:
        listing: what there is.
        split_names: what the folders of splits may be called, in lower case.
    """
    top = ""
    while True:
        children = list_children(listing, top)
        if len(children) != 1 or children[0].lower() in split_names:
            return top
        top += children[0] + "/"


def list_children(listing: Listing, prefix: str) -> list[str]:
    """Return the names of the folders directly below a prefix."""
    below = (name.removeprefix(prefix) for name in listing.folders if name.startswith(prefix))
    return [name for name in below if name and "/" not in name]


def make_printable(name: str) -> str:
    r"""Return a file's name with bytes that are no UTF-8 spelt out, as in ``caf\xe9.jpg``."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def title_of(path: Path) -> str:
    """Return what figures and tables call the data: the path's name, see ``make_title``."""
    absolute = Path(os.path.abspath(path))
    name = absolute.name if absolute.is_dir() else absolute.stem
    return make_title(name)


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
        for name in (*children, *names):
            _refuse_bad_name(path, (relative / name).as_posix())
    return Listing(path, tuple(sorted(files)), tuple(sorted(folders)))


def _refuse_unlistable(error: OSError) -> None:
    raise DataError(
        f"{error.filename}: cannot be listed ({error.strerror}). Check that you may read it."
    )


def _refuse_second_way(path: Path, parent: str, seen: dict[str, str]) -> None:
    """Refuse a folder that links make part of the data twice, or that holds the data itself.

    Its images would count more than once, perhaps in Train and in Validation; a link to a
    folder above would never come to an end.
    """
    real = os.path.realpath(parent)
    data = os.path.realpath(path)
    if real in seen or (real != data and os.path.commonpath((real, data)) == real):
        raise DataError(
            f"{parent} is a link to {seen.get(real, real)}, so that the same images would be "
            "read twice. Remove the link."
        )
    seen[real] = parent


def _is_zip(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). Check that you may read it."
        ) from error


def _list_archive(path: Path) -> Listing:
    with open_archive(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        _refuse_unsafe(path, entry)
    _refuse_bomb(path, entries)
    kept = [
        entry
        for entry in entries
        if not any(_is_junk(part) for part in PurePosixPath(entry.filename).parts)
    ]
    for entry in kept:
        _refuse_bad_name(path, entry.filename)
        if entry.flag_bits & 0x1:
            raise DataError(
                f"{path}: {entry.filename} is encrypted. Unpack it with its password and give "
                "the folder as DATA."
            )
    files = [entry.filename for entry in kept if not entry.is_dir()]
    folders = {entry.filename.rstrip("/") for entry in kept if entry.is_dir()}
    folders.update(
        parent.as_posix()
        for entry in kept
        for parent in PurePosixPath(entry.filename).parents
        if parent.parts
    )
    _refuse_repeated(path, files, folders)
    return Listing(path, tuple(sorted(files)), tuple(sorted(folders)))


def _refuse_unsafe(path: Path, entry: zipfile.ZipInfo) -> None:
    name = PurePosixPath(entry.filename)
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


def _refuse_repeated(path: Path, files: list[str], folders: set[str]) -> None:
    counts = Counter([*files, *folders])
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise DataError(
            f"{path} holds {len(repeated)} names more than once, such as {repeated[0]}. Make the "
            "archive again from its images."
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
