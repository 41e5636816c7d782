"""Figures of merit of valence and arousal, each with a bootstrap interval.

Those of Mollahosseini et al. (2017), section 5.2: root mean square error, Pearson's correlation,
the concordance of Lin (1989) and the agreement of signs. As in ``metrics``, each is computed
from counts: how often each image is in each of b samples.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.intervals import covary, tabulate_intervals
from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.predictions import predict_outputs
from cnnlab.networks.regressor import read_affect

DIMENSIONS = ("valence", "arousal")
FIGURES = ("RMSE", "correlation", "concordance", "sign agreement")


@dataclass(frozen=True)
class AffectPredictions:
    """A network's valence and arousal of n images of which both are known.

    Attributes:
        true: (n, 2) floats in [-1, 1].
        predicted: (n, 2) floats, not confined to that range.
        labels: (n,) indices into ``CLASSES``: where nobody is known, the bootstrap draws
            within classes.
        identities: (n,) who is seen; None where unknown.
    """

    true: np.ndarray
    predicted: np.ndarray
    labels: np.ndarray
    identities: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)


def predict_validation_affect(network: TrainedNetwork | None, faces: Faces) -> AffectPredictions:
    """Return a regressor's answers on those images of Validation/ that they are known of.

    Args:
        network: the regressor; None where the data know valence and arousal of no image, and then
            there is no answer.
        faces: the data.
    """
    affect, rows = read_affect(faces), np.empty(0, np.int64)
    predicted = known = np.empty((0, 2), np.float32)
    if network is not None:
        rows = faces.split.validation
        rows = rows[np.isfinite(affect[rows]).all(axis=1)]
        known, predicted = affect[rows], predict_outputs(network, faces, rows)
    people = faces.dataset.identities
    return AffectPredictions(
        known, predicted, faces.labels[rows], None if people is None else people[rows]
    )


def summarise_affect(predictions: AffectPredictions, num_resamples: int, seed: int) -> pd.DataFrame:
    """Return the figures of merit of both dimensions with 95% bootstrap intervals.

    Args:
        predictions: n images.
        num_resamples: of the bootstrap; see ``intervals.draw_counts`` for what is drawn.
        seed: of the bootstrap.

    Returns:
        Index: such as ``valence RMSE``; columns: estimate, low, high; not numbers for no image.
    """
    if len(predictions) == 0:
        names = [f"{name} {figure}" for name in DIMENSIONS for figure in FIGURES]
        return pd.DataFrame(np.nan, names, ["estimate", "low", "high"])
    return tabulate_intervals(compute_affect_figures, predictions, num_resamples, seed)


def compute_affect_figures(predictions: AffectPredictions, counts: np.ndarray) -> pd.DataFrame:
    """Return the figures of merit of b samples.

    With means m, variances s^2 and covariance c, each over the sample, the correlation is
    c / (s s'), the concordance 2 c / (s^2 + s'^2 + (m - m')^2): 1 only where both agree, while
    the correlation overlooks a wrong scale or place. Signs agree where both are positive or
    both negative; images whose true value is exactly 0 have no sign and are left out.

    Args:
        predictions: n images.
        counts: (b, n) how often each image is in each sample.

    Returns:
        b rows, a column for each figure of each dimension; not a number where it is undefined,
        as the correlation with a constant is.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    figures = {}
    for column, name in enumerate(DIMENSIONS):
        true = predictions.true[:, column].astype(np.float64)
        answer = predictions.predicted[:, column].astype(np.float64)
        error = answer - true
        variance, other = covary(true, true, shares), covary(answer, answer, shares)
        covariance = covary(true, answer, shares)
        signed = counts * (true != 0)
        agreed = signed @ (np.sign(true) == np.sign(answer))
        with np.errstate(invalid="ignore", divide="ignore"):
            figures |= {
                f"{name} RMSE": np.sqrt(shares @ error**2),
                f"{name} correlation": covariance / np.sqrt(variance * other),
                f"{name} concordance": 2 * covariance / (variance + other + (shares @ error) ** 2),
                f"{name} sign agreement": agreed / signed.sum(axis=1),
            }
    return pd.DataFrame(figures)


def tabulate_affect(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary as text: a row for each figure of merit, a column for each dimension.

    Args:
        summary: what ``summarise_affect`` returns.
    """
    cells = summary.apply(format_interval, axis="columns")
    return pd.DataFrame(
        {name: [cells[f"{name} {figure}"] for figure in FIGURES] for name in DIMENSIONS},
        index=list(FIGURES),
    )
