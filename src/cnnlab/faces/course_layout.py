"""Reader of the course's layout: ``Train/<class>/*`` and ``Validation/<class>/*``."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.files import DataError, Listing, check_numbers, is_image

SPLIT_NAMES = {
    TRAIN: (("train", "training"),),
    VALIDATION: (("validation", "valid", "val"), ("test",)),
}
"""What a split's folder may be called; where ``val`` and ``test`` are there, it is ``val``."""

MARKS = frozenset(
    f"{name}/" for groups in SPLIT_NAMES.values() for group in groups for name in group
)

CLASS_NAMES = {
    **{name: label for label, name in enumerate(CLASSES)},
    **{str(label): label for label in range(len(CLASSES))},
    "happy": 1,
    "sad": 2,
    "surprised": 3,
    "afraid": 4,
    "fearful": 4,
    "disgusted": 5,
    "angry": 6,
    "contemptuous": 7,
}
"""From a folder's name in lower case, or AffectNet's index, to the label."""


def read_course_layout(listing: Listing, top: str) -> FaceDataset:
    """Read labelled faces from a folder or a .zip in the course's layout.

    Names of splits and classes are taken in any case, classes also by AffectNet's index or a
    synonym (``CLASS_NAMES``). A ``labels.csv`` beside the splits with a column ``file`` adds what
    it knows: ``identity``, ``valence``, ``arousal`` and action units ``AU1``, ``AU2``, ...

    Args:
        listing: what the folder or the .zip holds.
        top: the prefix below which the splits lie.

    Raises:
        DataError: a split is missing, a class unknown, or a ``labels.csv`` is wrong or contradicts
            the folders.
    """
    folders, notes = listing.find_splits(top, SPLIT_NAMES)
    names, labels, splits = [], [], []
    for split, folder in folders.items():
        prefix = f"{top}{folder}/"
        classes = _find_classes(listing, prefix)
        inside = [name for name in listing.files if name.startswith(prefix)]
        # A file beside the folders of classes is of none.
        images = [name for name in inside if is_image(name) and "/" in name.removeprefix(prefix)]
        names += images
        labels += [classes[name.removeprefix(prefix).partition("/")[0]] for name in images]
        splits += [split] * len(images)
        notes += listing.note_unused(prefix, images) + _note_synonyms(folder, classes)

    files = tuple(listing.image_file(name, top) for name in names)
    labels = np.array(labels, np.int64)
    known, notes_on_table = _read_labels(listing, top, [file.name for file in files], labels)
    return FaceDataset(
        title=listing.title,
        rendered=False,
        files=files,
        labels=labels,
        splits=np.array(splits),
        notes=(*notes, *notes_on_table),
        **known,
    )


def _find_classes(listing: Listing, prefix: str) -> dict[str, int]:
    """Return the label of each folder of a split."""
    folders = listing.list_children(prefix)
    for folder in folders:
        if folder.lower() not in CLASS_NAMES:
            raise DataError(
                f"{listing.path}: {prefix}{folder} is not the name of a class. Rename or remove "
                f"it. Expected are {', '.join(CLASSES)}, or AffectNet's 0 to 7; see "
                "data/README.md."
            )
    return {folder: CLASS_NAMES[folder.lower()] for folder in folders}


def _note_synonyms(folder: str, classes: dict[str, int]) -> list[str]:
    notes = []
    for label, name in enumerate(CLASSES):
        same = [child for child, other in classes.items() if other == label]
        if len(same) > 1:
            notes.append(f"{folder}/ has {' and '.join(same)}: all were read as {name}.")
    return notes


def _read_labels(
    listing: Listing, top: str, shown: Sequence[str], labels: np.ndarray
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the optional fields of ``FaceDataset`` that ``labels.csv`` knows, and notes."""
    name = f"{top}labels.csv"
    place = f"{listing.path}: {name}"
    if name not in listing.files:
        return {}, []
    # As text, 1 stays 1 beside an empty cell.
    table = listing.read_table(name, dtype={"file": str, "label": str})
    if "file" not in table:
        if re.search(r"\bfile[;\t|]|[;\t|]file\b", ",".join(table)):
            raise DataError(
                f"{place}: its columns are not separated by commas. Save it with commas, or "
                "remove it."
            )
        return {}, [f"{name} has no column named file and was not used."]
    table = table.set_index("file")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise DataError(
            f"{place} has more than one row for {len(twice)} images, such as {twice[0]}. Keep one "
            "row for each."
        )
    absent = [file for file in shown if file not in table.index]
    if absent:
        raise DataError(
            f"{place} lacks {len(absent)} of {len(shown)} images, such as {absent[0]}. Add their "
            f"rows, or remove {name}."
        )
    rest = len(table) - len(shown)
    table = table.loc[shown]
    if "label" in table:
        said = table["label"].astype(str).str.lower().map(CLASS_NAMES)
        for row in np.flatnonzero(said.to_numpy() != labels):
            raise DataError(
                f"{place} calls {shown[row]} {table['label'].iloc[row]!r}, its folder calls it "
                f"{CLASSES[labels[row]]}. Correct one of them."
            )
    notes = [f"{rest} rows of {name} have no image and were not used."] if rest else []
    return _read_columns(table, place), notes


def _read_columns(table: pd.DataFrame, place: str) -> dict[str, np.ndarray]:
    """Return those of the columns that are there, by the names of ``FaceDataset``."""

    def read(column: str, low: int, high: int, is_whole: bool = False) -> np.ndarray:
        remedy = "Correct it, or remove the column."
        return check_numbers(table[column], f"{place}: {column}", remedy, low, high, is_whole)

    fields = {}
    if "identity" in table:
        fields["identities"] = read("identity", -(2**53), 2**53, is_whole=True).astype(np.int64)
    for column in ("valence", "arousal"):
        if column in table:
            fields[column] = read(column, -1, 1).astype(np.float32)
    units = [column for column in table if column.startswith("AU")]
    if units:
        # The largest of the scales in use is that of FACS, A to E as 1 to 5.
        values = [read(column, -5, 5).astype(np.float32) for column in units]
        fields["action_units"] = np.stack(values, axis=1)
    return fields
