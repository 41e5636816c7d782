"""Two ways of training, each with several seeds, on the same images."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from cnnlab.evaluation.intervals import FEWEST
from cnnlab.evaluation.resampling import draw_counts, percentile_interval

Result = TypeVar("Result")


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
    ``resampling.draw_counts`` does; and for either way as many of its seeds as there are, with
    repetition. So the interval is about other images and other seeds alike. With one seed each
    it is about other images only.

    Args:
        first: what the networks of the first way gave on the n images, one for each seed.
        second: the same of the second way.
        measure: from a result and (b, n) counts of the images to b rows of figures, such as
            ``metrics.compute_figures``.
        labels: (n,) int.
        identities: (n,) who is seen, or None.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Index: figure; columns: first, second (means over the seeds), difference (second minus
        first), low, high (95% percentile interval of the difference; not
        a number with fewer than ``FEWEST`` people or images of unknown people).

    Raises:
        ValueError: one way has no result, or as ``draw_counts`` and ``measure``.
    """
    if not (first and second):
        raise ValueError("Each way of training needs at least one result.")
    rng = np.random.default_rng([seed, 1])
    ones = np.ones((1, len(labels)))
    means = [pd.concat([measure(each, ones) for each in way]).mean() for way in (first, second)]
    replicates = []
    for counts in draw_counts(labels, identities, num_resamples, seed):
        ends = []
        for way in (first, second):
            figures = np.stack([measure(each, counts).to_numpy() for each in way])
            shares = rng.multinomial(len(way), np.full(len(way), 1 / len(way)), len(counts))
            ends.append(np.einsum("bs,sbf->bf", shares / len(way), figures))
        replicates.append(ends[1] - ends[0])
    low, high = percentile_interval(np.concatenate(replicates))
    if len(np.unique(np.arange(len(labels)) if identities is None else identities)) < FEWEST:
        low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
    table = pd.DataFrame({"first": means[0], "second": means[1], "difference": means[1] - means[0]})
    return table.assign(low=low, high=high).rename_axis("figure")


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
