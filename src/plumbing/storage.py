"""Files that are whole or not there, and entries of caches that are known to be sound.

A file is written under a temporary name, brought to the disk and renamed, so that a run may
end at any moment. An entry of a cache has a seal beside it, ``<name>.json``: what the entry
belongs to, and its digest. An entry without a seal that fits is made again.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from plumbing.user_errors import UserError

_DISK_ERRORS = ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENOTDIR")


@contextmanager
def new_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what is written there takes its place at the end.

    Whatever goes wrong before that, ``path`` stays as it was.

    Args:
        path: a file, which is replaced, or a folder, which must not exist. Missing parents are
            made.

    Raises:
        UserError: the disk is full, or can't be written.
    """
    # The ending stays last: Keras and NumPy choose their format by it.
    temporary = path.with_name(f".{os.getpid()}.part.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _bring_to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        if errno.errorcode.get(error.errno) not in _DISK_ERRORS:
            raise
        raise cannot_write(path, error) from error
    finally:
        discard(temporary)


def cannot_write(path: Path, error: OSError) -> UserError:
    """Return what to tell the user of a file that could not be written."""
    return UserError(
        f"{path} can't be written: {error.strerror or error}. What was finished before is kept. "
        "Make room, or allow writing there, and run the same again."
    )


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all.

    Raises:
        UserError: as in ``new_path``.
    """
    with new_path(path) as temporary:
        temporary.write_bytes(content)


def make_sealed(
    path: Path, key: str, write: Callable[[Path], dict[str, Any] | None]
) -> dict[str, Any]:
    """Return what is known of a file, which is made and sealed where there is no sound one.

    Args:
        path: the file.
        key: as in ``seal``.
        write: makes the file at the temporary path that it is given, and returns what ``seal``
            is to know of it, if anything.

    Raises:
        UserError: as in ``new_path``.
    """
    known = read_seal(path, key)
    if known is None:
        with new_path(path) as temporary:
            facts = write(temporary)
        known = seal(path, key, **(facts or {}))
    return known


def seal(path: Path, key: str, **facts: Any) -> dict[str, Any]:
    """Declare a file to be whole, and return what ``read_seal`` will.

    Args:
        path: the file.
        key: what it belongs to, such as a digest of all that decides its content.
        facts: what else is known of it, as JSON holds it.

    Raises:
        UserError: as in ``new_path``.
    """
    known = {"key": key, "blake2b": _digest_now(path), **facts}
    write_bytes(_seal_of(path), json.dumps(known, indent=1).encode())
    return known


def read_seal(path: Path, key: str) -> dict[str, Any] | None:
    """Return what is known of a sound file, or None when it must be made.

    A file that is damaged, unfinished or belongs to something else is named on the terminal.
    A file is read for its digest once in a process, for as long as it stays the same.

    Args:
        path: the file.
        key: what it must belong to.
    """
    if not path.exists() and not _seal_of(path).exists():
        return None
    fault = "is damaged, or was not finished"
    # Whatever is wrong with one of the two files, the remedy is the same.
    with suppress(OSError, ValueError, KeyError, TypeError):
        known, found = json.loads(_seal_of(path).read_bytes()), path.stat()
        digest = _digest_once(path, found.st_size, found.st_mtime_ns, found.st_ino)
        if known["key"] != key:
            fault = "belongs to something else"
        elif known["blake2b"] == digest:
            return known
    print(f"{path} {fault}: it is made again.", file=sys.stderr, flush=True)
    return None


def discard(path: Path) -> None:
    """Remove a file or a folder with all that it holds, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def discard_sealed(path: Path) -> None:
    """Remove a file with its seal, if they are there."""
    discard(path)
    discard(_seal_of(path))


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files below a folder whose processes were killed."""
    for path in sorted(folder.rglob(".*.part.*")):
        process = re.match(r"\.(\d+)\.part\.", path.name)
        if process and not psutil.pid_exists(int(process[1])):
            discard(path)


def _seal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


@cache
def _digest_once(path: Path, size: int, modified: int, inode: int) -> str:
    return _digest_now(path)


def _digest_now(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def _bring_to_disk(path: Path) -> None:
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            # Windows brings only what may be written to the disk.
            with file.open("r+b" if os.name == "nt" else "rb") as stream:
                os.fsync(stream.fileno())
