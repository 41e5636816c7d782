"""Two ways of training, each with several seeds, on the same images."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from cnnlab.evaluation.formatting import Estimate
from cnnlab.evaluation.intervals import FEWEST
from cnnlab.evaluation.resampling import draw_counts, percentile_interval

Result = TypeVar("Result")


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
    ``resampling.draw_counts`` does. With one seed each the interval is the percentile interval of
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
        ValueError: one way has no result, or as ``draw_counts`` and ``measure``.
    """
    if not (first and second):
        raise ValueError("Each way of training needs at least one result.")
    ones = np.ones((1, len(labels)))
    by_seed = [pd.concat([measure(each, ones) for each in way]) for way in (first, second)]
    means = [values.mean() for values in by_seed]
    replicates = []
    for counts in draw_counts(labels, identities, num_resamples, seed):
        ends = [
            np.mean([measure(each, counts).to_numpy() for each in way], axis=0)
            for way in (first, second)
        ]
        replicates.append(ends[1] - ends[0])
    resampled = np.concatenate(replicates)
    if len(first) == len(second) == 1:
        low, high = percentile_interval(resampled)
    else:
        half = _measure_half_width(by_seed, resampled.var(axis=0, ddof=1))
        difference = (means[1] - means[0]).to_numpy()
        low, high = difference - half, difference + half
    if len(np.unique(np.arange(len(labels)) if identities is None else identities)) < FEWEST:
        low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
    table = pd.DataFrame({"first": means[0], "second": means[1], "difference": means[1] - means[0]})
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
