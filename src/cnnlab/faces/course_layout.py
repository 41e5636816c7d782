"""Reader of the course's layout: ``Train/<class>/*`` and ``Validation/<class>/*``.

A folder or a .zip; what it holds decides, not a flag. Nothing is ever unpacked.
"""

import io
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import (
    CLASSES,
    TRAIN,
    VALIDATION,
    DataError,
    FaceDataset,
    ImageFile,
)
from cnnlab.faces.file_listing import (
    IMAGE_SUFFIXES,
    Listing,
    find_top,
    list_children,
    make_printable,
    title_of,
)

TRAIN_NAMES = ("train", "training")
VALIDATION_NAMES = ("validation", "valid", "val")
TEST_NAMES = ("test",)
SPLIT_NAMES = TRAIN_NAMES + VALIDATION_NAMES + TEST_NAMES

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

EXPECTED = (
    "Expected Train/<class>/* and Validation/<class>/* with the classes "
    f"{', '.join(CLASSES)} (or AffectNet's 0 to 7); see data/README.md."
)


def is_course_layout(listing: Listing) -> bool:
    """Return whether there is a folder with the name of a split."""
    children = list_children(listing, find_top(listing, SPLIT_NAMES))
    return any(child.lower() in SPLIT_NAMES for child in children)


def read_course_layout(listing: Listing) -> FaceDataset:
    """Read labelled faces from a folder or a .zip in the course's layout.

    Names of splits and classes are taken in any case, classes also by AffectNet's index or a
    synonym (``CLASS_NAMES``); everything may lie inside folders that hold nothing else. Where
    ``val`` and ``test`` are both present, ``val`` is Validation. A ``labels.csv`` beside the
    splits with a column ``file`` adds what it knows: ``identity``, ``valence``, ``arousal``
    and action units ``AU1``, ``AU2``, ...

    Args:
        listing: what the folder or the .zip holds.

    Returns:
        The images in the order of their names, so that the same data have the same order.

    Raises:
        DataError: a split or class is missing, unknown or empty, or a ``labels.csv`` contradicts
            the folders.
    """
    top = find_top(listing, SPLIT_NAMES)
    folders = _split_folders(listing, top)
    notes = _notes_on_splits(listing, top, folders)

    names, labels, splits = [], [], []
    for split, folder in folders.items():
        members = _class_members(listing, top, folder)
        notes += _notes_on_classes(listing, top + folder, members)
        for name, label in members.images:
            names.append(name)
            labels.append(label)
            splits.append(split)

    files = tuple(listing.image_file(name, name.removeprefix(top)) for name in names)
    labels = np.array(labels, np.int64)
    table, notes_on_table = _read_label_table(listing, top, files, labels)
    return FaceDataset(
        title=title_of(listing.path),
        rendered=False,
        files=files,
        labels=labels,
        splits=np.array(splits),
        notes=tuple(make_printable(note) for note in (*notes, *notes_on_table)),
        **table,
    )


def _split_folders(listing: Listing, top: str) -> dict[str, str]:
    children = list_children(listing, top)
    train = _only_folder(listing, children, TRAIN_NAMES)
    validation = _only_folder(listing, children, VALIDATION_NAMES)
    validation = validation or _only_folder(listing, children, TEST_NAMES)
    found = f"Found in {listing.path}: {', '.join(children[:12]) or 'no folders'}."
    if train is None or validation is None:
        missing = "Train" if train is None else "Validation"
        raise DataError(f"{listing.path} lacks the folder {missing}. {found} {EXPECTED}")
    return {TRAIN: train, VALIDATION: validation}


def _only_folder(listing: Listing, children: list[str], names: tuple[str, ...]) -> str | None:
    matching = [child for child in children if child.lower() in names]
    if len(matching) > 1:
        raise DataError(
            f"{listing.path} has {' and '.join(matching)}, which mean the same. Keep one of them."
        )
    return matching[0] if matching else None


def _notes_on_splits(listing: Listing, top: str, folders: dict[str, str]) -> list[str]:
    notes = []
    others = [child for child in list_children(listing, top) if child not in folders.values()]
    for other in others:
        if other.lower() in TEST_NAMES:
            notes.append(
                f"Both {folders[VALIDATION]}/ and {other}/ are there: Validation is "
                f"{folders[VALIDATION]}/, and {other}/ was not read."
            )
        else:
            notes.append(f"The folder {other}/ is not part of the layout and was not read.")
    return notes


@dataclass(frozen=True)
class ClassMembers:
    """What the class folders of one split hold.

    Attributes:
        images: name and label of each image, in the order of names.
        others: names of files that are not images, or lie outside of any class.
        folders: for each label the folders that hold it.
    """

    images: tuple[tuple[str, int], ...]
    others: tuple[str, ...]
    folders: dict[int, tuple[str, ...]]


def _class_members(listing: Listing, top: str, folder: str) -> ClassMembers:
    prefix = f"{top}{folder}/"
    folders: dict[int, tuple[str, ...]] = {}
    for child in list_children(listing, prefix):
        label = CLASS_NAMES.get(child.lower())
        if label is None:
            raise DataError(
                f"{listing.path}: {prefix}{child} is not the name of a class. Rename or remove "
                f"it. {EXPECTED}"
            )
        folders[label] = (*folders.get(label, ()), child)
    missing = [name for label, name in enumerate(CLASSES) if label not in folders]
    if missing:
        raise DataError(
            f"{listing.path}: {prefix} has no folder for {', '.join(missing)}. {EXPECTED}"
        )

    images, others = [], []
    for name in listing.files:
        if not name.startswith(prefix):
            continue
        child, _, rest = name.removeprefix(prefix).partition("/")
        if rest and PurePosixPath(rest).suffix.lower() in IMAGE_SUFFIXES:
            images.append((name, CLASS_NAMES[child.lower()]))
        else:
            others.append(name)
    counts = Counter(label for _, label in images)
    for label, children in folders.items():
        if not counts[label]:
            raise DataError(
                f"{listing.path}: {prefix}{children[0]} holds no images (files ending in "
                f"{', '.join(sorted(IMAGE_SUFFIXES))}). Add some: each of the 8 classes needs them."
            )
    return ClassMembers(tuple(images), tuple(others), folders)


def _notes_on_classes(listing: Listing, folder: str, members: ClassMembers) -> list[str]:
    notes = []
    if members.others:
        notes.append(
            f"Left out of {folder}/, not being images of a class: {len(members.others)} "
            f"(such as {members.others[0]})."
        )
    for label, children in members.folders.items():
        if len(children) > 1:
            notes.append(
                f"{folder}/ has {' and '.join(children)}: all were read as {CLASSES[label]}."
            )
    return notes


def _read_label_table(
    listing: Listing, top: str, files: tuple[ImageFile, ...], labels: np.ndarray
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the optional fields of ``FaceDataset`` that ``labels.csv`` knows, and notes."""
    name = f"{top}labels.csv"
    if name not in listing.files:
        return {}, []
    content = listing.image_file(name, name).read_bytes()
    try:
        with warnings.catch_warnings():
            # pandas only warns that it cuts off what a row has beyond the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # As text, 1 stays 1 beside an empty cell.
            kinds = {"file": str, "label": str}
            table = pd.read_csv(io.BytesIO(content), dtype=kinds, index_col=False)
    except (ValueError, pd.errors.ParserWarning) as error:
        raise DataError(
            f"{listing.path}: {name} is not a table ({error}). Repair or remove it."
        ) from error
    if "file" not in table:
        _refuse_other_delimiter(listing, name, table)
        return {}, [f"{name} has no column named file and was not used."]

    twice = table["file"][table["file"].duplicated()]
    if len(twice):
        raise DataError(
            f"{listing.path}: {name} has more than one row for {len(twice)} images, such as "
            f"{twice.iloc[0]}. Keep one row for each."
        )
    table = table.set_index("file")
    shown = [file.name for file in files]
    absent = [file for file in shown if file not in table.index]
    if absent:
        raise DataError(
            f"{listing.path}: {name} lacks {len(absent)} of {len(shown)} images, such as "
            f"{absent[0]}. Add their rows, or remove {name}."
        )
    notes = []
    if len(table) > len(shown):
        notes.append(f"{len(table) - len(shown)} rows of {name} have no image and were not used.")
    table = table.loc[shown]
    _refuse_contradiction(listing, name, table, labels)
    return _optional_fields(listing, name, table), notes


def _refuse_other_delimiter(listing: Listing, name: str, table: pd.DataFrame) -> None:
    header = ",".join(table.columns)
    if any("file" in header.split(delimiter) for delimiter in ";\t|"):
        raise DataError(
            f"{listing.path}: the columns of {name} are not separated by commas. Save it with "
            "commas, or remove it."
        )


def _refuse_contradiction(
    listing: Listing, name: str, table: pd.DataFrame, labels: np.ndarray
) -> None:
    if "label" not in table:
        return
    said = table["label"].astype(str).str.lower().map(CLASS_NAMES)
    wrong = np.flatnonzero(said.to_numpy() != labels)
    if len(wrong):
        row = table.iloc[wrong[0]]
        raise DataError(
            f"{listing.path}: {name} calls {row.name} {row['label']!r}, its folder calls it "
            f"{CLASSES[labels[wrong[0]]]} ({len(wrong)} such rows). Correct one of them."
        )


def _optional_fields(listing: Listing, name: str, table: pd.DataFrame) -> dict[str, np.ndarray]:
    action_units = [column for column in table if column.startswith("AU")]
    columns = {
        # From 2**53 on, a float64 no longer tells whole numbers apart.
        "identities": (["identity"], np.int64, 2**53),
        "valence": (["valence"], np.float32, 1),
        "arousal": (["arousal"], np.float32, 1),
        # The largest of the scales in use is that of FACS, A to E as 1 to 5.
        "action_units": (action_units, np.float32, 5),
    }
    fields = {}
    for field, (names, kind, limit) in columns.items():
        if not names or not set(names) <= set(table):
            continue
        try:
            values = table[names].to_numpy(np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{listing.path}: {name}: {', '.join(names)} must be numbers ({error}). Correct "
                "them, or remove the column."
            ) from error
        if not np.isfinite(values).all():
            raise DataError(
                f"{listing.path}: {name}: {', '.join(names)} has empty or infinite cells. Fill "
                "them in, or remove the column."
            )
        if np.abs(values).max() > limit:
            raise DataError(
                f"{listing.path}: {name}: {', '.join(names)} must lie between {-limit:g} and "
                f"{limit:g}. Correct them, or remove the column."
            )
        if np.issubdtype(kind, np.integer) and (values % 1).any():
            raise DataError(
                f"{listing.path}: {name}: {', '.join(names)} must be whole numbers. Correct them, "
                "or remove the column."
            )
        fields[field] = (values if len(names) > 1 else values[:, 0]).astype(kind)
    return fields
