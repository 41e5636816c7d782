"""VGG16's transfer: its classifier on frozen features, then block 5 with it, then block 4 too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.models.features import (
    cache_vgg16_features,
    describe_start,
    fix_vgg16,
    pool_block5,
)
from cnnlab.models.precision import detect_policy
from cnnlab.models.recipes import (
    Recipe,
    compile_classifier,
    count_steps,
    describe_training,
    learned_shares,
    weigh_classes,
)
from cnnlab.models.scratch import TrainedNetwork
from cnnlab.models.training import Stopping, TrainingResult, train
from cnnlab.models.vgg16 import (
    build_vgg16_classifier,
    build_vgg16_head,
    build_vgg16_top,
    copy_weights_by_name,
)
from cnnlab.settings import SEED, Profile, current_profile

FROZEN = "frozen"
BLOCK5 = "block 5"
BLOCK4 = "block 4"
"""The stages of VGG16's training, by what is trained first in each."""

VGG16_HEAD = Recipe(1e-3, 32, Augmentation())
VGG16_FINE_TUNING = Recipe(5e-5, 32, Augmentation())


@dataclass(frozen=True)
class TransferRecipes:
    """How VGG16 is trained.

    Attributes:
        head: the classifier on frozen features.
        fine_tuning: blocks 5 and 4 with it.
    """

    head: Recipe
    fine_tuning: Recipe

    @classmethod
    def of_report(cls) -> "TransferRecipes":
        """Return those of the report's network."""
        return cls(VGG16_HEAD, VGG16_FINE_TUNING)


def train_vgg16(
    faces: Faces,
    profile: Profile | None = None,
    seed: int = SEED,
    recipes: TransferRecipes | None = None,
) -> TrainedNetwork:
    """Train VGG16's classifier on frozen features, then block 5 with it, then block 4 too.

    Or return the network when that was done before.

    Args:
        faces: the data; the training split is learned from, the development split chooses the
            epochs, Validation/ is not looked at.
        profile: how long, and how many augmented copies; default: this run's.
        seed: of weights, order and augmentation.
        recipes: how; default: the report's.
    """
    profile, recipes = profile or current_profile(), recipes or TransferRecipes.of_report()
    features, stages = _train_down_to_block5(faces, profile, seed, recipes)
    lower = _FixedFeatures.cache(faces, profile.vgg16_copies, seed, recipes.fine_tuning, block=3)
    stages[BLOCK4] = _fine_tune(
        faces,
        lower,
        _choose(stages.values()),
        recipes.fine_tuning,
        Stopping(profile.vgg16_block4_epochs, profile.patience),
        seed,
    )
    # Block 4's features start from block 3's, whose seconds are among theirs.
    return _assemble("VGG16", stages, features.seconds, faces, seed, recipes)


def train_vgg16_block5(
    faces: Faces, profile: Profile | None = None, seed: int = SEED
) -> TrainedNetwork:
    """Train VGG16's classifier, then block 5 with it, and no block below; or return the network.

    Args:
        faces: the data; the training split is learned from, the development split chooses the
            epochs, Validation/ is not looked at.
        profile: how long, and how many augmented copies; default: this run's.
        seed: of weights, order and augmentation.
    """
    recipes = TransferRecipes.of_report()
    features, stages = _train_down_to_block5(faces, profile or current_profile(), seed, recipes)
    return _assemble("VGG16, block 4 frozen", stages, features.seconds, faces, seed, recipes)


def train_vgg16_head(
    faces: Faces, profile: Profile | None = None, seed: int = SEED
) -> TrainedNetwork:
    """Train VGG16's classifier on frozen features and no block with it; or return it.

    Args:
        faces: the data; the training split is learned from, the development split chooses the
            epoch, Validation/ is not looked at.
        profile: how long, and how many augmented copies; default: this run's.
        seed: of order and augmentation.
    """
    recipes = TransferRecipes.of_report()
    features, head = _start_with_head(faces, profile or current_profile(), seed, recipes)
    return _assemble("VGG16, frozen", {FROZEN: head}, features.seconds, faces, seed, recipes)


def _train_down_to_block5(
    faces: Faces, profile: Profile, seed: int, recipes: TransferRecipes
) -> tuple["_FixedFeatures", dict[str, TrainingResult]]:
    """Return the features of the frozen blocks, and the first two stages above them."""
    features, head = _start_with_head(faces, profile, seed, recipes)
    stopping = Stopping(profile.vgg16_block5_epochs, profile.patience)
    block5 = _fine_tune(faces, features, head, recipes.fine_tuning, stopping, seed)
    return features, {FROZEN: head, BLOCK5: block5}


def _choose(results: Iterable[TrainingResult]) -> TrainingResult:
    """Return the stage with the lowest development loss."""
    return min(results, key=lambda result: result.history["val_loss"].min())


def _assemble(
    title: str,
    stages: Mapping[str, TrainingResult],
    seconds: float,
    faces: Faces,
    seed: int,
    recipes: TransferRecipes,
) -> TrainedNetwork:
    """Return the whole network as its best stage leaves it; its history is that of all stages.

    Args:
        title: of the network.
        stages: results by name, in the order of the training.
        seconds: those of the features.
        faces: what it was trained on.
        seed: of the training.
        recipes: of the training.
    """
    # The epoch before any fine-tuning competes too.
    best = _choose(stages.values())
    model = build_vgg16_classifier()
    copy_weights_by_name(best.model, model)
    history = pd.concat([result.history.assign(stage=name) for name, result in stages.items()])
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    before = takewhile(lambda result: result is not best, stages.values())
    return TrainedNetwork(
        title=title,
        model=model,
        history=history,
        chosen_epoch=best.chosen_epoch + sum(len(result.history) for result in before),
        folder=best.folder,
        seed=seed,
        seconds=seconds + sum(result.seconds for result in stages.values()),
        class_shares=learned_shares(faces, recipes.head),
    )


@dataclass(frozen=True)
class _FixedFeatures:
    """Features below what is trained: ``training`` an array a copy, ``development`` one array."""

    training: list[np.ndarray]
    development: np.ndarray
    block: int
    dtype: str
    seconds: float

    @classmethod
    def cache(
        cls, faces: Faces, copies: int, seed: int, recipe: Recipe, block: int = 4
    ) -> "_FixedFeatures":
        dtype, split = detect_policy(), faces.split
        augmentations = [None] + [recipe.augmentation] * copies
        compute = partial(cache_vgg16_features, faces, seed=seed, dtype=dtype, block=block)
        training = compute(split.training, augmentations)
        development = compute(split.development, [None])
        return cls(
            training=training.copies,
            development=development.copies[0],
            block=block,
            dtype=dtype,
            seconds=training.seconds + development.seconds,
        )

    def describe(self) -> dict:
        start = describe_start(fix_vgg16(self.dtype), f"block{self.block}_pool")
        return {"copies": len(self.training), "features": self.dtype} | start


def _start_with_head(
    faces: Faces, profile: Profile, seed: int, recipes: TransferRecipes
) -> tuple[_FixedFeatures, TrainingResult]:
    """Return the features of the frozen blocks and the head that is trained above them."""
    recipe = recipes.head
    features = _FixedFeatures.cache(faces, profile.vgg16_copies, seed, recipes.fine_tuning)
    stopping = Stopping(profile.vgg16_frozen_epochs, profile.patience)
    steps = count_steps(len(faces.split.training), recipe)

    @cache
    def pooled() -> tuple[np.ndarray, np.ndarray]:
        return (
            pool_block5(features.training, features.dtype),
            pool_block5([features.development], features.dtype)[0],
        )

    def development() -> tf.data.Dataset:
        labels = faces.labels[faces.split.development]
        return tf.data.Dataset.from_tensor_slices((pooled()[1], labels)).batch(256)

    head = train(
        "vgg16-head",
        describe_training(faces, recipe) | features.describe(),
        lambda: compile_classifier(build_vgg16_head(), recipe, stopping, steps),
        lambda epoch: _feature_batches(faces, pooled()[0], recipe, seed, epoch),
        development,
        stopping,
        seed,
        class_weight=weigh_classes(faces, recipe),
    )
    return features, head


def _fine_tune(
    faces: Faces,
    features: _FixedFeatures,
    start: TrainingResult,
    recipe: Recipe,
    stopping: Stopping,
    seed: int,
) -> TrainingResult:
    """Train the part of VGG16 above some features, from where another training ended."""
    first_block = features.block + 1
    steps = count_steps(len(faces.split.training), recipe)

    def build() -> keras.Model:
        top = build_vgg16_top(dtype=features.dtype, first_block=first_block)
        copy_weights_by_name(start.model, top)
        return compile_classifier(top, recipe, stopping, steps)

    def development() -> tf.data.Dataset:
        rows = np.arange(len(faces.split.development))
        labels = faces.labels[faces.split.development]
        return _gather_batches([features.development], np.zeros_like(rows), rows, labels, 64)

    return train(
        f"vgg16-block{first_block}",
        describe_training(faces, recipe) | features.describe() | {"head": start.digest},
        build,
        lambda epoch: _feature_batches(faces, features.training, recipe, seed, epoch),
        development,
        stopping,
        seed,
        class_weight=weigh_classes(faces, recipe),
    )


def _feature_batches(
    faces: Faces, copies: list[np.ndarray] | np.ndarray, recipe: Recipe, seed: int, epoch: int
) -> tf.data.Dataset:
    """One epoch over all training images, each in a copy drawn at random."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(faces.split.training))
    drawn = rng.integers(len(copies), size=len(order))
    labels = faces.labels[faces.split.training]
    return _gather_batches(copies, drawn, order, labels, recipe.batch_size)


def _gather_batches(
    copies: list[np.ndarray] | np.ndarray,
    drawn: np.ndarray,
    order: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
) -> tf.data.Dataset:
    """Batches of features in an order, row i from copy ``drawn[i]``; a few at a time in memory."""
    shape = copies[0].shape[1:]

    def gather(rows: np.ndarray) -> np.ndarray:
        return np.stack([copies[drawn[row]][row] for row in rows]).astype(np.float32)

    def load(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch = tf.numpy_function(gather, [rows], tf.float32)
        return tf.ensure_shape(batch, (None, *shape)), tf.gather(labels, rows)

    return tf.data.Dataset.from_tensor_slices(order).batch(batch_size).map(load).prefetch(2)
