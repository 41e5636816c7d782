"""Reader of AffectNet's own release: numbered images with an array file for each annotation.

``train_set/`` and ``val_set/`` each hold ``images/<number>.jpg`` and, for each image,
``annotations/<number>_exp.npy`` (class), ``_val.npy`` and ``_aro.npy`` (valence and arousal);
the release's landmarks, ``_lnd.npy``, are not needed. Mollahosseini et al. (2017).
"""

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.lib import format as npy
from tqdm.auto import tqdm

from cnnlab.faces.dataset import (
    CLASSES,
    TRAIN,
    VALIDATION,
    DataError,
    FaceDataset,
    ImageFile,
    read_files,
)
from cnnlab.faces.file_listing import (
    IMAGE_SUFFIXES,
    Listing,
    find_top,
    list_children,
    make_printable,
    title_of,
)

SPLIT_FOLDERS = {TRAIN: "train_set", VALIDATION: "val_set"}
NO_EXPRESSION = {8: "none", 9: "uncertain", 10: "no face"}
"""Categories of the release that are not expressions."""

UNKNOWN_DIMENSION = -2
"""What the release gives for valence and arousal where they could not be told."""


@dataclass(frozen=True)
class Annotated:
    """The images of one split that show one of the classes.

    Attributes:
        files: n images.
        labels: (n,) int64.
        valence: (n,) float32 in [-1, 1].
        arousal: (n,) float32 in [-1, 1].
        notes: what was left out, a sentence each.
    """

    files: tuple[ImageFile, ...]
    labels: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    notes: tuple[str, ...]


def is_affectnet_release(listing: Listing) -> bool:
    """Return whether the folders are those of AffectNet's release."""
    children = list_children(listing, find_top(listing, SPLIT_FOLDERS.values()))
    return bool({child.lower() for child in children} & set(SPLIT_FOLDERS.values()))


def read_affectnet_release(listing: Listing) -> FaceDataset:
    """Read labelled faces from AffectNet's release.

    Images without an expression, and images whose valence or arousal is unknown, are left out,
    counted and noted.

    Args:
        listing: what the folder or .zip holds.

    Raises:
        DataError: a split, an annotation or a class is missing, or an annotation holds no number
            in its range.
    """
    top = find_top(listing, SPLIT_FOLDERS.values())
    found = {child.lower(): child for child in list_children(listing, top)}
    absent = [name for name in SPLIT_FOLDERS.values() if name not in found]
    if absent:
        raise DataError(
            f"{listing.path} lacks the folder {absent[0]}. AffectNet's release has both "
            f"{' and '.join(SPLIT_FOLDERS.values())}: add it; see data/README.md."
        )
    parts = {split: _read_split(listing, top, found[name]) for split, name in SPLIT_FOLDERS.items()}
    unread = [
        f"The folder {make_printable(folder)}/ is not part of AffectNet's release and was not read."
        for child, folder in found.items()
        if child not in SPLIT_FOLDERS.values()
    ]
    return FaceDataset(
        title=title_of(listing.path),
        rendered=False,
        files=tuple(file for part in parts.values() for file in part.files),
        labels=np.concatenate([part.labels for part in parts.values()]),
        splits=np.repeat(list(parts), [len(part.files) for part in parts.values()]),
        valence=np.concatenate([part.valence for part in parts.values()]),
        arousal=np.concatenate([part.arousal for part in parts.values()]),
        notes=(*unread, *(note for part in parts.values() for note in part.notes)),
    )


def _read_split(listing: Listing, top: str, folder: str) -> Annotated:
    prefix, annotations = (f"{top}{folder}/{name}/" for name in ("images", "annotations"))
    images = [name for name in listing.files if name.startswith(prefix) and _is_image(name, prefix)]
    if not images:
        raise DataError(
            f"{listing.path}: {prefix} holds no images. Add those of the release; see "
            "data/README.md."
        )
    stems = [PurePosixPath(name).stem for name in images]
    classes, valence, arousal = (
        _read_numbers(listing, annotations, stems, kind) for kind in ("exp", "val", "aro")
    )
    _refuse_unknown_classes(listing, annotations, stems, classes)
    for kind, values in (("val", valence), ("aro", arousal)):
        _refuse_out_of_range(listing, annotations, stems, kind, values)

    expressive = classes < len(CLASSES)
    known = (valence != UNKNOWN_DIMENSION) & (arousal != UNKNOWN_DIMENSION)
    kept = np.flatnonzero(expressive & known)
    labels = classes[kept].astype(np.int64)
    for label in sorted(set(range(len(CLASSES))) - set(labels.tolist())):
        raise DataError(
            f"{listing.path}: {top}{folder} has no image of {CLASSES[label]} ({label}). Add some: "
            f"each of the {len(CLASSES)} classes needs them."
        )
    others = [
        name
        for name in listing.files
        if name.startswith(f"{top}{folder}/")
        and not name.startswith(annotations)
        and not _is_image(name, prefix)
    ]
    return Annotated(
        files=tuple(listing.image_file(images[row], images[row].removeprefix(top)) for row in kept),
        labels=labels,
        valence=valence[kept].astype(np.float32),
        arousal=arousal[kept].astype(np.float32),
        notes=(
            *_notes_on_files(listing, annotations, stems, others),
            *_notes_on_classes(folder, classes, int((expressive & ~known).sum())),
        ),
    )


def _is_image(name: str, prefix: str) -> bool:
    """Return whether a file lies directly below the prefix and has an image's ending."""
    path = PurePosixPath(name)
    return f"{path.parent}/" == prefix and path.suffix.lower() in IMAGE_SUFFIXES


def _read_numbers(listing: Listing, folder: str, stems: list[str], kind: str) -> np.ndarray:
    """Return (n,) float64, one number an image."""
    names = [f"{folder}{stem}_{kind}.npy" for stem in stems]
    absent = sorted(set(names) - set(listing.files))
    if absent:
        raise DataError(
            f"{listing.path} lacks {len(absent)} of {len(names)} annotations, such as "
            f"{make_printable(absent[0])}. Add them, or remove their images."
        )
    contents = read_files(listing.image_file(name, name) for name in names)
    pairs = zip(names, contents, strict=True)
    progress = tqdm(pairs, desc=f"read {folder}*_{kind}.npy", total=len(names), leave=False)
    return np.array([_parse_number(listing, name, content) for name, content in progress])


def _parse_number(listing: Listing, name: str, content: bytes) -> float:
    """Read an array file of one number; the release stores numbers as text."""
    shown = f"{listing.path}: {make_printable(name)}"
    try:
        number = _decode_number(content)
    except Exception as error:
        # Damaged headers make NumPy raise errors of many kinds, and all mean the same here.
        raise DataError(f"{shown} does not hold one number ({error}). Copy it again.") from error
    if not np.isfinite(number):
        raise DataError(f"{shown} holds {number}. Copy it again.")
    return number


def _decode_number(content: bytes) -> float:
    """Decode an array of one element, without believing what its header says of its size."""
    stream = io.BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("not the format's version 1.0")
    shape, _, kind = npy.read_array_header_1_0(stream)
    if shape not in ((), (1,)):
        raise ValueError(f"its shape is {shape}")
    return float(np.frombuffer(content, kind, count=1, offset=stream.tell()).item())


def _refuse_unknown_classes(
    listing: Listing, folder: str, stems: list[str], classes: np.ndarray
) -> None:
    known = [*range(len(CLASSES)), *NO_EXPRESSION]
    for row in np.flatnonzero(~np.isin(classes, known)):
        raise DataError(
            f"{listing.path}: {make_printable(folder + stems[row])}_exp.npy holds "
            f"{classes[row]:g}, which is not a class of AffectNet (0 to {max(known)}). Copy it "
            "again."
        )


def _refuse_out_of_range(
    listing: Listing, folder: str, stems: list[str], kind: str, values: np.ndarray
) -> None:
    wrong = (np.abs(values) > 1) & (values != UNKNOWN_DIMENSION)
    for row in np.flatnonzero(wrong):
        raise DataError(
            f"{listing.path}: {make_printable(folder + stems[row])}_{kind}.npy holds "
            f"{values[row]:g}; it must lie in [-1, 1], or be {UNKNOWN_DIMENSION} where unknown. "
            "Copy it again."
        )


def _notes_on_files(
    listing: Listing, annotations: str, stems: list[str], others: list[str]
) -> list[str]:
    notes = []
    if others:
        notes.append(
            f"Left out, not being images of the release: {len(others)} (such as "
            f"{make_printable(others[0])})."
        )
    labelled = {
        name.removeprefix(annotations).removesuffix("_exp.npy")
        for name in listing.files
        if name.startswith(annotations) and name.endswith("_exp.npy")
    }
    if alone := labelled - set(stems):
        notes.append(f"{len(alone)} annotations in {annotations} have no image and were not used.")
    return notes


def _notes_on_classes(folder: str, classes: np.ndarray, unknown: int) -> list[str]:
    notes = []
    counts = Counter(int(each) for each in classes if each in NO_EXPRESSION)
    if counts:
        named = ", ".join(f"{NO_EXPRESSION[each]}: {counts[each]}" for each in sorted(counts))
        notes.append(f"Left out of {folder}/, since they show none of the 8 classes: {named}.")
    if unknown:
        notes.append(
            f"Left out of {folder}/, since valence or arousal is unknown: {unknown} images."
        )
    return notes
