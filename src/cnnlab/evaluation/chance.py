"""Has a network learned anything? Asked before a figure of it is reported."""

import numpy as np

from cnnlab.evaluation.resampling import draw_counts, percentile_interval
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

CHANCE_LOSS = float(np.log(len(CLASSES)))
"""ln 8: no constant answer has a lower mean over classes of the cross-entropy, in nats."""

MARGIN = 0.1
NUM_RESAMPLES = 1000


class NotLearnedError(AssertionError):
    """A network of the report does not know more than chance."""


def assert_learned(predictions: Predictions, seed: int = 0) -> None:
    """Check that the cross-entropy on unseen images is clearly under that of chance.

    Taken is the mean over classes of each class's mean cross-entropy: for any constant answer
    q it is the mean of -ln q_c, at least ln 8 by Jensen's inequality, whatever the shares of
    the classes. The upper end of its 95% bootstrap interval has to be under ln 8 - 0.1.

    Args:
        predictions: on images that were not trained on.
        seed: of the bootstrap.

    Raises:
        NotLearnedError: the network has not learned.
    """
    per_class = predictions.labels[:, None] == np.unique(predictions.labels)
    estimate = _mean_over_classes(predictions, per_class, np.ones((1, len(predictions))))[0]
    samples = draw_counts(predictions.labels, predictions.identities, NUM_RESAMPLES, seed)
    replicates = [_mean_over_classes(predictions, per_class, counts) for counts in samples]
    _, high = percentile_interval(np.concatenate(replicates))
    if not high < CHANCE_LOSS - MARGIN:
        raise NotLearnedError(
            f"{predictions.title} has not learned: its cross-entropy on {predictions.data_title}, "
            f"{predictions.split}, n = {len(predictions)}, is {estimate:.3f} (95% interval up to "
            f"{high:.3f}); chance has ln 8 = {CHANCE_LOSS:.3f}, and at most "
            f"{CHANCE_LOSS - MARGIN:.3f} is asked for. Look at its training curves: is the "
            "learning rate too high, are there too few images or epochs, are the labels right?"
        )


def _mean_over_classes(
    predictions: Predictions, per_class: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    return ((counts * predictions.losses) @ per_class / (counts @ per_class)).mean(axis=1)
