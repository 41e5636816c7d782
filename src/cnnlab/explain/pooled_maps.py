"""What the pools of a plain stack give, with its own zero padding or with a circular one."""

from typing import Literal

import keras
import numpy as np

from cnnlab.explain.plain_stack import chain_to


def compute_pooled_maps(
    model: keras.Model, last_pool: str, images: np.ndarray, padding: Literal["zero", "circular"]
) -> dict[str, np.ndarray]:
    """Run a plain stack as far as a pool and keep what it and each pool before it gives.

    Args:
        model: a plain stack as far as ``last_pool`` (see ``chain_to``), whose convolutions have
            odd kernels, stride 1 and zero padding.
        last_pool: name of the last layer to run.
        images: (n, H, W, c) float, as the model takes them.
        padding: of every convolution: ``"zero"``, as the network was trained; ``"circular"``,
            the opposite side, with the same weights.

    Returns:
        Each pool's name and its maps (n, h, w, k) float32, in the network's order.

    Raises:
        ValueError: the model is not such a stack.
    """
    maps = keras.ops.convert_to_tensor(images, "float32")
    pooled = {}
    for layer in chain_to(model, last_pool):
        if isinstance(layer, keras.layers.Conv2D):
            _check_padding(layer)
            maps = _correlate_circularly(layer, maps) if padding == "circular" else layer(maps)
        else:
            maps = layer(maps)
        if isinstance(layer, keras.layers.MaxPooling2D):
            pooled[layer.name] = keras.ops.convert_to_numpy(maps)
    return pooled


def _check_padding(layer: keras.layers.Conv2D) -> None:
    odd = all(side % 2 for side in layer.kernel_size)
    if layer.padding != "same" or set(layer.strides) != {1} or not odd:
        raise ValueError(
            f"{layer.name} has padding {layer.padding!r}, strides {layer.strides} and kernels of "
            f"{layer.kernel_size}. Its padding can be exchanged only for 'same', stride 1 and odd "
            "kernels."
        )


def _correlate_circularly(layer: keras.layers.Conv2D, maps: keras.KerasTensor) -> keras.KerasTensor:
    radii = [(side // 2, side // 2) for side in layer.kernel_size]
    wrapped = np.pad(maps, [(0, 0), *radii, (0, 0)], mode="wrap")
    outputs = keras.ops.conv(wrapped, layer.kernel, padding="valid")
    return layer.activation(outputs + layer.bias if layer.use_bias else outputs)
