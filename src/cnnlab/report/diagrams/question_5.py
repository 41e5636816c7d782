"""Figures of notebooks 05 to 07: distances between images, and networks layer by layer."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from cnnlab.drawing import open_canvas, write
from cnnlab.networks.transfer import Stage
from cnnlab.style import GREEN, GREY, ORANGE, PINK, RED, SKY, TEXT_WIDTH

# The layers that are drawn, and how.
_KINDS = {
    keras.layers.InputLayer: ("image", GREY),
    keras.layers.Conv2D: ("convolution and ReLU", SKY),
    keras.layers.MaxPooling2D: ("max-pool", ORANGE),
    keras.layers.GlobalAveragePooling2D: ("average", PINK),
    keras.layers.Dense: ("dense", GREEN),
}
_GAP, _BLOCK_GAP, _LEAST_WIDTH = 0.05, 0.13, 0.62
_FROZEN = {"fc": "#DDDDDD", "ec": "white", "lw": 0, "hatch": "////"}
_TRAINED = {"fc": RED, "ec": "white", "lw": 0}


def plot_distances(distances: Mapping[str, np.ndarray]) -> Figure:
    """Draw the cumulative distributions of some distances between images in [0, 1]."""
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.8))
    for (label, values), line in zip(distances.items(), ("-", "--", ":"), strict=True):
        sns.ecdfplot(x=values, label=label, linestyle=line, ax=axes)
    axes.set(xlabel="RMS difference of pixel values in [0, 1]", ylabel="share of images")
    axes.set_xlim(left=0)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def draw_network(model: keras.Model) -> Figure:
    """Draw the layers of a network from left to right.

    A box is as high as the root of its maps' side and as wide as the root of their number, as a
    part of the most that there are; a dense layer is a bar as high as the root of its units. Below
    each block stands the shape that it gives, above it the kernels of its convolutions.

    Args:
        model: flat and functional: blocks of convolutions that end in a pool, then dense layers.
    """
    figure, axes = open_canvas(1.8, (0, 1), (-0.75, 0.75))
    blocks = _draw_blocks(axes, model)
    axes.set_xlim(0, blocks[-1][2])
    present = {type(layer) for layer in model.layers}
    handles = [Patch(fc=fc, label=kind) for of, (kind, fc) in _KINDS.items() if of in present]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=7)
    return figure


def draw_stages(model: keras.Model, stages: Sequence[Stage]) -> Figure:
    """Draw the layers of a network, as ``draw_network`` does, and below what each stage trains.

    At the right end stands how many weights these are.

    Args:
        model: VGG16 with a head.
        stages: of its training.
    """
    figure, axes = open_canvas(2.2, (0, 1), (-0.95 - 0.17 * len(stages), 0.75))
    blocks = _draw_blocks(axes, model)
    end = blocks[-1][2] + 0.85
    axes.set_xlim(-0.55, end)
    write(axes, end, -0.72, "weights", ha="right", size=7)
    for row, stage in enumerate(stages):
        y, weights = -0.92 - 0.17 * row, 0
        write(axes, -0.1, y, stage.title, ha="right")
        for layers, left, right in blocks:
            weighted = [layer for layer in layers if layer.weights]
            if not weighted:
                continue
            is_trained = weighted[0].name.startswith(stage.trained)
            style = _TRAINED if is_trained else _FROZEN
            axes.add_patch(Rectangle((left, y - 0.06), right - left, 0.12, **style))
            weights += is_trained * sum(layer.count_params() for layer in weighted)
        write(axes, end, y, f"{weights:,}", ha="right", size=7)
    handles = [
        *(Patch(fc=fc, label=kind) for kind, fc in list(_KINDS.values())[1:3]),
        Patch(label="frozen", **_FROZEN),
        Patch(label="trained", **_TRAINED),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7)
    return figure


def _draw_blocks(axes: Axes, model: keras.Model) -> list[tuple[list[keras.Layer], float, float]]:
    """Draw the layers of a network and return its blocks with their left and right ends."""
    x, drawn = 0.0, []
    most = max(layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    for block in _split_into_blocks(model):
        sizes = [_measure(layer, most) for layer in block]
        width = sum(side for side, _ in sizes) + _GAP * (len(block) - 1)
        room = max(width, _LEAST_WIDTH)
        left = x + (room - width) / 2
        for layer, (side, height) in zip(block, sizes, strict=True):
            _, colour = _KINDS[type(layer)]
            axes.add_patch(Rectangle((left, -height / 2), side, height, fc=colour))
            left += side + _GAP
        top = max(height for _, height in sizes) / 2
        above, below = _label(block)
        write(axes, x + room / 2, top + 0.04, above, va="bottom", size=7)
        write(axes, x + room / 2, -top - 0.04, below, va="top", size=7)
        drawn.append((block, x, x + room))
        x += room + _BLOCK_GAP
    return drawn


def _split_into_blocks(model: keras.Model) -> list[list[keras.Layer]]:
    """Return the layers that are drawn: up to each pool one list, each dense layer its own."""
    blocks = [[]]
    for layer in model.layers:
        if type(layer) in _KINDS:
            blocks[-1].append(layer)
            if not isinstance(layer, keras.layers.Conv2D):
                blocks.append([])
    return blocks[:-1]


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
    *convolutions, last = block
    if not convolutions:
        return _KINDS[type(last)][0], below
    side, filters = convolutions[0].kernel_size[0], convolutions[0].filters
    return f"{len(convolutions)} conv {side}×{side}\n{filters} filters", below
