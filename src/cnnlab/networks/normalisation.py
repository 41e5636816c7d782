"""Batch normalisation (Ioffe & Szegedy 2015) in one operation.

Keras 3 composes batch normalisation of a dozen elementary operations in float32, each of which
reads or writes the whole batch of feature maps. On the CPU that is memory traffic with little
arithmetic, and near to half of a training step of the light VGG (measured by
cnnlab.studies.training_speed). TensorFlow's fused operation computes the same with one call
forward and one back, and reads bfloat16 as it is; its sums are in float32.
"""

from collections.abc import Callable

import keras
import tensorflow as tf


# Its module's name is part of the digests of the trainings that use it.
@keras.saving.register_keras_serializable("cnnlab")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer with the fused operation in training; weights and results are the same.

    The maps or the units of the last axis are normalised by the statistics of one device's batch,
    with scale and centre: of the options of Keras's layer leave those that say otherwise alone.
    Inference is Keras's own: with fixed statistics there is nothing to fuse.
    """

    def call(self, inputs, training=None, mask=None):
        """Return the normalised inputs: (n, channels) or (n, height, width, channels)."""
        if not (training and self.trainable):
            return super().call(inputs, training=False)
        maps = inputs if len(inputs.shape) == 4 else inputs[:, None, None, :]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=maps,
            scale=self.gamma,
            offset=self.beta,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation divides by the number of values less one; Keras keeps the mean square.
        values = tf.cast(tf.size(maps) // maps.shape[-1], variance.dtype)
        variance *= (values - 1.0) / values
        for kept, found in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept * self.momentum + found * (1.0 - self.momentum))
        return outputs if len(inputs.shape) == 4 else outputs[:, 0, 0, :]


def replace_layers(
    model: keras.Model, kind: type[keras.Layer], make: Callable[[dict], keras.Layer]
) -> keras.Model:
    """Return an untrained copy of a network in which every layer of one kind is another.

    Args:
        model: a functional model.
        kind: the layers' class; its subclasses stay.
        make: makes the new layer from the old one's configuration.
    """

    def copy(layer: keras.Layer) -> keras.Layer:
        return (make if type(layer) is kind else type(layer).from_config)(layer.get_config())

    return keras.models.clone_model(model, clone_function=copy)
