"""Reader of AffectNet's own release: numbered images with an array file for each annotation.

``train_set/`` and ``val_set/`` each hold ``images/<number>.jpg`` and, for each image,
``annotations/<number>_exp.npy`` (class), ``_val.npy`` and ``_aro.npy`` (valence and arousal);
the release's landmarks, ``_lnd.npy``, are not needed. Mollahosseini et al. (2017).
"""

import io
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from numpy.lib import format as npy
from tqdm.auto import tqdm

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.files import DataError, Listing, check_numbers, is_image, read_files

SPLIT_NAMES = {TRAIN: (("train_set",),), VALIDATION: (("val_set",),)}
MARKS = frozenset(("train_set/", "val_set/"))

NO_EXPRESSION = {8: "none", 9: "uncertain", 10: "no face"}
"""Categories of the release that are not expressions."""

UNKNOWN = -2
"""What the release gives for valence and arousal where they could not be told."""


def read_affectnet_release(listing: Listing, top: str) -> FaceDataset:
    """Read labelled faces from AffectNet's release.

    Images without an expression, and images whose valence or arousal is unknown, are left out,
    counted and noted.

    Args:
        listing: what the folder or .zip holds.
        top: the prefix below which the splits lie.

    Raises:
        DataError: a split or an annotation is missing, or an annotation holds no number in its
            range.
    """
    folders, notes = listing.find_splits(top, SPLIT_NAMES)
    tables = {}
    for split, folder in folders.items():
        annotated = _read_split(listing, f"{top}{folder}/")
        is_expression = annotated["exp"] < len(CLASSES)
        is_known = (annotated["val"] != UNKNOWN) & (annotated["aro"] != UNKNOWN)
        tables[split] = annotated[is_expression & is_known]
        notes += _note_files(listing, f"{top}{folder}/", annotated.index)
        left_out = {name: (annotated["exp"] == code).sum() for code, name in NO_EXPRESSION.items()}
        left_out["valence or arousal unknown"] = (is_expression & ~is_known).sum()
        counts = [f"{what}: {count}" for what, count in left_out.items() if count]
        if counts:
            notes.append(f"Left out of {folder}/ by their annotations: {', '.join(counts)}.")
    table = pd.concat(tables.values())
    return FaceDataset(
        title=listing.title,
        rendered=False,
        files=tuple(listing.image_file(name, top) for name in table.index),
        labels=table["exp"].to_numpy(np.int64),
        splits=np.repeat(list(tables), [len(part) for part in tables.values()]),
        valence=table["val"].to_numpy(np.float32),
        arousal=table["aro"].to_numpy(np.float32),
        notes=tuple(notes),
    )


def _read_split(listing: Listing, prefix: str) -> pd.DataFrame:
    """Return class, valence and arousal (columns exp, val, aro) of each image, by its name."""
    folder = PurePosixPath(f"{prefix}images")
    images = [
        name for name in listing.files if is_image(name) and PurePosixPath(name).parent == folder
    ]
    table = pd.DataFrame(index=images)
    for kind, low, high in (("exp", 0, max(NO_EXPRESSION)), ("val", -1, 1), ("aro", -1, 1)):
        names = [f"{prefix}annotations/{PurePosixPath(name).stem}_{kind}.npy" for name in images]
        absent = sorted(set(names) - set(listing.files))
        if absent:
            raise DataError(
                f"{listing.path} lacks {len(absent)} of {len(names)} annotations, such as "
                f"{absent[0]}. Add them, or remove their images."
            )
        contents = read_files(listing.image_file(name) for name in names)
        progress = tqdm(contents, f"read {prefix}*_{kind}.npy", len(names), leave=False)
        places = [f"{listing.path}: {name}" for name in names]
        numbers = pd.Series(map(_read_number, places, progress), names, np.float64)
        is_class = kind == "exp"
        told = numbers[(numbers != UNKNOWN) | is_class]
        check_numbers(told, f"{listing.path}", "Copy it again.", low, high, is_class)
        table[kind] = numbers.to_numpy()
    return table


def _read_number(place: str, content: bytes) -> float:
    """Read an array file of one number, without believing what its header says of its size.

    The release stores numbers as text.
    """
    stream = io.BytesIO(content)
    try:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError("not the format's version 1.0")
        shape, _, kind = npy.read_array_header_1_0(stream)
        if shape not in ((), (1,)):
            raise ValueError(f"its shape is {shape}")
        return float(np.frombuffer(content, kind, count=1, offset=stream.tell()).item())
    except Exception as error:
        # Damaged headers make NumPy raise errors of many kinds, and all mean the same here.
        raise DataError(f"{place} does not hold one number ({error}). Copy it again.") from error


def _note_files(listing: Listing, prefix: str, images: Sequence[str]) -> list[str]:
    """Return notes on the files of a split that are neither its images nor their annotations."""
    annotations = [name for name in listing.files if name.startswith(f"{prefix}annotations/")]
    notes = listing.note_unused(prefix, [*annotations, *images])
    stems = {PurePosixPath(name).stem for name in images}
    classes = {PurePosixPath(name).stem for name in annotations if name.endswith("_exp.npy")}
    alone = {name.removesuffix("_exp") for name in classes} - stems
    if alone:
        notes.append(f"{len(alone)} annotations in {prefix} have no image and were not used.")
    return notes
