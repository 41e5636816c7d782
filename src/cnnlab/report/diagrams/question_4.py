"""Figures of notebook 04: receptive fields and dilated kernels."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH
from cnnlab.theory.dilation import (
    dilate_kernel,
    receptive_field,
    selector_matrix,
)

_BLUE, _RED, _GREY = CLASS_COLOURS[0], CLASS_COLOURS[6], "#BBBBBB"


def draw_receptive_fields(width: int, stacks: Sequence[Sequence[int]]) -> Figure:
    """Draw, for each stack of dilations, the paths from one output back to the input.

    Args:
        width: K, taps of every kernel, odd.
        stacks: the dilations of each stack, first layer first.
    """
    figure, panels = plt.subplots(1, len(stacks), figsize=(TEXT_WIDTH, 2.0), sharey=True)
    reach = max(receptive_field([width] * len(stack), stack) for stack in stacks) // 2
    for axes, dilations in zip(panels, stacks, strict=True):
        depth = len(dilations)
        _draw_paths(axes, width, dilations, reach)
        size = receptive_field([width] * depth, dilations)
        axes.annotate(
            "",
            (-(size / 2), -0.45),
            (size / 2, -0.45),
            arrowprops={"arrowstyle": "<->", "lw": 0.8},
            annotation_clip=False,
        )
        axes.text(0, -0.6, f"{size} samples", ha="center", va="top", fontsize=8)
        axes.set_title(f"dilations {', '.join(map(str, dilations))}", loc="center")
        axes.set(xlim=(-reach - 0.8, reach + 0.8), ylim=(-1.1, depth + 0.3), xticks=[])
        axes.set_yticks(
            range(depth + 1), ["input", *(f"layer {layer}" for layer in range(1, depth + 1))]
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def _draw_paths(axes: Axes, width: int, dilations: Sequence[int], reach: int) -> None:
    grid = np.arange(-reach, reach + 1)
    for level in range(len(dilations) + 1):
        axes.plot(grid, np.full(grid.size, level), "o", color=_GREY, ms=2.2, mew=0)
    reached = {0}
    for level in range(len(dilations), 0, -1):
        taps = dilations[level - 1] * (np.arange(width) - width // 2)
        below = set()
        for x in reached:
            for tap in taps:
                axes.plot((x, x + tap), (level, level - 1), color=_BLUE, ls="-", lw=0.6)
                below.add(x + int(tap))
        axes.plot(sorted(reached), [level] * len(reached), "o", color=_BLUE, ms=4)
        reached = below
    axes.plot(sorted(reached), [0] * len(reached), "o", color=_RED, ms=4)


def plot_growth(measured: Mapping[str, Mapping[int, int]], width: int) -> Figure:
    """Plot the receptive field's width against depth: formulae as lines, measurements as marks.

    Args:
        measured: for "dilation 1", "dilations 1, 2, 4, ..." and "dilation 1, strides 2" the
            measured width by depth.
        width: K of every layer.
    """
    depth = np.arange(1, 9)
    doubled = [2**layer for layer in range(depth.size)]
    formulae = {
        "dilation 1": [receptive_field([width] * L) for L in depth],
        "dilations 1, 2, 4, ...": [receptive_field([width] * L, doubled[:L]) for L in depth],
        "dilation 1, strides 2": [receptive_field([width] * L, None, [2] * L) for L in depth],
    }
    figure, axes = plt.subplots(figsize=(0.62 * TEXT_WIDTH, 2.1))
    for (name, sizes), marker in zip(formulae.items(), "osx", strict=True):
        (line,) = axes.plot(depth, sizes, label=name)
        points = measured[name]
        axes.plot(
            list(points), list(points.values()), marker, mfc="none", color=line.get_color(), ls=""
        )
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
    figure, panels = plt.subplots(1, len(maps), figsize=(TEXT_WIDTH, 2.2), sharey=True)
    side = max(gradient.shape[0] for gradient in maps.values())
    for axes, (title, gradient) in zip(panels, maps.items(), strict=True):
        margin = (side - gradient.shape[0]) // 2
        padded = np.pad(gradient / gradient.max(), margin)
        shown = np.ma.masked_equal(padded, 0)
        half = side / 2
        extent = (-half, half, half, -half)
        axes.add_patch(
            Rectangle((-half, -half), side, side, fc="white", ec=_GREY, hatch="/////", lw=0)
        )
        picture = axes.imshow(shown, cmap="viridis", vmin=0, vmax=1, extent=extent, zorder=2)
        axes.set_title(title, loc="center")
        axes.set(xlabel="column (pixels)")
    panels[0].set(ylabel="row (pixels)")
    figure.colorbar(picture, ax=panels, shrink=0.8, label="gradient / largest")
    return figure


def draw_kronecker(kernel: np.ndarray, dilation: int) -> Figure:
    """Draw K, A and K' = K (x) A with the border of K' that the dilated kernel lacks.

    Args:
        kernel: (F, G).
        dilation: D.
    """
    selector, dilated = selector_matrix(dilation), dilate_kernel(kernel, dilation)
    figure, panels = plt.subplots(
        1,
        3,
        figsize=(TEXT_WIDTH, 2.6),
        width_ratios=[kernel.shape[1], dilation, dilated.shape[1]],
    )
    names = ("$K$", "$A$", r"$K' = K \otimes A$")
    for axes, matrix, name in zip(panels, (kernel, selector, dilated), names, strict=True):
        rows, columns = matrix.shape
        for (m, n), value in np.ndenumerate(matrix):
            colour = "#CFE3F1" if value else "white"
            axes.add_patch(Rectangle((n, m), 1, 1, fc=colour, ec=_GREY, lw=0.6))
            axes.text(
                n + 0.5,
                m + 0.5,
                f"{value:g}",
                ha="center",
                va="center",
                fontsize=8,
                color="black" if value else "#999999",
            )
        axes.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
        axes.axis("off")
        axes.set_title(f"{name}: {rows} × {columns}", loc="center")
    rows, columns = dilated.shape
    kept_rows, kept_columns = rows - dilation + 1, columns - dilation + 1
    for corner, w, h in (
        ((0, kept_rows), columns, dilation - 1),
        ((kept_columns, 0), dilation - 1, kept_rows),
    ):
        panels[2].add_patch(
            Rectangle(corner, w, h, fc="none", ec=_RED, hatch="///", lw=0, alpha=0.5)
        )
    panels[2].add_patch(Rectangle((0, 0), kept_columns, kept_rows, fc="none", ec="black", lw=1.4))
    return figure


def plot_effective_fields(panels: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Plot how the gradient is spread over the receptive field, one panel for each group.

    Args:
        panels: for each panel, by name, the gradient along one axis.
    """
    figure, all_axes = plt.subplots(1, len(panels), figsize=(TEXT_WIDTH, 2.3), sharey=True)
    for axes, profiles in zip(all_axes, panels, strict=True):
        for name, profile in profiles.items():
            offsets = np.linspace(-1, 1, profile.size)
            axes.plot(offsets, profile / profile.max(), label=name)
        axes.set(xlabel="offset / half of the receptive field", ylim=(0, None))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(profiles))
    all_axes[0].set(ylabel="gradient / largest")
    return figure
