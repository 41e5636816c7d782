"""Figures of merit of a classifier, each with a bootstrap interval.

Every figure is computed from counts: how often each image is in each of b samples. Counts of
one give the estimate, bootstrap counts the interval. All but the cross-entropy and the
calibration error agree with scikit-learn's of the same name, which the tests check.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from cnnlab.evaluation.resampling import tabulate_intervals
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

CALIBRATION_BINS = 15


def summarise(predictions: Predictions, num_resamples: int, seed: int) -> pd.DataFrame:
    """Return the figures of merit with 95% bootstrap percentile intervals.

    Args:
        predictions: every class has to be among the labels.
        num_resamples: of the bootstrap; see ``resampling.draw_counts`` for what is drawn.
        seed: of the bootstrap.

    Returns:
        Index: figure of merit; columns: estimate, low, high. An interval is as wide as the
        sample lets it be: without a single mistake among n images it is [1, 1].

    Raises:
        ValueError: a class is absent from the labels.
    """
    return _with_intervals(compute_figures, predictions, num_resamples, seed)


def summarise_classes(predictions: Predictions, num_resamples: int, seed: int) -> pd.DataFrame:
    """Return recall, precision, F1 and AUC of each class with 95% bootstrap intervals.

    Args:
        predictions: every class has to be among the labels.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Index: (figure of merit, class); columns: estimate, low, high.

    Raises:
        ValueError: a class is absent from the labels.
    """
    table = _with_intervals(compute_class_figures, predictions, num_resamples, seed)
    table.index = table.index.set_names(["figure of merit", "class"])
    return table


def compute_figures(predictions: Predictions, counts: np.ndarray) -> pd.DataFrame:
    """Return the figures of merit of b samples.

    Accuracy and, against classes of unequal size, balanced accuracy (the mean recall);
    macro-F1; Cohen's kappa, agreement beyond that of independent answers with the same
    marginals; one-vs-rest areas under the ROC curve, averaged over classes (macro) or pooled
    over all pairs of image and class (micro) (Fawcett 2006); the one-vs-rest area under the
    precision-recall curve, averaged over classes; mean cross-entropy in nats;
    expected calibration error over 15 bins of equal width (Guo et al. 2017), which is biased
    upwards in small samples.

    Args:
        predictions: n images.
        counts: (b, n) how often each image is in each sample.

    Returns:
        b rows, a column for each figure.

    Raises:
        ValueError: a class is in none of the labels.
    """
    _refuse_absent_class(predictions)
    confusion = count_confusions(predictions, counts)
    totals = counts.sum(axis=1)
    return pd.DataFrame(
        {
            "accuracy": accuracy(confusion),
            "balanced accuracy": recall(confusion).mean(axis=-1),
            "macro-F1": f1(confusion).mean(axis=-1),
            "Cohen's kappa": cohen_kappa(confusion),
            "macro AUC": class_auc(predictions, counts).mean(axis=-1),
            "micro AUC": micro_auc(predictions, counts),
            "macro AUC-PR": class_average_precision(predictions, counts).mean(axis=-1),
            "cross-entropy": counts @ predictions.losses / totals,
            "calibration error": calibration_error(predictions, counts),
        }
    )


def compute_class_figures(predictions: Predictions, counts: np.ndarray) -> pd.DataFrame:
    """Return recall, precision, F1 and one-vs-rest AUC of each class in b samples.

    Args:
        predictions: n images.
        counts: (b, n) how often each image is in each sample.

    Returns:
        b rows, columns (figure of merit, class).

    Raises:
        ValueError: a class is in none of the labels.
    """
    _refuse_absent_class(predictions)
    confusion = count_confusions(predictions, counts)
    figures = {
        "recall": recall(confusion),
        "precision": precision(confusion),
        "F1": f1(confusion),
        "AUC": class_auc(predictions, counts),
    }
    columns = pd.MultiIndex.from_product([figures, CLASSES])
    return pd.DataFrame(np.concatenate(list(figures.values()), axis=1), columns=columns)


def count_confusions(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return the confusion matrices of b samples: (b, 8, 8), rows true, columns predicted."""
    cells = predictions.labels * len(CLASSES) + predictions.predicted
    indicators = cells[:, None] == np.arange(len(CLASSES) ** 2)
    return (counts @ indicators).reshape(-1, len(CLASSES), len(CLASSES))


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the share of right answers of confusion matrices (..., c, c)."""
    return _right(confusion).sum(axis=-1) / confusion.sum(axis=(-2, -1))


def recall(confusion: np.ndarray) -> np.ndarray:
    """Return (..., c): of each class, the share that was recognised."""
    return _divide(_right(confusion), confusion.sum(axis=-1))


def precision(confusion: np.ndarray) -> np.ndarray:
    """Return (..., c): of the answers "this class", the share that was right; 0 without any."""
    return _divide(_right(confusion), confusion.sum(axis=-2))


def f1(confusion: np.ndarray) -> np.ndarray:
    """Return (..., c): the harmonic mean of precision and recall; 0 where both are."""
    return _divide(2 * _right(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def cohen_kappa(confusion: np.ndarray) -> np.ndarray:
    """Return Cohen's kappa of confusion matrices (..., c, c): 1 is perfect, 0 is chance."""
    total = confusion.sum(axis=(-2, -1))
    by_chance = (confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1) / total**2
    return (accuracy(confusion) - by_chance) / (1 - by_chance)


def class_auc(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b, 8): of each class against the rest, the area under the ROC curve."""
    return np.stack(
        [
            _auc(predictions.labels == label, predictions.probabilities[:, label], counts)
            for label in range(len(CLASSES))
        ],
        axis=1,
    )


def micro_auc(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b,): the area under the ROC curve of all pairs of image and class, pooled."""
    positive = predictions.labels[:, None] == np.arange(len(CLASSES))
    scores = predictions.probabilities.ravel()
    return _auc(positive.ravel(), scores, counts.repeat(len(CLASSES), axis=1))


def class_average_precision(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b, 8): of each class against the rest, the area under the precision-recall curve.

    The mean of the precision at the score of each positive, without interpolation (Davis &
    Goadrich 2006); by chance it is the class's share.
    """
    return np.stack(
        [
            _average_precision(
                predictions.labels == label, predictions.probabilities[:, label], counts
            )
            for label in range(len(CLASSES))
        ],
        axis=1,
    )


def calibration_error(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b,): the mean gap between confidence and accuracy over bins of confidence."""
    confidence = predictions.probabilities.max(axis=1)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = (predictions.predicted == predictions.labels) - confidence
    sums = (counts * gaps) @ (bins[:, None] == np.arange(CALIBRATION_BINS))
    return np.abs(sums).sum(axis=1) / counts.sum(axis=1)


def _auc(positive: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Area under the ROC curve as the Mann-Whitney statistic; ties count one half."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    positive = positive[order]
    counts = counts[:, order]
    positives = np.add.reduceat(counts * positive, starts, axis=1)
    negatives = np.add.reduceat(counts * ~positive, starts, axis=1)
    negatives_below = negatives.cumsum(axis=1) - negatives / 2
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return (positives * negatives_below).sum(axis=1) / pairs


def _average_precision(positive: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(-scores[order], prepend=-np.inf))
    positive = positive[order]
    counts = counts[:, order]
    positives = np.add.reduceat(counts * positive, starts, axis=1)
    found = np.add.reduceat(counts, starts, axis=1).cumsum(axis=1)
    precisions = _divide(positives.cumsum(axis=1), found)
    return (positives * precisions).sum(axis=1) / positives.sum(axis=1)


def _right(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    out = np.zeros(np.broadcast(numerator, denominator).shape)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _refuse_absent_class(predictions: Predictions) -> None:
    absent = sorted(set(range(len(CLASSES))) - set(predictions.labels.tolist()))
    if absent:
        names = ", ".join(CLASSES[label] for label in absent)
        raise ValueError(
            f"{predictions.data_title}, {predictions.split}: no image of {names}. Recall and AUC "
            "of such a class are undefined, and so are means over classes. Add images of it."
        )


def _with_intervals(
    compute: Callable[[Predictions, np.ndarray], pd.DataFrame],
    predictions: Predictions,
    num_resamples: int,
    seed: int,
) -> pd.DataFrame:
    people = predictions.identities
    of_counts = partial(compute, predictions)
    return tabulate_intervals(of_counts, predictions.labels, people, num_resamples, seed)
