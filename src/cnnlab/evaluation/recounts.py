"""The same answers, counted otherwise: without copies, and for the classes' shares in Validation/.

Copies of training images flatter a network; other shares of the classes than it was trained for
put it at a disadvantage: it answers as if the classes were as frequent as in the loss that it was
trained by. Where the images keep their look within each class and only the shares differ, Bayes'
rule gives the answers for other shares; the shares themselves follow from the unlabelled images.
Both are shown beside the figures of all images, never in their place.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.metrics import summarise
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

ALL = "all images"
WITHOUT_COPIES = "without copies"
CORRECTED = "class shares corrected"

WORTH_CORRECTING = 0.05
"""Shift of shares, as total variation, below which the estimate's own error would weigh more."""
TOLERANCE = 1e-8
MOST_ITERATIONS = 10_000


def vary_predictions(
    predictions: Predictions, copies: np.ndarray, learned: np.ndarray
) -> dict[str, Predictions]:
    """Return the answers as they are, and where they apply, without copies and corrected.

    Without copies: the images that Train holds too are left out, unless a class would be lost.
    Corrected: if the shares of the classes differ much from those learned, they are estimated from
    the answers alone and the answers adapted to them.

    Args:
        predictions: on Validation/.
        copies: (n,) bool, which images have a copy in Train.
        learned: (8,) the classes' shares that the network was trained for.
    """
    variants = {ALL: predictions}
    remaining = np.flatnonzero(~copies)
    if copies.any() and len(np.unique(predictions.labels[remaining])) == len(CLASSES):
        variants[WITHOUT_COPIES] = predictions.select(remaining)
    shares = np.bincount(predictions.labels, minlength=len(CLASSES)) / len(predictions)
    # The total variation in [0, 1]: the share of images that would have to change.
    if np.abs(learned - shares).sum() / 2 >= WORTH_CORRECTING:
        estimated = estimate_shares(predictions.probabilities, learned)
        variants[CORRECTED] = correct_for_shares(predictions, learned, estimated)
    return variants


def estimate_shares(probabilities: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Estimate the shares of the classes from a network's answers alone.

    Expectation maximisation after Saerens, Latinne & Decaestecker (2002), equation 2.9: labels
    are not needed, so nothing is learned from the labels that the answers are measured by. One
    image is added to each class (Laplace's rule), or a class that few images show would vanish.
    Probabilities are taken at their word: those of a badly calibrated network mislead.

    Args:
        probabilities: (n, c) float, the network's, rows adding up to 1.
        learned: (c,) float, positive, the shares that the network was trained for.

    Returns:
        (c,) float64, positive, adding up to 1.
    """
    shares = learned / learned.sum()
    for _ in range(MOST_ITERATIONS):
        answers = probabilities * (shares / learned)
        answers /= answers.sum(axis=1, keepdims=True)
        found = answers.sum(axis=0) + 1
        previous, shares = shares, found / found.sum()
        if np.abs(shares - previous).max() < TOLERANCE:
            break
    return shares


def correct_for_shares(
    predictions: Predictions, learned: np.ndarray, shares: np.ndarray
) -> Predictions:
    """Return the answers of the same network for classes of other shares.

    Bayes' rule: each probability is multiplied by the ratio of the shares and the row scaled to
    add up to 1 (Saerens et al. 2002, equation 2.4).

    Args:
        predictions: the network's answers.
        learned: (8,) float, positive, the shares that it was trained for.
        shares: (8,) float, positive, those of the data.
    """
    return replace(predictions, logits=predictions.logits + np.log(shares / learned))


def summarise_variants(
    variants: dict[str, Predictions], num_resamples: int, seed: int
) -> pd.DataFrame:
    """Return the figures of merit of each variant with 95% bootstrap intervals.

    The estimated shares of ``CORRECTED`` are the same in every resample.

    Args:
        variants: of one network, as ``vary_predictions`` returns them.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Columns: network, variant, n, figure, estimate, low, high.
    """
    tables = [
        summarise(answers, num_resamples, seed).assign(
            network=answers.title, variant=variant, n=len(answers)
        )
        for variant, answers in variants.items()
    ]
    table = pd.concat(tables).rename_axis("figure").reset_index()
    return table[["network", "variant", "n", "figure", "estimate", "low", "high"]]


def format_variants(records: pd.DataFrame, figures: Sequence[str]) -> pd.DataFrame:
    """Return a table of text: a row for each variant, a column for each network and figure.

    Args:
        records: of one or several networks, as ``summarise_variants`` returns them.
        figures: the figures of merit that are shown.
    """
    chosen = records[records["figure"].isin(figures)]
    cells = chosen.assign(
        text=chosen.apply(format_interval, axis="columns"),
        column=chosen["network"] + ": " + chosen["figure"],
        row=chosen["variant"] + chosen["n"].map(" ({:,})".format),
    )
    table = cells.pivot(index="row", columns="column", values="text")
    return table.loc[cells["row"].unique(), cells["column"].unique()].rename_axis(
        index="counted (images)", columns=None
    )
