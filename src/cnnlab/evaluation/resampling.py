"""Bootstrap resamples and their percentile intervals (Efron & Tibshirani 1994, section 13.3).

A resample is how often it holds each image. Figures of merit of all resamples then are sums
weighted by these counts, hundreds of times faster than calling a library once a resample.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

LEVEL = 0.95
CHUNK = 200
"""Resamples handled at once: bounds the memory."""

_MOST_DRAWS = 100


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
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail], axis=0)
    return low, high


def tabulate_intervals(
    compute: Callable[[np.ndarray], pd.DataFrame],
    labels: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Return figures of merit with their 95% bootstrap percentile intervals.

    Args:
        compute: makes of (b, n) counts a table of b rows, a column for each figure.
        labels: (n,) integers; see ``draw_counts``, as for the rest.
        identities: (n,) or None.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Index: figure of merit; columns: estimate, low, high.
    """
    estimates = compute(np.ones((1, len(labels)))).iloc[0]
    samples = draw_counts(labels, identities, num_resamples, seed)
    replicates = pd.concat([compute(counts) for counts in samples])
    low, high = percentile_interval(replicates.to_numpy())
    table = pd.DataFrame({"estimate": estimates, "low": low, "high": high})
    return table.rename_axis("figure of merit") if table.index.nlevels == 1 else table


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
