"""Networks trained from random weights, each once for the data, the stopping and the seed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import training_batches
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.precision import detect_policy, use_policy
from cnnlab.networks.recipes import (
    Recipe,
    compile_classifier,
    count_steps,
    describe_training,
    development_batches,
    learned_shares,
    weigh_classes,
)
from cnnlab.networks.training import Stopping, train
from cnnlab.networks.vgg16 import copy_weights_by_name
from cnnlab.settings import SEED, Profile, current_profile

# Rotation, shift and flip are Hewitt & Gunes's. Their learning rate of 1e-3 belongs to the form
# with batch normalisation: the tabled form stays at chance under it.
LIGHT_VGG = Recipe(3e-4, 32, Augmentation())


@dataclass(frozen=True)
class Architecture:
    """A network that is trained from scratch.

    Attributes:
        title: how figures and tables call it.
        name: how the folders of its trainings start, such as ``light-vgg``.
        build: makes it, in the Keras dtype policy that is in force.
        recipe: how it is trained.
    """

    title: str
    name: str
    build: Callable[[], keras.Model]
    recipe: Recipe


LIGHT_VGG_AS_TABLED = Architecture("Light VGG", "light-vgg", build_light_vgg, LIGHT_VGG)


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network of the report.

    Attributes:
        title: how figures and tables call it.
        model: (n, 128, 128, 3) RGB in [0, 1] to float32 logits (n, 8), in float32 throughout.
        history: one row an epoch: loss, accuracy, val_loss, val_accuracy (``val`` is the
            development split), seconds, stage.
        chosen_epoch: the epoch whose weights the model has.
        folder: where the training is kept.
        seed: of weights, order and augmentation.
        seconds: wall-clock seconds of all epochs, and of the cached features before them, when
            they were computed.
        class_shares: (8,) float64, the classes' shares of the loss it was trained by.
    """

    title: str
    model: keras.Model
    history: pd.DataFrame
    chosen_epoch: int
    folder: Path
    seed: int
    seconds: float
    class_shares: np.ndarray


def train_light_vgg(
    faces: Faces, profile: Profile | None = None, seed: int = SEED
) -> TrainedNetwork:
    """Train the light VGG, as tabled, from scratch; or return it when that was done before.

    Args:
        faces: the data; the training split is learned from, the development split chooses the
            epoch, Validation/ is not looked at.
        profile: how long; default: this run's.
        seed: of weights, order and augmentation.
    """
    profile = profile or current_profile()
    return train_from_scratch(LIGHT_VGG_AS_TABLED, faces, stop_light_vgg(profile), seed)


def stop_light_vgg(profile: Profile) -> Stopping:
    """Return when the training of the report's light VGG ends."""
    return Stopping(profile.light_vgg_epochs, profile.patience)


def train_from_scratch(
    architecture: Architecture,
    faces: Faces,
    stopping: Stopping,
    seed: int,
    policy: str | None = None,
) -> TrainedNetwork:
    """Train a network from random weights on augmented images; or return it.

    Args:
        architecture: what is trained, and how.
        faces: the data; the training split is learned from, the development split chooses the
            epoch, Validation/ is not looked at.
        stopping: when to end.
        seed: of weights, order and augmentation.
        policy: Keras dtype policy of the training; default: this machine's.
    """
    recipe, rows = architecture.recipe, faces.split.training
    dtype = policy or detect_policy()
    steps = count_steps(len(rows), recipe)

    def build() -> keras.Model:
        with use_policy(dtype):
            model = architecture.build()
        return compile_classifier(model, recipe, stopping, steps)

    def epoch_batches(epoch: int) -> tf.data.Dataset:
        return training_batches(
            faces.images,
            faces.labels,
            rows,
            recipe.augmentation,
            recipe.batch_size,
            seed,
            epoch,
        )

    development = faces.split.development
    result = train(
        architecture.name,
        describe_training(faces, recipe, dtype),
        build,
        epoch_batches,
        development_batches(faces, development, faces.labels[development]),
        stopping,
        seed,
        class_weight=weigh_classes(faces, recipe),
    )
    model = architecture.build()
    copy_weights_by_name(result.model, model)
    return TrainedNetwork(
        title=architecture.title,
        model=model,
        history=result.history.assign(stage="from scratch"),
        chosen_epoch=result.chosen_epoch,
        folder=result.folder,
        seed=seed,
        seconds=result.seconds,
        class_shares=learned_shares(faces, recipe),
    )
