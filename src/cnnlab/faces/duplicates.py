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


def find_duplicates(dataset: FaceDataset, images: np.ndarray) -> pd.DataFrame:
    """Find pairs of a Train and a Validation image that are the same, or nearly.

    The same are files of equal bytes. Nearly the same are images whose perceptual hashes (the
    signs of 64 low frequencies of the discrete cosine transform of the grey image) differ in
    few bits: recompressed, resized or slightly brighter copies. A flat image has no signs to
    speak of, so pairs that are only near are for looking at, not proven. Nothing is removed.

    Args:
        dataset: n images.
        images: (n, h, w, 3) uint8, their pixels.

    Returns:
        One row for each pair, closest first: ``train`` and ``validation`` (names), ``identical``
        (bool: equal bytes), ``distance`` (bits), ``train_label`` and ``validation_label``.
    """
    train, validation, is_identical, distances = _find_pairs(dataset, images)
    names = np.array([file.name for file in dataset.files], object)
    pairs = pd.DataFrame(
        {
            "train": names[train],
            "validation": names[validation],
            "identical": is_identical,
            "distance": distances,
            "train_label": np.take(CLASSES, dataset.labels[train]),
            "validation_label": np.take(CLASSES, dataset.labels[validation]),
        }
    )
    order = ["identical", "distance", "train", "validation"]
    return pairs.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def find_copies(dataset: FaceDataset, images: np.ndarray) -> np.ndarray:
    """Return the rows of Validation images that Train holds too, or nearly.

    Pairs of ``find_duplicates``, but near ones of different people are no copies.

    Args:
        dataset: n images.
        images: (n, h, w, 3) uint8, their pixels.

    Returns:
        (m,) int64, ascending.
    """
    train, validation, is_identical, _ = _find_pairs(dataset, images)
    if dataset.identities is not None:
        is_same_person = dataset.identities[train] == dataset.identities[validation]
        validation = validation[is_same_person | is_identical]
    return np.unique(validation)


def _find_pairs(dataset: FaceDataset, images: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return of each near pair the rows in Train and Validation, if it is identical, its bits."""
    train, validation = (np.flatnonzero(dataset.splits == split) for split in (TRAIN, VALIDATION))
    left, right, distances = _near_pairs(
        _perceptual_hashes(images, train), _perceptual_hashes(images, validation), NEAR_DISTANCE
    )
    hashes = np.array(dataset.content_hashes, object)
    one, two = train[left], validation[right]
    return one, two, hashes[one] == hashes[two], distances


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
    near = [np.flatnonzero(np.bitwise_count(left ^ one) <= most) for one in right]
    rows = np.concatenate(near)
    columns = np.repeat(np.arange(len(right)), [len(each) for each in near])
    return rows, columns, np.bitwise_count(left[rows] ^ right[columns])
