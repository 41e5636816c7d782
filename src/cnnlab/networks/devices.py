"""On which devices training runs, and how they share its batches."""

import tensorflow as tf


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
