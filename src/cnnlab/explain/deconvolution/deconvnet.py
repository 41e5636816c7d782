"""Deconvolutional networks: one unit's activation, projected back to the pixels.

Zeiler & Fergus (2014), section 2.1. The forward pass keeps the switches, where each maximum of
a pool came from; the way back unpools by the switches, rectifies, and applies every
convolution's transpose. What happens at a ReLU is a rule, an argument: it is all in which the
deconvnet, the gradient and guided backpropagation (Springenberg et al. 2015) differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from cnnlab.explain.deconvolution.plain_stack import chain_to

Rule = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Signal from above and the ReLU's input in the forward pass, to the signal below."""


def backpropagate(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Let through where the forward pass did: the derivative of ReLU."""
    return tf.where(before > 0, signal, 0)


def deconvolve(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Rectify the signal itself, whatever the forward pass did."""
    return tf.nn.relu(signal)


def guide(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Do both: guided backpropagation."""
    return tf.where(before > 0, tf.nn.relu(signal), 0)


RULES: dict[str, Rule] = {
    "gradient": backpropagate,
    "deconvnet": deconvolve,
    "guided": guide,
}


@dataclass(frozen=True)
class Step:
    """One layer of the forward pass, with what its way back needs.

    Attributes:
        layer: the layer.
        inputs: (n, h, w, c), or (n, d) before a dense layer, what came in.
        before_relu: what came out before the layer's ReLU; None for a layer without one.
        switches: for a pool the flat index into ``inputs`` of each maximum; else None.
    """

    layer: keras.Layer
    inputs: tf.Tensor
    before_relu: tf.Tensor | None = None
    switches: tf.Tensor | None = None


@dataclass(frozen=True)
class ForwardPass:
    """A forward pass that can be traced back.

    Attributes:
        steps: from the first layer to the last.
        activations: (n, h, w, k), or (n, k) of a dense layer, float32 tensor: the output of the
            last.
    """

    steps: tuple[Step, ...]
    activations: tf.Tensor


def forward_with_switches(model: keras.Model, images: np.ndarray, layer: str) -> ForwardPass:
    """Run a plain stack as far as a layer and keep the switches of its pools.

    Of equal maxima in a window the first counts, row by row from the top left.

    Args:
        model: a plain stack as far as ``layer`` (see ``chain_to``); computed in float32.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of the last layer to run.

    Raises:
        ValueError: the model is not a plain stack.
    """
    steps = []
    x = tf.convert_to_tensor(images, tf.float32)
    for current in chain_to(model, layer):
        step, x = _run(current, x)
        steps.append(step)
    return ForwardPass(tuple(steps), x)


def select_strongest_unit(activations: np.ndarray, channel: int) -> np.ndarray:
    """Set everything to zero but the largest activation of one channel in each image.

    Args:
        activations: (n, h, w, k) float.
        channel: the feature map.

    Returns:
        (n, h, w, k) float32.
    """
    rows, columns = locate_strongest_unit(activations, channel)
    images = np.arange(len(activations))
    selected = np.zeros(activations.shape, np.float32)
    selected[images, rows, columns, channel] = activations[images, rows, columns, channel]
    return selected


def locate_strongest_unit(activations: np.ndarray, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the (n,) rows and (n,) columns of a channel's largest activations."""
    flat = activations[..., channel].reshape(len(activations), -1)
    return np.unravel_index(flat.argmax(axis=1), activations.shape[1:3])


def trace_back(forward: ForwardPass, signal: np.ndarray, rule: Rule = deconvolve) -> np.ndarray:
    """Bring a signal from the last layer of a forward pass down to the pixels.

    Args:
        forward: the pass whose switches, and for some rules whose signs, are used.
        signal: float, in the place and of the shape of the last layer's activations.
        rule: what happens at a ReLU.

    Returns:
        (n, H, W, c) float32: in pixel units times the units of the signal; signed.
    """
    x = tf.convert_to_tensor(signal, tf.float32)
    for step in reversed(forward.steps):
        x = _trace_back_step(step, x, rule)
    return x.numpy()


def project(
    model: keras.Model, images: np.ndarray, layer: str, channel: int, rule: Rule = deconvolve
) -> np.ndarray:
    """Project the strongest unit of one feature map back to the pixels, for each image.

    Args:
        model: a plain stack as far as ``layer``.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of the layer of the unit.
        channel: its feature map.
        rule: what happens at a ReLU.

    Returns:
        (n, H, W, c) float32, signed; zero where the feature map is not active at all.

    Raises:
        ValueError: the model is not a plain stack.
    """
    forward = forward_with_switches(model, images, layer)
    return trace_back(forward, select_strongest_unit(forward.activations.numpy(), channel), rule)


def _run(layer: keras.Layer, x: tf.Tensor) -> tuple[Step, tf.Tensor]:
    if isinstance(layer, keras.layers.MaxPooling2D):
        outputs, switches = tf.nn.max_pool_with_argmax(
            x,
            layer.pool_size,
            layer.strides,
            layer.padding.upper(),
            output_dtype=tf.int64,
            include_batch_in_index=True,
        )
        return Step(layer, x, switches=switches), outputs
    if isinstance(layer, keras.layers.ReLU):
        return Step(layer, x, before_relu=x), tf.nn.relu(x)
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
        outputs = (
            tf.nn.conv2d(x, layer.kernel, layer.strides, layer.padding.upper())
            if isinstance(layer, keras.layers.Conv2D)
            else tf.matmul(x, layer.kernel)
        )
        if layer.use_bias:
            outputs += layer.bias
        if layer.activation is keras.activations.relu:
            return Step(layer, x, before_relu=outputs), tf.nn.relu(outputs)
        return Step(layer, x), outputs
    return Step(layer, x), tf.cast(layer(x), tf.float32)


def _trace_back_step(step: Step, signal: tf.Tensor, rule: Rule) -> tf.Tensor:
    if step.before_relu is not None:
        signal = rule(signal, step.before_relu)
    if step.switches is not None:
        return unpool(signal, step.switches, step.inputs.shape)
    if isinstance(step.layer, keras.layers.Conv2D):
        return transpose_convolution(step.layer, signal, step.inputs.shape)
    if isinstance(step.layer, keras.layers.Dense):
        return tf.matmul(signal, step.layer.kernel, transpose_b=True)
    if isinstance(step.layer, keras.layers.ReLU):
        return signal
    with tf.GradientTape() as tape:
        tape.watch(step.inputs)
        outputs = tf.cast(step.layer(step.inputs), tf.float32)
    return tape.gradient(outputs, step.inputs, signal)


def unpool(signal: tf.Tensor, switches: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Put each value where its maximum was, zero elsewhere; values that meet add up.

    Args:
        signal: (n, h, w, c), one value a window.
        switches: (n, h, w, c) int64, flat indices into ``shape``.
        shape: (n, H, W, c) of the pool's input.

    Returns:
        A float32 tensor of that shape.
    """
    size = int(np.prod(shape))
    indices = tf.reshape(switches, (-1, 1))
    return tf.reshape(tf.scatter_nd(indices, tf.reshape(signal, (-1,)), [size]), shape)


def transpose_convolution(
    layer: keras.layers.Conv2D, signal: tf.Tensor, shape: tuple[int, ...]
) -> tf.Tensor:
    """Apply the transpose of a convolution's kernel: the adjoint of it without its bias.

    Args:
        layer: the convolution.
        signal: (n, h, w, filters), in the place of its output.
        shape: (n, H, W, c) of its input.
    """
    return tf.nn.conv2d_transpose(signal, layer.kernel, shape, layer.strides, layer.padding.upper())
