"""Training that is kept by content and goes on where it was cut off.

A training is named by the digest of everything that decides its result: the data, the
configuration, the architecture and the seed. Its folder holds the last finished epoch while it
runs, and the history and the chosen weights when it is done. An epoch's batches are a function
of the epoch's number, so that a resumed training sees what an uninterrupted one sees.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from tqdm import tqdm

from cnnlab import paths
from cnnlab.faces.pipeline import disable_autotuning
from cnnlab.networks.devices import choose_strategy, share_equally
from plumbing.locking import hold_lock
from plumbing.storage import discard, new_path, read_seal, seal, write_bytes
from plumbing.user_errors import UserError, tell_if_interrupted

HISTORY = "history.csv"
CHOSEN_WEIGHTS = "chosen.weights.h5"
RECORD = "record.json"
MODEL = "model.keras"
_OF_AN_EPOCH = (MODEL, HISTORY, CHOSEN_WEIGHTS)
_OF_A_RESULT = (HISTORY, CHOSEN_WEIGHTS, RECORD)
LOWEST_LOSS = "lowest development loss"
LAST = "last"


@dataclass(frozen=True)
class Stopping:
    """When training ends, and which epoch's weights are kept.

    Attributes:
        epochs: most epochs.
        patience: epochs without a lower development loss after which training stops.
        kept: the epoch whose weights are kept: that of the ``LOWEST_LOSS``, or the ``LAST``.
    """

    epochs: int
    patience: int
    kept: str = LOWEST_LOSS

    def choose_epoch(self, history: pd.DataFrame) -> int:
        """Return the epoch whose weights are kept."""
        return int(history.index[-1] if self.kept == LAST else history["val_loss"].idxmin())

    def is_over(self, history: pd.DataFrame) -> bool:
        """Return whether training ends with the last epoch of a history, which may be empty."""
        epochs = len(history)
        is_out_of_patience = epochs > 0 and epochs - history["val_loss"].idxmin() >= self.patience
        return epochs >= self.epochs or is_out_of_patience


@dataclass(frozen=True)
class Training:
    """What is trained, on what, and how long.

    Attributes:
        name: how its folder's name starts, such as ``light-vgg``.
        description: JSON-serialisable; everything beside architecture, optimiser, loss,
            stopping rule and seed that decides the result: above all the data's digest.
        build: makes the compiled model; called after seeding.
        training_batches: the batches of an epoch (0, 1, ...), always the same for the same
            number.
        development_batches: makes what the epoch is chosen by; never the data that are reported.
        stopping: when to end.
        seed: of the initial weights and of dropout.
        class_weight: weight of each class in the loss; None: all the same.
    """

    name: str
    description: Mapping
    build: Callable[[], keras.Model]
    training_batches: Callable[[int], tf.data.Dataset]
    development_batches: Callable[[], tf.data.Dataset]
    stopping: Stopping
    seed: int
    class_weight: dict[int, float] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        model: the network with the weights of the chosen epoch.
        history: one row an epoch (index: 1, 2, ...): loss, accuracy, val_loss, val_accuracy,
            where ``val`` is the development split; seconds.
        folder: where it is kept.
        digest: names data, configuration, architecture and seed.
        chosen_epoch: the epoch that the stopping rule keeps.
    """

    model: keras.Model
    history: pd.DataFrame
    folder: Path
    digest: str
    chosen_epoch: int


def digest_of(description: Mapping) -> str:
    """Return the sha256 of a JSON-serialisable description, independent of its order."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def digest_rows(rows: np.ndarray) -> str:
    """Return the sha256 of (n,) numbers of images, in their order."""
    return hashlib.sha256(np.ascontiguousarray(rows, "<i8").tobytes()).hexdigest()


def make_reproducible(seed: int) -> None:
    """Seed Python, NumPy and Keras and make TensorFlow's operations deterministic.

    Keras also numbers unnamed layers from one again, so that the same architecture has the
    same description, and so the same digest, however many models were built before.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def train(training: Training) -> TrainingResult:
    """Train a network, or return it when the same training was done before.

    Where there are several GPUs (or logical CPUs), all of them train.

    Returns:
        The network with the chosen epoch's weights, and its history.

    Raises:
        UserError: the development loss is not a number from the first epoch on.
    """
    make_reproducible(training.seed)
    strategy = choose_strategy()
    with strategy.scope():
        model = training.build()
    digest = digest_of(_describe(training, model, strategy.num_replicas_in_sync))
    folder = paths.TRAINED / f"{training.name}-{digest[:16]}"
    # The lock is outside the folder, which is discarded when it is damaged.
    with hold_lock(paths.TRAINED / f"{folder.name}.lock", f"trains {training.name}"):
        if not _is_sound(folder, digest, _OF_A_RESULT):
            _run_epochs(training, model, strategy, folder, digest)
            _finish(training, folder, digest)
    _strip(model).load_weights(folder / CHOSEN_WEIGHTS)
    history = _read_history(folder)
    return TrainingResult(model, history, folder, digest, training.stopping.choose_epoch(history))


def _describe(training: Training, model: keras.Model, devices: int) -> dict:
    """Return all that decides the result of a training."""
    stopping = training.stopping
    decisive = {
        "description": dict(training.description),
        "architecture": json.loads(model.to_json()),
        "compiled": model.get_compile_config(),
        "stopping": [stopping.epochs, stopping.patience],
        "class_weight": sorted((training.class_weight or {}).items()),
        "seed": training.seed,
    }
    if stopping.kept != LOWEST_LOSS:
        decisive["kept"] = stopping.kept
    if devices > 1:
        # Parts are summed in another order, and dropout draws other numbers.
        decisive["devices"] = devices
    return decisive


def _run_epochs(
    training: Training,
    model: keras.Model,
    strategy: tf.distribute.Strategy,
    folder: Path,
    digest: str,
) -> None:
    stopping, history = training.stopping, pd.DataFrame()
    if last := _last_sound_epoch(folder, digest):
        with strategy.scope():
            model = keras.models.load_model(last / MODEL)
        history = _read_history(last)

    def prepare(batches: tf.data.Dataset) -> tf.data.Dataset:
        # Not all batches are from ``faces.pipeline``.
        return disable_autotuning(share_equally(batches, strategy.num_replicas_in_sync))

    with (
        tell_if_interrupted(lambda: f"{folder.name}: {last.name if last else 'no epoch yet'}"),
        tqdm(total=stopping.epochs, initial=len(history), desc=folder.name, unit="epoch") as bar,
    ):
        while not stopping.is_over(history):
            epoch = len(history)
            start = time.perf_counter()
            _seed_noise(model, training.seed, epoch)
            logs = model.fit(
                prepare(training.training_batches(epoch)),
                validation_data=prepare(training.development_batches()),
                initial_epoch=epoch,
                epochs=epoch + 1,
                class_weight=training.class_weight,
                shuffle=False,
                verbose=0,
            ).history
            row = pd.DataFrame(logs, index=[epoch + 1])
            history = pd.concat([history, row.assign(seconds=time.perf_counter() - start)])
            if history["val_loss"].isna().all():
                raise UserError(
                    f"{folder.name}: the development loss is not a number after epoch {epoch + 1}. "
                    "Lower the learning rate, or look for images or labels that can't be right."
                )
            last = _save_epoch(model, history, stopping, folder, digest, last)
            bar.set_postfix(loss=logs["loss"][0], development_loss=logs["val_loss"][0])
            bar.update()


def _seed_noise(model: keras.Model, seed: int, epoch: int) -> None:
    """Start the random streams of dropout anew: Keras does not save where they stand."""
    states = [v for v in model.variables if v.name == "seed_generator_state"]
    for stream, state in enumerate(states):
        state.assign(np.random.SeedSequence([seed, epoch, stream]).generate_state(2) >> 1)


def _save_epoch(
    model: keras.Model,
    history: pd.DataFrame,
    stopping: Stopping,
    folder: Path,
    digest: str,
    previous: Path | None,
) -> Path:
    """Write the state after an epoch into a folder of its own, which appears at once or not."""
    epoch = len(history)
    current = folder / f"epoch-{epoch:04d}"
    discard(current)
    with new_path(current) as partial:
        partial.mkdir()
        model.save(partial / MODEL)
        history.to_csv(partial / HISTORY, index_label="epoch")
        if stopping.choose_epoch(history) == epoch:
            _strip(model).save_weights(partial / CHOSEN_WEIGHTS)
        else:
            shutil.copy2(previous / CHOSEN_WEIGHTS, partial / CHOSEN_WEIGHTS)
        for name in _OF_AN_EPOCH:
            seal(partial / name, digest)
    if previous:
        discard(previous)
    return current


def _strip(model: keras.Model) -> keras.Model:
    """Return the same layers without the optimiser, whose state would be two thirds of a file."""
    return keras.Model(model.inputs, model.outputs)


def _finish(training: Training, folder: Path, digest: str) -> None:
    last = _last_sound_epoch(folder, digest)
    record = {"name": training.name, "digest": digest, "description": dict(training.description)}
    contents = {name: (last / name).read_bytes() for name in (HISTORY, CHOSEN_WEIGHTS)}
    # The record says that the training is done: it comes last.
    contents[RECORD] = json.dumps(record, indent=2).encode()
    for name, content in contents.items():
        write_bytes(folder / name, content)
        seal(folder / name, digest)
    for epoch in folder.glob("epoch-*"):
        discard(epoch)


def _last_sound_epoch(folder: Path, digest: str) -> Path | None:
    epochs = sorted(folder.glob("epoch-*"), reverse=True)
    return next((epoch for epoch in epochs if _is_sound(epoch, digest, _OF_AN_EPOCH)), None)


def _is_sound(folder: Path, digest: str, names: Sequence[str]) -> bool:
    return all(read_seal(folder / name, digest) is not None for name in names)


def _read_history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / HISTORY, index_col="epoch")
