"""Figures of notebook 04: receptive fields and dilated kernels."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlab.drawing import MARKED, draw_arrow, draw_matrix, write
from cnnlab.style import BLUE, RED, TEXT_WIDTH
from cnnlab.theory.dilation import dilate_kernel, receptive_field, selector_matrix

_LIGHT = "#BBBBBB"


def draw_receptive_fields(width: int, stacks: Sequence[Sequence[int]]) -> Figure:
    """Draw, for each stack of dilations, the paths from one output back to the input.

    Args:
        width: K, taps of every kernel, odd.
        stacks: the dilations of each stack, first layer first; all equally deep.
    """
    figure, panels = plt.subplots(1, len(stacks), figsize=(TEXT_WIDTH, 2.0), sharey=True)
    depth = len(stacks[0])
    sizes = [receptive_field([width] * depth, dilations) for dilations in stacks]
    reach = max(sizes) // 2
    names = ["input", *(f"layer {layer}" for layer in range(1, depth + 1))]
    for axes, dilations, size in zip(panels, stacks, sizes, strict=True):
        grid = np.mgrid[-reach : reach + 1, : depth + 1]
        axes.plot(*grid.reshape(2, -1), "o", color=_LIGHT, ms=2.2, mew=0)
        reached = np.zeros(1, int)
        for level, dilation in zip(range(depth, 0, -1), dilations[::-1], strict=True):
            ends = reached[:, None] + dilation * (np.arange(width) - width // 2)
            starts = np.broadcast_to(reached[:, None], ends.shape)
            lines = np.stack([starts.ravel(), ends.ravel()])
            axes.plot(lines, (level, level - 1), color=BLUE, ls="-", lw=0.6)
            axes.plot(reached, np.full(reached.size, level), "o", color=BLUE)
            reached = np.unique(ends)
        axes.plot(reached, np.zeros(reached.size), "o", color=RED)
        draw_arrow(axes, (-size / 2, -0.45), (size / 2, -0.45), arrowstyle="<->")
        write(axes, 0, -0.6, f"{size} samples", va="top")
        axes.set_title(f"dilations {', '.join(map(str, dilations))}", loc="center")
        axes.set(xlim=(-reach - 0.8, reach + 0.8), ylim=(-1.1, depth + 0.3), xticks=[])
        axes.set_yticks(range(depth + 1), names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def plot_growth(measured: Mapping[str, Mapping[int, int]], width: int) -> Figure:
    """Plot the receptive field's width against depth: formulae as lines, measurements as marks.

    Args:
        measured: for "dilation 1", "dilations 1, 2, 4, ..." and "dilation 1, strides 2" the
            measured width by depth.
        width: K of every layer.
    """
    depth = range(1, 9)
    doubled = [2**layer for layer in depth]
    formulae = {
        "dilation 1": [receptive_field([width] * L, [1] * L) for L in depth],
        "dilations 1, 2, 4, ...": [receptive_field([width] * L, [1, *doubled][:L]) for L in depth],
        "dilation 1, strides 2": [receptive_field([width] * L, [1] * L, [2] * L) for L in depth],
    }
    figure, axes = plt.subplots(figsize=(0.62 * TEXT_WIDTH, 2.1))
    for (name, sizes), marker in zip(formulae.items(), "osx", strict=True):
        (line,) = axes.plot(depth, sizes, label=name)
        points = zip(*measured[name].items(), strict=True)
        axes.plot(*points, marker, mfc="none", color=line.get_color())
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set(xlabel="layers $L$", ylabel="receptive field (samples)", xticks=depth)
    axes.legend()
    return figure


def draw_gradient_maps(maps: Mapping[str, np.ndarray]) -> Figure:
    """Draw the size of the gradient of one output by each input pixel, hatched where it is 0.

    Args:
        maps: by title, square arrays of non-negative numbers; each is scaled by its largest.
    """
    figure, panels = plt.subplots(1, len(maps), figsize=(TEXT_WIDTH, 2.2), sharex=True, sharey=True)
    for axes, (title, gradient) in zip(panels, maps.items(), strict=True):
        axes.patch.set(hatch="/////", ec=_LIGHT)
        half = len(gradient) / 2
        shown = np.ma.masked_equal(gradient / gradient.max(), 0)
        picture = axes.imshow(shown, cmap="viridis", vmin=0, extent=(-half, half, half, -half))
        axes.set_title(title, loc="center")
        axes.set(xlabel="column (pixels)")
    largest = max(map(len, maps.values())) / 2
    axes.set(xlim=(-largest, largest), ylim=(largest, -largest))
    panels[0].set(ylabel="row (pixels)")
    figure.colorbar(picture, ax=panels, shrink=0.8, label="gradient / largest")
    return figure


def draw_kronecker(kernel: np.ndarray, dilation: int) -> Figure:
    """Draw K, A and K' = K (x) A with the border of K' that the dilated kernel lacks.

    Args:
        kernel: (F, G).
        dilation: D.
    """
    dilated = dilate_kernel(kernel, dilation)
    matrices = {"$K$": kernel, "$A$": selector_matrix(dilation), r"$K' = K \otimes A$": dilated}
    ratios = [matrix.shape[1] for matrix in matrices.values()]
    figure, panels = plt.subplots(1, 3, figsize=(TEXT_WIDTH, 2.6), width_ratios=ratios)
    for axes, (name, matrix) in zip(panels, matrices.items(), strict=True):
        rows, columns = matrix.shape
        draw_matrix(axes, matrix != 0, matrix, f"{name}: {rows} × {columns}", **MARKED)
    kept_rows, kept_columns = rows - dilation + 1, columns - dilation + 1
    hatched = {"fc": "none", "ec": RED, "hatch": "///", "lw": 0, "alpha": 0.5}
    frame = {"fc": "none", "ec": "black", "lw": 1.4, "clip_on": False}
    for corner, width, height, style in (
        ((0, kept_rows), columns, dilation - 1, hatched),
        ((kept_columns, 0), dilation - 1, kept_rows, hatched),
        ((0, 0), kept_columns, kept_rows, frame),
    ):
        panels[2].add_patch(Rectangle(corner, width, height, **style))
    return figure


def plot_effective_fields(panels: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Plot how the gradient is spread over the receptive field, one panel for each group.

    Args:
        panels: for each panel, by name, the gradient along one axis.
    """
    figure, row = plt.subplots(1, len(panels), figsize=(TEXT_WIDTH, 2.3), sharey=True)
    for axes, profiles in zip(row, panels, strict=True):
        for name, profile in profiles.items():
            axes.plot(np.linspace(-1, 1, profile.size), profile / profile.max(), label=name)
        axes.set(xlabel="offset / half of the receptive field", ylim=(0, None))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    row[0].set(ylabel="gradient / largest")
    return figure
