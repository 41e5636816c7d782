"""The same answers, counted otherwise: without copies, and for the classes' shares in Validation/.

Copies of training images flatter a network; other shares of the classes than it was trained for
put it at a disadvantage. Both are shown beside the figures of all images, never in their place.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.prior_shift import correct_for_shares, estimate_shares
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

ALL = "all images"
WITHOUT_COPIES = "without copies"
CORRECTED = "class shares corrected"

WORTH_CORRECTING = 0.05
"""Shift of shares, as total variation, below which the estimate's own error would weigh more."""


def vary_predictions(
    predictions: Predictions, copies: np.ndarray, learned: np.ndarray
) -> dict[str, Predictions]:
    """Return the answers as they are, and where they apply, without copies and corrected.

    Without copies: the images that Train holds too are left out, unless a class would be lost.
    Corrected: if the shares of the classes differ much from those learned, they are estimated from
    the answers alone and the answers adapted to them, see ``prior_shift``.

    Args:
        predictions: on Validation/.
        copies: (n,) bool, which images have a copy in Train.
        learned: (8,) the classes' shares that the network was trained for.
    """
    variants = {ALL: predictions}
    remaining = np.flatnonzero(~copies)
    if copies.any() and len(np.unique(predictions.labels[remaining])) == len(CLASSES):
        variants[WITHOUT_COPIES] = predictions.select(remaining)
    if measure_shift(learned, count_shares(predictions.labels)) >= WORTH_CORRECTING:
        shares = estimate_shares(predictions.probabilities, learned)
        variants[CORRECTED] = correct_for_shares(predictions, learned, shares)
    return variants


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
    tables = []
    for variant, predictions in variants.items():
        table = summarise(predictions, num_resamples, seed).rename_axis("figure").reset_index()
        table.insert(0, "n", len(predictions))
        table.insert(0, "variant", variant)
        table.insert(0, "network", predictions.title)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


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


def count_shares(labels: np.ndarray) -> np.ndarray:
    """Return (8,): each class's share of the labels."""
    return np.bincount(labels, minlength=len(CLASSES)) / len(labels)


def measure_shift(one: np.ndarray, other: np.ndarray) -> float:
    """Return the total variation in [0, 1]: the share of images that would have to change."""
    return float(np.abs(one - other).sum() / 2)
