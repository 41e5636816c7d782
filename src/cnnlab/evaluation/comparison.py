"""Two networks, or two ways of training with several seeds each, on the same images."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from cnnlab.evaluation.formatting import Estimate
from cnnlab.evaluation.intervals import (
    FEWEST,
    draw_counts,
    percentile_interval,
    tabulate_intervals,
)
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.networks.predictions import Predictions

Result = TypeVar("Result")


def compare_networks(
    first: Predictions, second: Predictions, num_resamples: int, seed: int
) -> pd.DataFrame:
    """Subtract a network's figures of merit from another's on the images that both saw.

    The bootstrap draws the same images for both, people where they are known, so that what makes
    an image hard for both cancels.

    Args:
        first: predictions of one network.
        second: predictions of the other on the same images in the same order.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Second minus first; index: figure of merit; columns: estimate, low, high.

    Raises:
        ValueError: the two are not about the same images, or a class has no image.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError(
            f"{first.title} and {second.title} were not given the same images: their labels "
            "differ. Predict the same rows of the same data with both."
        )

    def subtract(first: Predictions, counts: np.ndarray) -> pd.DataFrame:
        return compute_figures(second, counts) - compute_figures(first, counts)

    return tabulate_intervals(subtract, first, num_resamples, seed)


def average_over_seeds(values: pd.Series) -> Estimate:
    """Return the mean of a figure over the seeds of a training, with Student's 95% interval.

    Args:
        values: one for each seed; a single one has no interval.
    """
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return Estimate(mean)
    half = float(stats.t.ppf(0.975, count - 1) * values.std() / count**0.5)
    return Estimate(mean, mean - half, mean + half)


def compare_over_seeds(
    first: Sequence[Result],
    second: Sequence[Result],
    measure: Callable[[Result, np.ndarray], pd.DataFrame],
    labels: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Compare the mean over the seeds of two ways of training.

    Each resample draws images, the same for all networks, or people with all their images, as
    ``intervals.draw_counts`` does. With one seed each the interval is the percentile interval of
    the bootstrap, about other images only. With several it is about other seeds too: a few seeds
    can't be resampled, their spread would come out too small. So the variance over resamples of
    the images is added to that of either mean over its seeds, and the interval is Student's, with
    Welch's and Satterthwaite's degrees of freedom (Satterthwaite 1946).

    Args:
        first: what the networks of the first way gave on the n images, one for each seed.
        second: the same of the second way. A way with one seed adds no spread of seeds.
        measure: from a result and (b, n) counts of the images to b rows of figures, such as
            ``metrics.compute_figures``.
        labels: (n,) int.
        identities: (n,) who is seen, or None.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Index: figure; columns: first, second (means over the seeds), difference (second minus
        first), low, high (95% interval of the difference; not a number with fewer than
        ``FEWEST`` people or images of unknown people).

    Raises:
        ValueError: as ``draw_counts`` and ``measure``.
    """
    ways, ones = (first, second), np.ones((1, len(labels)))
    by_seed = [pd.concat([measure(each, ones) for each in way]) for way in ways]
    means = [values.mean() for values in by_seed]
    difference = means[1] - means[0]
    replicates = []
    for counts in draw_counts(labels, identities, num_resamples, seed):
        of_first, of_second = (np.mean([measure(each, counts) for each in way], 0) for way in ways)
        replicates.append(of_second - of_first)
    resampled = np.concatenate(replicates)
    if len(first) == len(second) == 1:
        low, high = percentile_interval(resampled)
    else:
        half = _measure_half_width(by_seed, resampled.var(axis=0, ddof=1))
        low, high = difference - half, difference + half
    people = np.arange(len(labels)) if identities is None else identities
    if len(np.unique(people)) < FEWEST:
        low = high = np.nan
    table = pd.DataFrame({"first": means[0], "second": means[1], "difference": difference})
    return table.assign(low=low, high=high).rename_axis("figure")


def _measure_half_width(by_seed: Sequence[pd.DataFrame], of_images: np.ndarray) -> np.ndarray:
    """Return half the width of Student's 95% interval of each figure's difference."""
    spreads = [(len(values), values.var().to_numpy()) for values in by_seed if len(values) > 1]
    of_seeds = [(count - 1, variance / count) for count, variance in spreads]
    total = of_images + sum(variance for _, variance in of_seeds)
    doubt = sum(variance**2 / freedom for freedom, variance in of_seeds)
    freedom = np.divide(total**2, doubt, out=np.full_like(total, np.inf), where=doubt > 0)
    return stats.t.ppf(0.975, freedom) * np.sqrt(total)


def average_columns(values: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Average each column over images: a ``measure`` for figures that every image has.

    Args:
        values: n rows; what is not a number is left out.
        counts: (b, n) how often each image is in each sample.

    Returns:
        b rows; not a number where a sample has no image with a value.
    """
    there = np.isfinite(values.to_numpy())
    totals, known = counts @ np.where(there, values.to_numpy(), 0), counts @ there
    means = np.divide(totals, known, out=np.full(totals.shape, np.nan), where=known > 0)
    return pd.DataFrame(means, columns=values.columns)
