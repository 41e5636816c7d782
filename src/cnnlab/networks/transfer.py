"""VGG16's transfer in stages: its head on frozen convolutions, then more and more blocks with it.

What a stage leaves frozen is run once for each image, and its features are kept.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import takewhile

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.networks.features import (
    FixedNetwork,
    cache_vgg16_features,
    describe_start,
    fix_vgg16,
    pool_block5,
)
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.precision import FLOAT32, detect_policy, use_policy
from cnnlab.networks.recipes import (
    Recipe,
    compile_classifier,
    count_steps,
    describe_training,
    learned_shares,
    weigh_classes,
)
from cnnlab.networks.training import Stopping, TrainingResult, train
from cnnlab.networks.vgg16 import build_vgg16_classifier, copy_weights_by_name, take_top
from cnnlab.networks.vgg16_weights import VGG16_DIGEST
from cnnlab.settings import SEED, Profile, current_profile

HEAD = Recipe(1e-3, 32, Augmentation())
FINE_TUNING = Recipe(5e-5, 32, Augmentation())
LAST_BLOCK = 5


@dataclass(frozen=True)
class Stage:
    """A stage of VGG16's training.

    Attributes:
        title: how figures and tables call it.
        trained: how the names of those layers start whose weights are trained; the others are
            frozen.
        recipe: how they are trained.
        epochs: most epochs.
    """

    title: str
    trained: tuple[str, ...]
    recipe: Recipe
    epochs: int

    @property
    def last_frozen_block(self) -> int:
        """The last block of convolutions below all that is trained."""
        blocks = range(1, LAST_BLOCK + 1)
        trained = [block for block in blocks if f"block{block}_conv1".startswith(self.trained)]
        return min(trained, default=LAST_BLOCK + 1) - 1

    def freeze(self, network: keras.Model) -> None:
        """Let the weights of a network be trained, or not, as in this stage."""
        for layer in network.layers:
            if layer.weights:
                layer.trainable = layer.name.startswith(self.trained)


def list_stages(profile: Profile) -> tuple[Stage, ...]:
    """Return the stages by which the report's network is trained.

    Args:
        profile: how long.
    """
    return (
        Stage("frozen", ("logits",), HEAD, profile.vgg16_frozen_epochs),
        Stage("block 5", ("block5", "logits"), FINE_TUNING, profile.vgg16_block5_epochs),
        Stage("block 4", ("block4", "block5", "logits"), FINE_TUNING, profile.vgg16_block4_epochs),
    )


def train_vgg16(
    faces: Faces,
    profile: Profile | None = None,
    seed: int = SEED,
    stages: Sequence[Stage] | None = None,
    build: Callable[[], keras.Model] = build_vgg16_classifier,
) -> TrainedNetwork:
    """Train VGG16 stage by stage, or return it when that was done before.

    Each stage goes on from the best epoch so far, and the best of all is kept.

    Args:
        faces: the data; the training split is learned from, the development split chooses the
            epochs, Validation/ is not looked at.
        profile: patience, and how many augmented copies; default: this run's.
        seed: of order and augmentation.
        stages: each trains all blocks that the one before does; default: the report's.
        build: makes the network, a flat model with VGG16's blocks, named as Keras names them, under
            a head; in the Keras dtype policy that is in force.

    Raises:
        ValueError: a stage trains block 1, below which no features are kept.
    """
    profile = profile or current_profile()
    stages = stages or list_stages(profile)
    fixed = fix_vgg16(detect_policy(), build)
    results: dict[Stage, TrainingResult] = {}
    seconds = 0.0
    for stage in stages:
        features = _Features(faces, stage, fixed, profile.vgg16_copies, seed)
        stopping = Stopping(stage.epochs, profile.patience)
        start = _choose(results.values()) if results else None
        results[stage] = _train_stage(stage, faces, features, build, start, stopping, seed)
        # Block 4's features start from block 3's, whose seconds are among theirs.
        seconds = max(seconds, features.seconds)
    return _assemble(results, build, seconds, faces, seed)


def _choose(results: Iterable[TrainingResult]) -> TrainingResult:
    """Return the stage with the lowest development loss."""
    return min(results, key=lambda result: result.history["val_loss"].min())


def _assemble(
    results: dict[Stage, TrainingResult],
    build: Callable[[], keras.Model],
    seconds: float,
    faces: Faces,
    seed: int,
) -> TrainedNetwork:
    """Return the whole network as its best stage leaves it; its history is that of all stages.

    Args:
        results: in the order of the training.
        build: makes the network.
        seconds: those of the features.
        faces: what it was trained on.
        seed: of the training.
    """
    best = _choose(results.values())
    model = build()
    copy_weights_by_name(best.model, model)
    histories = [result.history.assign(stage=stage.title) for stage, result in results.items()]
    history = pd.concat(histories)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    before = takewhile(lambda result: result is not best, results.values())
    recipe = next(stage.recipe for stage, result in results.items() if result is best)
    return TrainedNetwork(
        title="VGG16",
        model=model,
        history=history,
        chosen_epoch=best.chosen_epoch + sum(len(result.history) for result in before),
        folder=best.folder,
        seed=seed,
        seconds=seconds + sum(result.seconds for result in results.values()),
        class_shares=learned_shares(faces, recipe),
    )


class _Features:
    """What a stage reads: the outputs of the layer below what it trains.

    Attributes:
        layer: whose outputs they are.
        policy: Keras dtype policy of what is trained on them.
        description: what decides them beside data, augmentation and seed.
        seconds: that computing them took.
    """

    def __init__(
        self, faces: Faces, stage: Stage, network: FixedNetwork, copies: int, seed: int
    ) -> None:
        block = stage.last_frozen_block
        if block == 0:
            raise ValueError(f"Stage {stage.title!r} trains block 1; leave at least that frozen.")
        self._network = network
        self.layer, self.policy = f"block{block}_pool", network.dtype
        if block == LAST_BLOCK and (average := _find_average(network.build())):
            # What is above is so small that block 5 may run each time, and needs no bfloat16.
            block = LAST_BLOCK - 1
            self.layer, self.policy = average, FLOAT32
        augmentations = [None] + [stage.recipe.augmentation] * copies
        compute = partial(cache_vgg16_features, faces, seed=seed, network=network, block=block)
        self._training = compute(faces.split.training, augmentations)
        self._development = compute(faces.split.development, [None])
        self.seconds = self._training.seconds + self._development.seconds
        self.description = {"copies": len(augmentations), "features": network.dtype}
        self.description |= describe_start(network, f"block{block}_pool")
        if network.digest != VGG16_DIGEST:
            self.description["below"] = network.digest

    @cached_property
    def training(self) -> Sequence[np.ndarray]:
        """An array (n, ...) for each copy of the training images."""
        return self._average(self._training.copies)

    @cached_property
    def development(self) -> np.ndarray:
        """An array (n, ...) of the development images."""
        return self._average(self._development.copies)[0]

    def _average(self, copies: list[np.ndarray]) -> Sequence[np.ndarray]:
        is_pool = self.layer.startswith("block")
        return copies if is_pool else pool_block5(copies, self._network)


def _find_average(network: keras.Model) -> str | None:
    """Return the name of the global average pool right above block 5, if there is one."""
    names = [layer.name for layer in network.layers]
    above = network.layers[names.index(f"block{LAST_BLOCK}_pool") + 1]
    return above.name if isinstance(above, keras.layers.GlobalAveragePooling2D) else None


def _train_stage(
    stage: Stage,
    faces: Faces,
    features: _Features,
    build: Callable[[], keras.Model],
    start: TrainingResult | None,
    stopping: Stopping,
    seed: int,
) -> TrainingResult:
    """Train what is above some features, from where another training ended."""
    recipe = stage.recipe
    block = stage.last_frozen_block + 1
    part = "head" if block > LAST_BLOCK else f"block{block}"
    description = describe_training(faces, recipe) | features.description
    if start:
        description["head"] = start.digest

    def compile_top() -> keras.Model:
        with use_policy(features.policy):
            network = build()
        stage.freeze(network)
        top = take_top(network, features.layer)
        if start:
            copy_weights_by_name(start.model, top)
        steps = count_steps(len(faces.split.training), recipe)
        return compile_classifier(top, recipe, stopping, steps)

    def development() -> tf.data.Dataset:
        rows = np.arange(len(faces.split.development))
        labels = faces.labels[faces.split.development]
        return _gather_batches([features.development], np.zeros_like(rows), rows, labels, 64)

    return train(
        f"vgg16-{part}",
        description,
        compile_top,
        lambda epoch: _feature_batches(faces, features.training, recipe, seed, epoch),
        development,
        stopping,
        seed,
        class_weight=weigh_classes(faces, recipe),
    )


def _feature_batches(
    faces: Faces, copies: Sequence[np.ndarray], recipe: Recipe, seed: int, epoch: int
) -> tf.data.Dataset:
    """One epoch over all training images, each in a copy drawn at random."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(faces.split.training))
    drawn = rng.integers(len(copies), size=len(order))
    labels = faces.labels[faces.split.training]
    return _gather_batches(copies, drawn, order, labels, recipe.batch_size)


def _gather_batches(
    copies: Sequence[np.ndarray],
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
