"""How far a small movement carries a face in pixel space, against how far classes lie apart."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances

from cnnlab.faces.augmentation import Augmentation, augment, scale


@dataclass(frozen=True)
class PixelDistances:
    """Root mean squared differences of pixel values in [0, 1], one for each of b images.

    Attributes:
        moved: from the image to its own moved copy.
        nearest: from the image to the nearest image of another class.
        typical: from the image to the images of other classes, median.
    """

    moved: np.ndarray
    nearest: np.ndarray
    typical: np.ndarray


def measure_pixel_distances(
    images: np.ndarray, labels: np.ndarray, augmentation: Augmentation, seed: tuple[int, int]
) -> PixelDistances:
    """Compare images with their moved copies and with images of other classes.

    Args:
        images: (b, h, w, 3) uint8.
        labels: (b,) int64, of at least two classes.
        augmentation: how far the copies are moved.
        seed: of the movements.
    """
    originals = scale(images).numpy().reshape(len(images), -1)
    copies = augment(images, augmentation, seed).numpy().reshape(len(images), -1)
    values = np.sqrt(originals.shape[1])
    between = pairwise_distances(originals) / values
    between[labels[:, None] == labels[None, :]] = np.nan
    return PixelDistances(
        moved=np.linalg.norm(originals - copies, axis=1) / values,
        nearest=np.nanmin(between, axis=1),
        typical=np.nanmedian(between, axis=1),
    )
