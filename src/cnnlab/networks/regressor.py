"""Valence and arousal by a classifier's features: its head is replaced, all is fine-tuned.

So do Hewitt & Gunes (2018), section III, whose table of the light VGG ends in "8 or 2" units.
"""

import keras
import numpy as np

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import (
    LIGHT_VGG_AS_TABLED,
    Architecture,
    TrainedNetwork,
    train_light_vgg,
    train_network,
)
from cnnlab.networks.recipes import Recipe
from cnnlab.networks.training import Stopping
from cnnlab.networks.vgg16 import copy_weights_by_name
from cnnlab.settings import SEED, Profile, current_profile

HEAD = "valence_arousal"
REGRESSION = Recipe(3e-4, 32, Augmentation())


def read_affect(faces: Faces) -> np.ndarray | None:
    """Return (n, 2) float32 valence and arousal; None where the data do not have both.

    An image of which they are not known has no number (NaN).
    """
    valence, arousal = faces.dataset.valence, faces.dataset.arousal
    if valence is None or arousal is None:
        return None
    return np.stack([valence, arousal], axis=1).astype(np.float32)


def replace_head(classifier: keras.Model) -> keras.Model:
    """Return a network of the same layers with a new last one of 2 outputs, in float32.

    Args:
        classifier: flat and functional; its last layer is ``logits``.
    """
    features = classifier.get_layer("logits").input
    # From zero: random weights would first send large errors into features that are good.
    head = keras.layers.Dense(2, kernel_initializer="zeros", dtype="float32", name=HEAD)
    return keras.Model(classifier.input, head(features), name=f"{classifier.name}_regressor")


def train_regressor(
    architecture: Architecture,
    classifier: TrainedNetwork,
    faces: Faces,
    profile: Profile | None = None,
    seed: int = SEED,
) -> TrainedNetwork:
    """Fine-tune a trained classifier with a new head; or return it when that was done before.

    The mean squared error of both outputs is minimised; the development split chooses the
    epoch. Images whose valence or arousal is not known are left out.

    Args:
        architecture: the classifier's.
        classifier: trained on the same data.
        faces: the data; Validation/ is not looked at.
        profile: how long; default: this run's.
        seed: of order and augmentation.

    Raises:
        ValueError: the data lack valence or arousal.
    """
    profile, affect = profile or current_profile(), read_affect(faces)
    if affect is None:
        raise ValueError(f"{faces.dataset.title}: valence and arousal are not known.")

    def build() -> keras.Model:
        source = architecture.build()
        copy_weights_by_name(classifier.model, source)
        return replace_head(source)

    title, name = f"{architecture.title}, valence and arousal", f"{architecture.name}-affect"
    regressor = Architecture(title, name, build, REGRESSION)
    stopping = Stopping(profile.regressor_epochs, profile.patience)
    start = classifier.folder.name
    return train_network(regressor, faces, stopping, seed, affect=affect, classifier=start)


def train_light_vgg_regressor(faces: Faces) -> TrainedNetwork:
    """Return the report's regressor: made from its light VGG, trained where it is not yet."""
    return train_regressor(LIGHT_VGG_AS_TABLED, train_light_vgg(faces), faces)
