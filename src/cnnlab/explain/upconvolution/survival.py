"""What of an image survives in a picture of it: nearness, place, colour, the individual.

Each measure compares n pictures with the n images that they should show, both (n, 64, 64, 3) in
[0, 1].
"""

import numpy as np
import tensorflow as tf

from cnnlab.evaluation.intervals import FEWEST, Mean
from cnnlab.evaluation.resampling import draw_counts, percentile_interval

FARTHEST = 6
"""Pixels of 64 up to which a picture is shifted in search of its place."""


def measure_error(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return each picture's root mean squared error over pixels and channels: (n,)."""
    return np.sqrt(np.square(pictures - images).mean(axis=(1, 2, 3)))


def measure_similarity(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return the structural similarity (Wang et al. 2004, window of 11 pixels): (n,), at most 1."""
    return tf.image.ssim(pictures, images, max_val=1.0).numpy()


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
    errors = np.stack(
        [
            np.square(images[:, FARTHEST + y :, FARTHEST + x :][:, :size, :size] - middle).sum(
                axis=(1, 2, 3)
            )
            for y, x in shifts
        ]
    )
    return np.hypot(*np.array(shifts, float)[errors.argmin(axis=0)].T)


def find_own(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return for each picture 1 if its own image is the nearest of all images, else 0: (n,).

    Where several are equally near, the hit is shared among them.
    """
    distances = _square_distances(pictures, images)
    # Differences of squared lengths carry the lengths' rounding, and may even be negative.
    rounding = 1e-9 * np.square(images, dtype=np.float64).sum(axis=(1, 2, 3)).max()
    nearest = distances <= distances.min(axis=1, keepdims=True) + rounding
    return np.diag(nearest) / nearest.sum(axis=1)


def correlate_colour(
    pictures: np.ndarray,
    images: np.ndarray,
    identities: np.ndarray | None,
    num_resamples: int,
    seed: int,
) -> Mean:
    """Correlate the mean colours of pictures with those of their images, over images.

    Args:
        pictures: (n, 64, 64, 3).
        images: (n, 64, 64, 3).
        identities: (n,) who is seen, resampled with all their images; None: images are.
        num_resamples: of the bootstrap.
        seed: same seed, same interval.

    Returns:
        Pearson's correlation, averaged over red, green and blue; not a number, with n = 0, where
        a picture's colour never varies.
    """
    painted, true = pictures.mean(axis=(1, 2)), images.mean(axis=(1, 2))
    if min(painted.std(axis=0).min(), true.std(axis=0).min()) < 1e-6:
        return Mean(np.nan, np.nan, np.nan, 0)
    n = len(pictures)
    value = float(_correlate(painted, true, np.ones((1, n)))[0])
    people = np.arange(n) if identities is None else identities
    if len(np.unique(people)) < FEWEST:
        return Mean(value, np.nan, np.nan, n)
    counts = np.concatenate(list(draw_counts(np.zeros(n, int), people, num_resamples, seed)))
    low, high = percentile_interval(_correlate(painted, true, counts))
    return Mean(value, float(low), float(high), n)


def choose_strangers(identities: np.ndarray | None, n: int, seed: int) -> np.ndarray:
    """Draw for each image another one, of another person where it is known who is seen.

    Args:
        identities: (n,) or None.
        n: images.
        seed: of the draw.

    Returns:
        (n,) positions.

    Raises:
        ValueError: all images show one person.
    """
    people = np.arange(n) if identities is None else identities
    if len(np.unique(people)) < 2:
        raise ValueError("All images show one person: there is no other face to compare with.")
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(np.flatnonzero(people != person)) for person in people])


def _correlate(painted: np.ndarray, true: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the correlation in each resample, averaged over the channels: (b,)."""
    shares = counts / counts.sum(axis=1, keepdims=True)

    def covary(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return shares @ (a * b) - (shares @ a) * (shares @ b)

    a, b = painted.astype(np.float64), true.astype(np.float64)
    return (covary(a, b) / np.sqrt(covary(a, a) * covary(b, b))).mean(axis=1)


def _square_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return squared distances between all pairs: (n, m)."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (first, second))
    return np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
