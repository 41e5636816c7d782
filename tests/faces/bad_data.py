"""Random data with faults whose outcome is known: what the readers are fuzzed with."""

import io
import os
import re
import signal
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from PIL import Image
from tqdm import tqdm

from cnnlab.faces import affectnet, decoding, ferplus, loading
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.decoding import decode_image
from cnnlab.faces.files import read_files
from cnnlab.settings import PROFILES
from plumbing.user_errors import UserError

SIZE = 16
SECONDS = 60
REMEDIES = (
    r"(?i)\b(add|check|copy|correct|expected|fill|give|"
    r"keep|make|remove|rename|repair|replace|save|shrink|unpack|use)\b"
)

# Lossless, so that the oracle may compare pixels.
FORMATS = {".png": "PNG", ".bmp": "BMP", ".tif": "TIFF", ".ppm": "PPM", ".WEBP": "WEBP"}
SYNONYMS = ("Neutral", "happy", "SAD", "surprised", "afraid", "Disgusted", "angry", "contempt")
NAMES = st.one_of(
    st.sampled_from(
        ["چهره ۱", "شادی‌ها", "a b", "x'y", 'q"q', "$HOME", ";ls", "é", "悲", "-rf", "%s"]
    ),
    st.text("ابپتچ ۰۱۲abcXYZ_-()&#'$;", min_size=1, max_size=8),
).filter(lambda name: name.strip() == name and not name.startswith("."))


@dataclass
class Case:
    """Data to write, and what a reader must make of them.

    Attributes:
        archive: whether they are written as a .zip.
        files: content by name, with the folders above the splits.
        top: those folders, empty or ending in ``/``.
        folders: of each split and label, for the faults to choose from.
        labels: of each image that is one, by name, whether readable or not.
        unreadable: names of images that cannot be decoded.
        refused: parts of messages, one of which must be in the refusal; empty: no refusal.
        open: whether the reader may do either, since the damage is random.
        identities: whether the column identity must have been read.
        contents: of each image that is no file but the row of a table, by name.
        on_disk: faults of what was written, each given the folder or .zip.
        history: the faults' names.
    """

    archive: bool
    files: dict[str, bytes]
    top: str
    folders: list[str]
    labels: dict[str, int]
    method: int = zipfile.ZIP_STORED
    unreadable: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    open: bool = False
    identities: bool = False
    contents: dict[str, bytes] = field(default_factory=dict)
    on_disk: list[Callable[[Path], None]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all_folders = tuple(self.folders)

    def _repr_pretty_(self, printer, cycle) -> None:
        """What hypothesis shows of a failing case; the files would fill pages."""
        kind = "a .zip" if self.archive else "a folder"
        printer.text(f"<{kind} below {self.top!r} with {self.history or 'no fault'}>")


def encode(generator: np.random.Generator, suffix: str) -> bytes:
    shape = (*generator.integers(4, 12, 2), 3)
    stream = io.BytesIO()
    options = {"lossless": True} if suffix == ".WEBP" else {}
    pixels = generator.integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(stream, FORMATS[suffix], **options)
    return stream.getvalue()


@st.composite
def sound_data(draw) -> Case:
    """Draw data in the course's layout without a fault."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = "".join(f"{name}/" for name in draw(st.lists(NAMES, max_size=2)))
    splits = draw(
        st.sampled_from([("Train", "Validation"), ("training", "VAL"), ("train", "test")])
    )
    classes = draw(st.sampled_from([CLASSES, SYNONYMS, tuple("01234567")]))
    names = draw(st.lists(NAMES, min_size=3, max_size=3, unique_by=str.casefold))
    files, labels, folders = {}, {}, []
    for split, count in zip(splits, (draw(st.integers(2, 3)), 1), strict=True):
        for label, name in enumerate(classes):
            folders.append(f"{top}{split}/{name}")
            for stem in names[:count]:
                suffix = draw(st.sampled_from(list(FORMATS)))
                image = f"{folders[-1]}/{stem}{suffix}"
                files[image] = encode(generator, suffix)
                labels[image] = label
    return Case(draw(st.booleans()), files, top, folders, labels)


def choose_image(draw, case: Case) -> str:
    return draw(st.sampled_from(sorted(set(case.labels) & set(case.files) - case.unreadable)))


def choose_folder(draw, case: Case) -> str:
    return draw(st.sampled_from(case.folders))


# Each fault changes a case and says what must come of it.


def damage_image(draw, case: Case) -> None:
    name = choose_image(draw, case)
    content = case.files[name]
    huge = struct.pack(">II", 30_000, draw(st.integers(10_000, 2**31 - 1)))
    header = b"IHDR" + huge + b"\x08\x02\0\0\0"
    case.files[name] = draw(
        st.sampled_from(
            [
                b"",
                b"a text, not a picture",
                content[: len(content) // 2] if content[:2] != b"P6" else content[:9],
                b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0d" + header + struct.pack(">I", _crc(header)),
                b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n",
                _zip_of({"Train/anger/inner.png": content}),
                b"\xff\xd8\xff\xe0" + content[:20],
                b"GIF89a" + b"\xff" * 20,
            ]
        )
    )
    case.unreadable.add(name)


def flip_bytes_of_image(draw, case: Case) -> None:
    name = choose_image(draw, case)
    case.files[name] = flip_bytes(draw, case.files[name])
    case.open = True


def rename_ending(draw, case: Case) -> None:
    name = choose_image(draw, case)
    other = f"{os.path.splitext(name)[0]} 2{draw(st.sampled_from(list(FORMATS)))}"
    case.files[other], case.labels[other] = case.files.pop(name), case.labels.pop(name)


def add_other_files(draw, case: Case) -> None:
    folder = choose_folder(draw, case)
    case.files |= {
        f"{folder}/notes.txt": b"x",
        f"{folder}/inner.zip": _zip_of({"0.png": b"x"}),
        f"{folder}/.hidden.png": b"x",
        f"{folder}/Thumbs.db": b"x",
    }


def add_unknown_class(draw, case: Case) -> None:
    split = choose_folder(draw, case).rpartition("/")[0]
    name = draw(st.sampled_from(["8", "-1", "boredom", "شادی", "0.5", "None"]))
    case.files[f"{split}/{name}/0.png"] = b"x"
    case.refused.append(f"{name} is not the name of a class")


def remove_class(draw, case: Case) -> None:
    folder = choose_folder(draw, case)
    _remove(case, folder)
    if draw(st.booleans()):
        case.files[f"{folder}/notes.txt"] = b"x"
    case.refused.append("has too few images of")
    case.folders.remove(folder)


def remove_split(draw, case: Case) -> None:
    _remove(case, choose_folder(draw, case).rpartition("/")[0])
    case.refused += ["lacks the folder", "no known layout"]
    case.folders = case.folders[:0]


def give_split_twice(draw, case: Case) -> None:
    case.files |= {f"{case.top}{name}/fear/0.png": b"x" for name in ("Train", "training", "TRAIN")}
    case.refused.append("which mean the same")


def bury_in_folders(draw, case: Case) -> None:
    case.files[f"{choose_folder(draw, case)}/{'a/' * 40}0.png"] = b"x"
    case.refused.append("lies in more than")


def name_with_control_characters(draw, case: Case) -> None:
    character = draw(st.sampled_from("\n\r\x1b\x07\u202e\u2028"))
    name = f"a{character}b.png"
    case.files[f"{choose_folder(draw, case)}/{name}"] = b"x"
    case.refused.append("cannot be shown")


def add_table(draw, case: Case) -> None:
    """A sound labels.csv, in the forms that programs write."""
    newline, mark = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from(["", "\ufeff"]))
    case.files[f"{case.top}labels.csv"] = (mark + newline.join(_rows(case))).encode()
    case.identities = True


def _table_fault(edit: Callable[[list[str]], list[str]], *refused: str, encoding: str = "utf-8"):
    def fault(draw, case: Case) -> None:
        case.files[f"{case.top}labels.csv"] = "\n".join(edit(_rows(case))).encode(
            encoding, errors="replace"
        )
        case.refused += refused

    return fault


def _edit_row(edit: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda rows: [*rows[:-1], edit(rows[-1])]


def _edit_all(edit: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda rows: [edit(row) for row in rows]


TABLE_FAULTS = {
    "without the column file": _table_fault(lambda rows: ["pth" + rows[0][4:], *rows[1:]]),
    "NaN": _table_fault(_edit_row(lambda row: row.rpartition(",")[0] + ",NaN"), "must be a number"),
    "infinity": _table_fault(
        _edit_row(lambda row: row.rpartition(",")[0] + ",inf"), "must be a number"
    ),
    "valence 7": _table_fault(
        _edit_row(lambda row: row.rpartition(",")[0] + ",7"), "must be a number"
    ),
    "text": _table_fault(_edit_row(lambda row: row.rpartition(",")[0] + ",x"), "must be a number"),
    "a number beyond all": _table_fault(
        _edit_row(lambda row: f"{row.rpartition(',')[0]},1{'0' * 400}"), "must be a number"
    ),
    "label 8": _table_fault(_edit_row(lambda row: _put(row, 1, "8")), "its folder calls it"),
    "no label": _table_fault(_edit_row(lambda row: _put(row, 1, "")), "its folder calls it"),
    "huge identity": _table_fault(
        _edit_row(lambda row: _put(row, 2, "9" * 30)), "must be a whole number"
    ),
    "half a person": _table_fault(
        _edit_row(lambda row: _put(row, 2, "0.5")), "must be a whole number"
    ),
    "row missing": _table_fault(lambda rows: rows[:-1], "lacks 1 of"),
    "row twice": _table_fault(lambda rows: [*rows, rows[-1]], "more than one row"),
    "row too long": _table_fault(
        lambda rows: [rows[0], *(row + ",1" for row in rows[1:])], "is not a table"
    ),
    "semicolons": _table_fault(_edit_all(lambda row: row.replace(",", ";")), "not separated by"),
    "tabs": _table_fault(_edit_all(lambda row: row.replace(",", "\t")), "not separated by"),
    "UTF-16": _table_fault(lambda rows: rows, "is not a table", encoding="utf-16"),
    "an older encoding": _table_fault(
        lambda rows: [*rows, "چهره.png,0,0,0"], "is not a table", encoding="cp1256"
    ),
    "nothing": _table_fault(lambda rows: [], "is not a table"),
}


def flip_bytes_of_table(draw, case: Case) -> None:
    add_table(draw, case)
    case.files[f"{case.top}labels.csv"] = flip_bytes(draw, case.files[f"{case.top}labels.csv"])
    case.open = True


# Faults of folders.


def add_pipe_or_device(draw, case: Case) -> None:
    name = f"{choose_folder(draw, case)}/strange.png"
    kind = draw(st.sampled_from(["pipe", "/dev/zero", "/dev/stdin", "/dev/tty", "socket"]))

    def make(path: Path) -> None:
        if kind.startswith("/dev"):
            (path / name).symlink_to(kind)
        elif kind == "pipe":
            os.mkfifo(path / name)
        else:
            os.mknod(path / name, 0o140600)

    case.on_disk.append(make)
    # What /dev/stdin and /dev/tty are depends on who runs the tests.
    case.open |= kind in ("/dev/stdin", "/dev/tty")
    case.refused.append("not a plain file")


def add_unreadable_file(draw, case: Case) -> None:
    """Root may read every file but a few of the kernel's own."""
    name = f"{choose_folder(draw, case)}/secret.png"
    target = draw(st.sampled_from(["/proc/self/mem", "nowhere", "secret.png"]))
    case.on_disk.append(lambda path: (path / name).symlink_to(target))
    case.refused.append("secret.png: cannot be read")


def add_link_of_folders(draw, case: Case) -> None:
    name = f"{choose_folder(draw, case)}/link"
    target = draw(st.sampled_from(["..", ".", "../..", "/", "loops"]))
    if target == "loops":
        # Two links that lead to each other lead nowhere: they pass for files without an ending.
        case.on_disk.append(lambda path: _make_loop(path / name))
    else:
        case.on_disk.append(lambda path: (path / name).symlink_to(target))
        case.refused.append("would be read twice")


def link_an_image(draw, case: Case) -> None:
    name, folder = choose_image(draw, case), choose_folder(draw, case)
    link = f"{folder}/linked{os.path.splitext(name)[1]}"
    if link in case.labels:
        return
    label = next(case.labels[each] for each in case.labels if each.startswith(folder + "/"))
    case.on_disk.append(lambda path: (path / link).symlink_to(path / name))
    case.labels[link] = label


def name_in_no_encoding(draw, case: Case) -> None:
    folder = choose_folder(draw, case)
    case.on_disk.append(lambda path: (path / folder / os.fsdecode(b"caf\xe9.txt")).write_bytes(b""))


# Faults of archives.


def _in_archive(make: Callable[[zipfile.ZipFile, str], None], *refused: str, open: bool = False):
    def fault(draw, case: Case) -> None:
        folder = choose_folder(draw, case)

        def change(path: Path) -> None:
            with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
                # That a name is there twice is meant.
                warnings.simplefilter("ignore", UserWarning)
                make(archive, folder)

        case.on_disk.append(change)
        case.refused += refused
        case.open |= open

    return fault


def _add_link(archive: zipfile.ZipFile, folder: str) -> None:
    entry = zipfile.ZipInfo(f"{folder}/link.png")
    entry.external_attr = 0o120777 << 16
    archive.writestr(entry, "/etc/passwd")


def lead_outside(draw, case: Case) -> None:
    name = draw(
        st.sampled_from(
            ["../evil.png", "Train/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png"]
        )
    )
    _in_archive(lambda archive, folder: archive.writestr(name, b"x"), "leads outside")(draw, case)


def _in_directory(edit: Callable[[bytearray, int], None], *refused: str, open: bool = False):
    """A fault of one entry of the archive's directory, given the content and where it begins."""

    def fault(draw, case: Case) -> None:
        number = draw(st.integers(0, 10))

        def change(path: Path) -> None:
            content = bytearray(path.read_bytes())
            entries = [match.start() for match in re.finditer(b"PK\x01\x02", bytes(content))]
            edit(content, entries[number % len(entries)])
            path.write_bytes(content)

        case.on_disk.append(change)
        case.refused += refused
        case.open |= open

    return fault


def _set_encrypted(content: bytearray, entry: int) -> None:
    content[entry + 8] |= 1


def _claim_huge(content: bytearray, entry: int) -> None:
    struct.pack_into("<I", content, entry + 24, 2**32 - 2)


def _claim_short(content: bytearray, entry: int) -> None:
    struct.pack_into("<I", content, entry + 24, 1)


def _set_unknown_method(content: bytearray, entry: int) -> None:
    struct.pack_into("<H", content, entry + 10, 99)


def _set_other_method(content: bytearray, entry: int) -> None:
    struct.pack_into("<H", content, entry + 10, 14)


def cut_off(draw, case: Case) -> None:
    share = draw(st.floats(0, 0.99))
    case.on_disk.append(lambda path: path.write_bytes(_cut(path.read_bytes(), share)))
    case.refused.append("is cut off or not a .zip")


def flip_bytes_of_archive(draw, case: Case) -> None:
    seed = draw(st.integers(0, 2**32 - 1))

    def change(path: Path) -> None:
        generator = np.random.default_rng(seed)
        content = bytearray(path.read_bytes())
        directory = max(content.find(b"PK\x01\x02"), 0)
        start = directory if generator.random() < 0.7 else 0
        for place in generator.integers(start, len(content), generator.integers(1, 6)):
            content[place] = generator.integers(256)
        path.write_bytes(content)

    case.on_disk.append(change)
    case.open = True


def pack_by(draw, case: Case) -> None:
    case.method = draw(st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))


ANYWHERE = {
    fault.__name__: fault
    for fault in (
        damage_image,
        flip_bytes_of_image,
        rename_ending,
        add_other_files,
        add_unknown_class,
        remove_class,
        remove_split,
        give_split_twice,
        bury_in_folders,
        name_with_control_characters,
        add_table,
        flip_bytes_of_table,
    )
} | {f"labels.csv: {name}": fault for name, fault in TABLE_FAULTS.items()}
IN_FOLDERS = {
    fault.__name__: fault
    for fault in (
        add_pipe_or_device,
        add_unreadable_file,
        add_link_of_folders,
        link_an_image,
        name_in_no_encoding,
    )
}
IN_ARCHIVES = {
    "pack_by": pack_by,
    "lead_outside": lead_outside,
    "cut_off": cut_off,
    "flip_bytes_of_archive": flip_bytes_of_archive,
    "symbolic link": _in_archive(_add_link, "leads outside"),
    "name twice": _in_archive(
        lambda archive, folder: [archive.writestr(f"{folder}/2.png", b"x") for _ in "12"],
        "more than once",
    ),
    "dotted folders": _in_archive(
        lambda archive, folder: archive.writestr(f"./{folder}/2.png", b"x"), "dotted folders"
    ),
    "encrypted": _in_directory(_set_encrypted, "is encrypted"),
    "bomb": _in_directory(_claim_huge, "would unpack to", "is cut off"),
    "short": _in_directory(_claim_short, "is damaged"),
    "unknown method": _in_directory(_set_unknown_method, "is damaged"),
    "other method": _in_directory(_set_other_method, open=True),
}
FAULTS = ANYWHERE | IN_FOLDERS | IN_ARCHIVES


@st.composite
def cases(draw) -> Case:
    """Draw data with one or several faults."""
    case = draw(sound_data())
    known = ANYWHERE | (IN_ARCHIVES if case.archive else IN_FOLDERS)
    for name in draw(st.lists(st.sampled_from(list(known)), min_size=1, max_size=3, unique=True)):
        if not case.folders:
            break
        if name.startswith("labels.csv") and f"{case.top}labels.csv" in case.files:
            continue
        if name in IN_ARCHIVES and case.on_disk:
            # An archive that is damaged already cannot be opened to damage it once more.
            continue
        known[name](draw, case)
        case.history.append(name)
    # More than one fault may hide another, and a table must know what the other faults made.
    alone = len(case.history) < 2
    case.open |= not alone
    return case


def check(case: Case, folder: Path, monkeypatch) -> str:
    """Write a case, read it, and compare with what must come of it.

    Returns:
        ``read`` or ``refused``.
    """
    data = write(case, folder)
    monkeypatch.setattr(loading, "DECODED", folder / "decoded")
    monkeypatch.setattr(loading, "IMAGE_SIZE", SIZE)
    for module in (affectnet, ferplus, decoding):
        monkeypatch.setattr(module, "tqdm", partial(tqdm, disable=True))
    before = snapshot(folder)
    try:
        with time_limit():
            faces = loading.load_faces(PROFILES["default"], data)
    except UserError as error:
        message = str(error)
        assert case.refused or case.open or _loses_class(case), f"refused without cause: {message}"
        assert data.name in message or data.stem in message, message
        assert re.search(REMEDIES, message), message
        if not case.open and case.refused:
            assert any(part in message for part in case.refused), message
        return "refused"
    finally:
        assert snapshot(folder) == before, "something was written beside data/decoded"
    assert case.open or not (case.refused or _loses_class(case)), "accepted in spite of a fault"
    compare(case, faces)
    return "read"


def compare(case: Case, faces: loading.Faces) -> None:
    """Compare what was read with what was written, as far as the faults leave it known."""
    assert len(faces.images) == len(faces.labels) == len(faces.dataset.files)
    parts = [faces.split.training, faces.split.development, faces.split.validation]
    assert sorted(np.concatenate(parts)) == list(range(len(faces.images)))
    # Whatever the damage, an image never gets another's label or pixels.
    files = faces.dataset.files
    for row, (file, content) in enumerate(zip(files, read_files(files), strict=True)):
        np.testing.assert_array_equal(faces.images[row], decode_image(content, SIZE))
        if not case.open:
            assert case.contents.get(case.top + file.name, content) == content
        known = case.labels.get(case.top + file.name)
        assert known == faces.labels[row] or (case.open and known is None)
    if case.open:
        return
    read = {case.top + file.name for file in faces.dataset.files}
    assert read == set(case.labels) - case.unreadable
    assert {case.top + image.name for image in faces.unreadable} == case.unreadable
    assert (faces.dataset.identities is not None) == case.identities


def write(case: Case, folder: Path) -> Path:
    if case.archive:
        path = folder / "دادهٔ من.zip"
        with zipfile.ZipFile(path, "w", case.method) as archive:
            for name, content in case.files.items():
                archive.writestr(name, content)
    else:
        path = folder / "دادهٔ من"
        for name, content in case.files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        for name in case.on_disk and case.all_folders:
            # Where one fault removes a folder, another may still put something there.
            (path / name).mkdir(parents=True, exist_ok=True)
    for fault in case.on_disk:
        fault(path)
    return path


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of all files but those of the cache that readers may write."""
    return {
        name: (os.lstat(name).st_size, os.lstat(name).st_mtime_ns)
        for parent, _, names in os.walk(folder)
        for name in (os.path.join(parent, each) for each in names)
        if not name.startswith(str(folder / "decoded"))
    }


@contextmanager
def time_limit():
    """Fail, rather than hang, where a reader waits for ever."""

    def stop(*_):
        raise AssertionError(f"nothing happened for {SECONDS} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _loses_class(case: Case) -> bool:
    """Whether a class has lost its Validation images, or all but one of its Train images."""
    counts = Counter(name.rpartition("/")[0] for name in set(case.labels) - case.unreadable)
    return any(counts[folder] < 1 + (number < 8) for number, folder in enumerate(case.folders))


def _rows(case: Case) -> list[str]:
    rows = ["file,label,identity,valence"]
    for number, (name, label) in enumerate(sorted(case.labels.items())):
        shown = name.removeprefix(case.top).replace('"', '""')
        rows.append(f'"{shown}",{label},{number},0.5')
    return rows


def _put(row: str, column: int, value: str) -> str:
    # Names hold no commas; the last three cells are numbers.
    cells = row.rsplit(",", 3)
    cells[column] = value
    return ",".join(cells)


def _remove(case: Case, folder: str) -> None:
    for name in [name for name in case.files if name.startswith(folder + "/")]:
        del case.files[name]
        case.labels.pop(name, None)
        case.unreadable.discard(name)


def flip_bytes(draw, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


def _cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def _crc(chunk: bytes) -> int:
    return zipfile.crc32(chunk)


def _zip_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _make_loop(link: Path) -> None:
    link.symlink_to("link2")
    link.with_name("link2").symlink_to("link")
