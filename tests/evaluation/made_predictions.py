"""Predictions made up for the tests."""

import numpy as np

from cnnlab.networks.predictions import Predictions

NUM_CLASSES = 8


def make_predictions(
    per_class: int = 12, signal: float = 1.5, seed: int = 0, identities: np.ndarray | None = None
) -> Predictions:
    """Random logits, raised by ``signal`` for the true class; classes in random order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(NUM_CLASSES), per_class))
    logits = rng.normal(size=(len(labels), NUM_CLASSES)).astype(np.float32)
    logits[np.arange(len(labels)), labels] += signal
    return Predictions(labels, logits, "Network", "made-up data", "Validation/", identities)


def predictions_of(confusion: np.ndarray) -> Predictions:
    """Predictions with this confusion matrix."""
    labels, answers = np.nonzero(confusion)
    repeats = confusion[labels, answers]
    labels, answers = labels.repeat(repeats), answers.repeat(repeats)
    logits = 3.0 * (answers[:, None] == np.arange(NUM_CLASSES))
    return Predictions(labels, logits, "Published", "AffectNet", "validation")
