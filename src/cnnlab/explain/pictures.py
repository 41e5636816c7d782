"""Pictures of reconstructions and maps; drawn from arrays, nothing is computed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnlab.evaluation.intervals import Mean
from cnnlab.style import TEXT_WIDTH

TINY = 5.5
"""Font size in points of the text between pictures."""
LARGEST_TILE = 0.62
"""Inches of a picture's side in a grid at most."""
MAP_COLOURS = "viridis"
HEAT_COLOURS = "YlOrRd"
KINDS = (("#0072B2", "o", "#0072B2"), ("#D55E00", "s", "white"))
GAP = 0.18
"""Between groups of tiles, as a share of a tile's width."""


@dataclass(frozen=True)
class Tile:
    """A picture in a row of others.

    Attributes:
        image: (h, w, 3) in [0, 1].
        heat: (h, w) in [0, 1], a map drawn over the image in grey; None without.
        text: below it.
    """

    image: np.ndarray
    heat: np.ndarray | None = None
    text: str = ""


def draw_grid(rows: dict[str, Sequence[np.ndarray]], titles: Sequence[str] = ()) -> Figure:
    """Draw images in a grid, a title beside each row and, if given, above each column.

    Args:
        rows: for each title equally many (h, w, 3) images in [0, 1].
        titles: one a column.
    """
    count = max(len(images) for images in rows.values())
    tile = min(TEXT_WIDTH / (count + 1.2), LARGEST_TILE)
    above = 0.15 * (1 + max((title.count("\n") for title in titles), default=-1))
    figure, axes = plt.subplots(
        len(rows),
        count,
        figsize=((count + 1.2) * tile, len(rows) * tile * 1.03 + above),
        squeeze=False,
    )
    _tighten(figure)
    for line, (title, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            _clear(ax)
            ax.imshow(image)
        line[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=7)
    for ax, title in zip(axes[0], titles, strict=False):
        ax.set_title(title, fontsize=7, fontweight="normal", loc="center")
    return figure


def draw_tiles(
    rows: Mapping[str, Sequence[Tile | None]],
    titles: Sequence[str],
    gaps_before: Collection[int] = (),
) -> Figure:
    """Draw images and maps in rows.

    Args:
        rows: for each row's name its tiles; None leaves a place empty.
        titles: of the columns.
        gaps_before: columns that begin a group.
    """
    widths, places = [], []
    for column in range(len(titles)):
        if column in gaps_before:
            widths.append(GAP)
        places.append(len(widths))
        widths.append(1)
    tile = (TEXT_WIDTH - 0.2) / sum(widths)
    has_text = any(each and each.text for tiles in rows.values() for each in tiles)
    height = len(rows) * (tile + (0.13 if has_text else 0.02)) + 0.2
    figure = plt.figure(figsize=(TEXT_WIDTH, height))
    _tighten(figure)
    grid = figure.add_gridspec(len(rows), len(widths), width_ratios=widths)
    for line, (name, tiles) in enumerate(rows.items()):
        for place, title, each in zip(places, titles, tiles, strict=True):
            ax = figure.add_subplot(grid[line, place])
            _clear(ax)
            if place == 0:
                ax.set_ylabel(name, fontsize=TINY, labelpad=2)
            if line == 0:
                ax.set_title(title, fontsize=TINY, fontweight="normal", loc="center", pad=2)
            if each is None:
                ax.set_box_aspect(1)
                continue
            if each.heat is None:
                ax.imshow(each.image)
            else:
                draw_heat(ax, each.image, each.heat)
            # From the tile's left edge on it may run on below the maps.
            ax.set_xlabel(each.text, fontsize=TINY, labelpad=1, loc="left")
    return figure


def draw_weighted_sum(
    image: np.ndarray, maps: np.ndarray, weights: np.ndarray, total: np.ndarray, heat: np.ndarray
) -> Figure:
    """Draw what a class activation map is: maps of a layer, their weights, the sum.

    Args:
        image: (H, W, 3) in [0, 1].
        maps: (h, w, k) some of the layer's maps.
        weights: (k,) what they are multiplied by.
        total: (h, w) the sum over all maps of the layer.
        heat: (H, W) in [0, 1], its positive part at the size of the image.
    """
    count = maps.shape[-1]
    figure, axes = plt.subplots(1, count + 3, figsize=(TEXT_WIDTH, 1.35))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.22, hspace=0)
    for ax in axes:
        _clear(ax)
    axes[0].imshow(image)
    axes[0].set_title("image", loc="center", fontweight="normal")
    for number, (ax, weight) in enumerate(zip(axes[1:], weights, strict=False)):
        ax.imshow(maps[..., number], cmap=MAP_COLOURS)
        ax.set_title(f"$A^{number + 1}$", loc="center")
        ax.set_xlabel(rf"$\times$ {weight:.3f}".replace("-", "\N{MINUS SIGN}"), fontsize=8)
        _write_before(ax, "$+$" if number else r"$\to$")
    limit = np.abs(total).max()
    axes[-2].imshow(total, cmap="PuOr_r", vmin=-limit, vmax=limit)
    axes[-2].set_title("$M$", loc="center")
    _write_before(axes[-2], r"$+ \cdots =$")
    draw_heat(axes[-1], image, heat)
    axes[-1].set_title(r"$\max(0, M)$", loc="center")
    _write_before(axes[-1], r"$\to$")
    return figure


def draw_matrices(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Draw matrices with their numbers side by side, positive ones in another colour."""
    figure, axes = plt.subplots(1, len(matrices), figsize=(TEXT_WIDTH, 1.25))
    limit = max(np.abs(each).max() for each in matrices.values())
    for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
        numbers = [[f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in row] for row in matrix]
        sns.heatmap(
            matrix,
            ax=ax,
            vmin=-limit,
            vmax=limit,
            cmap="PuOr_r",
            annot=np.array(numbers),
            fmt="",
            annot_kws={"fontsize": 7},
            cbar=False,
            square=True,
            linewidths=0.5,
            xticklabels=False,
            yticklabels=False,
        )
        ax.set_title(name, loc="center", fontweight="normal")
    return figure


def draw_heat(ax: Axes, image: np.ndarray, heat: np.ndarray) -> None:
    """Draw a map over its image in grey, which shows where the map is low.

    Args:
        ax: where.
        image: (h, w, 3) in [0, 1].
        heat: (h, w) in [0, 1].
    """
    # Blended here, for an SVG's photographs are JPEGs and know no transparency.
    colours = plt.get_cmap(HEAT_COLOURS)(heat)[..., :3]
    opacity = np.clip(3 * heat, 0, 0.9)[..., None]
    grey = image.mean(axis=-1, keepdims=True)
    ax.imshow(np.clip((1 - opacity) * grey + opacity * colours, 0, 1))


def draw_shares(
    shares: Mapping[str, Mapping[str, Mapping[str, Mean]]], areas: Mapping[str, float]
) -> Figure:
    """Draw shares with intervals: a panel a region, a line a class, a mark a kind.

    Args:
        shares: at most two kinds, such as right and wrong -> region -> class -> mean share; what
            is not a number is left out.
        areas: region -> share of an even map, drawn as a dotted line.
    """
    classes = list(next(iter(next(iter(shares.values())).values())))
    figure, axes = plt.subplots(
        1, len(areas), figsize=(TEXT_WIDTH, 0.65 + 0.155 * len(classes)), sharex=True, sharey=True
    )
    marks = zip(shares.items(), KINDS, (-0.15, 0.15), strict=False)
    for (kind, by_region), (colour, marker, filling), offset in marks:
        for ax, by_class in zip(axes, by_region.values(), strict=True):
            value, low, high = np.array([(m.value, m.low, m.high) for m in by_class.values()]).T
            ax.errorbar(
                value,
                np.arange(len(classes)) + offset,
                xerr=(value - low, high - value),
                fmt=marker,
                color=colour,
                markerfacecolor=filling,
                markersize=3.6,
                elinewidth=1.2,
                label=kind,
            )
    for ax, (region, area) in zip(axes, areas.items(), strict=True):
        ax.axvline(area, color="0.4", linestyle=":", linewidth=1)
        ax.set_title(region)
        ax.xaxis.set_major_locator(MaxNLocator(3))
    axes[0].set_xlim(left=0)
    axes[0].set_yticks(range(len(classes)), classes)
    axes[0].invert_yaxis()
    figure.supxlabel("share of the map's energy", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels))
    return figure


def draw_curves(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw how the class's probability changes as pixels come or go: a panel a way, a line a map.

    Args:
        panels: heading -> name -> (steps + 1,) mean probabilities in [0, 1], from no pixel to all
            of them.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(TEXT_WIDTH, 2.1), sharey=True)
    for ax, (heading, curves) in zip(axes, panels.items(), strict=True):
        frame = pd.DataFrame(curves)
        frame.index = np.linspace(0, 1, len(frame))
        sns.lineplot(frame, ax=ax, errorbar=None, markers=True, legend=ax is axes[0])
        ax.set(title=heading, xlabel="share of the pixels")
    axes[0].set_ylabel("probability of the class")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[0].get_legend().remove()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _write_before(ax: Axes, symbol: str) -> None:
    ax.annotate(symbol, (-0.17, 0.5), xycoords="axes fraction", ha="center", va="center")


def _tighten(figure: Figure) -> None:
    figure.get_layout_engine().set(w_pad=0.015, h_pad=0.02, wspace=0, hspace=0)


def _clear(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
