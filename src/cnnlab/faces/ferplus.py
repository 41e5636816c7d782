"""Reader of FER+: FER2013's table of pixels with the votes of ten annotators.

``fer2013.csv`` (Goodfellow et al. 2013) holds an image of 48x48 grey pixels in each row;
``fer2013new.csv`` (Barsoum et al. 2016) holds, row by row for the same images, how many of ten
annotators voted for each class.
"""

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.files import DataError, ImageFile, Listing, check_numbers

PIXELS, VOTES = "fer2013.csv", "fer2013new.csv"
MARKS = frozenset((PIXELS, VOTES))
SIDE = 48
SPLITS = {"Training": TRAIN, "PublicTest": VALIDATION}
RESERVED = "PrivateTest"
NO_CLASS = ("unknown", "NF")
"""Votes for something else than a class: not sure, and not a face."""

AS_PUBLISHED = "Copy or download the file again, as published."


def read_ferplus(listing: Listing, top: str) -> FaceDataset:
    """Read labelled faces from FER+'s two tables.

    The label is the class that the majority named, as in Barsoum et al. (2016), section 3: a
    class with a single vote counts as noise and is dropped, and more than half of the votes that
    remain must agree. ``Training`` is Train and ``PublicTest`` is Validation.

    Args:
        listing: what the folder or .zip holds.
        top: not needed: the tables may lie in any folder.

    Raises:
        DataError: a table, a column or a row is missing, the tables do not belong together, or a
            cell cannot be right.
    """
    pixels = _read_table(listing, PIXELS, ("pixels", "Usage"))
    votes = _read_table(listing, VOTES, ("Usage", *CLASSES, *NO_CLASS))
    _refuse_strangers(listing, pixels["Usage"], votes["Usage"])
    labels = _label_by_majority(listing, votes)
    usage = pixels["Usage"]
    is_used = (labels >= 0) & usage.isin(SPLITS)
    texts = tqdm(pixels["pixels"][is_used].items(), f"read {PIXELS}", is_used.sum(), leave=False)
    notes = []
    for name, split in SPLITS.items():
        count = ((labels < 0) & (usage == name)).sum()
        if count:
            notes.append(
                f"Left out of {split}, since no class has the majority of the votes: {count} "
                "images."
            )
    reserved = (usage == RESERVED).sum()
    if reserved:
        notes.append(
            f"Validation is PublicTest; the {reserved} images of {RESERVED} were not read."
        )
    return FaceDataset(
        title=listing.title,
        rendered=False,
        files=tuple(_make_image(listing, f"{PIXELS}, {row}", text) for row, text in texts),
        labels=labels[is_used],
        splits=usage[is_used].map(SPLITS).to_numpy(str),
        notes=tuple(notes),
    )


def _read_table(listing: Listing, wanted: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read one of the tables; its index says which row of the file each one is."""
    names = [name for name in listing.files if name.rpartition("/")[2].lower() == wanted]
    if not names:
        raise DataError(
            f"{listing.path} lacks {wanted}. FER+ needs both {PIXELS} and {VOTES}: add it; see "
            "data/README.md."
        )
    if len(names) > 1:
        raise DataError(f"{listing.path} has {' and '.join(names)}. Keep one {wanted}.")
    table = listing.read_table(names[0])
    absent = [column for column in columns if column not in table]
    if absent:
        raise DataError(
            f"{listing.path}: {names[0]} lacks the columns {', '.join(absent)}. {AS_PUBLISHED}"
        )
    return table.set_axis([f"row {number}" for number in range(2, len(table) + 2)])


def _refuse_strangers(listing: Listing, pixels: pd.Series, votes: pd.Series) -> None:
    """Refuse tables whose rows are not the same images, by what use each names."""
    both = pd.concat([pixels, votes], axis=1, keys=[PIXELS, VOTES])
    known = [*SPLITS, RESERVED]
    wrong = both[(both[PIXELS] != both[VOTES]) | ~both[PIXELS].isin(known)]
    for row, (one, other) in wrong.iterrows():
        raise DataError(
            f"{listing.path}: {row} has the usage {one} in {PIXELS} and {other} in {VOTES}. The "
            f"tables belong together row by row, and both must say the same of {', '.join(known)}: "
            "use both as published."
        )


def _label_by_majority(listing: Listing, table: pd.DataFrame) -> np.ndarray:
    """Return (n,) int64 labels, -1 where no class has the majority."""
    place = f"{listing.path}: {VOTES}"
    columns = [
        check_numbers(table[name], f"{place}: {name}", AS_PUBLISHED, low=0, is_whole=True)
        for name in (*CLASSES, *NO_CLASS)
    ]
    votes = np.stack(columns, axis=1)
    votes[votes == 1] = 0
    winners = votes.argmax(axis=1)
    has_majority = 2 * votes.max(axis=1) > votes.sum(axis=1)
    return np.where(has_majority & (winners < len(CLASSES)), winners, -1)


def _make_image(listing: Listing, name: str, text: str) -> ImageFile:
    """Return one row's pixels as an image in the PGM format."""
    try:
        values = np.array(str(text).split(), np.int64).reshape(SIDE, SIDE)
        if values.min() < 0 or values.max() > 255:
            raise ValueError(f"they reach from {values.min()} to {values.max()}")
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{listing.path}: {name} must hold {SIDE * SIDE} pixels, whole numbers from 0 to 255 "
            f"({error}). {AS_PUBLISHED}"
        ) from error
    header = f"P5 {SIDE} {SIDE} 255\n".encode()
    return ImageFile(listing.path, name, content=header + values.astype(np.uint8).tobytes())
