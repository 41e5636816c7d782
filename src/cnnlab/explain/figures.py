"""Pictures of reconstructions and maps; drawn from arrays, nothing is computed."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.regions import make_regions
from cnnlab.style import TEXT_WIDTH

SMALL = 6.5
"""Font size in points of the text between pictures."""
LARGEST_TILE = 0.62
"""Inches of a picture's side in a grid at most."""
MAP_COLOURS = "viridis"
LEVELS = (0.25, 0.5, 0.75)
CURVES = (
    ("#0072B2", "-", "o"),
    ("#D55E00", "--", "s"),
    ("#009E73", "-.", "^"),
    ("0.4", ":", "x"),
)


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


def draw_maps(
    samples: Sequence[tuple[str, np.ndarray, Sequence[tuple[str, np.ndarray]]]],
    samples_a_row: int,
) -> Figure:
    """Draw images, each with its class activation maps to its right.

    Args:
        samples: at least one, placed one after another: a title, an (h, w, 3) image in [0, 1]
            and equally many times (text, map), a map being (h, w) in [0, 1].
        samples_a_row: how many samples stand side by side.
    """
    tiles = 1 + len(samples[0][2])
    columns = samples_a_row * tiles
    lines = -(-len(samples) // samples_a_row)
    tile = TEXT_WIDTH / columns
    figure, axes = plt.subplots(
        lines, columns, figsize=(TEXT_WIDTH, lines * (tile + 0.32)), squeeze=False
    )
    _tighten(figure)
    for ax in axes.flat:
        _clear(ax)
    places = axes.reshape(lines * samples_a_row, tiles)
    for own, (title, image, texts_and_maps) in zip(places, samples, strict=False):
        own[0].set_title(title, fontsize=8)
        own[0].imshow(image)
        for ax, (text, heat) in zip(own[1:], texts_and_maps, strict=True):
            draw_heat(ax, image, heat)
            ax.set_xlabel(text, fontsize=SMALL, labelpad=2)
            if not heat.any():
                ax.text(
                    *(0.5, 0.5, "empty"),
                    color="white",
                    fontsize=SMALL,
                    ha="center",
                    va="center",
                    transform=ax.transAxes,
                )
    return figure


def draw_heat(ax: Axes, image: np.ndarray, heat: np.ndarray) -> None:
    """Draw a map over its image in grey; contours at quarters of the peak show it in print.

    Args:
        ax: where.
        image: (h, w, 3) in [0, 1].
        heat: (h, w) in [0, 1].
    """
    ax.imshow(image.mean(axis=-1), cmap="gray", vmin=0, vmax=1)
    ax.imshow(heat, cmap=MAP_COLOURS, vmin=0, vmax=1, alpha=0.5)
    if heat.max() > LEVELS[0]:
        ax.contour(heat, LEVELS, colors="white", linewidths=(0.4, 0.7, 1.0))


def draw_shares(
    shares: dict[str, dict[str, dict[str, Mean]]],
    areas: dict[str, float],
    meaning: str = "share of the map's energy",
) -> Figure:
    """Draw shares with intervals: a panel a region, a line a class, a mark a kind.

    Args:
        shares: region -> class -> kind (such as right and wrong) -> mean share in [0, 1].
        areas: region -> share of an even map, drawn as a dotted line.
        meaning: what the shares are of.
    """
    lines = len(next(iter(shares.values())))
    figure, axes = plt.subplots(
        1, len(shares), figsize=(TEXT_WIDTH, 0.7 + 0.2 * lines), sharey=True, squeeze=False
    )
    ends = [
        end
        for by_class in shares.values()
        for by_kind in by_class.values()
        for mean in by_kind.values()
        for end in (mean.value, mean.high)
        if np.isfinite(end)
    ]
    limit = min(1, 1.05 * max(*ends, *areas.values()))
    for ax, (region, by_class) in zip(axes[0], shares.items(), strict=True):
        names = list(by_class)
        kinds = list(next(iter(by_class.values())))
        for index, kind in enumerate(kinds):
            offset = (index - (len(kinds) - 1) / 2) * 0.3
            for line, name in enumerate(names):
                _draw_mean(ax, by_class[name][kind], line + offset, index, kind if not line else "")
        ax.axvline(areas[region], color="0.4", linestyle=":", linewidth=1)
        ax.set_title(region)
        ax.set_xlim(0, limit)
        ax.xaxis.set_major_locator(MaxNLocator(3))
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    figure.supxlabel(meaning, fontsize=9)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(kinds))
    return figure


def draw_candidates(
    rows: list[tuple[str, np.ndarray, np.ndarray]], maps: dict[str, np.ndarray]
) -> Figure:
    """Draw images, the pixels that their expression moved, and the maps of several methods.

    Args:
        rows: m times a text, an (h, w, 3) image in [0, 1] and an (h, w) bool mask.
        maps: for each title of a column (m, h, w) in [0, 1].
    """
    titles = ["image", "moved", *maps]
    tile = TEXT_WIDTH / len(titles)
    figure, axes = plt.subplots(
        len(rows),
        len(titles),
        figsize=(TEXT_WIDTH, len(rows) * (tile + 0.05) + 0.35),
        squeeze=False,
    )
    _tighten(figure)
    for number, (line, (text, image, mask)) in enumerate(zip(axes, rows, strict=True)):
        for ax in line:
            _clear(ax)
        line[0].imshow(image)
        line[0].set_ylabel(text, fontsize=SMALL)
        line[1].imshow(mask, cmap="gray", vmin=0, vmax=1)
        for ax, heat in zip(line[2:], maps.values(), strict=True):
            draw_heat(ax, image, heat[number])
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title.replace(", ", "\n"), fontsize=SMALL, fontweight="normal", loc="center")
    return figure


def draw_curves(panels: dict[str, dict[str, np.ndarray]]) -> Figure:
    """Draw how the class's probability changes as pixels come or go: a panel a way, a line a map.

    Args:
        panels: heading -> at most four names -> (steps + 1,) mean probabilities in [0, 1], from no
            pixel to all of them.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(TEXT_WIDTH, 2.1), sharey=True, squeeze=False
    )
    for ax, (heading, curves) in zip(axes[0], panels.items(), strict=True):
        for (name, curve), (colour, style, marker) in zip(curves.items(), CURVES, strict=False):
            shares = np.linspace(0, 1, len(curve))
            ax.plot(shares, curve, color=colour, linestyle=style, marker=marker, label=name)
        ax.set_title(heading)
        ax.set_xlabel("share of the pixels")
    axes[0, 0].set_ylabel("probability of the class")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def draw_regions(image: np.ndarray) -> Figure:
    """Draw the four regions over an (h, w, 3) image in [0, 1]."""
    figure, ax = plt.subplots(figsize=(1.4, 1.4))
    _clear(ax)
    ax.imshow(image)
    for name, mask in make_regions(*image.shape[:2]).items():
        ax.contour(mask, [0.5], colors="white", linewidths=1.2)
        rows, columns = np.nonzero(mask)
        at = (columns.mean(), rows.mean()) if name != "border" else (columns.mean(), 8)
        ax.text(
            *at,
            name,
            color="white",
            fontsize=SMALL,
            ha="center",
            va="center",
            bbox={"facecolor": "black", "alpha": 0.55, "linewidth": 0, "pad": 1},
        )
    return figure


def _draw_mean(ax: Axes, mean: Mean, line: float, index: int, label: str) -> None:
    if mean.n == 0:
        return
    colour, marker = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"))[index]
    if np.isfinite(mean.low):
        ax.plot([mean.low, mean.high], [line, line], color=colour, linestyle="-", linewidth=1.2)
    ax.plot(
        mean.value,
        line,
        marker,
        color=colour,
        markersize=3.6,
        label=label or None,
        markerfacecolor=colour if index == 0 else "white",
    )


def _tighten(figure: Figure) -> None:
    figure.get_layout_engine().set(w_pad=0.015, h_pad=0.02, wspace=0, hspace=0)


def _clear(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
