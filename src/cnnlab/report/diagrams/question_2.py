"""Figures of notebook 02: two diagrams, a worked example, projections, and what they depend on."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.deconvolution.patches import Patch
from cnnlab.explain.deconvolution.projection_figures import LINES, centre_on_grey, draw_means
from cnnlab.explain.upconvolution.inversion import DECODED, MEAN_FACE, STRANGER
from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH

_BLUE, _RED, _GREY = CLASS_COLOURS[0], CLASS_COLOURS[6], "#BBBBBB"
_PALE = "#CFE3F1"


def draw_step() -> Figure:
    """Draw a layer of a network, and below it the deconvnet's way back through it."""
    figure, axes = _open_canvas(height=1.5, width=12, depth=3.2)
    columns = (2.0, 5.2, 8.4, 11.6)
    middles = [(left + right) / 2 for left, right in pairwise(columns)]
    forward = (r"\mathbf{a}_{l-1}", r"\mathbf{u}_l", r"\mathbf{h}_l", r"\mathbf{a}_l")
    back = (r"\mathbf{r}_{l-1}", r"\hat{\mathbf{u}}_l", r"\hat{\mathbf{h}}_l", r"\mathbf{r}_l")
    for y, name, signals, steps, towards in (
        (2.5, "network", forward, ("convolve", "rectify", "max-pool"), "->"),
        (0.7, "deconvnet", back, ("filter", "rectify", "unpool"), "<-"),
    ):
        axes.text(0, y, name, va="center", fontweight="bold")
        for x, signal in zip(columns, signals, strict=True):
            axes.text(x, y, f"${signal}$", ha="center", va="center", fontsize=11)
        for left, right in pairwise(columns):
            _draw_arrow(axes, (left + 0.4, y), (right - 0.4, y), towards)
        for x, step in zip(middles, steps, strict=True):
            _draw_box(axes, x, y, step)
    for x, kept in ((middles[0], "same kernels"), (middles[2], "switches")):
        _draw_arrow(axes, (x, 2.1), (x, 1.1), "->", linestyle="--", color=_RED)
        axes.text(x + 0.15, 1.6, kept, va="center", fontsize=8, color=_RED)
    return figure


def draw_decoder(channels: int) -> Figure:
    """Draw a fixed network and the decoder that is trained to invert one of its layers.

    Args:
        channels: of the layer, whose maps are 4 x 4.
    """
    figure, axes = _open_canvas(height=1.45, width=12.4, depth=3.1)
    middle = 1.75
    axes.add_patch(Rectangle((0.2, middle - 1.0), 0.5, 2.0, fc="white", ec="black", lw=0.8))
    axes.add_patch(
        Polygon(
            [(1.3, middle - 1.0), (1.3, middle + 1.0), (3.5, middle + 0.3), (3.5, middle - 0.3)],
            fc="#E4E4E4",
            ec="black",
            lw=0.8,
        )
    )
    axes.text(2.3, middle, "network,\nfixed", ha="center", va="center", fontsize=8)
    axes.add_patch(Rectangle((4.1, middle - 0.3), 0.7, 0.6, fc=_GREY, ec="black", lw=0.8))
    blocks = {"mix": 4, "up 1": 8, "up 2": 16, "up 3": 32, "up 4": 64}
    for number, (name, side) in enumerate(blocks.items()):
        x, half = 5.6 + 1.05 * number, 0.2 + 0.05 * (side / 4)
        axes.add_patch(Rectangle((x, middle - half), 0.55, 2 * half, fc=_PALE, ec=_BLUE, lw=0.8))
        axes.text(x + 0.27, middle - half - 0.05, name, ha="center", va="top", fontsize=7)
        axes.text(x + 0.27, middle + half + 0.05, f"{side}²", ha="center", va="bottom", fontsize=7)
        if number:
            _draw_arrow(axes, (x - 0.5, middle), (x, middle), "->")
    axes.add_patch(Rectangle((11.4, middle - 1.0), 0.5, 2.0, fc="white", ec="black", lw=0.8))
    for start, end in ((0.7, 1.3), (3.5, 4.1), (4.8, 5.6), (10.35, 11.4)):
        _draw_arrow(axes, (start, middle), (end, middle), "->")
    for x, y, text in (
        (0.45, 1.05, "image $x$"),
        (4.45, 0.35, "$\\phi(x)$\n" + f"4 × 4 × {channels}"),
        (11.65, 1.05, r"$D_w(\phi(x))$"),
    ):
        axes.text(x, middle + y, text, ha="center", va="bottom", fontsize=8)
    for x in (0.45, 11.65):
        axes.plot((x, x), (0.7, 0.3), color=_RED, linestyle="--", linewidth=1)
    axes.plot((0.45, 11.65), (0.3, 0.3), color=_RED, linestyle="--", linewidth=1)
    _draw_arrow(axes, (7.97, 0.3), (7.97, 0.95), "->", linestyle="--", color=_RED)
    axes.text(
        7.75, 0.36, "squared error: trains the decoder only", ha="right", fontsize=8, color=_RED
    )
    return figure


def draw_unpooling(
    h: np.ndarray,
    maxima: np.ndarray,
    signal: np.ndarray,
    unpooled: np.ndarray,
    kernel: np.ndarray,
    filtered: np.ndarray,
) -> Figure:
    """Draw one step of the deconvnet in numbers; what stands at a switch is marked.

    Args:
        h: (4, 4), what is pooled.
        maxima: (2, 2) of its windows.
        signal: (2, 2), from above.
        unpooled: (4, 4).
        kernel: (3, 3).
        filtered: (4, 4), the result.
    """
    switches = np.kron(maxima, np.ones((2, 2))) == h
    panels = (
        (r"$\mathbf{h}$", h, switches),
        (r"$\mathbf{a} = \mathbf{P} \mathbf{h}$", maxima, None),
        (r"$\mathbf{r}$", signal, None),
        (r"$\hat{\mathbf{h}} = \mathbf{P}^\top \mathbf{r}$", unpooled, switches),
        (r"$\hat{\mathbf{u}} = \max(\hat{\mathbf{h}}, 0)$", np.maximum(unpooled, 0), switches),
        (r"$K$", kernel, None),
        (r"$\mathbf{K}^\top \hat{\mathbf{u}}$", filtered, None),
    )
    figure, grid = plt.subplots(
        1,
        len(panels),
        figsize=(TEXT_WIDTH, 1.15),
        width_ratios=[matrix.shape[1] for _, matrix, _ in panels],
    )
    for axes, (name, matrix, marked) in zip(grid, panels, strict=True):
        side = len(matrix)
        for (row, column), value in np.ndenumerate(matrix):
            colour = _PALE if marked is not None and marked[row, column] else "white"
            axes.add_patch(Rectangle((column, row), 1, 1, fc=colour, ec=_GREY, lw=0.5))
            text = f"{value:g}".replace("-", "\N{MINUS SIGN}")
            tone = "black" if value else "#999999"
            axes.text(
                column + 0.5, row + 0.54, text, ha="center", va="center", fontsize=7, color=tone
            )
        for edge in range(0, side + 1, 2 if side == 4 else side):
            axes.plot((0, side), (edge, edge), color="black", linestyle="-", linewidth=0.8)
            axes.plot((edge, edge), (0, side), color="black", linestyle="-", linewidth=0.8)
        middle = side / 2
        axes.set(xlim=(-0.1, side + 0.1), ylim=(middle + 2.1, middle - 2.1), aspect="equal")
        axes.axis("off")
        axes.set_title(name, loc="center", fontsize=8, fontweight="normal", y=1)
    return figure


def draw_pass(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Draw an image and the signals on the way back to it, side by side.

    Args:
        pictures: by title, (h, w, 3) in [0, 1] or (h, w), whose largest value is drawn black.
    """
    figure, axes = plt.subplots(1, len(pictures), figsize=(TEXT_WIDTH, 1.35))
    figure.get_layout_engine().set(w_pad=0.02, wspace=0)
    for ax, (title, picture) in zip(axes, pictures.items(), strict=True):
        ax.imshow(picture, cmap="gray_r")
        ax.set_title(title, loc="center", fontsize=8, fontweight="normal")
        _clear(ax)
    return figure


def draw_patches(units: Mapping[str, Sequence[Patch]]) -> Figure:
    """Draw feature maps in two columns: above each patch the projection that belongs to it.

    Args:
        units: for each map, by its title, equally many patches.
    """
    count = len(next(iter(units.values())))
    lines = -(-len(units) // 2)
    widths = [*[1] * count, 0.15, *[1] * count]
    tile = TEXT_WIDTH / sum(widths)
    figure, grid = plt.subplots(
        2 * lines,
        len(widths),
        figsize=(TEXT_WIDTH, lines * (2 * tile + 0.2)),
        width_ratios=widths,
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for ax in grid.flat:
        ax.set_axis_off()
    for number, (title, patches) in enumerate(units.items()):
        line, left = 2 * (number // 2), (number % 2) * (count + 1)
        above, below = grid[line : line + 2, left : left + count]
        above[0].set_title(title, fontsize=8, fontweight="normal", pad=3)
        for projected, seen, patch in zip(above, below, patches, strict=False):
            projected.imshow(centre_on_grey(patch.projection))
            seen.imshow(patch.image)
    return figure


def plot_dependence(networks: Mapping[str, pd.DataFrame]) -> Figure:
    """Plot cosines between pictures against the block of the unit, a panel a network.

    Args:
        networks: for each network a table of means: a row a block, a column a comparison.
    """
    figure, panels = plt.subplots(
        1, len(networks), figsize=(TEXT_WIDTH, 1.75), sharey=True, squeeze=False
    )
    for axes, (title, lines) in zip(panels[0], networks.items(), strict=True):
        blocks = np.arange(1, len(lines) + 1)
        for (name, means), line in zip(lines.items(), LINES, strict=True):
            draw_means(axes, blocks, means, *line, name)
        axes.set_title(title)
        axes.set(xlabel="last convolution of block", xticks=blocks, ylim=(-0.1, 1.05))
    panels[0, 0].set_ylabel("cosine")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def plot_growth(
    fields: Mapping[str, Sequence[int]],
    extents: Mapping[str, Sequence[float]],
    areas: Mapping[str, Sequence[Mean]],
) -> Figure:
    """Plot what grows from block to block: the size of the patterns, and their selectivity.

    Args:
        fields: for each network, block by block, the side of the receptive field in pixels.
        extents: the side of the square that holds the projections' energy, in pixels.
        areas: mean area under the ROC curve of the units' preferred expression.
    """
    figure, (sizes, selectivity) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 1.8))
    for (name, field), line in zip(fields.items(), LINES, strict=False):
        colour, _, marker = line
        blocks = np.arange(1, len(field) + 1)
        sizes.plot(blocks, field, ":", marker=marker, color=colour, markerfacecolor="white")
        sizes.plot(blocks, extents[name], "-", marker=marker, color=colour)
        draw_means(selectivity, blocks, areas[name], *line, name)
    sizes.plot([], [], ":", color="0.3", label="receptive field")
    sizes.plot([], [], "-", color="0.3", label="90% of the projection")
    sizes.set_yscale("log", base=2)
    sizes.yaxis.set_major_formatter("{x:.0f}")
    sizes.set_ylabel("side in pixels")
    selectivity.axhline(0.5, color="0.4", linestyle=":", linewidth=1)
    selectivity.set_ylabel("area under curve")
    for axes in (sizes, selectivity):
        axes.set_xlabel("last convolution of block")
        axes.set_xticks(blocks)
        axes.legend()
    return figure


def plot_survival(table: pd.DataFrame, figures: Mapping[str, str]) -> Figure:
    """Plot figures of merit against the layers, a panel each, with intervals.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        figures: the figures of merit, and the titles of their panels.
    """
    layers = table[["network", "layer"]].drop_duplicates().query("layer != ''")
    places = {tuple(row): place for place, row in enumerate(layers.to_numpy())}
    figure, panels = plt.subplots(1, len(figures), figsize=(TEXT_WIDTH, 1.9), sharex=True)
    for axes, (name, title) in zip(panels, figures.items(), strict=True):
        rows = table[table["figure"] == name]
        level = rows.loc[rows["picture"] == MEAN_FACE, "estimate"].item()
        axes.axhline(level, color="0.4", linestyle=":", linewidth=1, label="mean face")
        for number, network in enumerate(layers["network"].unique()):
            for picture, style, label in ((DECODED, "o", network), (STRANGER, "_", STRANGER)):
                own = rows[(rows["network"] == network) & (rows["picture"] == picture)]
                axes.errorbar(
                    [places[network, layer] for layer in own["layer"]],
                    own["estimate"],
                    yerr=[own["estimate"] - own["low"], own["high"] - own["estimate"]],
                    color=LINES[number][0] if picture == DECODED else "0.5",
                    fmt=style,
                    elinewidth=0.8,
                    label=label if picture == DECODED or not number else None,
                )
        axes.set_title(title)
        axes.set_xticks(
            list(places.values()),
            [layer.replace("_pool", "") for _, layer in places],
            rotation=45,
            ha="right",
            fontsize=7,
        )
        axes.set_xlim(-0.5, len(places) - 0.5)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _open_canvas(height: float, width: float, depth: float) -> tuple[Figure, Axes]:
    """Return a figure as wide as the text, and axes with coordinates to draw in."""
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, height))
    axes.set(xlim=(0, width), ylim=(0, depth))
    axes.axis("off")
    return figure, axes


def _draw_box(axes: Axes, x: float, y: float, text: str) -> None:
    box = FancyBboxPatch(
        (x - 0.75, y - 0.32), 1.5, 0.64, "round,pad=0.04", fc=_PALE, ec=_BLUE, lw=0.8
    )
    axes.add_patch(box)
    axes.text(x, y, text, ha="center", va="center", fontsize=8)


def _draw_arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    towards: str,
    linestyle: str = "-",
    color: str = "black",
) -> None:
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": towards,
            "linestyle": linestyle,
            "color": color,
            "lw": 0.9,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=0,
    )


def _clear(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
