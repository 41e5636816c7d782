"""Figures of notebook 05: grids of faces, and how far faces lie apart."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from cnnlab.style import TEXT_WIDTH


def draw_face_grid(
    rows: Sequence[np.ndarray],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    width: float = TEXT_WIDTH,
    below: str = "",
) -> Figure:
    """Draw images in rows and columns.

    Args:
        rows: for each row its images, (h, w, 3) uint8 or float in [0, 1]; a row may be shorter
            than others, its last cells stay empty.
        row_labels: one for each row, set to its left.
        column_labels: one for each column, set above.
        width: of the figure in inches.
        below: a line of text below the grid, for where the figure stands without a caption.
    """
    columns = len(column_labels)
    cell = (width - 0.7) / columns
    figure, grid = plt.subplots(
        len(rows),
        columns,
        figsize=(width, 0.25 + 0.2 * bool(below) + cell * len(rows)),
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for cells, images in zip(grid, rows, strict=True):
        for axes, image in zip(cells, images, strict=False):
            axes.imshow(image, interpolation="antialiased")
    for axes, label in zip(grid[0], column_labels, strict=True):
        axes.set_title(label, fontsize=8, fontweight="normal", loc="center", pad=3)
    for axes, label in zip(grid[:, 0], row_labels, strict=True):
        axes.set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center")
    if below:
        figure.supxlabel(below, fontsize=8)
    return figure


def plot_distances(distances: Mapping[str, np.ndarray]) -> Figure:
    """Draw the cumulative distributions of some distances between images in [0, 1]."""
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.8))
    for (label, values), line in zip(distances.items(), ("-", "--", ":"), strict=True):
        sns.ecdfplot(x=values, label=label, linestyle=line, ax=axes)
    axes.set(
        xlabel="RMS difference of pixel values in [0, 1]", ylabel="share of images", xlim=(0, None)
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
