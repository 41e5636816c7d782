"""Figures of notebook 01: translation equivariance, and where it ends."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch

from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH
from cnnlab.theory.equivariance import reached_by_border

_SMALLEST_SHOWN = 1e-4
_MARKERS = "osD^vPX"


def draw_commuting_square(
    image: np.ndarray,
    shifted: np.ndarray,
    filtered: np.ndarray,
    filtered_then_shifted: np.ndarray,
    shifted_then_filtered: np.ndarray,
) -> Figure:
    """Draw both ways round, and the difference of their ends.

    Args:
        image: (H, W, 3) in [0, 1].
        shifted: the same, translated.
        filtered: (H, W, 1), the image's feature map.
        filtered_then_shifted: (H, W, 1).
        shifted_then_filtered: (H, W, 1).
    """
    figure, panels = plt.subplots(2, 3, figsize=(TEXT_WIDTH, 3.4))
    figure.get_layout_engine().set(wspace=0.2, hspace=0.14)
    largest = np.abs(filtered).max()

    def show_map(axes: Axes, title: str, values: np.ndarray) -> None:
        # One scale for all maps, with white for zero, so that a difference of zero is blank.
        axes.imshow(values[..., 0], cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(title, fontweight="normal")

    panels[0, 0].imshow(image)
    panels[0, 0].set_title("$f$")
    panels[1, 0].imshow(shifted)
    panels[1, 0].set_title("$L_t f$")
    show_map(panels[0, 1], r"$f \star \Psi$", filtered)
    show_map(panels[1, 1], r"$(L_t f) \star \Psi$", shifted_then_filtered)
    show_map(panels[0, 2], r"$L_t (f \star \Psi)$", filtered_then_shifted)
    show_map(panels[1, 2], "difference of the two", shifted_then_filtered - filtered_then_shifted)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    _connect_across(panels[0, 0], panels[0, 1], r"$\star\,\Psi$")
    _connect_across(panels[0, 1], panels[0, 2], "$L_t$")
    _connect_across(panels[1, 0], panels[1, 1], r"$\star\,\Psi$")
    _connect_down(panels[0, 0], panels[1, 0], "$L_t$")
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


def draw_error_by_shift(curves: Mapping[str, np.ndarray], shifts: Sequence[int]) -> Figure:
    """Draw the error of equivariance against the shift.

    Args:
        curves: operator -> (images, shifts) relative errors; the mean over images is drawn.
        shifts: in pixels.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 2.3))
    for (name, errors), marker in zip(curves.items(), _MARKERS, strict=False):
        axes.plot(
            shifts, errors.mean(axis=0), marker=marker, markersize=6, fillstyle="none", label=name
        )
    axes.set(xlabel="shift to the right [pixel]", ylabel="relative error", xticks=shifts)
    axes.set_ylim(bottom=-0.003)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def draw_errors_by_depth(errors: Mapping[str, np.ndarray], shifts: Sequence[int]) -> Figure:
    """Draw the error of networks' pooled maps against the shift.

    Args:
        errors: title of a panel -> (images, shifts, depths) relative errors; the mean over images
            is drawn, a line for each depth, the first pool's first.
        shifts: in pixels, powers of 2.
    """
    figure, panels = plt.subplots(1, len(errors), figsize=(TEXT_WIDTH, 2.1), sharey=True)
    for axes, (title, values) in zip(panels, errors.items(), strict=True):
        for depth, line in enumerate(values.mean(axis=0).T, 1):
            axes.plot(
                shifts,
                line,
                marker=_MARKERS[depth - 1],
                fillstyle="none",
                clip_on=False,
                label=f"pool {depth}",
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(shifts, shifts)
        axes.set_title(title, fontweight="normal")
    panels[0].set_ylim(bottom=0)  # of all, once all lines are there
    panels[0].set_ylabel("relative error")
    figure.supxlabel("shift to the right [pixel]", fontsize="medium")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
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
    figure, panels = plt.subplots(1, len(places), figsize=(TEXT_WIDTH, 2.2), sharey=True)
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


def _connect_across(start: Axes, end: Axes, label: str) -> None:
    _connect(start, end, (1.02, 0.5), (-0.02, 0.5))
    text = start.annotate(label, (1.11, 0.54), xycoords="axes fraction", ha="center")
    text.set_in_layout(False)


def _connect_down(start: Axes, end: Axes, label: str) -> None:
    _connect(start, end, (0.5, -0.02), (0.5, 1.02))
    text = start.annotate(label, (0.54, -0.14), xycoords="axes fraction", va="center")
    text.set_in_layout(False)


def _connect(start: Axes, end: Axes, tail: tuple, head: tuple) -> None:
    arrow = ConnectionPatch(
        tail,
        head,
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
