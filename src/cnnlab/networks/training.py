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

from cnnlab.faces.pipeline import disable_autotuning
from cnnlab.networks.devices import choose_strategy, share_equally
from cnnlab.paths import TRAINED
from plumbing.commands import UserError, tell_if_interrupted
from plumbing.locking import hold_lock
from plumbing.storage import discard, new_path, read_seal, seal, write_bytes

HISTORY = "history.csv"
CHOSEN_WEIGHTS = "chosen.weights.h5"
RECORD = "record.json"
MODEL = "model.keras"
_EPOCH_FILES = (MODEL, HISTORY, CHOSEN_WEIGHTS)
LOWEST_LOSS = "lowest development loss"
LAST = "last"


class DivergedError(UserError):
    """A training has no weights worth keeping."""


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
        """Return the epoch whose weights are kept.

        Raises:
            ValueError: ``kept`` is not known.
        """
        if self.kept == LOWEST_LOSS:
            return int(history["val_loss"].idxmin())
        if self.kept == LAST:
            return int(history.index[-1])
        raise ValueError(f"{self.kept!r} names no epoch; choose {LOWEST_LOSS!r} or {LAST!r}.")


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

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of all epochs when they were trained."""
        return float(self.history["seconds"].sum())


def digest_of(description: Mapping) -> str:
    """Return the sha256 of a JSON-serialisable description, independent of its order."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def make_reproducible(seed: int) -> None:
    """Seed Python, NumPy and Keras and make TensorFlow's operations deterministic.

    Keras also numbers unnamed layers from one again, so that the same architecture has the
    same description, and so the same digest, however many models were built before.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def train(
    name: str,
    description: Mapping,
    build: Callable[[], keras.Model],
    training_batches: Callable[[int], tf.data.Dataset],
    development_batches: Callable[[], tf.data.Dataset],
    stopping: Stopping,
    seed: int,
    class_weight: Mapping[int, float] | None = None,
    root: Path = TRAINED,
) -> TrainingResult:
    """Train a network, or return it when the same training was done before.

    Where there are several GPUs (or logical CPUs), all of them train.

    Args:
        name: how the folder's name starts, such as ``light-vgg``.
        description: JSON-serialisable; everything beside architecture, optimiser, loss,
            stopping rule and seed that decides the result: above all the data's digest.
        build: makes the compiled model; called after seeding.
        training_batches: the batches of an epoch (0, 1, ...), always the same for the same
            number.
        development_batches: makes what the epoch is chosen by; never the data that are reported.
        stopping: when to end.
        seed: of the initial weights and of dropout.
        class_weight: weight of each class in the loss.
        root: the folder of all trainings.

    Returns:
        The network with the chosen epoch's weights, and its history.

    Raises:
        DivergedError: the development loss is not a number from the first epoch on.
    """
    make_reproducible(seed)
    strategy = choose_strategy()
    with strategy.scope():
        model = build()
    decisive = {
        "description": dict(description),
        "architecture": json.loads(model.to_json()),
        "compiled": model.get_compile_config(),
        "stopping": [stopping.epochs, stopping.patience],
        "class_weight": sorted((class_weight or {}).items()),
        "seed": seed,
    }
    if stopping.kept != LOWEST_LOSS:
        decisive["kept"] = stopping.kept
    if strategy.num_replicas_in_sync > 1:
        # Parts are summed in another order, and dropout draws other numbers.
        decisive["devices"] = strategy.num_replicas_in_sync
    digest = digest_of(decisive)
    folder = root / f"{name}-{digest[:16]}"
    # The lock is outside the folder, which is discarded when it is damaged.
    with hold_lock(root / f"{folder.name}.lock", f"trains {name}"):
        if not _is_sound(folder, digest, (HISTORY, CHOSEN_WEIGHTS, RECORD)):
            _run_epochs(
                model,
                strategy,
                folder,
                digest,
                training_batches,
                development_batches,
                stopping,
                seed,
                class_weight,
            )
            _finish(folder, {"name": name, "digest": digest, "description": dict(description)})
    _strip(model).load_weights(folder / CHOSEN_WEIGHTS)
    history = _read_history(folder)
    return TrainingResult(model, history, folder, digest, stopping.choose_epoch(history))


def _run_epochs(
    model: keras.Model,
    strategy: tf.distribute.Strategy,
    folder: Path,
    digest: str,
    training_batches: Callable[[int], tf.data.Dataset],
    development_batches: Callable[[], tf.data.Dataset],
    stopping: Stopping,
    seed: int,
    class_weight: Mapping[int, float] | None,
) -> None:
    history = pd.DataFrame()
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
        while len(history) < stopping.epochs and not _is_out_of_patience(history, stopping):
            epoch = len(history)
            start = time.perf_counter()
            _seed_noise(model, seed, epoch)
            logs = model.fit(
                prepare(training_batches(epoch)),
                validation_data=prepare(development_batches()),
                initial_epoch=epoch,
                epochs=epoch + 1,
                class_weight=dict(class_weight) if class_weight else None,
                shuffle=False,
                verbose=0,
            ).history
            row = {key: values[0] for key, values in logs.items()}
            row["seconds"] = time.perf_counter() - start
            history = pd.concat([history, pd.DataFrame(row, index=[epoch + 1])])
            if history["val_loss"].isna().all():
                raise DivergedError(
                    f"{folder.name}: the development loss is not a number after epoch {epoch + 1}. "
                    "Lower the learning rate, or look for images or labels that can't be right."
                )
            last = _save_epoch(model, history, stopping, folder, digest, last)
            bar.set_postfix(loss=row["loss"], development_loss=row["val_loss"])
            bar.update()


def _seed_noise(model: keras.Model, seed: int, epoch: int) -> None:
    """Start the random streams of dropout anew: Keras does not save where they stand."""
    states = [v for v in model.variables if v.name == "seed_generator_state"]
    for stream, state in enumerate(states):
        state.assign(np.random.SeedSequence([seed, epoch, stream]).generate_state(2) >> 1)


def _is_out_of_patience(history: pd.DataFrame, stopping: Stopping) -> bool:
    return len(history) > 0 and len(history) - history["val_loss"].idxmin() >= stopping.patience


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
        for name in _EPOCH_FILES:
            seal(partial / name, digest)
    if previous:
        discard(previous)
    return current


def _strip(model: keras.Model) -> keras.Model:
    """Return the same layers without the optimiser, whose state would be two thirds of a file."""
    return keras.Model(model.inputs, model.outputs)


def _finish(folder: Path, record: Mapping) -> None:
    last = _last_sound_epoch(folder, record["digest"])
    for name in (HISTORY, CHOSEN_WEIGHTS):
        write_bytes(folder / name, (last / name).read_bytes())
        seal(folder / name, record["digest"])
    # The record says that the training is done: it comes last.
    write_bytes(folder / RECORD, json.dumps(record, indent=2).encode())
    seal(folder / RECORD, record["digest"])
    for epoch in folder.glob("epoch-*"):
        discard(epoch)


def _last_sound_epoch(folder: Path, digest: str) -> Path | None:
    epochs = sorted(folder.glob("epoch-*"), reverse=True)
    return next((epoch for epoch in epochs if _is_sound(epoch, digest, _EPOCH_FILES)), None)


def _is_sound(folder: Path, digest: str, names: Sequence[str]) -> bool:
    return all(read_seal(folder / name, digest) is not None for name in names)


def _read_history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / HISTORY, index_col="epoch")
