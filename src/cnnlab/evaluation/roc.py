"""Receiver operating characteristics of a classifier of several classes (Fawcett 2006)."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_curve

from cnnlab.evaluation.metrics import class_auc, micro_auc
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

MACRO = "macro average"
MICRO = "micro average"

_GRID = np.linspace(0, 1, 201)


@dataclass(frozen=True)
class Roc:
    """One curve.

    Attributes:
        false_positive_rate: (k,) ascending from 0 to 1.
        true_positive_rate: (k,) ascending to 1.
        auc: the area below, in [0, 1]; one half is chance.
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    auc: float


def trace_roc(predictions: Predictions) -> dict[str, Roc]:
    """Return the one-vs-rest curve of each class, then their macro and micro averages.

    The macro average is the mean of the classes' curves at equal false-positive rate, so that
    its area is the mean of theirs; the micro average is the curve of all pairs of image and
    class, pooled.

    Raises:
        ValueError: a class is absent from the labels.
    """
    absent = set(range(len(CLASSES))) - set(predictions.labels.tolist())
    if absent:
        names = ", ".join(CLASSES[label] for label in sorted(absent))
        raise ValueError(f"{predictions.data_title}: no image of {names}, so no curve either.")
    ones = np.ones((1, len(predictions)))
    areas = class_auc(predictions, ones)[0]
    positive = predictions.labels[:, None] == np.arange(len(CLASSES))
    curves = {
        name: Roc(*roc_curve(positive[:, label], predictions.probabilities[:, label])[:2], area)
        for label, (name, area) in enumerate(zip(CLASSES, areas, strict=True))
    }
    mean = np.mean([_interpolate(curve) for curve in curves.values()], axis=0)
    pooled = roc_curve(positive.ravel(), predictions.probabilities.ravel())[:2]
    curves[MACRO] = Roc(_GRID, mean, float(areas.mean()))
    curves[MICRO] = Roc(*pooled, float(micro_auc(predictions, ones)[0]))
    return curves


def _interpolate(curve: Roc) -> np.ndarray:
    values = np.interp(_GRID, curve.false_positive_rate, curve.true_positive_rate)
    # A curve rises at a false-positive rate of 0: np.interp would take the upper end.
    values[0] = 0
    return values
