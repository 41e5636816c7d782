"""Seeded choices of images: of each class, or of people who show every class."""

import numpy as np
import pandas as pd


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


def choose_people(
    labels: np.ndarray, identities: np.ndarray, indices: np.ndarray, count: int, seed: int
) -> np.ndarray:
    """Choose up to ``count`` people who show every class, and one image of each class of them.

    Args:
        labels: (n,) int64, the label of every image of the data set.
        identities: (n,) int64, who is seen.
        indices: (m,) int64, the images to choose from.
        count: how many people.
        seed: the same seed, the same choice, in any order of ``indices``.

    Returns:
        (classes, people) int64, for each class and person the first image; no columns where
        nobody shows every class.
    """
    shown = pd.DataFrame({"label": labels[indices], "person": identities[indices], "row": indices})
    first = shown.pivot_table("row", "label", "person", "min").dropna(axis="columns")
    chosen = np.sort(np.random.default_rng(seed).permutation(first.columns)[:count])
    return first[chosen].to_numpy(np.int64)
