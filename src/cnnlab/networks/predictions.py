"""What networks answer on images: all that figures of merit are computed from."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import log_softmax
from tqdm import tqdm

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.duplicates import find_copies
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.training import digest_rows
from plumbing.locking import hold_lock
from plumbing.storage import make_sealed

BATCH_SIZE = 32


@dataclass(frozen=True)
class Predictions:
    """A classifier's answers on n labelled images.

    Attributes:
        labels: (n,) integers, indices into ``CLASSES``.
        logits: (n, 8) floats: the inputs of the softmax.
        title: how figures and tables call the network.
        data_title: how they call the data.
        split: which part of the data: ``Validation/``, ``development``.
        identities: (n,) who is seen, so that intervals resample people; None where unknown.

    Raises:
        ValueError: a logit is not finite.
    """

    labels: np.ndarray
    logits: np.ndarray
    title: str
    data_title: str
    split: str
    identities: np.ndarray | None = None

    def __post_init__(self):
        is_finite = np.isfinite(self.logits).all(axis=1)
        if not is_finite.all():
            raise ValueError(
                f"Predictions of {self.title} on {self.data_title}: {(~is_finite).sum()} rows of "
                f"logits are not finite, the first is {is_finite.argmin()}. The training has "
                "diverged."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: np.ndarray) -> "Predictions":
        """Return the answers on some of the images.

        Args:
            rows: (m,) which images, m > 0.
        """
        identities = None if self.identities is None else self.identities[rows]
        return replace(
            self, labels=self.labels[rows], logits=self.logits[rows], identities=identities
        )

    @cached_property
    def log_probabilities(self) -> np.ndarray:
        """(n, 8) float64, logarithms of the softmax."""
        return log_softmax(self.logits.astype(np.float64), axis=1)

    @property
    def probabilities(self) -> np.ndarray:
        """(n, 8) float64, the softmax: positive, rows add up to 1."""
        return np.exp(self.log_probabilities)

    @property
    def predicted(self) -> np.ndarray:
        """(n,) int64, the most probable class; of several, the first."""
        return self.logits.argmax(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """(n,) float64, the cross-entropy of each image in nats."""
        return -self.log_probabilities[np.arange(len(self)), self.labels]


def predict_validation(network: TrainedNetwork, faces: Faces) -> Predictions:
    """Return a classifier's answers on Validation/, which nothing was chosen by."""
    return _predict(network, faces, faces.split.validation, "Validation/")


def predict_development(network: TrainedNetwork, faces: Faces) -> Predictions:
    """Return a classifier's answers on the development split, which chose its epoch."""
    return _predict(network, faces, faces.split.development, "development split")


def _predict(network: TrainedNetwork, faces: Faces, rows: np.ndarray, split: str) -> Predictions:
    identities = faces.dataset.identities
    return Predictions(
        labels=faces.labels[rows],
        logits=predict_outputs(network, faces, rows),
        title=network.title,
        data_title=faces.dataset.title,
        split=split,
        identities=None if identities is None else identities[rows],
    )


def predict_outputs(network: TrainedNetwork, faces: Faces, indices: np.ndarray) -> np.ndarray:
    """Return a network's outputs for some images, computed once and kept beside its weights.

    Args:
        network: the trained network.
        faces: the data.
        indices: (n,) rows of ``faces``.

    Returns:
        In the order of ``indices``, a classifier's logits (n, 8), or valence and arousal (n, 2),
        which are not confined to [-1, 1]; float32.
    """
    rows = digest_rows(indices)
    what = "logits" if network.model.output_shape[-1] == len(CLASSES) else "affect"
    file = network.folder / f"{what}-{faces.digest[:12]}-{rows[:12]}.npy"
    key = f"{network.folder.name} {faces.digest} {rows}"
    title = f"{network.title}: predictions"

    def write(temporary: Path) -> None:
        batches = tqdm(evaluation_batches(faces.images, indices, BATCH_SIZE), title, unit="batch")
        outputs = [np.asarray(network.model(batch, training=False)) for batch in batches]
        np.save(temporary, np.concatenate(outputs))

    # Two notebooks may ask at once.
    with hold_lock(file.with_suffix(".lock"), title):
        make_sealed(file, key, write)
        return np.load(file)


def mark_copies(faces: Faces) -> np.ndarray:
    """Return (v,) bool: which images of Validation/ Train holds too, or nearly."""
    return np.isin(faces.split.validation, find_copies(faces.dataset, faces.images))
