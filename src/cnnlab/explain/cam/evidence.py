"""Where a network finds an expression, against where it is: figures for each image."""

import keras
import numpy as np
import pandas as pd

from cnnlab.explain.cam.class_activation import (
    differentiate_targets,
    multiply_maps_by_gradients,
    weigh_maps,
)
from cnnlab.explain.cam.moved_pixels import find_moved_pixels
from cnnlab.explain.cam.overlay import resize_maps
from cnnlab.explain.cam.plausibility import play_pointing_game, share_inside
from cnnlab.explain.cam.regions import BORDER, share_energy
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.settings import SEED

LAYER = "conv5_2"
"""The last convolution of the light VGG and of all its variants."""


def choose_located(faces: Faces, rows: np.ndarray, per_class: int) -> np.ndarray:
    """Choose images of every class but neutral, whose maps can be judged.

    Args:
        faces: the data.
        rows: (m,) which of their images to choose from.
        per_class: most images of a class.

    Returns:
        (n,) rows, ascending within each class.
    """
    shown = rows[faces.labels[rows] != CLASSES.index("neutral")]
    return np.concatenate(choose_per_class(faces.labels, shown, per_class, SEED))


def measure_localisation(model: keras.Model, faces: Faces, rows: np.ndarray) -> pd.DataFrame:
    """Judge the maps of the true class at ``LAYER`` by the pixels that the expression moved.

    Args:
        model: the light VGG or one of its variants.
        faces: rendered faces.
        rows: (n,) which of their images.

    Returns:
        n rows. For Grad-CAM and HiResCAM the share of the energy inside the moved pixels, the
        share on the border and whether the peak lies inside; not a number for empty maps.
    """
    images = faces.images[rows] / np.float32(255)
    moved = find_moved_pixels(faces, rows)
    found = differentiate_targets(model, images, LAYER, faces.labels[rows])
    maps = {
        "Grad-CAM": weigh_maps(found),
        "HiResCAM": np.maximum(multiply_maps_by_gradients(found), 0),
    }
    columns = {}
    for name, each in maps.items():
        enlarged = resize_maps(each, images.shape[1:3])
        columns[f"inside, {name}"] = share_inside(enlarged, moved)
        columns[f"border, {name}"] = share_energy(enlarged)[BORDER]
        columns[f"pointing, {name}"] = play_pointing_game(enlarged, moved)
    return pd.DataFrame(columns)
