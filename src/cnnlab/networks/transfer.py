"""VGG16's transfer in stages: its head on frozen convolutions, then more and more blocks with it.

What a stage leaves frozen is run once for each image, and its features are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import BATCHES_AHEAD, gather_batches
from cnnlab.networks.devices import FLOAT32, detect_policy, use_policy
from cnnlab.networks.features import (
    FixedNetwork,
    cache_layer_features,
    describe_start,
    fix_vgg16,
    pool_block5,
)
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.recipes import (
    Recipe,
    compile_network,
    describe_training,
    learned_shares,
    weigh_classes,
)
from cnnlab.networks.training import Stopping, Training, TrainingResult, train
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
    fixed = fix_vgg16(detect_policy(), build)
    results: dict[Stage, TrainingResult] = {}
    for stage in stages or list_stages(profile):
        features = _Features(faces, stage, fixed, profile.vgg16_copies, seed)
        start = min(results.values(), key=_lowest_loss, default=None)
        stopping = Stopping(stage.epochs, profile.patience)
        results[stage] = _train_stage(stage, faces, features, build, start, stopping, seed)
    best = min(results, key=lambda stage: _lowest_loss(results[stage]))
    model = build()
    copy_weights_by_name(results[best].model, model)
    history = pd.concat(
        [result.history.assign(stage=stage.title) for stage, result in results.items()]
    )
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    chosen_epoch = int(history["val_loss"].idxmin())
    whole = replace(results[best], model=model, history=history, chosen_epoch=chosen_epoch)
    shares = learned_shares(faces, best.recipe)
    return TrainedNetwork(**vars(whole), title="VGG16", class_shares=shares)


def _lowest_loss(result: TrainingResult) -> float:
    return result.history["val_loss"].min()


class _Features:
    """What a stage reads: the outputs of the layer below what it trains.

    Attributes:
        layer: whose outputs they are.
        policy: Keras dtype policy of what is trained on them.
        description: what decides them beside data, augmentation and seed.
    """

    def __init__(
        self, faces: Faces, stage: Stage, network: FixedNetwork, copies: int, seed: int
    ) -> None:
        block = stage.last_frozen_block
        if block == 0:
            raise ValueError(f"Stage {stage.title!r} trains block 1; leave at least that frozen.")
        self._network = network
        self.layer, self.policy = f"block{block}_pool", network.dtype
        self._average = _find_average(network.build()) if block == LAST_BLOCK else None
        if self._average:
            # What is above is so small that block 5 may run each time, and needs no bfloat16.
            block -= 1
            self.layer, self.policy = self._average, FLOAT32
        kept = f"block{block}_pool"
        augmentations = [None] + [stage.recipe.augmentation] * copies
        rows, unseen = faces.split.training, faces.split.development
        self._kept = [
            cache_layer_features(faces, rows, network, kept, augmentation, seed + number)
            for number, augmentation in enumerate(augmentations)
        ]
        self._kept.append(cache_layer_features(faces, unseen, network, kept))
        self.description = {"copies": len(augmentations), "features": network.dtype}
        self.description |= describe_start(network, kept)
        if network.digest != VGG16_DIGEST:
            self.description["below"] = network.digest

    @cached_property
    def arrays(self) -> list[np.ndarray]:
        """An array (n, ...) for each copy of the training images, then the development images'."""
        return pool_block5(self._kept, self._network) if self._average else self._kept


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
    recipe, block = stage.recipe, stage.last_frozen_block
    part = f"block{block + 1}" if block < LAST_BLOCK else "head"
    training, development = (
        faces.labels[rows] for rows in (faces.split.training, faces.split.development)
    )
    description = describe_training(faces, recipe, detect_policy()) | features.description
    if start:
        description["head"] = start.digest

    def compile_top() -> keras.Model:
        with use_policy(features.policy):
            network = build()
        stage.freeze(network)
        top = take_top(network, features.layer)
        if start:
            copy_weights_by_name(start.model, top)
        return compile_network(top, recipe, stopping, len(training))

    return train(
        Training(
            f"vgg16-{part}",
            description,
            compile_top,
            lambda epoch: _gather_batches(
                features.arrays[:-1],
                training,
                recipe.batch_size,
                np.random.default_rng([seed, epoch]),
            ),
            lambda: _gather_batches(features.arrays[-1:], development, 64),
            stopping,
            seed,
            weigh_classes(faces, recipe),
        )
    )


def _gather_batches(
    copies: Sequence[np.ndarray],
    labels: np.ndarray,
    batch_size: int,
    rng: np.random.Generator | None = None,
) -> tf.data.Dataset:
    """Batches of features, a few at a time in memory; by a generator shuffled, of random copies."""
    order, drawn = np.arange(len(labels)), np.zeros(len(labels), int)
    if rng:
        order, drawn = rng.permutation(order), rng.integers(len(copies), size=len(order))

    def gather(rows: np.ndarray) -> np.ndarray:
        return np.stack([copies[drawn[row]][row] for row in rows]).astype(np.float32)

    features = gather_batches(gather, order, batch_size)
    expected = tf.data.Dataset.from_tensor_slices(labels[order]).batch(batch_size)
    return tf.data.Dataset.zip((features, expected)).prefetch(BATCHES_AHEAD)
