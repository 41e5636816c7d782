"""Figures of notebook 01: translation equivariance, and where it ends."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH
from cnnlab.theory.equivariance import reached_by_border

_SMALLEST_SHOWN = 1e-4
_MARKERS = "osD^vPX"


def draw_two_ways(
    image: np.ndarray,
    filtered: np.ndarray,
    filtered_then_moved: np.ndarray,
    moved_then_filtered: np.ndarray,
    moved: np.ndarray,
) -> Figure:
    """Draw both ways round, which meet in the middle.

    Args:
        image: (H, W, 3) of whole numbers from 0 to 255.
        filtered: (H, W, 1), the image's feature map.
        filtered_then_moved: (H, W, 1).
        moved_then_filtered: (H, W, 1).
        moved: the image, translated.
    """
    figure, panels = plt.subplots(1, 5, figsize=(TEXT_WIDTH, 1.3))
    figure.get_layout_engine().set(wspace=0.14)
    largest = np.abs(filtered).max()
    contents = {
        "$f$": image,
        r"$f \star \Psi$": filtered,
        r"$L_t (f \star \Psi)$": filtered_then_moved,
        r"$(L_t f) \star \Psi$": moved_then_filtered,
        "$L_t f$": moved,
    }
    for axes, (title, pixels) in zip(panels, contents.items(), strict=True):
        if pixels.shape[2] == 1:  # one scale for all maps, with white for zero
            axes.imshow(pixels, cmap="RdBu_r", vmin=-largest, vmax=largest)
        else:
            axes.imshow(pixels)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    _connect(panels[0], panels[1], r"$\star\,\Psi$")
    _connect(panels[1], panels[2], "$L_t$")
    _connect(panels[4], panels[3], r"$\star\,\Psi$")
    equal = panels[2].annotate("$=$", (1.12, 0.5), xycoords="axes fraction", ha="center", size=14)
    equal.set(in_layout=False, va="center")
    return figure


def draw_border_errors(
    errors: Mapping[int, np.ndarray], radius: int, shift: tuple[int, int]
) -> Figure:
    """Draw where zero padding breaks equivariance, and where it was predicted to.

    Args:
        errors: number of layers -> (H, W) relative errors.
        radius: of the kernels.
        shift: t, in pixels.
    """
    figure, panels = plt.subplots(1, len(errors), figsize=(TEXT_WIDTH, 2.4), sharey=True)
    lowest = np.log10(_SMALLEST_SHOWN)
    for axes, (depth, error) in zip(panels, errors.items(), strict=True):
        logarithm = np.log10(np.maximum(error, _SMALLEST_SHOWN))
        picture = axes.imshow(logarithm, cmap="Greys", vmin=lowest, vmax=0)
        inside = ~reached_by_border(error.shape, depth * radius, shift)
        axes.contour(inside, levels=[0.5], colors=CLASS_COLOURS[6], linewidths=1.2)
        axes.set(title=f"{depth} layer{'s' if depth > 1 else ''}", xlabel="column [pixel]")
    panels[0].set_ylabel("row [pixel]")
    ticks = np.arange(lowest, 1)
    bar = figure.colorbar(picture, ax=panels, shrink=0.8, ticks=ticks, label="relative error")
    bar.ax.set_yticklabels([f"$10^{{{tick:.0f}}}$" for tick in ticks])
    return figure


def draw_error_by_shift(errors: pd.DataFrame) -> Figure:
    """Draw the error of equivariance against the shift.

    Args:
        errors: relative errors, a row for each shift in pixels, a column for each map.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.6))
    for (name, column), marker in zip(errors.items(), _MARKERS, strict=False):
        axes.plot(column, marker=marker, markersize=6, fillstyle="none", label=name)
    axes.set(xlabel="shift to the right [pixel]", ylabel="relative error", xticks=errors.index)
    axes.set_ylim(bottom=-0.003)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def draw_errors_by_depth(errors: Mapping[str, np.ndarray], shifts: Sequence[int]) -> Figure:
    """Draw the error of a network's pooled maps against the shift.

    Args:
        errors: title of a panel -> (depths, shifts) relative errors, the first pool's first.
        shifts: in pixels, powers of 2.
    """
    figure, panels = plt.subplots(1, len(errors), figsize=(TEXT_WIDTH, 2.1), sharey=True)
    for axes, (title, values) in zip(panels, errors.items(), strict=True):
        for depth, (line, marker) in enumerate(zip(values, _MARKERS, strict=False), 1):
            style = {"marker": marker, "fillstyle": "none", "clip_on": False}
            axes.plot(shifts, line, **style, label=f"pool {depth}")
        axes.set_xscale("log", base=2)
        axes.set_xticks(shifts, shifts)
        axes.set(title=title, xlabel="shift to the right [pixel]")
    panels[0].set_ylim(bottom=0)  # of all, once all lines are there
    panels[0].set_ylabel("relative error")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def draw_detector(
    scene: np.ndarray, kernel_shape: tuple[int, int], response: np.ndarray, found: np.ndarray
) -> Figure:
    """Draw a scene with the places where a kernel answers, and its map.

    Args:
        scene: (H, W, 3) of whole numbers from 0 to 255.
        kernel_shape: height and width of the kernel.
        response: (H, W); negative ones are drawn as none.
        found: (n, 2) row and column of the middle of each place.
    """
    figure, panels = plt.subplots(2, 1, figsize=(TEXT_WIDTH, 1.9))
    panels[0].imshow(scene)
    panels[1].imshow(np.maximum(response, 0), cmap="Greys")
    height, width = kernel_shape
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
        for row, column in found:
            corner = (column - width / 2, row - height / 2)
            frame = Rectangle(corner, width, height, fill=False, color=CLASS_COLOURS[6], lw=1.5)
            axes.add_patch(frame)
    return figure


def draw_lifting(rows: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Draw images, their maps at the orientations of p4, and the maximum over these.

    Args:
        rows: each an image (H, W, 3) in [0, 1], its maps (H, W, 4) and their maximum (H, W); the
            second row is the first one's, rotated.
    """
    orientations = rows[0][1].shape[2]
    figure, panels = plt.subplots(len(rows), orientations + 2, figsize=(TEXT_WIDTH, 2.15))
    largest = max(np.abs(maps).max() for _, maps, _ in rows)
    for row, name, (image, maps, pooled) in zip(panels, ("f", "L_r f"), rows, strict=True):
        row[0].imshow(image)
        row[0].set_title(f"${name}$")
        for axes, values in zip(row[1:], [*np.moveaxis(maps, 2, 0), pooled], strict=True):
            axes.imshow(values, cmap="RdBu_r", vmin=-largest, vmax=largest)
        for q, axes in enumerate(row[1:-1]):
            axes.set_title(f"$q = {q}$")
        row[-1].set_title("maximum", fontweight="normal")
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    return figure


def draw_generalisation(
    sizes: Sequence[int],
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    places: Sequence[str],
    chance: float,
) -> Figure:
    """Draw accuracy against the number of training images, with and without weight sharing.

    Args:
        sizes: training images of each class.
        mean: (sizes, 2, places) accuracy; with sharing, then without.
        low: the same shape; the interval's lower end.
        high: the same shape; its upper end.
        places: a panel's title each.
        chance: the accuracy of guessing.
    """
    figure, panels = plt.subplots(1, len(places), figsize=(TEXT_WIDTH, 1.7), sharey=True)
    for place, (axes, title) in enumerate(zip(panels, places, strict=True)):
        for network, label in enumerate(("shared weights", "unshared weights")):
            middle = mean[:, network, place]
            bars = [middle - low[:, network, place], high[:, network, place] - middle]
            axes.errorbar(sizes, middle, bars, marker=_MARKERS[network], capsize=3, label=label)
        axes.axhline(chance, color="0.4", linewidth=0.8, linestyle=":")
        axes.set(xscale="log", ylim=(0, 1.05), title=title)
        axes.set_xlabel("training images per direction")
        axes.set_xticks(sizes, sizes)
        axes.minorticks_off()
    panels[0].set_ylabel("accuracy")
    panels[0].annotate("chance", (sizes[0], chance), (0, -10), textcoords="offset points")
    panels[1].legend(loc="center right")
    return figure


def _connect(start: Axes, end: Axes, label: str) -> None:
    """Draw an arrow between neighbours, whichever is at the left."""
    to_right = start.get_subplotspec().colspan.start < end.get_subplotspec().colspan.start
    tail, head, middle = (1.02, -0.02, 1.12) if to_right else (-0.02, 1.02, -0.12)
    arrow = ConnectionPatch(
        (tail, 0.5),
        (head, 0.5),
        coordsA="axes fraction",
        coordsB="axes fraction",
        axesA=start,
        axesB=end,
        arrowstyle="-|>",
        color="black",
    )
    # The gap between panels is fixed: the layout must not widen it for the arrow.
    arrow.set_in_layout(False)
    start.figure.add_artist(arrow)
    text = start.annotate(label, (middle, 0.56), xycoords="axes fraction", ha="center")
    text.set_in_layout(False)
