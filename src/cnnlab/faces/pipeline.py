"""Batches for training and evaluation: from the memory-mapped pixels to tensors in [0, 1]."""

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation, augment, scale

BATCHES_AHEAD = 2
"""Batches that are made ready while one is used."""


def training_batches(
    images: np.ndarray,
    targets: np.ndarray,
    indices: np.ndarray,
    augmentation: Augmentation,
    batch_size: int,
    seed: int,
    epoch: int,
) -> tf.data.Dataset:
    """Return one epoch of augmented batches.

    Order and augmentation are functions of ``seed`` and ``epoch`` alone: an interrupted
    training that goes on at an epoch sees what it would have seen. The seed of a batch is made
    of seed, epoch and the batch's number, since a shared random state would give another
    result with each timing of the parallel calls.

    Args:
        images: (n, h, w, 3) uint8, as a rule mapped from disk; only a few batches are in memory.
        targets: (n, ...) what belongs to each image, such as its label.
        indices: (m,) int64, the images to train on; each is seen once.
        augmentation: how far images are moved.
        batch_size: images a batch; the last batch has the rest.
        seed: of the training.
        epoch: number of the epoch, from 0.

    Returns:
        ceil(m / batch_size) pairs of (b, h, w, 3) float32 in [0, 1] and (b, ...) targets.
    """
    order = np.random.default_rng((seed, epoch)).permutation(indices)

    def augment_batch(
        number: tf.Tensor, batch: tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pixels, answers = batch
        # Epochs start 2^32 batches apart, so no two batches share a seed.
        batch_seed = tf.stack([tf.constant(seed, tf.int64), (epoch << 32) + number])
        return augment(pixels, augmentation, batch_seed), answers

    pixels = gather_batches(lambda rows: images[rows], order, batch_size)
    expected = tf.data.Dataset.from_tensor_slices(targets[order]).batch(batch_size)
    batches = (
        tf.data.Dataset.zip((pixels, expected))
        .enumerate()
        .map(augment_batch, num_parallel_calls=os.cpu_count(), deterministic=True)
        .prefetch(BATCHES_AHEAD)
    )
    return disable_autotuning(batches)


def evaluation_batches(images: np.ndarray, indices: np.ndarray, batch_size: int) -> tf.data.Dataset:
    """Return batches of unchanged images in the order of ``indices``.

    Args:
        images: (n, h, w, 3) uint8.
        indices: (m,) int64.
        batch_size: images a batch; the last batch has the rest.

    Returns:
        ceil(m / batch_size) tensors (b, h, w, 3) float32 in [0, 1].
    """
    pixels = gather_batches(lambda rows: images[rows], indices, batch_size)
    return disable_autotuning(pixels.map(scale).prefetch(BATCHES_AHEAD))


def disable_autotuning(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Return the same batches, made without TensorFlow's tuning of its pipeline at run time.

    When an iterator ends, TensorFlow may wait for the thread that tunes it: with a network at work,
    a quarter to a half of them ended two seconds late (``tests/benchmarks/bench_pipeline.py``).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)


def gather_batches(
    gather: Callable[[np.ndarray], np.ndarray], order: np.ndarray, batch_size: int
) -> tf.data.Dataset:
    """Return batches that NumPy makes, each when it is asked for.

    Args:
        gather: from (b,) rows to an array (b, ...), of the same kind for all.
        order: (m,) int64, all rows.
        batch_size: rows a batch; the last batch has the rest.
    """
    known = gather(order[:1])

    def gather_whole(rows: np.ndarray) -> np.ndarray:
        # What is taken from a mapped file is of another class, unknown to TensorFlow.
        return np.ascontiguousarray(gather(rows))

    def load(rows: tf.Tensor) -> tf.Tensor:
        batch = tf.numpy_function(gather_whole, [rows], known.dtype)
        return tf.ensure_shape(batch, (None, *known.shape[1:]))

    return tf.data.Dataset.from_tensor_slices(order).batch(batch_size).map(load)
