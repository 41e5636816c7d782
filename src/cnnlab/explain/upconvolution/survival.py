"""What of an image survives in a picture of it: nearness, place, colour, the individual.

Each measure compares n pictures with the n images that they should show, both (n, 64, 64, 3) in
[0, 1]. Judges of who is seen, and with which expression, are Fisherfaces (Belhumeur, Hespanha &
Kriegman 1997): trained in a second, so that each layer's pictures can have a judge that learned
from pictures as blurred as they are.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, normalize

from cnnlab.evaluation.intervals import Mean, bootstrap, covary
from cnnlab.settings import SEED

FARTHEST = 6
"""Pixels of 64 up to which a picture is shifted in search of its place."""
MOST_COMPONENTS = 150
TOP, SIDES = 8, 10
"""Pixels of 64 that judges do not look at above and below, and on each side: mostly background."""


def measure_error(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return each picture's root mean squared error over pixels and channels: (n,)."""
    return np.sqrt(np.square(pictures - images).mean(axis=(1, 2, 3)))


def measure_shift(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return how far each image has to be shifted to fit its picture best.

    Args:
        pictures: (n, 64, 64, 3); their middle, without ``FARTHEST`` pixels on each side, is
            compared.
        images: (n, 64, 64, 3); shifted by all whole pixels up to ``FARTHEST`` along both axes.

    Returns:
        (n,) length in pixels of the shift with the least squared error; of equals the shortest.
    """
    steps = range(-FARTHEST, FARTHEST + 1)
    shifts = sorted(((y, x) for y in steps for x in steps), key=lambda s: s[0] ** 2 + s[1] ** 2)
    size = pictures.shape[1] - 2 * FARTHEST
    middle = pictures[:, FARTHEST:-FARTHEST, FARTHEST:-FARTHEST]
    errors = []
    for y, x in shifts:
        moved = images[:, FARTHEST + y :, FARTHEST + x :][:, :size, :size]
        errors.append(np.square(moved - middle).sum(axis=(1, 2, 3)))
    return np.hypot(*np.array(shifts, float)[np.argmin(errors, axis=0)].T)


def find_own(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return for each picture 1 if its own image is the nearest of all images, else 0: (n,).

    Where several are equally near, the hit is shared among them.
    """
    first, second = (x.reshape(len(x), -1).astype(np.float64) for x in (pictures, images))
    distances = euclidean_distances(first, second, squared=True)
    # They are differences of squared lengths, and carry the lengths' rounding.
    rounding = 1e-9 * np.square(second).sum(axis=1).max()
    nearest = distances <= distances.min(axis=1, keepdims=True) + rounding
    return np.diag(nearest) / nearest.sum(axis=1)


def correlate_colour(
    pictures: np.ndarray, images: np.ndarray, identities: np.ndarray | None, num_resamples: int
) -> Mean:
    """Correlate the mean colours of pictures with those of their images, over images.

    Args:
        pictures: (n, 64, 64, 3).
        images: (n, 64, 64, 3).
        identities: (n,) who is seen, resampled with all their images; None: images are.
        num_resamples: of the bootstrap.

    Returns:
        Pearson's correlation, averaged over red, green and blue; not a number, with n = 0, where
        a picture's colour never varies.
    """
    painted, true = (x.mean(axis=(1, 2)).astype(np.float64) for x in (pictures, images))
    if min(painted.std(axis=0).min(), true.std(axis=0).min()) < 1e-6:
        return Mean(np.nan)

    def correlate(counts: np.ndarray) -> np.ndarray:
        shares = counts / counts.sum(axis=1, keepdims=True)
        scale = np.sqrt(covary(painted, painted, shares) * covary(true, true, shares))
        return (covary(painted, true, shares) / scale).mean(axis=1)

    n = len(pictures)
    people = np.arange(n) if identities is None else identities
    return bootstrap(correlate, np.zeros(n, int), people, num_resamples, SEED)


def choose_strangers(identities: np.ndarray | None, n: int) -> np.ndarray:
    """Draw for each image another one, of another person where it is known who is seen.

    Args:
        identities: (n,) or None.
        n: images.

    Returns:
        (n,) positions.

    Raises:
        ValueError: all images show one person.
    """
    people = np.arange(n) if identities is None else identities
    if len(np.unique(people)) < 2:
        raise ValueError("All images show one person: there is no other face to compare with.")
    rng = np.random.default_rng(SEED)
    return np.array([rng.choice(np.flatnonzero(people != person)) for person in people])


def train_judge(pictures: np.ndarray, classes: np.ndarray) -> Pipeline:
    """Train a judge: principal components of grey faces, then what tells the classes apart.

    Args:
        pictures: (n, 64, 64, 3) float in [0, 1].
        classes: (n,) who is seen, or with which expression; two at least, and fewer than
            pictures.
    """
    return make_pipeline(
        FunctionTransformer(_crop),
        PCA(min(MOST_COMPONENTS, len(pictures) // 2), whiten=True, svd_solver="full"),
        LinearDiscriminantAnalysis(),
    ).fit(pictures, classes)


def recognise_people(
    judge: Pipeline, pictures: np.ndarray, images: np.ndarray, identities: np.ndarray
) -> np.ndarray:
    """Return how surely each picture's person is found among other images.

    Args:
        judge: trained on other people.
        pictures: (n, 64, 64, 3).
        images: (n, 64, 64, 3), what the pictures show; a picture's own image is left out of its
            search.
        identities: (n,) who is seen.

    Returns:
        (n,) the probability that an image of the person is nearer to the picture than one of
        somebody else (the area under the ROC curve); 0.5: nothing of the person is left. Not a
        number where the person, or everybody else, has no other image.
    """
    seen, known = (normalize(judge.transform(each)) for each in (pictures, images))
    areas = np.full(len(pictures), np.nan)
    for row, nearness in enumerate(seen @ known.T):
        is_same = identities == identities[row]
        own, rest = nearness[is_same & (np.arange(len(images)) != row)], nearness[~is_same]
        if own.size and rest.size:
            areas[row] = 0.5 + np.sign(own[:, None] - rest).mean() / 2
    return areas


def _crop(pictures: np.ndarray) -> np.ndarray:
    middle = pictures[:, TOP:-TOP, SIDES:-SIDES].mean(axis=-1)
    return middle.reshape(len(pictures), -1)
