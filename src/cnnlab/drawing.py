"""What figures draw again and again: pictures, matrices, means, text, boxes and arrows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from cnnlab.style import GREY, PALE, TEXT_WIDTH

MARKED = {"cmap": ListedColormap(["white", PALE]), "vmin": 0, "vmax": 1}
"""Colours of a matrix whose cells are marked (1) or not (0)."""
_GAP = 0.25


def draw_pictures(
    rows: Sequence[Sequence[np.ndarray | None]],
    row_titles: Sequence[str] = (),
    titles: Sequence[str] = (),
    *,
    largest: float = 0.62,
    font_size: float = 7,
    gaps: Mapping[int, str] | None = None,
    texts: Mapping[tuple[int, int], str] | None = None,
    is_framed: bool = False,
) -> Figure:
    """Draw pictures in rows and columns, as large as the width of the text allows.

    Args:
        rows: their pictures, (h, w, 3), or (h, w), of which the largest value is black; None
            leaves a place empty, and a row may be shorter than others.
        row_titles: to the left of the rows.
        titles: above the columns.
        largest: inches of a picture's side at most.
        font_size: in points.
        gaps: columns that stand apart from the one before, and a sign for the gap.
        texts: by row and column, what stands below a picture; it may be wider than this.
        is_framed: for pictures as white as the paper.
    """
    gaps, texts = gaps or {}, texts or {}
    widths = np.insert(np.ones(max(map(len, rows))), list(gaps), _GAP)
    line = 1.4 * font_size / 72
    longest = max((len(part) for title in row_titles for part in title.split("\n")), default=0)
    side = 0.45 * line * longest
    width = min(TEXT_WIDTH, side + largest * widths.sum())
    tile = (width - side) / widths.sum()
    lines = max((1 + title.count("\n") for title in titles), default=0)
    lines += len({row for row, _ in texts})
    figure, grid = plt.subplots(
        len(rows),
        len(widths),
        figsize=(width, tile * len(rows) + line * lines),
        width_ratios=widths,
        squeeze=False,
        layout="compressed",
    )
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for places, pictures in zip(grid[:, widths == 1], rows, strict=True):
        for axes, picture in zip(places, pictures, strict=False):
            if picture is not None:
                axes.imshow(picture, cmap="gray_r")
                axes.spines[:].set_visible(is_framed)
    for axes, sign in zip(grid[0, widths < 1], gaps.values(), strict=True):
        text = axes.text(0.5, 0.5, sign, ha="center", va="center", size=1.3 * font_size)
        text.set_in_layout(False)
    for axes, title in zip(grid[0, widths == 1], titles, strict=False):
        axes.set_title(title, size=font_size, weight="normal", loc="center", pad=2)
    for axes, title in zip(grid[:, 0], row_titles, strict=False):
        axes.set_ylabel(title, size=font_size, rotation=0, ha="right", va="center")
    for place, text in texts.items():
        grid[:, widths == 1][place].set_xlabel(text, size=font_size, labelpad=1, loc="left")
    return figure


def draw_matrix(axes: Axes, shades: np.ndarray, numbers: np.ndarray, title: str, **colours) -> None:
    """Draw a matrix as cells that hold numbers, zeros in grey.

    Args:
        axes: where.
        shades: (m, n), what colours the cells.
        numbers: (m, n), what stands in them.
        title: above.
        **colours: ``cmap``, ``vmin``, ``vmax`` and what else ``seaborn.heatmap`` takes.
    """
    cells = np.vectorize(lambda number: f"{number:g}".replace("-", "\N{MINUS SIGN}"))(numbers)
    lines = {"linewidths": 0.3, "linecolor": "#BBBBBB", "cbar": False, "square": True}
    ticks = {"xticklabels": False, "yticklabels": False}
    sns.heatmap(shades, ax=axes, annot=cells, fmt="", **lines, **ticks, **colours)
    for text in axes.texts:
        text.set(size=7, color=GREY if text.get_text() == "0" else text.get_color())
    axes.set_title(title, loc="center", weight="normal")


def draw_means(axes: Axes, places: Sequence[Any], means: Sequence[Any], **style) -> None:
    """Draw means as a line and their intervals as a band.

    Args:
        axes: where.
        places: along the x axis.
        means: objects with ``value``, ``low`` and ``high``.
        **style: of the line: label, marker.
    """
    table = pd.DataFrame(list(means))
    (line,) = axes.plot(places, table["value"], **style)
    axes.fill_between(places, table["low"], table["high"], color=line.get_color(), alpha=0.2, lw=0)


def draw_estimates(axes: Axes, places: Sequence[Any], rows: pd.DataFrame, **style) -> None:
    """Draw estimates as marks and their intervals as bars; rows: estimate, low, high."""
    middle = rows["estimate"].astype(float)
    sides = [middle - rows["low"], rows["high"] - middle]
    axes.errorbar(places, middle, np.array(sides, float), **style)


def open_canvas(
    height: float, across: tuple[float, float], upwards: tuple[float, float]
) -> tuple[Figure, Axes]:
    """Return a figure as wide as the text, and empty axes to draw shapes in.

    Args:
        height: of the figure in inches.
        across: limits of x.
        upwards: limits of y.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, height))
    axes.set(xlim=across, ylim=upwards)
    axes.set_axis_off()
    return figure, axes


def write(axes: Axes, x: float, y: float, text: str, **style) -> None:
    """Write text, in 8 points around its place unless the style says otherwise."""
    axes.text(x, y, text, **{"ha": "center", "va": "center", "size": 8} | style)


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], **style) -> None:
    """Draw an arrow from one place to another."""
    arrow = {"arrowstyle": "->", "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=arrow | style, annotation_clip=False, zorder=0)
