"""Batch normalisation (Ioffe & Szegedy 2015) in one operation.

Keras 3 composes batch normalisation of a dozen elementary operations in float32, each of which
reads or writes the whole batch of feature maps. On the CPU that is memory traffic with little
arithmetic, and near to half of a training step of the light VGG (measured by
cnnlab.studies.training_speed). TensorFlow's fused operation computes the same with one call
forward and one back, and reads bfloat16 as it is; its sums are in float32.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("cnnlab")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer with the fused operation in training; weights and results are the same.

    The maps or the units of the last axis are normalised, with scale and centre. Inference is
    Keras's own: with fixed statistics there is nothing to fuse.

    Args:
        **kwargs: those of Keras's layer.

    Raises:
        ValueError: an option is asked for that the fused operation does not have.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if self.axis != -1 or self.renorm or self.synchronized:
            raise ValueError(
                f"{self.name}: the fused operation normalises the last axis (-1) by the statistics "
                "of one device's batch. Take keras.layers.BatchNormalization for anything else."
            )
        if not (self.scale and self.center):
            raise ValueError(f"{self.name}: the fused operation has both scale and centre.")

    def call(self, inputs, training=None, mask=None):
        """Return the normalised inputs: (n, channels) or (n, height, width, channels)."""
        if mask is not None:
            raise ValueError(f"{self.name}: the fused operation has no mask.")
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
