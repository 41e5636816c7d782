"""Which expression a unit prefers, chosen on one half of the people and judged on the other.

The class that a unit seems to prefer, picked from eight, looks preferred by chance alone on the
images on which it was picked. On other people a unit that prefers nothing has an area of 0.5.
"""

import numpy as np

from cnnlab.evaluation.intervals import FEWEST, Mean, draw_counts, percentile_interval


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
    classes = np.intersect1d(labels[in_first], labels[~in_first])
    if len(classes) < 2:
        return Mean(np.nan, np.nan, np.nan, 0)
    halves = [np.flatnonzero(half & np.isin(labels, classes)) for half in (in_first, ~in_first)]
    chosen = [compute_areas(peaks[half], labels[half], classes).argmax(axis=1) for half in halves]
    people = np.arange(len(labels)) if identities is None else identities
    areas, fewest = np.zeros(1 + num_resamples), len(labels)
    for half, choice in zip(halves, chosen[::-1], strict=True):
        resampled = None if identities is None else identities[half]
        samples = draw_counts(labels[half], resampled, num_resamples, seed)
        # The first counts every image once: that is the estimate.
        counts = np.concatenate([np.ones((1, len(half))), *samples])
        for number, label in enumerate(classes):
            members = labels[half] == label
            wins = _count_wins(peaks[half][:, choice == number], members).sum(axis=-1)
            own, others = counts[:, members], counts[:, ~members]
            pairs = own.sum(axis=1) * others.sum(axis=1)
            areas += ((own @ wins) * others).sum(axis=1) / pairs / (2 * peaks.shape[1])
        fewest = min(fewest, len(np.unique(people[half])))
    low, high = (np.nan, np.nan) if fewest < FEWEST else percentile_interval(areas[1:])
    return Mean(float(areas[0]), float(low), float(high), sum(map(len, halves)))


def compute_areas(peaks: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute the area under the ROC curve of every unit for every class against the rest.

    It is the share of pairs, one image of the class and one of another, in which the first has
    the higher peak (the Mann-Whitney statistic; Fawcett 2006, section 7).

    Args:
        peaks: (n, k) float.
        labels: (n,) int.
        classes: (c,) int, each with images, and at least two.

    Returns:
        (k, c) float64.
    """
    areas = [_count_wins(peaks, labels == label).mean(axis=(0, 1)) for label in classes]
    return np.stack(areas, axis=1)


def _count_wins(peaks: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return for each pair of a member and another, and each unit, 1 if the member's is higher.

    Of equal peaks each wins a half.
    """
    own, others = peaks[members][:, None], peaks[~members]
    return (own > others) + 0.5 * (own == others)


def _split_in_halves(labels: np.ndarray, identities: np.ndarray | None, seed: int) -> np.ndarray:
    """Return (n,) bool: every second person, or where unknown every second image of a class."""
    rng = np.random.default_rng(seed)
    in_first = np.zeros(len(labels), bool)
    if identities is None:
        for label in np.unique(labels):
            in_first[rng.permutation(np.flatnonzero(labels == label))[::2]] = True
        return in_first
    return np.isin(identities, rng.permutation(np.unique(identities))[::2])
