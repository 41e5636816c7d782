"""Which expression a unit prefers, chosen on one half of the people and judged on the other.

The class that a unit seems to prefer, picked from eight, looks preferred by chance alone on the
images on which it was picked. On other people a unit that prefers nothing has an area of 0.5.
"""

import numpy as np
from scipy.stats import rankdata

from cnnlab.evaluation.intervals import FEWEST, Mean
from cnnlab.evaluation.resampling import draw_counts, percentile_interval


def measure_selectivity(
    peaks: np.ndarray,
    labels: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> Mean:
    """Measure how well each unit's peak tells its preferred class from all others.

    Args:
        peaks: (n, k), the largest activation of each feature map in each image.
        labels: (n,) int.
        identities: (n,) who is seen: halves and resamples are of people. None: of images.
        num_resamples: of the bootstrap; within each half, the preferred classes kept.
        seed: of the halves and the resamples.

    Returns:
        The mean over the units of the area under the ROC curve of the class that one half of the
        people chose, on the other half, averaged over both ways. Not a number where fewer than
        two classes are in both halves; without an interval where a half has fewer than
        ``FEWEST`` people or images.
    """
    in_first = _split_in_halves(labels, identities, seed)
    halves = (np.flatnonzero(in_first), np.flatnonzero(~in_first))
    classes = np.intersect1d(*(labels[half] for half in halves))
    if len(classes) < 2:
        return Mean(np.nan, np.nan, np.nan, 0)
    halves = tuple(half[np.isin(labels[half], classes)] for half in halves)
    tables = [compute_areas(peaks[half], labels[half], classes) for half in halves]
    chosen = [table.argmax(axis=1) for table in tables]
    units = np.arange(peaks.shape[1])
    areas = (tables[1][units, chosen[0]] + tables[0][units, chosen[1]]) / 2
    replicates = np.zeros(num_resamples)
    for number, half in enumerate(halves):
        preferred = classes[chosen[1 - number]]
        people = None if identities is None else identities[half]
        counts = np.concatenate(list(draw_counts(labels[half], people, num_resamples, seed)))
        replicates += _resample_areas(peaks[half], labels[half], preferred, counts) / 2
    few = min(_count_people(half, identities) for half in halves) < FEWEST
    low, high = (np.nan, np.nan) if few else percentile_interval(replicates)
    return Mean(float(areas.mean()), float(low), float(high), sum(map(len, halves)))


def compute_areas(peaks: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute the area under the ROC curve of every unit for every class against the rest.

    It is the Mann-Whitney statistic, from ranks (Fawcett 2006, section 7).

    Args:
        peaks: (n, k) float.
        labels: (n,) int.
        classes: (c,) int, each with images, and at least two.

    Returns:
        (k, c) float64.
    """
    ranks = rankdata(peaks, axis=0)
    areas = []
    for label in classes:
        members = labels == label
        positives, negatives = members.sum(), (~members).sum()
        excess = ranks[members].sum(axis=0) - positives * (positives + 1) / 2
        areas.append(excess / (positives * negatives))
    return np.stack(areas, axis=1)


def _split_in_halves(labels: np.ndarray, identities: np.ndarray | None, seed: int) -> np.ndarray:
    """Return (n,) bool: every second person, or where unknown every second image of a class."""
    rng = np.random.default_rng(seed)
    in_first = np.zeros(len(labels), bool)
    if identities is None:
        for label in np.unique(labels):
            in_first[rng.permutation(np.flatnonzero(labels == label))[::2]] = True
        return in_first
    return np.isin(identities, rng.permutation(np.unique(identities))[::2])


def _resample_areas(
    peaks: np.ndarray, labels: np.ndarray, preferred: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return (b,) the mean area over the units, each for its class, in each resample."""
    total = np.zeros(len(counts))
    for label in np.unique(preferred):
        members = labels == label
        own = peaks[:, preferred == label]
        above = own[members][:, None] > own[~members]
        equal = own[members][:, None] == own[~members]
        wins = (above + 0.5 * equal).sum(axis=-1)
        won = np.einsum("bi,ij,bj->b", counts[:, members], wins, counts[:, ~members], optimize=True)
        total += won / (counts[:, members].sum(axis=1) * counts[:, ~members].sum(axis=1))
    return total / len(preferred)


def _count_people(rows: np.ndarray, identities: np.ndarray | None) -> int:
    return len(rows) if identities is None else len(np.unique(identities[rows]))
