"""Whole networks, each trained once for the data, the recipe, the stopping and the seed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches, training_batches
from cnnlab.networks.devices import detect_policy, use_policy
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.recipes import (
    Recipe,
    compile_network,
    describe_training,
    learned_shares,
    weigh_classes,
)
from cnnlab.networks.training import Stopping, Training, TrainingResult, train
from cnnlab.networks.vgg16 import copy_weights_by_name
from cnnlab.settings import SEED, Profile, current_profile

# Rotation, shift and flip are Hewitt & Gunes's. Their learning rate of 1e-3 belongs to the form
# with batch normalisation: the tabled form stays at chance under it.
LIGHT_VGG = Recipe(3e-4, 32, Augmentation())


@dataclass(frozen=True)
class Architecture:
    """A network, and how it is trained.

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
class TrainedNetwork(TrainingResult):
    """A trained network of the report.

    Its model leads from (n, 128, 128, 3) RGB in [0, 1] to logits (n, 8), or to valence and arousal
    (n, 2), which are not confined to [-1, 1]; in float32 throughout. The history names the stage
    of each epoch.

    Attributes:
        title: how figures and tables call it.
        class_shares: (8,) float64, the classes' shares of the loss it was trained by.
    """

    title: str
    class_shares: np.ndarray


def train_light_vgg(
    faces: Faces, profile: Profile | None = None, seed: int = SEED
) -> TrainedNetwork:
    """Train the light VGG, as tabled, from scratch; or return it when that was done before.

    Args:
        faces: the data.
        profile: how long; default: this run's.
        seed: of weights, order and augmentation.
    """
    stopping = stop_light_vgg(profile or current_profile())
    return train_network(LIGHT_VGG_AS_TABLED, faces, stopping, seed)


def stop_light_vgg(profile: Profile) -> Stopping:
    """Return when the training of the report's light VGG ends."""
    return Stopping(profile.light_vgg_epochs, profile.patience)


def train_network(
    architecture: Architecture,
    faces: Faces,
    stopping: Stopping,
    seed: int,
    policy: str | None = None,
    affect: np.ndarray | None = None,
    **also_decides: str,
) -> TrainedNetwork:
    """Train a whole network on augmented images; or return it when that was done before.

    Args:
        architecture: what is trained, and how.
        faces: the data; the training split is learned from, the development split chooses the
            epoch, Validation/ is not looked at.
        stopping: when to end.
        seed: of weights, order and augmentation.
        policy: Keras dtype policy of the training; default: this machine's.
        affect: (n, 2) valence and arousal, to be learned in place of the classes; images of which
            they are not known are left out.
        also_decides: what else the result depends on.
    """
    targets = faces.labels if affect is None else affect
    recipe, policy = architecture.recipe, policy or detect_policy()
    is_known = np.isfinite(targets.reshape(len(targets), -1)).all(axis=1)
    rows, development = (
        part[is_known[part]] for part in (faces.split.training, faces.split.development)
    )

    def build() -> keras.Model:
        with use_policy(policy):
            model = architecture.build()
        return compile_network(model, recipe, stopping, len(rows))

    def epoch_batches(epoch: int) -> tf.data.Dataset:
        return training_batches(
            faces.images, targets, rows, recipe.augmentation, recipe.batch_size, seed, epoch
        )

    def development_batches() -> tf.data.Dataset:
        expected = tf.data.Dataset.from_tensor_slices(targets[development]).batch(64)
        return tf.data.Dataset.zip((evaluation_batches(faces.images, development, 64), expected))

    result = train(
        Training(
            architecture.name,
            describe_training(faces, recipe, policy) | also_decides,
            build,
            epoch_batches,
            development_batches,
            stopping,
            seed,
            weigh_classes(faces, recipe) if affect is None else None,
        )
    )
    model = architecture.build()
    copy_weights_by_name(result.model, model)
    whole = replace(result, model=model, history=result.history.assign(stage="all layers"))
    shares = learned_shares(faces, recipe)
    return TrainedNetwork(**vars(whole), title=architecture.title, class_shares=shares)
