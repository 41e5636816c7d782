"""Seeded choices of images, the same number of each class."""

import numpy as np


def choose_per_class(
    labels: np.ndarray, indices: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, ...]:
    """Choose up to ``count`` of the given images of each class, without repetition.

    Args:
        labels: (n,) int64, the label of every image of the data set.
        indices: (m,) int64, the images to choose from.
        count: how many of each class; a class that has fewer gives all.
        seed: the same seed, the same choice, in any order of ``indices``.

    Returns:
        For each class that occurs among ``indices``, in the order of labels, its chosen indices,
        ascending.
    """
    generator = np.random.default_rng(seed)
    indices = np.sort(indices)
    chosen = []
    for label in np.unique(labels[indices]):
        members = indices[labels[indices] == label]
        chosen.append(np.sort(generator.permutation(members)[:count]))
    return tuple(chosen)
