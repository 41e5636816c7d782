"""Training, development and validation images."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from cnnlab.faces.dataset import TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.files import DataError

FOLDS = 7
"""One fold of seven is held out: 14 per cent."""


@dataclass(frozen=True)
class Split:
    """Which image serves what; the three are disjoint.

    Attributes:
        training: (t,) int64, the images of Train/ that weights are fitted to.
        development: (d,) int64, the images of Train/ that choose epochs and settings.
        validation: (v,) int64, Validation/: only reported on, never chosen by.
    """

    training: np.ndarray
    development: np.ndarray
    validation: np.ndarray


def split_dataset(dataset: FaceDataset, seed: int) -> Split:
    """Set about 14 per cent of Train/ aside for development.

    Every class keeps its share. Where identities are known, nobody is in both parts, since a
    network that recognises people would otherwise look better than it is.

    Args:
        dataset: n images in Train/ and Validation/, of each class at least two in Train/.
        seed: decides which images are held out.

    Raises:
        DataError: people cannot be parted so that every class is in both parts.
    """
    train = np.flatnonzero(dataset.splits == TRAIN)
    labels = dataset.labels[train]
    if dataset.identities is None:
        training, development = _split_by_class(labels, seed)
    else:
        training, development = _split_by_identity(dataset, labels, dataset.identities[train], seed)
    return Split(
        training=train[np.sort(training)],
        development=train[np.sort(development)],
        validation=np.flatnonzero(dataset.splits == VALIDATION),
    )


def _split_by_class(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    held_out = max(round(len(labels) / FOLDS), len(np.unique(labels)))
    splitter = StratifiedShuffleSplit(1, test_size=held_out, random_state=seed)
    return next(splitter.split(labels, labels))


def _split_by_identity(
    dataset: FaceDataset, labels: np.ndarray, identities: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    folds = min(FOLDS, len(np.unique(identities)), np.bincount(labels).max())
    if folds >= 2:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        for training, development in splitter.split(labels, labels, identities):
            if len(np.unique(labels[training])) == len(np.unique(labels[development])):
                return training, development
    raise DataError(
        f"{dataset.title}: the identities in Train/ cannot be parted so that every class is in "
        "both parts. Add images of more people, or remove the column identity of labels.csv."
    )
