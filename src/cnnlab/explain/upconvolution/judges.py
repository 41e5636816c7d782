"""Judges of who is seen, and with which expression: Fisherfaces.

Belhumeur, Hespanha & Kriegman (1997). They are trained in a second, so that each layer's
pictures can have a judge that learned from pictures as blurred as they are.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline

MOST_COMPONENTS = 150
TOP, SIDES = 8, 10
"""Pixels of 64 that are cut off above and below, and on each side: mostly background."""


@dataclass(frozen=True)
class Recogniser:
    """Principal components of grey faces, then the directions that tell classes or people apart."""

    pipeline: Pipeline

    def describe(self, pictures: np.ndarray) -> np.ndarray:
        """Return vectors of length 1, near one another for pictures of one person: (n, d)."""
        vectors = self.pipeline.transform(_crop(pictures))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def classify(self, pictures: np.ndarray) -> np.ndarray:
        """Return the class or person that each picture is most likely of: (n,)."""
        return self.pipeline.predict(_crop(pictures))


def train_recogniser(pictures: np.ndarray, classes: np.ndarray) -> Recogniser:
    """Train a judge.

    Args:
        pictures: (n, 64, 64, 3) float in [0, 1].
        classes: (n,) who is seen, or with which expression; two at least, and fewer than
            pictures.
    """
    components = min(MOST_COMPONENTS, len(pictures) // 2)
    pipeline = make_pipeline(
        PCA(components, whiten=True, svd_solver="full"), LinearDiscriminantAnalysis()
    )
    return Recogniser(pipeline.fit(_crop(pictures), classes))


def recognise_people(
    recogniser: Recogniser, pictures: np.ndarray, images: np.ndarray, identities: np.ndarray
) -> np.ndarray:
    """Return how surely each picture's person is found among other images.

    Args:
        recogniser: trained on other people.
        pictures: (n, 64, 64, 3).
        images: (n, 64, 64, 3), what the pictures show; a picture's own image is left out of its
            search.
        identities: (n,) who is seen.

    Returns:
        (n,) the probability that an image of the person is nearer to the picture than one of
        somebody else (the area under the ROC curve); 0.5: nothing of the person is left. Not a
        number where the person, or everybody else, has no other image.
    """
    nearness = recogniser.describe(pictures) @ recogniser.describe(images).T
    areas = np.full(len(pictures), np.nan)
    for row, scores in enumerate(nearness):
        others = np.arange(len(images)) != row
        same = (identities == identities[row])[others]
        found, rest = same.sum(), (~same).sum()
        if found and rest:
            ranks = rankdata(scores[others])[same].sum()
            areas[row] = (ranks - found * (found + 1) / 2) / (found * rest)
    return areas


def _crop(pictures: np.ndarray) -> np.ndarray:
    middle = pictures[:, TOP:-TOP, SIDES:-SIDES].mean(axis=-1)
    return middle.reshape(len(pictures), -1)
