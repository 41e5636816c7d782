"""Diagrams of convolutional networks, drawn from their layers."""

from collections.abc import Sequence
from itertools import groupby

import keras
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from cnnlab.networks.transfer import Stage
from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH

_COLOURS = {
    "image": "#8A8A8A",
    "convolution and ReLU": CLASS_COLOURS[2],
    "max-pool": CLASS_COLOURS[1],
    "average": CLASS_COLOURS[4],
    "dense": CLASS_COLOURS[3],
}
_GAP, _BLOCK_GAP, _LEAST_WIDTH = 0.05, 0.13, 0.55
_TRAINED, _FROZEN = CLASS_COLOURS[6], "#DDDDDD"


def draw_network(model: keras.Model) -> Figure:
    """Draw the layers of a network from left to right.

    A box is as high as the root of its maps' side and as wide as the root of their number, as a
    part of the most that there are; a dense layer is a bar as high as the root of its units. Below
    each block stands the shape that it gives, above it the kernels of its convolutions.

    Args:
        model: flat and functional: blocks of convolutions that end in a pool, then dense layers.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.8))
    blocks = _draw_blocks(axes, model)
    axes.set(xlim=(0, blocks[-1][2]), ylim=(-0.75, 0.75))
    axes.set_axis_off()
    kinds = {_name_kind(layer) for block, *_ in blocks for layer in block}
    handles = [
        Patch(color=colour, label=kind) for kind, colour in _COLOURS.items() if kind in kinds
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=7)
    return figure


def draw_stages(model: keras.Model, stages: Sequence[Stage]) -> Figure:
    """Draw the layers of a network, as ``draw_network`` does, and below what each stage trains.

    At the right end stands how many weights these are.

    Args:
        model: VGG16 with a head.
        stages: of its training.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 2.2))
    blocks = _draw_blocks(axes, model)
    end = blocks[-1][2]
    axes.text(end + 0.76, -0.72, "weights", ha="right", va="center", fontsize=7)
    for row, stage in enumerate(stages):
        y = -0.92 - 0.17 * row
        axes.text(-0.1, y, stage.title, ha="right", va="center", fontsize=8)
        weights = 0
        for block, left, right in blocks:
            if weighted := [layer for layer in block if layer.weights]:
                trained = weighted[0].name.startswith(stage.trained)
                style = {"fc": _TRAINED} if trained else {"fc": _FROZEN, "hatch": "////"}
                box = Rectangle((left, y - 0.06), right - left, 0.12, ec="white", lw=0, **style)
                axes.add_patch(box)
                weights += trained * sum(layer.count_params() for layer in weighted)
        axes.text(end + 0.76, y, f"{weights:,}", ha="right", va="center", fontsize=7)
    axes.set(xlim=(-0.55, end + 0.76), ylim=(-0.95 - 0.17 * len(stages), 0.75))
    axes.set_axis_off()
    named = ("convolution and ReLU", "max-pool")
    handles = [
        *(Patch(color=_COLOURS[kind], label=kind) for kind in named),
        Patch(fc=_FROZEN, ec="white", hatch="////", label="frozen"),
        Patch(fc=_TRAINED, label="trained"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7)
    return figure


def _draw_blocks(axes: Axes, model: keras.Model) -> list[tuple[list[keras.Layer], float, float]]:
    """Draw the layers of a network and return its blocks with their left and right ends."""
    x, blocks = 0.0, []
    most = max(layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    for block in _split_into_blocks(model):
        sizes = [_measure(layer, most) for layer in block]
        width = sum(each for each, _ in sizes) + _GAP * (len(block) - 1)
        room = max(width, _LEAST_WIDTH)
        top = max(height for _, height in sizes) / 2
        middle = x + room / 2
        left = middle - width / 2
        for layer, (side, height) in zip(block, sizes, strict=True):
            colour = _COLOURS[_name_kind(layer)]
            axes.add_patch(Rectangle((left, -height / 2), side, height, fc=colour))
            left += side + _GAP
        above, below = _label(block)
        axes.text(middle, top + 0.04, above, ha="center", va="bottom", fontsize=7)
        axes.text(middle, -top - 0.04, below, ha="center", va="top", fontsize=7)
        blocks.append((block, x, x + room))
        x += room + _BLOCK_GAP
    return blocks


def _split_into_blocks(model: keras.Model) -> list[list[keras.Layer]]:
    """Return the layers that are drawn: up to each pool one list, each dense layer its own."""
    drawn = (
        keras.layers.InputLayer,
        keras.layers.Conv2D,
        keras.layers.MaxPooling2D,
        keras.layers.GlobalAveragePooling2D,
        keras.layers.Dense,
    )
    number, numbered = 0, []
    for layer in model.layers:
        if not isinstance(layer, drawn):
            continue
        numbered.append((number, layer))
        number += not isinstance(layer, keras.layers.Conv2D)
    blocks = groupby(numbered, key=lambda pair: pair[0])
    return [[layer for _, layer in block] for _, block in blocks]


def _name_kind(layer: keras.Layer) -> str:
    match layer:
        case keras.layers.InputLayer():
            return "image"
        case keras.layers.Conv2D():
            return "convolution and ReLU"
        case keras.layers.MaxPooling2D():
            return "max-pool"
        case keras.layers.GlobalAveragePooling2D():
            return "average"
    return "dense"


def _measure(layer: keras.Layer, most: int) -> tuple[float, float]:
    """Return width and height of a layer's box, in a network with so many maps at most."""
    *places, channels = layer.output.shape[1:]
    if not places:
        return 0.08, channels**0.5 / 40
    return 0.23 * (max(channels, 8) / most) ** 0.5, (places[0] / 128) ** 0.5


def _label(block: list[keras.Layer]) -> tuple[str, str]:
    """Return what stands above and below a block."""
    shape = block[-1].output.shape[1:]
    below = f"{shape[0]:,}" if len(shape) == 1 else f"{shape[0]} × {shape[1]}\n× {shape[2]}"
    convolutions = [layer for layer in block if isinstance(layer, keras.layers.Conv2D)]
    if not convolutions:
        return _name_kind(block[-1]), below
    side, filters = convolutions[0].kernel_size[0], convolutions[0].filters
    return f"{len(convolutions)} conv {side}×{side}\n{filters} filters", below
