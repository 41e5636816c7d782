"""Figures of merit of a classifier, each with a bootstrap interval.

Every figure is computed from counts: how often each image is in each of b samples. Counts of
one give the estimate, bootstrap counts the interval. All but the cross-entropy and the
calibration error agree with scikit-learn's of the same name, which the tests check.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from cnnlab.evaluation.intervals import tabulate_intervals
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

CALIBRATION_BINS = 15
CHANCE_LOSS = float(np.log(len(CLASSES)))
"""ln 8: no constant answer has a lower mean over classes of the cross-entropy, in nats."""
MARGIN = 0.1
MACRO = "macro average"
MICRO = "micro average"

_GRID = np.linspace(0, 1, 201)


class NotLearnedError(AssertionError):
    """A network of the report does not know more than chance."""


def summarise(predictions: Predictions, num_resamples: int, seed: int) -> pd.DataFrame:
    """Return the figures of merit with 95% bootstrap percentile intervals.

    Args:
        predictions: every class has to be among the labels.
        num_resamples: of the bootstrap; see ``intervals.draw_counts`` for what is drawn.
        seed: of the bootstrap.

    Returns:
        Index: figure of merit; columns: estimate, low, high. An interval is as wide as the
        sample lets it be: without a single mistake among n images it is [1, 1].

    Raises:
        ValueError: a class is absent from the labels.
    """
    return tabulate_intervals(compute_figures, predictions, num_resamples, seed)


def summarise_classes(predictions: Predictions, num_resamples: int, seed: int) -> pd.DataFrame:
    """Return recall, precision, F1 and AUC of each class, as ``summarise`` does.

    The index is (figure of merit, class).
    """
    table = tabulate_intervals(compute_class_figures, predictions, num_resamples, seed)
    return table.rename_axis(["figure of merit", "class"])


def assert_learned(predictions: Predictions) -> None:
    """Check that the cross-entropy on unseen images is clearly under that of chance.

    Taken is the mean over classes of each class's mean cross-entropy: for any constant answer
    q it is the mean of -ln q_c, at least ln 8 by Jensen's inequality, whatever the shares of
    the classes. The upper end of its 95% bootstrap interval has to be under ln 8 - 0.1.

    Args:
        predictions: on images that were not trained on.

    Raises:
        NotLearnedError: the network has not learned.
    """
    per_class = predictions.labels[:, None] == np.unique(predictions.labels)

    def average_losses(predictions: Predictions, counts: np.ndarray) -> pd.DataFrame:
        losses = (counts * predictions.losses) @ per_class / (counts @ per_class)
        return pd.DataFrame({"cross-entropy": losses.mean(axis=1)})

    [(estimate, _, high)] = tabulate_intervals(average_losses, predictions, 1000, 0).to_numpy()
    if not high < CHANCE_LOSS - MARGIN:
        raise NotLearnedError(
            f"{predictions.title} has not learned: its cross-entropy on {predictions.data_title}, "
            f"{predictions.split}, n = {len(predictions)}, is {estimate:.3f} (95% interval up to "
            f"{high:.3f}); chance has ln 8 = {CHANCE_LOSS:.3f}, and at most "
            f"{CHANCE_LOSS - MARGIN:.3f} is asked for. Look at its training curves: is the "
            "learning rate too high, are there too few images or epochs, are the labels right?"
        )


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
    return pd.DataFrame(
        {
            "accuracy": accuracy(confusion),
            "balanced accuracy": recall(confusion).mean(axis=-1),
            "macro-F1": f1(confusion).mean(axis=-1),
            "Cohen's kappa": cohen_kappa(confusion),
            "macro AUC": class_areas(roc_auc, predictions, counts).mean(axis=-1),
            "micro AUC": micro_auc(predictions, counts),
            "macro AUC-PR": class_areas(average_precision, predictions, counts).mean(axis=-1),
            "cross-entropy": counts @ predictions.losses / counts.sum(axis=1),
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
        "AUC": class_areas(roc_auc, predictions, counts),
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


def calibration_error(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b,): the mean gap between confidence and accuracy over bins of confidence."""
    confidence = predictions.probabilities.max(axis=1)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = (predictions.predicted == predictions.labels) - confidence
    sums = (counts * gaps) @ (bins[:, None] == np.arange(CALIBRATION_BINS))
    return np.abs(sums).sum(axis=1) / counts.sum(axis=1)


def class_areas(
    area: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    predictions: Predictions,
    counts: np.ndarray,
) -> np.ndarray:
    """Return (b, 8): of each class against the rest, the area under a curve.

    Args:
        area: ``roc_auc`` or ``average_precision``.
        predictions: n images.
        counts: (b, n) how often each image is in each sample.
    """
    areas = [
        area(predictions.labels == label, predictions.probabilities[:, label], counts)
        for label in range(len(CLASSES))
    ]
    return np.stack(areas, axis=1)


def micro_auc(predictions: Predictions, counts: np.ndarray) -> np.ndarray:
    """Return (b,): the area under the ROC curve of all pairs of image and class, pooled."""
    is_class = predictions.labels[:, None] == np.arange(len(CLASSES))
    scores = predictions.probabilities.ravel()
    return roc_auc(is_class.ravel(), scores, counts.repeat(len(CLASSES), axis=1))


def roc_auc(is_positive: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return (b,): the area under the ROC curve as the Mann-Whitney statistic; ties count one half.

    Args:
        is_positive: (n,) bool.
        scores: (n,) float.
        counts: (b, n) how often each is in each sample.
    """
    positives, negatives = _count_at_scores(is_positive, scores, counts)
    totals = negatives.sum(axis=1)
    negatives_below = totals[:, None] - negatives.cumsum(axis=1) + negatives / 2
    return (positives * negatives_below).sum(axis=1) / (positives.sum(axis=1) * totals)


def average_precision(
    is_positive: np.ndarray, scores: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return (b,): the area under the precision-recall curve; arguments as in ``roc_auc``.

    The mean of the precision at the score of each positive, without interpolation (Davis &
    Goadrich 2006); by chance it is the share of the positives.
    """
    positives, negatives = _count_at_scores(is_positive, scores, counts)
    found = (positives + negatives).cumsum(axis=1)
    precisions = _divide(positives.cumsum(axis=1), found)
    return (positives * precisions).sum(axis=1) / positives.sum(axis=1)


def trace_roc(predictions: Predictions) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """Trace the one-vs-rest curve of each class, and their macro and micro averages (Fawcett 2006).

    The macro average is the mean of the classes' curves at equal false-positive rate, so that
    its area is the mean of theirs; the micro average is the curve of all pairs of image and
    class, pooled.

    Returns:
        Of each curve the false-positive rates, ascending from 0 to 1, the true-positive rates,
        ascending to 1, and the area below, of which one half is chance.

    Raises:
        ValueError: a class is absent from the labels.
    """
    _refuse_absent_class(predictions)
    ones = np.ones((1, len(predictions)))
    areas = class_areas(roc_auc, predictions, ones)[0]
    scores = predictions.probabilities
    is_class = predictions.labels[:, None] == np.arange(len(CLASSES))
    curves = {
        name: (*roc_curve(is_class[:, label], scores[:, label])[:2], areas[label])
        for label, name in enumerate(CLASSES)
    }
    mean = np.mean([np.interp(_GRID, *curve[:2]) for curve in curves.values()], axis=0)
    # Curves rise at a false-positive rate of 0, of which np.interp takes the upper end.
    mean[0] = 0
    pooled = roc_curve(is_class.ravel(), scores.ravel())[:2]
    curves[MACRO] = (_GRID, mean, areas.mean())
    curves[MICRO] = (*pooled, micro_auc(predictions, ones)[0])
    return curves


def _count_at_scores(
    is_positive: np.ndarray, scores: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the (b, k) positives and negatives at each different score, the highest first."""
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(-scores[order], prepend=-np.inf))
    is_positive, counts = is_positive[order], counts[:, order]
    positives = np.add.reduceat(counts * is_positive, starts, axis=1)
    return positives, np.add.reduceat(counts, starts, axis=1) - positives


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
