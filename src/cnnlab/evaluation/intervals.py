"""Means with 95% intervals, for what is measured on each image."""

from dataclasses import dataclass

import numpy as np

from cnnlab.evaluation.formatting import Estimate
from cnnlab.evaluation.resampling import draw_counts, percentile_interval

FEWEST = 5
"""People, or images of unknown people, below which resampling says nothing of the spread."""


@dataclass(frozen=True, repr=False)
class Mean(Estimate):
    """A mean over images; without an interval for fewer than ``FEWEST`` people or images.

    Attributes:
        n: images.
    """

    n: int = 0


def average(
    values: np.ndarray, identities: np.ndarray | None, num_resamples: int, seed: int
) -> Mean:
    """Average a figure over images, with a percentile interval of the bootstrap.

    Args:
        values: (n,) float, one figure an image; what is not a number is left out.
        identities: (n,) who is seen: people are resampled with all their images. None: images.
        num_resamples: of the bootstrap.
        seed: same seed, same interval.
    """
    there = np.isfinite(values)
    values = np.asarray(values, np.float64)[there]
    people = np.arange(len(values)) if identities is None else identities[there]
    if len(values) == 0:
        return Mean(np.nan, np.nan, np.nan, 0)
    if len(np.unique(people)) < FEWEST:
        return Mean(float(values.mean()), np.nan, np.nan, len(values))
    one_class = np.zeros(len(values), np.int64)
    counts = np.concatenate(list(draw_counts(one_class, people, num_resamples, seed)))
    low, high = percentile_interval(counts @ values / counts.sum(axis=1))
    return Mean(float(values.mean()), float(low), float(high), len(values))


def compare_groups(
    values: np.ndarray,
    in_first: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> Mean:
    """Subtract the mean of all other images from the mean of the first group.

    Args:
        values: (n,) float, one figure an image; what is not a number is left out.
        in_first: (n,) bool, the first group.
        identities: (n,) who is seen: people are resampled with all their images, of both
            groups. None: images.
        num_resamples: of the bootstrap.
        seed: same seed, same interval.

    Returns:
        The difference; not a number, with n = 0, if a group is empty. Resamples in which a
        group would be empty are drawn again; a group of fewer than ``FEWEST`` people gives no
        interval.
    """
    there = np.isfinite(values)
    values, groups = np.asarray(values, np.float64)[there], in_first[there]
    people = np.arange(len(values)) if identities is None else identities[there]
    if groups.all() or not groups.any():
        return Mean(np.nan, np.nan, np.nan, 0)
    difference = values[groups].mean() - values[~groups].mean()
    if min(len(np.unique(people[chosen])) for chosen in (groups, ~groups)) < FEWEST:
        return Mean(float(difference), np.nan, np.nan, len(values))
    # The groups serve as classes: no resample lacks one of them.
    counts = np.concatenate(list(draw_counts(groups.astype(int), people, num_resamples, seed)))
    first, second = (
        counts[:, chosen] @ values[chosen] / counts[:, chosen].sum(axis=1)
        for chosen in (groups, ~groups)
    )
    low, high = percentile_interval(first - second)
    return Mean(float(difference), float(low), float(high), len(values))


def compare_within(
    values: np.ndarray,
    in_first: np.ndarray,
    strata: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> Mean:
    """Subtract the others' mean from the first group's, stratum by stratum, and average.

    So a group that has more of one stratum gains nothing by it. A stratum with a and b values in
    the groups has the weight ab / (a + b), as in least squares with an effect of each stratum.

    Args:
        values: (n,) float, one figure an image; what is not a number is left out.
        in_first: (n,) bool, the first group.
        strata: (n,) int, within which the groups are compared.
        identities: (n,) who is seen: people are resampled with all their images. None: images.
        num_resamples: of the bootstrap.
        seed: same seed, same interval.

    Returns:
        The difference over the strata that hold both groups, with n their values; not a number,
        with n = 0, if there is none. Fewer than ``FEWEST`` people in a group give no interval.
    """
    both = np.isin(strata, np.intersect1d(strata[in_first], strata[~in_first]))
    there = np.isfinite(values) & both
    values, groups, strata = np.asarray(values, np.float64)[there], in_first[there], strata[there]
    people = np.arange(len(values)) if identities is None else identities[there]
    members = [
        [(strata == stratum) & (groups == group) for group in (True, False)]
        for stratum in np.unique(strata)
    ]

    def average_differences(counts: np.ndarray) -> np.ndarray:
        weighted, weights = np.zeros(len(counts)), np.zeros(len(counts))
        for pair in members:
            (a, b), (sum_a, sum_b) = (
                np.array([counts[:, chosen] @ each[chosen] for chosen in pair])
                for each in (np.ones_like(values), values)
            )
            # Each difference times its weight; nothing where a resample lacks one of the groups.
            total = np.maximum(a + b, 1)
            weighted += np.where((a > 0) & (b > 0), (sum_a * b - sum_b * a) / total, 0)
            weights += a * b / total
        return np.divide(weighted, weights, out=np.full_like(weighted, np.nan), where=weights > 0)

    difference = float(average_differences(np.ones((1, len(values))))[0])
    if np.isnan(difference):
        return Mean(np.nan, np.nan, np.nan, 0)
    if min(len(np.unique(people[chosen])) for chosen in (groups, ~groups)) < FEWEST:
        return Mean(difference, np.nan, np.nan, len(values))
    counts = np.concatenate(list(draw_counts(groups.astype(int), people, num_resamples, seed)))
    resampled = average_differences(counts)
    low, high = percentile_interval(resampled[np.isfinite(resampled)])
    return Mean(difference, float(low), float(high), len(values))
