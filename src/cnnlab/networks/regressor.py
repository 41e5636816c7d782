"""Valence and arousal by a classifier's features: its head is replaced, all is fine-tuned.

So do Hewitt & Gunes (2018), section III, whose table of the light VGG ends in "8 or 2" units.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import training_batches
from cnnlab.networks.from_scratch import (
    LIGHT_VGG_AS_TABLED,
    Architecture,
    TrainedNetwork,
    train_light_vgg,
)
from cnnlab.networks.precision import detect_policy, use_policy
from cnnlab.networks.recipes import (
    Recipe,
    compile_network,
    count_steps,
    describe_training,
    development_batches,
)
from cnnlab.networks.training import Stopping, train
from cnnlab.networks.vgg16 import copy_weights_by_name
from cnnlab.settings import SEED, Profile, current_profile

HEAD = "valence_arousal"
REGRESSION = Recipe(3e-4, 32, Augmentation())


@dataclass(frozen=True)
class TrainedRegressor:
    """A trained network for valence and arousal.

    Attributes:
        title: how figures and tables call it.
        model: (n, 128, 128, 3) RGB in [0, 1] to valence and arousal, float32 (n, 2), not
            confined to [-1, 1].
        history: one row an epoch: loss and val_loss, the mean squared errors of training and
            development images; seconds.
        chosen_epoch: the epoch whose weights the model has.
        folder: where the training is kept.
        seed: of the head's weights, order and augmentation.
        seconds: wall-clock seconds of all epochs.
    """

    title: str
    model: keras.Model
    history: pd.DataFrame
    chosen_epoch: int
    folder: Path
    seed: int
    seconds: float


class UnknownAffectError(ValueError):
    """The data do not say how pleasant and how excited the faces are."""


def read_affect(faces: Faces) -> np.ndarray | None:
    """Return (n, 2) float32 valence and arousal; None where the data do not have both.

    An image of which they are not known has no number (NaN).
    """
    valence, arousal = faces.dataset.valence, faces.dataset.arousal
    if valence is None or arousal is None:
        return None
    return np.stack([valence, arousal], axis=1).astype(np.float32)


def choose_known(affect: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return those of ``rows`` whose valence and arousal, (n, 2), are both known."""
    return rows[np.isfinite(affect[rows]).all(axis=1)]


def replace_head(classifier: keras.Model) -> keras.Model:
    """Return a network of the same layers with a new last one of 2 outputs, in float32.

    Args:
        classifier: flat and functional; its last layer is ``logits``.
    """
    features = classifier.get_layer("logits").input
    # From zero: random weights would first send large errors into features that are good.
    outputs = keras.layers.Dense(2, kernel_initializer="zeros", dtype="float32", name=HEAD)(
        features
    )
    return keras.Model(classifier.input, outputs, name=f"{classifier.name}_regressor")


def train_regressor(
    architecture: Architecture,
    classifier: TrainedNetwork,
    faces: Faces,
    profile: Profile | None = None,
    seed: int = SEED,
) -> TrainedRegressor:
    """Fine-tune a trained classifier with a new head; or return it when that was done before.

    The mean squared error of both outputs is minimised; the development split chooses the
    epoch. Images whose valence or arousal is not known are left out.

    Args:
        architecture: the classifier's.
        classifier: trained on the same data.
        faces: the data; Validation/ is not looked at.
        profile: how long; default: this run's.
        seed: of the new head, order and augmentation.

    Raises:
        UnknownAffectError: the data lack valence or arousal.
    """
    affect = read_affect(faces)
    if affect is None:
        raise UnknownAffectError(
            f"{faces.dataset.title}: valence and arousal are not known, so there is nothing to "
            "learn. The rendered faces and AffectNet's own release have them."
        )
    profile = profile or current_profile()
    stopping = Stopping(profile.regressor_epochs, profile.patience)
    rows = choose_known(affect, faces.split.training)
    development = choose_known(affect, faces.split.development)
    steps = count_steps(len(rows), REGRESSION)

    def build() -> keras.Model:
        with use_policy(detect_policy()):
            source = architecture.build()
        copy_weights_by_name(classifier.model, source)
        loss = keras.losses.MeanSquaredError()
        return compile_network(replace_head(source), REGRESSION, stopping, steps, loss, ())

    def epoch_batches(epoch: int) -> tf.data.Dataset:
        return training_batches(
            faces.images,
            affect,
            rows,
            REGRESSION.augmentation,
            REGRESSION.batch_size,
            seed,
            epoch,
        )

    result = train(
        f"{architecture.name}-affect",
        describe_training(faces, REGRESSION) | {"classifier": classifier.folder.name},
        build,
        epoch_batches,
        development_batches(faces, development, affect[development]),
        stopping,
        seed,
    )
    model = replace_head(architecture.build())
    copy_weights_by_name(result.model, model)
    return TrainedRegressor(
        title=f"{architecture.title}, valence and arousal",
        model=model,
        history=result.history,
        chosen_epoch=result.chosen_epoch,
        folder=result.folder,
        seed=seed,
        seconds=result.seconds,
    )


def train_light_vgg_regressor(faces: Faces) -> TrainedRegressor:
    """Return the report's regressor: made from its light VGG, trained where it is not yet.

    Raises:
        UnknownAffectError: the data lack valence or arousal.
    """
    return train_regressor(LIGHT_VGG_AS_TABLED, train_light_vgg(faces), faces)


def train_known_affect(faces: Faces) -> None:
    """Train the report's regressor, if its data know valence and arousal; print how it went."""
    if read_affect(faces) is None:
        print(f"{faces.dataset.title}: valence and arousal are not known, and not learned.")
        return
    network = train_light_vgg_regressor(faces)
    loss = network.history.loc[network.chosen_epoch, "val_loss"]
    print(
        f"{network.title}: epoch {network.chosen_epoch} of {len(network.history)}, "
        f"mean squared error of development {loss:.3f}"
    )
