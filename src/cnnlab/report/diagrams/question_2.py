"""Figures of notebook 02: two diagrams, a worked example, projections, and what they depend on."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from cnnlab.drawing import (
    MARKED,
    draw_arrow,
    draw_estimates,
    draw_matrix,
    draw_means,
    draw_pictures,
    open_canvas,
    write,
)
from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.deconvolution.patches import Patch
from cnnlab.explain.pictures import centre_on_grey
from cnnlab.explain.upconvolution.inversion import DECODED, MEAN_FACE, STRANGER
from cnnlab.style import BLUE, DOTTED, MARKERS, PALE, RED, TEXT_WIDTH


def draw_step() -> Figure:
    """Draw a layer of a network, and below it the deconvnet's way back through it."""
    figure, axes = open_canvas(1.5, (0, 12), (0, 3.2))
    places = (2.0, 3.6, 5.2, 6.8, 8.4, 10.0, 11.6)  # of signals, and of steps between them
    forward = (r"\mathbf{a}_{l-1}", r"\mathbf{u}_l", r"\mathbf{h}_l", r"\mathbf{a}_l")
    back = (r"\mathbf{r}_{l-1}", r"\hat{\mathbf{u}}_l", r"\hat{\mathbf{h}}_l", r"\mathbf{r}_l")
    for y, name, signals, steps, head in (
        (2.5, "network", forward, ("convolve", "rectify", "max-pool"), "->"),
        (0.7, "deconvnet", back, ("filter", "rectify", "unpool"), "<-"),
    ):
        write(axes, 0, y, name, ha="left", weight="bold", size=9)
        for x, signal in zip(places[::2], signals, strict=True):
            write(axes, x, y, f"${signal}$", size=11)
        for left, right in pairwise(places[::2]):
            draw_arrow(axes, (left + 0.4, y), (right - 0.4, y), arrowstyle=head)
        axes.barh([y] * 3, 1.5, 0.7, np.array(places[1::2]) - 0.75, fc=PALE, ec=BLUE, lw=0.8)
        for x, step in zip(places[1::2], steps, strict=True):
            write(axes, x, y, step)
    for x, kept in ((places[1], "same kernels"), (places[5], "switches")):
        draw_arrow(axes, (x, 2.1), (x, 1.1), ls="--", color=RED)
        write(axes, x + 0.15, 1.6, kept, ha="left", color=RED)
    return figure


def draw_decoder(channels: int) -> Figure:
    """Draw a fixed network and the decoder that is trained to invert one of its layers.

    Args:
        channels: of the layer, whose maps are 4 x 4.
    """
    features = f"$\\phi(x)$\n4 × 4 × {channels}"
    parts = [  # left, right, half the height at the left and right, colour, text above and below
        (0.2, 0.7, 1.0, 1.0, "white", "image $x$", ""),
        (1.3, 3.5, 1.0, 0.3, "#E4E4E4", "", ""),
        (4.1, 4.8, 0.3, 0.3, "#BBBBBB", features, ""),
        (5.6, 6.15, 0.25, 0.25, PALE, "4²", "mix"),
        (6.65, 7.2, 0.3, 0.3, PALE, "8²", "up 1"),
        (7.7, 8.25, 0.4, 0.4, PALE, "16²", "up 2"),
        (8.75, 9.3, 0.6, 0.6, PALE, "32²", "up 3"),
        (9.8, 10.35, 1.0, 1.0, PALE, "64²", "up 4"),
        (11.4, 11.9, 1.0, 1.0, "white", r"$D_w(\phi(x))$", ""),
    ]
    figure, axes = open_canvas(1.45, (0, 12.4), (-1.75, 1.35))
    for left, right, start, end, colour, above, below in parts:
        corners = (left, left, right, right), (-start, start, end, -end)
        edge = BLUE if colour == PALE else "black"
        axes.fill(*corners, fc=colour, ec=edge, lw=0.8, ls="-")
        write(axes, (left + right) / 2, end + 0.05, above, va="bottom")
        write(axes, (left + right) / 2, -end - 0.05, below, va="top")
    for (_, start, *_), (end, *_) in pairwise(parts):
        draw_arrow(axes, (start, 0), (end, 0))
    write(axes, 2.3, 0, "network,\nfixed")
    axes.plot((0.45, 0.45, 11.65, 11.65), (-1.05, -1.45, -1.45, -1.05), "--", color=RED, lw=1)
    draw_arrow(axes, (7.97, -1.45), (7.97, -0.8), ls="--", color=RED)
    write(axes, 7.75, -1.25, "squared error: trains the decoder only", ha="right", color=RED)
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
    panels = {
        r"$\mathbf{h}$": (h, switches),
        r"$\mathbf{a} = \mathbf{P} \mathbf{h}$": (maxima, None),
        r"$\mathbf{r}$": (signal, None),
        r"$\hat{\mathbf{h}} = \mathbf{P}^\top \mathbf{r}$": (unpooled, switches),
        r"$\hat{\mathbf{u}} = \max(\hat{\mathbf{h}}, 0)$": (np.maximum(unpooled, 0), switches),
        r"$K$": (kernel, None),
        r"$\mathbf{K}^\top \hat{\mathbf{u}}$": (filtered, None),
    }
    sides = [len(matrix) for matrix, _ in panels.values()]
    figure, row = plt.subplots(1, len(panels), figsize=(TEXT_WIDTH, 1.25), width_ratios=sides)
    for axes, (name, (matrix, marks)) in zip(row, panels.items(), strict=True):
        draw_matrix(axes, np.zeros_like(matrix) if marks is None else marks, matrix, name, **MARKED)
        side = len(matrix)
        edges = range(0, side + 1, 2 if side == 4 else side)  # of the windows, or of all
        axes.hlines(edges, 0, side, color="black", lw=0.8, clip_on=False)
        axes.vlines(edges, 0, side, color="black", lw=0.8, clip_on=False)
    return figure


def draw_patches(units: Mapping[str, Sequence[Patch]]) -> Figure:
    """Draw feature maps in two columns: above each patch the projection that belongs to it.

    Args:
        units: for each map, by its title, equally many patches.
    """
    titles, maps = list(units), list(units.values())
    count, rows, texts = len(maps[0]), [], {}
    for first in range(0, len(maps), 2):
        patches = [patch for unit in maps[first : first + 2] for patch in unit]
        rows.append([centre_on_grey(patch.projection) for patch in patches])
        rows.append([patch.image for patch in patches])
        for number, title in enumerate(titles[first : first + 2]):
            texts[first + 1, number * count] = title
    return draw_pictures(rows, largest=0.75, gaps={count: ""}, texts=texts)


def plot_dependence(networks: Mapping[str, pd.DataFrame]) -> Figure:
    """Plot cosines between pictures against the block of the unit, a panel a network.

    Args:
        networks: for each network a table of means: a row a block, a column a comparison.
    """
    figure, panels = plt.subplots(1, len(networks), figsize=(TEXT_WIDTH, 1.75), sharey=True)
    for axes, (title, table) in zip(panels, networks.items(), strict=True):
        blocks = range(1, len(table) + 1)
        for name, marker in zip(table, MARKERS, strict=False):
            draw_means(axes, blocks, table[name], marker=marker, label=name)
        axes.set(title=title, xlabel="last convolution of block", xticks=blocks, ylim=(-0.1, 1.05))
    panels[0].set_ylabel("cosine")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
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
    for (name, field), colour, marker in zip(fields.items(), (BLUE, RED), MARKERS, strict=False):
        blocks = range(1, len(field) + 1)
        sizes.plot(blocks, field, ls=":", marker=marker, color=colour, mfc="white")
        sizes.plot(blocks, extents[name], ls="-", marker=marker, color=colour)
        draw_means(selectivity, blocks, areas[name], marker=marker, label=name)
    sizes.plot([], [], ":", color="0.3", label="receptive field")
    sizes.plot([], [], "-", color="0.3", label="90% of the projection")
    sizes.set_yscale("log", base=2)
    sizes.yaxis.set_major_formatter("{x:.0f}")
    sizes.set_ylabel("side in pixels")
    selectivity.axhline(0.5, **DOTTED)
    selectivity.set_ylabel("area under curve")
    for axes in (sizes, selectivity):
        axes.set(xlabel="last convolution of block", xticks=blocks)
        axes.legend()
    return figure


def plot_survival(table: pd.DataFrame, figures: Mapping[str, str]) -> Figure:
    """Plot figures of merit against the layers, a panel each, with intervals.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        figures: the figures of merit, and the titles of their panels.
    """
    layers = table[table["layer"] != ""].assign(
        place=lambda rows: rows.groupby(["network", "layer"], sort=False).ngroup()
    )
    names = layers.drop_duplicates("place")["layer"].str.replace("_pool", "")
    colours = dict(zip(layers["network"].unique(), (BLUE, RED), strict=False))
    figure, panels = plt.subplots(1, len(figures), figsize=(TEXT_WIDTH, 1.9), sharex=True)
    for axes, (name, title) in zip(panels, figures.items(), strict=True):
        rows = layers[layers["figure"] == name]
        level = table[(table["figure"] == name) & (table["picture"] == MEAN_FACE)]["estimate"]
        axes.axhline(level.item(), label="mean face", **DOTTED)
        for network, own in rows[rows["picture"] == DECODED].groupby("network", sort=False):
            draw_estimates(axes, own["place"], own, fmt="o", color=colours[network], label=network)
        others = rows[rows["picture"] == STRANGER]
        draw_estimates(axes, others["place"], others, fmt="_", color="0.5", label=STRANGER)
        axes.set(title=title, xlim=(-0.5, len(names) - 0.5))
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", size=7)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure
