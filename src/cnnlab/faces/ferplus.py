"""Reader of FER+: FER2013's table of pixels with the votes of ten annotators.

``fer2013.csv`` (Goodfellow et al. 2013) holds an image of 48x48 grey pixels in each row;
``fer2013new.csv`` (Barsoum et al. 2016) holds, row by row for the same images, how many of ten
annotators voted for each class.
"""

import io
from collections import Counter

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, DataError, FaceDataset, ImageFile
from cnnlab.faces.file_listing import Listing, title_of

PIXELS, VOTES = "fer2013.csv", "fer2013new.csv"
SIDE = 48
SPLITS = {"Training": TRAIN, "PublicTest": VALIDATION}
RESERVED = "PrivateTest"
NO_CLASS = ("unknown", "NF")
"""Votes for something else than a class: not sure, and not a face."""


def is_ferplus(listing: Listing) -> bool:
    """Return whether one of the two tables is there."""
    return any(_find_table(listing, wanted) for wanted in (PIXELS, VOTES))


def read_ferplus(listing: Listing) -> FaceDataset:
    """Read labelled faces from FER+'s two tables.

    The label is the class that the majority named, as in Barsoum et al. (2016), section 3: a
    class with a single vote counts as noise and is dropped, and more than half of the votes that
    remain must agree. ``Training`` is Train and ``PublicTest`` is Validation.

    Args:
        listing: what the folder or .zip holds.

    Raises:
        DataError: a table, a column, a row or a class is missing, the tables do not belong
            together, or a cell cannot be right.
    """
    tables = {wanted: _only_table(listing, wanted) for wanted in (PIXELS, VOTES)}
    pixels = _read_table(listing, tables[PIXELS], ("pixels", "Usage"))
    votes = _read_table(listing, tables[VOTES], ("Usage", *CLASSES, *NO_CLASS))
    _refuse_strangers(listing, tables, pixels, votes)
    labels = _label_by_majority(listing, tables[VOTES], votes)
    usage = pixels["Usage"].to_numpy()
    rows = np.flatnonzero((labels >= 0) & np.isin(usage, list(SPLITS)))
    splits = np.array([SPLITS[each] for each in usage[rows]])
    for split in SPLITS.values():
        for label in sorted(set(range(len(CLASSES))) - set(labels[rows][splits == split].tolist())):
            raise DataError(
                f"{listing.path}: by the votes in {tables[VOTES]}, no image of {split} shows "
                f"{CLASSES[label]}. Each of the {len(CLASSES)} classes is needed: use the tables "
                "as published."
            )
    return FaceDataset(
        title=title_of(listing.path),
        rendered=False,
        files=tuple(
            _image_file(listing, pixels, row)
            for row in tqdm(rows, desc=f"read {PIXELS}", unit="image", leave=False)
        ),
        labels=labels[rows],
        splits=splits,
        notes=_notes(usage, labels),
    )


def _find_table(listing: Listing, wanted: str) -> list[str]:
    return [name for name in listing.files if name.rpartition("/")[2].lower() == wanted]


def _only_table(listing: Listing, wanted: str) -> str:
    names = _find_table(listing, wanted)
    if not names:
        raise DataError(
            f"{listing.path} lacks {wanted}. FER+ needs both {PIXELS} and {VOTES}: add it; see "
            "data/README.md."
        )
    if len(names) > 1:
        raise DataError(f"{listing.path} has {' and '.join(names)}. Keep one {wanted}.")
    return names[0]


def _read_table(listing: Listing, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    content = listing.image_file(name, name).read_bytes()
    try:
        table = pd.read_csv(io.BytesIO(content), skipinitialspace=True)
    except ValueError as error:
        raise DataError(
            f"{listing.path}: {name} is not a table ({error}). Copy or download it again."
        ) from error
    absent = [column for column in columns if column not in table]
    if absent:
        raise DataError(
            f"{listing.path}: {name} lacks the columns {', '.join(absent)}. Use the file as "
            "published."
        )
    return table


def _refuse_strangers(
    listing: Listing, tables: dict[str, str], pixels: pd.DataFrame, votes: pd.DataFrame
) -> None:
    """Refuse tables whose rows are not the same images."""
    if len(pixels) != len(votes):
        raise DataError(
            f"{listing.path}: {tables[PIXELS]} has {len(pixels)} rows and {tables[VOTES]} has "
            f"{len(votes)}. They belong together row by row: use both as published."
        )
    differing = np.flatnonzero(pixels["Usage"].to_numpy() != votes["Usage"].to_numpy())
    if len(differing):
        row = differing[0]
        raise DataError(
            f"{listing.path}: row {row + 2} is {pixels['Usage'].iloc[row]!r} in {tables[PIXELS]} "
            f"and {votes['Usage'].iloc[row]!r} in {tables[VOTES]}. They belong together row by "
            "row: use both as published."
        )
    known = {*SPLITS, RESERVED}
    for row in np.flatnonzero(~pixels["Usage"].isin(known)):
        raise DataError(
            f"{listing.path}: row {row + 2} of {tables[PIXELS]} has the usage "
            f"{pixels['Usage'].iloc[row]!r}; it must be one of {', '.join(sorted(known))}."
        )


def _label_by_majority(listing: Listing, name: str, table: pd.DataFrame) -> np.ndarray:
    """Return (n,) int64 labels, -1 where no class has the majority."""
    columns = [*CLASSES, *NO_CLASS]
    try:
        votes = table[columns].to_numpy(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{listing.path}: {name}: votes must be numbers ({error}). Copy or download the file "
            "again."
        ) from error
    wrong = ~(np.isfinite(votes) & (votes >= 0) & (votes == np.floor(votes))).all(axis=1)
    for row in np.flatnonzero(wrong):
        raise DataError(
            f"{listing.path}: row {row + 2} of {name}: votes must be whole numbers from 0 on. Copy "
            "or download the file again."
        )
    votes = np.where(votes > 1, votes, 0)
    winners = votes.argmax(axis=1)
    has_majority = 2 * votes.max(axis=1) > votes.sum(axis=1)
    return np.where(has_majority & (winners < len(CLASSES)), winners, -1)


def _image_file(listing: Listing, table: pd.DataFrame, row: int) -> ImageFile:
    """Return one row's pixels as an image in the PGM format."""
    shown = f"{PIXELS}, row {row + 2}"
    try:
        values = np.array(str(table["pixels"].iloc[row]).split(), np.int64)
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{listing.path}: {shown}: pixels must be whole numbers. Copy or download the "
            "file again."
        ) from error
    if len(values) != SIDE * SIDE or values.min() < 0 or values.max() > 255:
        raise DataError(
            f"{listing.path}: {shown} must hold {SIDE * SIDE} pixels from 0 to 255, and holds "
            f"{len(values)}. Copy or download the file again."
        )
    header = f"P5 {SIDE} {SIDE} 255\n".encode()
    return ImageFile(listing.path, shown, content=header + values.astype(np.uint8).tobytes())


def _notes(usage: np.ndarray, labels: np.ndarray) -> tuple[str, ...]:
    notes = []
    counts = Counter(usage[labels < 0])
    for each, split in SPLITS.items():
        if counts[each]:
            notes.append(
                f"Left out of {split}, since no class has the majority of the votes: "
                f"{counts[each]} images."
            )
    reserved = int((usage == RESERVED).sum())
    if reserved:
        notes.append(
            f"Validation is PublicTest; the {reserved} images of {RESERVED} were not read."
        )
    return tuple(notes)
