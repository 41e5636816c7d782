"""Random data with faults in the forms of AffectNet's release and of FER+'s tables."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from cnnlab.faces.affectnet import NO_EXPRESSION
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.ferplus import NO_CLASS, PIXELS, SIDE, VOTES

from .bad_data import (
    FORMATS,
    NAMES,
    Case,
    choose_image,
    cut_off,
    damage_image,
    encode,
    flip_bytes,
    flip_bytes_of_archive,
    flip_bytes_of_image,
    pack_by,
)

SPLITS = {"train_set": 3, "val_set": 2}
"""Images of each class: enough that no fault alone takes a class from a split."""

USAGES = {"Training": 3, "PublicTest": 2}
COLUMNS = (*CLASSES, *NO_CLASS)


def saved(value: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(value))
    return stream.getvalue()


@st.composite
def sound_release(draw) -> Case:
    """Draw data in the form of AffectNet's release, without a fault."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = "".join(f"{name}/" for name in draw(st.lists(NAMES, max_size=2)))
    as_text = draw(st.booleans())
    files, labels = {}, {}
    for split, count in SPLITS.items():
        for number, label in enumerate(np.repeat(range(len(CLASSES)), count).tolist()):
            suffix = draw(st.sampled_from(list(FORMATS)))
            image = f"{top}{split}/images/{number}{suffix}"
            files[image], labels[image] = encode(generator, suffix), label
            dimensions = generator.uniform(-1, 1, 2).round(3).tolist()
            for kind, value in zip(("exp", "val", "aro"), (label, *dimensions), strict=True):
                files[annotation(image, kind)] = saved(str(value) if as_text else value)
    return Case(draw(st.booleans()), files, top, [], labels)


def annotation(image: str, kind: str) -> str:
    return image.replace("/images/", "/annotations/").rpartition(".")[0] + f"_{kind}.npy"


def _annotate(kinds: str, contents: list[bytes], *refused: str) -> Callable:
    """A fault of one annotation: its content is replaced."""

    def fault(draw, case: Case) -> None:
        kind = draw(st.sampled_from(kinds.split()))
        name = annotation(choose_image(draw, case), kind)
        case.files[name] = draw(st.sampled_from(contents))
        case.refused += refused

    return fault


def leave_out(kind: str, values: list[float]) -> Callable:
    """No fault: an annotation that says the image is not to be used."""

    def fault(draw, case: Case) -> None:
        image = choose_image(draw, case)
        case.files[annotation(image, kind)] = saved(draw(st.sampled_from(values)))
        del case.labels[image]

    return fault


def flip_bytes_of_annotation(draw, case: Case) -> None:
    # Of a class, a flipped digit would be another class, and nobody could know.
    name = annotation(choose_image(draw, case), draw(st.sampled_from(["val", "aro"])))
    case.files[name] = flip_bytes(draw, case.files[name])
    case.open = True


def remove_annotation(draw, case: Case) -> None:
    del case.files[annotation(choose_image(draw, case), draw(st.sampled_from(["exp", "aro"])))]
    case.refused.append("lacks 1 of")


def rename_image(draw, case: Case) -> None:
    image = choose_image(draw, case)
    case.files[f"{case.top}val_set/images/another{Path(image).suffix}"] = case.files.pop(image)
    case.refused.append("lacks 1 of")


def remove_class_of_release(draw, case: Case) -> None:
    label = draw(st.integers(0, len(CLASSES) - 1))
    split = draw(st.sampled_from(list(SPLITS)))
    for name in [name for name in case.labels if f"{split}/" in name]:
        if case.labels[name] == label:
            del case.files[name], case.labels[name]
    case.refused.append(f"has too few images of {CLASSES[label]}")


def remove_folder_of_release(draw, case: Case) -> None:
    folder = draw(st.sampled_from([f"{split}/{end}" for split in SPLITS for end in ("", "images")]))
    for name in [name for name in case.files if name.startswith(case.top + folder)]:
        del case.files[name]
    case.refused += ["lacks the folder", "has too few images of"]


def add_files_to_release(draw, case: Case) -> None:
    case.files |= {
        f"{case.top}train_set/images/notes.txt": b"x",
        f"{case.top}train_set/images/more/0.png": b"x",
        f"{case.top}train_set/annotations/0_lnd.npy": b"x",
        f"{case.top}train_set/annotations/9999_exp.npy": b"x",
        f"{case.top}other/0.png": b"x",
    }


def add_course_layout(draw, case: Case) -> None:
    case.files[f"{case.top}Train/fear/0.png"] = b"x"
    case.refused.append("Keep one of them")


RELEASE_FAULTS = {
    "no such class": _annotate(
        "exp",
        [saved(each) for each in (11, -1, 2.5, "99", 1e300)],
        "must be a whole number from 0 to 10",
    ),
    "no dimension": _annotate(
        "val aro", [saved(each) for each in (1.01, -3, "7")], "must be a number from -1 to 1"
    ),
    "no finite number": _annotate("exp val aro", [saved(np.nan), saved("inf")], "must be a "),
    "no number": _annotate(
        "exp val aro",
        [
            b"",
            b"3",
            saved("sad"),
            saved([1, 2]),
            saved(1j),
            saved(1.0)[:-3],
            saved(1.0).replace(b"()", b"(9)"),
            saved(1.0).replace(b"<f8", b"|O8"),
            pickle.dumps(3),
            b"PK\x05\x06" + bytes(18),
        ],
        "does not hold one number",
    ),
    "no expression": leave_out("exp", list(NO_EXPRESSION)),
    "unknown dimension": leave_out("aro", [-2]),
} | {
    fault.__name__: fault
    for fault in (
        flip_bytes_of_annotation,
        remove_annotation,
        rename_image,
        remove_class_of_release,
        remove_folder_of_release,
        add_files_to_release,
        add_course_layout,
    )
}


@st.composite
def sound_tables(draw) -> Case:
    """Draw data in the form of FER+'s two tables, without a fault."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = "".join(f"{name}/" for name in draw(st.lists(NAMES, max_size=2)))
    images, votes = ["emotion,pixels,Usage"], [f"Usage,Image name,{','.join(COLUMNS)}"]
    labels, contents = {}, {}
    for usage, count in USAGES.items():
        for label in np.repeat(range(len(CLASSES)), count).tolist():
            pixels = generator.integers(0, 256, SIDE * SIDE, dtype=np.uint8)
            name = f"{top}{PIXELS}, row {len(images) + 1}"
            labels[name] = label
            contents[name] = f"P5 {SIDE} {SIDE} 255\n".encode() + pixels.tobytes()
            images.append(f"0,{' '.join(map(str, pixels))},{usage}")
            # Six of ten agree, and single votes are noise.
            counts = generator.permutation([2, 1, 1, 0, 0, 0, 0, 0, 0])
            cells = np.insert(counts, label, 6).tolist()
            votes.append(f"{usage},fer{len(votes):07d}.png,{','.join(map(str, cells))}")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    files = {
        f"{top}{draw(st.sampled_from([name, name.upper()]))}": newline.join(rows).encode()
        for name, rows in ((PIXELS, images), (VOTES, votes))
    }
    return Case(draw(st.booleans()), files, top, [], labels, contents=contents)


def _edit(table: str, edit: Callable[[list[str], int], None], *refused: str) -> Callable:
    """A fault of one table, given its rows and the number of one of them."""

    def fault(draw, case: Case) -> None:
        name = find(case, table)
        rows = case.files[name].decode(errors="replace").splitlines()
        edit(rows, draw(st.integers(1, len(rows) - 1)))
        case.files[name] = "\n".join(rows).encode()
        case.refused += refused

    return fault


def find(case: Case, table: str) -> str:
    return next(name for name in case.files if name.lower().endswith(f"{table}"))


def _put(value: str, column: int) -> Callable[[list[str], int], None]:
    def edit(rows: list[str], number: int) -> None:
        cells = rows[number].split(",")
        cells[column] = value
        rows[number] = ",".join(cells)

    return edit


def _put_pixels(change: Callable[[list[str]], list[str]]) -> Callable[[list[str], int], None]:
    def edit(rows: list[str], number: int) -> None:
        emotion, pixels, usage = rows[number].split(",")
        rows[number] = f"{emotion},{' '.join(change(pixels.split()))},{usage}"

    return edit


def _rename_column(old: str) -> Callable[[list[str], int], None]:
    def edit(rows: list[str], number: int) -> None:
        rows[0] = rows[0].replace(old, "x")

    return edit


def _delete_row(rows: list[str], number: int) -> None:
    del rows[number]


def _separate_by_semicolons(rows: list[str], number: int) -> None:
    rows[:] = [row.replace(",", ";") for row in rows]


def leave_out_row(draw, case: Case) -> None:
    """No fault: a row whose votes agree on nothing, or on no class."""
    number = draw(st.integers(1, len(case.labels)))
    counts = draw(
        st.sampled_from(["5,5,0,0,0,0,0,0,0,0", "0,0,0,0,0,0,0,0,9,1", ",".join("0" * 10)])
    )
    name = find(case, VOTES)
    rows = case.files[name].decode().splitlines()
    rows[number] = ",".join([*rows[number].split(",")[:2], counts])
    case.files[name] = "\n".join(rows).encode()
    del case.labels[f"{case.top}{PIXELS}, row {number + 1}"]


def add_private_test(draw, case: Case) -> None:
    for table, row in ((PIXELS, "0,1 2 3,PrivateTest"), (VOTES, "PrivateTest,x" + ",1" * 10)):
        case.files[find(case, table)] += b"\n" + row.encode()


def remove_table(draw, case: Case) -> None:
    table = draw(st.sampled_from([PIXELS, VOTES]))
    del case.files[find(case, table)]
    case.refused.append(f"lacks {table}")


def give_table_twice(draw, case: Case) -> None:
    table = draw(st.sampled_from([PIXELS, VOTES]))
    case.files[f"{case.top}copy/{table}"] = b"x"
    case.refused.append("Keep one ")


def empty_table(draw, case: Case) -> None:
    table = draw(st.sampled_from([PIXELS, VOTES]))
    case.files[find(case, table)] = draw(st.sampled_from([b"", b"\n\n", b"\xff\xfe" + b"a\0" * 9]))
    case.refused += ["is not a table", "lacks the columns"]


def flip_bytes_of_pixels(draw, case: Case) -> None:
    # Of votes, flipped digits might make another majority, and nobody could know.
    case.files[find(case, PIXELS)] = flip_bytes(draw, case.files[find(case, PIXELS)])
    case.open = True


FERPLUS_FAULTS = {
    "pixels too few": _edit(PIXELS, _put_pixels(lambda all: all[1:]), "must hold 2304"),
    "pixels beyond 255": _edit(PIXELS, _put_pixels(lambda all: ["256", *all[1:]]), "must hold"),
    "pixels below 0": _edit(PIXELS, _put_pixels(lambda all: ["-1", *all[1:]]), "must hold"),
    "pixels of text": _edit(PIXELS, _put_pixels(lambda all: ["x", *all[1:]]), "must hold 2304"),
    "huge pixels": _edit(PIXELS, _put_pixels(lambda all: ["9" * 40, *all[1:]]), "must hold 2304"),
    "no pixels": _edit(PIXELS, _put("", 1), "must hold 2304"),
    "unknown usage": _edit(PIXELS, _put("Practice", 2), "belong together"),
    "other usage": _edit(VOTES, _put("PrivateTest", 0), "belong together"),
    "column of pixels missing": _edit(PIXELS, _rename_column("pixels"), "lacks the columns"),
    "column of votes missing": _edit(VOTES, _rename_column("fear"), "lacks the columns"),
    "row of pixels missing": _edit(PIXELS, _delete_row, "belong together"),
    "row of votes missing": _edit(VOTES, _delete_row, "belong together"),
    "votes below 0": _edit(VOTES, _put("-1", 5), "whole number from 0"),
    "half a vote": _edit(VOTES, _put("0.5", 5), "whole number from 0"),
    "no votes": _edit(VOTES, _put("", 5), "whole number from 0"),
    "votes without end": _edit(VOTES, _put("inf", 5), "whole number from 0"),
    "votes of text": _edit(VOTES, _put("many", 5), "whole number from 0"),
    "votes beyond all": _edit(VOTES, _put("9" * 400, 5), "whole number from 0"),
    "semicolons": _edit(VOTES, _separate_by_semicolons, "lacks the columns"),
} | {
    fault.__name__: fault
    for fault in (
        leave_out_row,
        add_private_test,
        remove_table,
        give_table_twice,
        empty_table,
        flip_bytes_of_pixels,
        add_course_layout,
    )
}

OF_IMAGES = (damage_image, flip_bytes_of_image)
OF_ARCHIVES = (pack_by, cut_off, flip_bytes_of_archive)


@st.composite
def other_cases(draw) -> Case:
    """Draw data in one of the two forms, with one or two faults."""
    sound, faults = draw(
        st.sampled_from([(sound_release, RELEASE_FAULTS), (sound_tables, FERPLUS_FAULTS)])
    )
    case = draw(sound())
    known = dict(faults)
    if sound is sound_release:
        known |= {fault.__name__: fault for fault in OF_IMAGES}
    if case.archive:
        known |= {fault.__name__: fault for fault in OF_ARCHIVES}
    name = draw(st.sampled_from(list(known)))
    known[name](draw, case)
    case.history.append(name)
    if draw(st.booleans()) and case.archive and not case.on_disk:
        flip_bytes_of_archive(draw, case)
        case.history.append(flip_bytes_of_archive.__name__)
    return case
