"""What a network answered on labelled images: all that figures of merit are computed from."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import log_softmax

from cnnlab.faces.dataset import CLASSES


@dataclass(frozen=True)
class Predictions:
    """A network's answers on n labelled images.

    Attributes:
        labels: (n,) integers, indices into ``CLASSES``.
        logits: (n, 8) floats: the inputs of the softmax.
        title: how figures and tables call the network.
        data_title: how they call the data.
        split: which part of the data: ``Validation/``, ``development``.
        identities: (n,) who is seen, so that intervals resample people; None where unknown.

    Raises:
        ValueError: there is no image, shapes don't fit, a label is no class or a logit is not
            finite.
    """

    labels: np.ndarray
    logits: np.ndarray
    title: str
    data_title: str
    split: str
    identities: np.ndarray | None = None

    def __post_init__(self):
        what = f"Predictions of {self.title} on {self.data_title}"
        n = len(self.labels)
        if self.labels.shape != (n,) or n == 0:
            raise ValueError(f"{what}: labels have shape {self.labels.shape}; (n,) with n > 0.")
        if self.logits.shape != (n, len(CLASSES)):
            raise ValueError(
                f"{what}: logits have shape {self.logits.shape}; "
                f"{n} labels and {len(CLASSES)} classes need ({n}, {len(CLASSES)})."
            )
        if self.identities is not None and self.identities.shape != (n,):
            raise ValueError(
                f"{what}: identities have shape {self.identities.shape}; {n} labels need ({n},)."
            )
        if not np.issubdtype(self.labels.dtype, np.integer):
            raise ValueError(f"{what}: labels are {self.labels.dtype}; indices are integers.")
        if self.labels.min() < 0 or self.labels.max() >= len(CLASSES):
            raise ValueError(
                f"{what}: labels run from {self.labels.min()} to {self.labels.max()}; "
                f"classes are numbered 0 to {len(CLASSES) - 1}."
            )
        if not np.isfinite(self.logits).all():
            rows = np.flatnonzero(~np.isfinite(self.logits).all(axis=1))
            raise ValueError(
                f"{what}: {len(rows)} rows of logits are not finite, the first is {rows[0]}. "
                "The training has diverged."
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
