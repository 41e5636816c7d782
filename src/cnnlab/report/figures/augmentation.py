"""Figures of notebook 05: grids of faces, single movements of one face, the learning curve."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from scipy import ndimage

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.variation import PixelDistances
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


def single_movements(image: np.ndarray) -> dict[str, np.ndarray]:
    """Return one face, moved in ways that keep its expression and in ways that do not.

    Args:
        image: (h, w, 3) uint8.

    Returns:
        Images of the same shape under what was done; the first is unchanged.
    """
    height, width, _ = image.shape
    # The row's height above the centre shifts it sideways by 0.6 times as much.
    shear = np.array([[1, 0, 0], [0.6, 1, 0], [0, 0, 1]])
    centre = np.array([height - 1, width - 1, 0]) / 2
    border = {"order": 1, "mode": "reflect"}
    return {
        "original": image,
        "rotated 20°": ndimage.rotate(image, 20, reshape=False, **border),
        "shifted 10%": ndimage.shift(image, (0.1 * height, 0.1 * width, 0), **border),
        "mirrored": image[:, ::-1],
        "upside down": image[::-1],
        "sheared": ndimage.affine_transform(image, shear, centre - shear @ centre, **border),
        "inverted": 255 - image,
    }


def plot_pixel_distances(distances: PixelDistances) -> Figure:
    """Draw the cumulative distributions of the three distances."""
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.8))
    labels = {
        "moved": "to its own moved copy",
        "nearest": "to the nearest of another class",
        "typical": "to other classes (median)",
    }
    for name, label in labels.items():
        axes.ecdf(getattr(distances, name), label=label)
    axes.set(
        xlabel="RMS difference of pixel values in [0, 1]", ylabel="share of images", xlim=(0, None)
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def plot_learning_curve(curve: pd.DataFrame) -> Figure:
    """Draw accuracy over the number of training images, with its intervals.

    Args:
        curve: a row for each size: train_per_class, estimate, low, high.
    """
    figure, axes = plt.subplots(figsize=(0.6 * TEXT_WIDTH, 1.8))
    below, above = curve["estimate"] - curve["low"], curve["high"] - curve["estimate"]
    sizes = curve["train_per_class"]
    axes.errorbar(sizes, curve["estimate"], (below, above), marker="o", capsize=3)
    axes.axhline(1 / len(CLASSES), color="0.5", linewidth=0.8, linestyle=":")
    axes.annotate("chance", (sizes.max(), 1 / len(CLASSES)), va="bottom", ha="right", fontsize=8)
    axes.set(
        xscale="log",
        xlabel="images of each class in Train (logarithmic)",
        ylabel="accuracy on Validation",
        ylim=(0, 1),
    )
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    axes.xaxis.set_minor_locator(NullLocator())
    return figure
