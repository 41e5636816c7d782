"""Deconvolutional networks: one unit's activation, projected back to the pixels.

Zeiler & Fergus (2014), section 2.1. The forward pass keeps the switches, where each maximum of
a pool came from; the way back unpools by the switches, rectifies, and applies every
convolution's transpose. What happens at a ReLU is a rule, an argument: it is all in which the
deconvnet, the gradient and guided backpropagation (Springenberg et al. 2015) differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from cnnlab.explain.deconvolution.plain_stack import chain_to, has_relu

Rule = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Signal from above and the ReLU's input in the forward pass, to the signal below."""
WayBack = Callable[[tf.Tensor], tf.Tensor]
"""Signal at the output of a layer's linear part, to the signal at its input."""


def backpropagate(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Let through where the forward pass did: the derivative of ReLU."""
    return tf.where(before > 0, signal, 0)


def deconvolve(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Rectify the signal itself, whatever the forward pass did."""
    return tf.nn.relu(signal)


def guide(signal: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Do both: guided backpropagation."""
    return tf.where(before > 0, tf.nn.relu(signal), 0)


RULES: dict[str, Rule] = {"gradient": backpropagate, "deconvnet": deconvolve, "guided": guide}


@dataclass(frozen=True)
class ForwardPass:
    """A forward pass that can be traced back.

    Attributes:
        steps: for each layer, from the first to the last, its way back, and what came in at its
            ReLU; None for a layer without one.
        activations: (n, h, w, k), or (n, k) of a dense layer, float32 tensor: the output of the
            last.
    """

    steps: tuple[tuple[WayBack, tf.Tensor | None], ...]
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
        x, way_back = _run_linear_part(current, x)
        steps.append((way_back, x if has_relu(current) else None))
        x = tf.nn.relu(x) if has_relu(current) else x
    return ForwardPass(tuple(steps), x)


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
    for way_back, before_relu in reversed(forward.steps):
        x = way_back(x if before_relu is None else rule(x, before_relu))
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
    signal, _ = select_strongest_unit(forward.activations.numpy(), channel)
    return trace_back(forward, signal, rule)


def select_strongest_unit(activations: np.ndarray, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Set everything to zero but the largest activation of one channel in each image.

    Args:
        activations: (n, h, w, k) float.
        channel: the feature map.

    Returns:
        (n, h, w, k) float32, and the (n, 2) rows and columns of these units.
    """
    flat = activations[..., channel].reshape(len(activations), -1)
    rows, columns = np.unravel_index(flat.argmax(axis=1), activations.shape[1:3])
    selected = np.zeros(activations.shape, np.float32)
    selected[np.arange(len(flat)), rows, columns, channel] = flat.max(axis=1)
    return selected, np.stack([rows, columns], axis=1)


def unpool(signal: tf.Tensor, switches: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Put each value where its maximum was, zero elsewhere; values that meet add up.

    Args:
        signal: (n, h, w, c), one value a window.
        switches: (n, h, w, c) int64, flat indices into ``shape``.
        shape: (n, H, W, c) of the pool's input.

    Returns:
        A float32 tensor of that shape.
    """
    values, places = tf.reshape(signal, (-1,)), tf.reshape(switches, (-1, 1))
    return tf.reshape(tf.scatter_nd(places, values, [int(np.prod(shape))]), shape)


def transpose_convolution(
    signal: tf.Tensor, layer: keras.layers.Conv2D, shape: tuple[int, ...]
) -> tf.Tensor:
    """Apply the transpose of a convolution's kernel: the adjoint of it without its bias.

    Args:
        signal: (n, h, w, filters), in the place of its output.
        layer: the convolution.
        shape: (n, H, W, c) of its input.
    """
    return tf.nn.conv2d_transpose(signal, layer.kernel, shape, layer.strides, layer.padding.upper())


def _run_linear_part(layer: keras.Layer, x: tf.Tensor) -> tuple[tf.Tensor, WayBack]:
    """Return what a layer makes of its input before its ReLU, and the way back."""
    if isinstance(layer, keras.layers.ReLU):
        return x, tf.identity
    if isinstance(layer, keras.layers.MaxPooling2D):
        window = (layer.pool_size, layer.strides, layer.padding.upper())
        outputs, switches = tf.nn.max_pool_with_argmax(x, *window, include_batch_in_index=True)
        return outputs, partial(unpool, switches=switches, shape=x.shape)
    if isinstance(layer, keras.layers.Conv2D):
        outputs = tf.nn.conv2d(x, layer.kernel, layer.strides, layer.padding.upper())
        way_back = partial(transpose_convolution, layer=layer, shape=x.shape)
        return outputs + (layer.bias if layer.use_bias else 0), way_back
    if isinstance(layer, keras.layers.Dense):
        way_back = partial(tf.matmul, b=layer.kernel, transpose_b=True)
        return tf.matmul(x, layer.kernel) + (layer.bias if layer.use_bias else 0), way_back
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = tf.cast(layer(x), tf.float32)
    return outputs, partial(tape.gradient, outputs, x)
