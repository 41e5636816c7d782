"""Bootstrap resamples and their percentile intervals (Efron & Tibshirani 1994, section 13.3).

A resample is how often it holds each image. Figures of merit of all resamples then are sums
weighted by these counts, hundreds of times faster than calling a library once a resample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import Estimate

CHUNK = 200
"""Resamples handled at once: bounds the memory."""
FEWEST = 5
"""People, or images of unknown people, below which resampling says nothing of the spread."""

_MOST_DRAWS = 100


@dataclass(frozen=True, repr=False)
class Mean(Estimate):
    """A mean over images; without an interval for fewer than ``FEWEST`` people or images.

    Attributes:
        n: images.
    """

    n: int = 0


def draw_counts(
    labels: np.ndarray, identities: np.ndarray | None, num_resamples: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield bootstrap resamples, ``CHUNK`` at a time.

    Where identities are known, people are drawn with all their images (the cluster bootstrap):
    images of one person are no independent observations. A draw in which a class is missing
    has no figures of merit and is repeated. Where they are unknown, images are drawn within
    each class, so that every resample has the shares of the classes of the data.

    Args:
        labels: (n,) integers.
        identities: (n,) or None.
        num_resamples: how many in all.
        seed: same seed, same resamples; the same for every network, which pairs them.

    Yields:
        (at most ``CHUNK``, n) float64, how often each image is in each resample.

    Raises:
        ValueError: the people are so few that draws keep missing a class.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, num_resamples, CHUNK):
        size = min(CHUNK, num_resamples - start)
        if identities is None:
            yield _draw_images(labels, size, rng)
        else:
            yield _draw_people(labels, identities, size, rng)


def percentile_interval(replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95% percentile interval over the first axis.

    Args:
        replicates: (b, ...) a figure of merit in each resample.

    Returns:
        Low and high, each of shape (...).
    """
    low, high = np.quantile(replicates, [0.025, 0.975], axis=0)
    return low, high


def tabulate_intervals(
    compute: Callable[[Any, np.ndarray], pd.DataFrame],
    answers: Any,
    num_resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Return figures of merit with their 95% bootstrap percentile intervals.

    Args:
        compute: makes of answers and (b, n) counts a table of b rows, a column for each figure.
        answers: on n images, whose ``labels`` and ``identities`` decide what ``draw_counts`` draws.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Index: figure of merit; columns: estimate, low, high.
    """
    samples = draw_counts(answers.labels, answers.identities, num_resamples, seed)
    replicates = pd.concat([compute(answers, counts) for counts in samples])
    low, high = percentile_interval(replicates.to_numpy())
    estimates = compute(answers, np.ones((1, len(answers)))).iloc[0]
    table = pd.DataFrame({"estimate": estimates, "low": low, "high": high})
    return table.rename_axis("figure of merit") if table.index.nlevels == 1 else table


def covary(first: np.ndarray, second: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the covariances of weighted samples.

    Args:
        first: (n, ...) float.
        second: the same shape.
        shares: (b, n) of each value in each sample; rows add up to 1.

    Returns:
        (b, ...), column by column.
    """
    # From the first value on, so that a constant's variance is 0 and nothing near it.
    first, second = first - first[0], second - second[0]
    return shares @ (first * second) - (shares @ first) * (shares @ second)


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
    is_finite = np.isfinite(values)
    values = np.asarray(values, np.float64)[is_finite]
    people = np.arange(len(values)) if identities is None else identities[is_finite]

    def compute(counts: np.ndarray) -> np.ndarray:
        return counts @ values / counts.sum(axis=1)

    return bootstrap(compute, np.zeros(len(values), int), people, num_resamples, seed)


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
    in_both = np.intersect1d(strata[in_first], strata[~in_first])
    is_used = np.isfinite(values) & np.isin(strata, in_both)
    values, groups, strata = (each[is_used] for each in (values, in_first, strata))
    people = np.arange(len(values)) if identities is None else identities[is_used]
    is_in = strata[:, None] == np.unique(strata)

    def compute(counts: np.ndarray) -> np.ndarray:
        first, others = counts * groups, counts * ~groups
        a, b = first @ is_in, others @ is_in
        sum_a, sum_b = (first * values) @ is_in, (others * values) @ is_in
        # Each difference times its weight; nothing where a resample lacks one of the groups.
        total = np.maximum(a + b, 1)
        weighted = np.where((a > 0) & (b > 0), (sum_a * b - sum_b * a) / total, 0).sum(axis=1)
        weights = (a * b / total).sum(axis=1)
        return np.divide(weighted, weights, out=np.full_like(weighted, np.nan), where=weights > 0)

    return bootstrap(compute, groups.astype(int), people, num_resamples, seed)


def bootstrap(
    compute: Callable[[np.ndarray], np.ndarray],
    groups: np.ndarray,
    people: np.ndarray,
    num_resamples: int,
    seed: int,
) -> Mean:
    """Return a figure of n images, with an interval if each group has ``FEWEST`` people.

    Args:
        compute: makes of (b, n) counts the figure (b,) in each sample; resamples in which it is
            not a number are left out.
        groups: (n,) int, none of which a resample may lack.
        people: (n,) who is seen.
        num_resamples: of the bootstrap.
        seed: same seed, same interval.
    """
    if len(groups) == 0 or np.isnan(value := compute(np.ones((1, len(groups))))[0]):
        return Mean(np.nan)
    if min(len(np.unique(people[groups == group])) for group in np.unique(groups)) < FEWEST:
        return Mean(float(value), n=len(groups))
    counts = np.concatenate(list(draw_counts(groups, people, num_resamples, seed)))
    resampled = compute(counts)
    low, high = percentile_interval(resampled[np.isfinite(resampled)])
    return Mean(float(value), float(low), float(high), len(groups))


def _draw_images(labels: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    counts = np.zeros((size, len(labels)))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        counts[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size)
    return counts


def _draw_people(
    labels: np.ndarray, identities: np.ndarray, size: int, rng: np.random.Generator
) -> np.ndarray:
    people, person_of = np.unique(identities, return_inverse=True)
    has_label = labels[:, None] == np.unique(labels)
    shares = np.full(len(people), 1 / len(people))
    counts = np.empty((0, len(labels)))
    for _ in range(_MOST_DRAWS):
        drawn = rng.multinomial(len(people), shares, size)[:, person_of].astype(float)
        complete = (drawn @ has_label > 0).all(axis=1)
        counts = np.concatenate([counts, drawn[complete]])[:size]
        if len(counts) == size:
            return counts
    raise ValueError(
        f"{len(people)} people are too few to resample: most draws miss a class altogether. "
        "Use more people, or data without identities."
    )
