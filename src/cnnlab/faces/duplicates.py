"""Images that are in Train and in Validation: there a network is asked what it was told."""

import imagehash
import numpy as np
import pandas as pd
from PIL import Image
from tqdm.auto import tqdm

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset

NEAR_DISTANCE = 4
"""Most differing bits, of 64, between the perceptual hashes of near-identical images.

On photographs of FER2013 that we looked at, all pairs within 4 were copies; from 6 on some were
of different people. Distances are even, since half of the bits of each hash are set.
"""

BLOCK = 512


def find_duplicates(
    dataset: FaceDataset, images: np.ndarray, near_distance: int = NEAR_DISTANCE
) -> pd.DataFrame:
    """Find pairs of a Train and a Validation image that are the same, or nearly.

    The same are files of equal bytes. Nearly the same are images whose perceptual hashes (the
    signs of 64 low frequencies of the discrete cosine transform of the grey image) differ in
    few bits: recompressed, resized or slightly brighter copies. A flat image has no signs to
    speak of, so pairs that are only near are for looking at, not proven. Nothing is removed.

    Args:
        dataset: n images.
        images: (n, h, w, 3) uint8, their pixels.
        near_distance: most differing bits for near-identical images.

    Returns:
        One row for each pair, closest first: ``train`` and ``validation`` (names), ``identical``
        (bool: equal bytes), ``distance`` (bits), ``train_label`` and ``validation_label``.
    """
    train = np.flatnonzero(dataset.splits == TRAIN)
    validation = np.flatnonzero(dataset.splits == VALIDATION)
    left, right, distances = _near_pairs(
        _perceptual_hashes(images, train), _perceptual_hashes(images, validation), near_distance
    )
    rows = [
        {
            "train": dataset.files[i].name,
            "validation": dataset.files[j].name,
            "identical": dataset.content_hashes[i] == dataset.content_hashes[j],
            "distance": int(distance),
            "train_label": CLASSES[dataset.labels[i]],
            "validation_label": CLASSES[dataset.labels[j]],
        }
        for i, j, distance in zip(train[left], validation[right], distances, strict=True)
    ]
    columns = ["train", "validation", "identical", "distance", "train_label", "validation_label"]
    table = pd.DataFrame(rows, columns=columns)
    order = ["identical", "distance", "train", "validation"]
    return table.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def find_copies(dataset: FaceDataset, images: np.ndarray) -> np.ndarray:
    """Return the rows of Validation images that Train holds too, or nearly.

    Pairs of ``find_duplicates``, but near ones of different people are no copies.

    Args:
        dataset: n images.
        images: (n, h, w, 3) uint8, their pixels.

    Returns:
        (m,) int64, ascending.
    """
    pairs = find_duplicates(dataset, images)
    row_of = {file.name: row for row, file in enumerate(dataset.files)}
    train, validation = (
        pairs[split].map(row_of).to_numpy(np.int64) for split in (TRAIN, VALIDATION)
    )
    if dataset.identities is not None:
        same_person = dataset.identities[train] == dataset.identities[validation]
        validation = validation[same_person | pairs["identical"].to_numpy(bool)]
    return np.unique(validation)


def _perceptual_hashes(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the 64-bit hash of each of some images, (m,) uint64."""
    # Row by row: images[rows] would bring all pixels into memory.
    bits = [
        imagehash.phash(Image.fromarray(images[row])).hash.ravel()
        for row in tqdm(rows, desc="look for duplicates", unit="image", leave=False)
    ]
    return np.packbits(np.array(bits, bool).reshape(-1, 64), axis=1).view(np.uint64)[:, 0]


def _near_pairs(
    left: np.ndarray, right: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows in ``left`` and ``right`` and the distance of all pairs within ``most``."""
    found = []
    for start in range(0, len(left), BLOCK):
        distances = np.bitwise_count(left[start : start + BLOCK, None] ^ right[None, :])
        rows, columns = np.nonzero(distances <= most)
        found.append((rows + start, columns, distances[rows, columns]))
    rows, columns, distances = zip(*found, strict=True)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(distances)
