"""On which devices, and in which floating-point precision, this machine computes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

FLOAT32 = "float32"
MIXED_BFLOAT16 = "mixed_bfloat16"

CAP = "ONEDNN_MAX_CPU_ISA"
"""oneDNN's variable that keeps it from instructions which the processor has."""

_WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX512_CORE", "AVX512_CORE_VNNI"}


def describe_cap() -> dict[str, str]:
    """Return the cap on oneDNN's instructions by its name; nothing where there is none.

    Under another cap the same training has another result, so it belongs to its description.
    """
    return {CAP: os.environ[CAP]} if os.environ.get(CAP) else {}


def detect_policy(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the Keras dtype policy to train with: ``mixed_bfloat16`` or ``float32``.

    bfloat16 pays only where the processor multiplies it in hardware (AVX512-BF16 or AMX; on
    GPUs from compute capability 8.0); elsewhere it is emulated and slower.

    Args:
        cpuinfo: Linux's description of the processor; where there is none, float32 is taken.
    """
    devices = tf.config.list_physical_devices("GPU")
    if devices:
        capability = tf.config.experimental.get_device_details(devices[0]).get("compute_capability")
        return MIXED_BFLOAT16 if capability and capability >= (8, 0) else FLOAT32
    if describe_cap().get(CAP) in _WITHOUT_BFLOAT16:
        return FLOAT32
    flags = cpuinfo.read_text().split() if cpuinfo.exists() else []
    return MIXED_BFLOAT16 if {"avx512_bf16", "amx_bf16"} & set(flags) else FLOAT32


@contextmanager
def use_policy(policy: str) -> Iterator[None]:
    """Let layers that are made in this block have a Keras dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def choose_strategy() -> tf.distribute.Strategy:
    """Return TensorFlow's strategy for this machine: all its GPUs, or else its CPU.

    Where there are several devices of the kind, each computes its part of every batch with a
    copy of the network, and all copies take the step of the mean gradient. Batch normalisation
    then takes its statistics from the part.
    """
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    return tf.distribute.get_strategy()


def share_equally(batches: tf.data.Dataset, devices: int) -> tf.data.Dataset:
    """Repeat each batch that cannot be shared equally, so that every device gets all of it.

    That is the last batch of an epoch, as a rule. Unequal parts would give some images more
    weight in the mean of the parts' gradients, and TensorFlow fails on an empty part. The step
    is that of one device; in the epoch's mean loss and accuracy this batch counts repeatedly.

    Args:
        batches: tuples of tensors with the images along the first axis.
        devices: how many share a batch; with one nothing changes.
    """
    if devices == 1:
        return batches

    def repeat(*parts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        uneven = tf.shape(parts[0])[0] % devices > 0
        return tuple(
            tf.cond(uneven, lambda p=p: tf.concat([p] * devices, 0), lambda p=p: p) for p in parts
        )

    return batches.map(repeat)
