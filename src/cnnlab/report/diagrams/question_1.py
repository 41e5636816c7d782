"""Figures of notebook 01: translation equivariance, and where it ends."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlab.drawing import draw_pictures
from cnnlab.style import DOTTED, MARKERS, RED, TEXT_WIDTH
from cnnlab.theory.equivariance import reached_by_border

_STEPS = ("f", r"f \star \Psi", r"L_t (f \star \Psi)", r"(L_t f) \star \Psi", "L_t f")


def draw_two_ways(steps: Sequence[np.ndarray]) -> Figure:
    """Draw both ways round, which meet in the middle.

    Args:
        steps: an image, (H, W, 3) of whole numbers from 0 to 255; filtered, (H, W, 1); filtered,
            then moved; moved, then filtered; moved, as the image.
    """
    image, *maps, moved = steps
    filter_it, filter_back = (
        rf"$\overset{{\star\,\Psi}}{{\long{side}arrow}}$" for side in ("right", "left")
    )
    return draw_pictures(
        [[image, *_colour(np.stack(maps)[..., 0]), moved]],
        titles=[f"${name}$" for name in _STEPS],
        largest=TEXT_WIDTH,
        font_size=9,
        gaps={1: filter_it, 2: r"$\overset{L_t}{\longrightarrow}$", 3: "$=$", 4: filter_back},
        is_framed=True,
    )


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
    for axes, (depth, error) in zip(panels, errors.items(), strict=True):
        picture = axes.imshow(error, cmap="Greys", norm=LogNorm(1e-4, 1))
        inside = ~reached_by_border(error.shape, depth * radius, shift)
        axes.contour(inside, levels=[0.5], colors=RED, linewidths=1.2)
        axes.set(title=f"{depth} layer{'s' if depth > 1 else ''}", xlabel="column [pixel]")
    panels[0].set_ylabel("row [pixel]")
    figure.colorbar(picture, ax=panels, shrink=0.8, label="relative error")
    return figure


def draw_errors_by_shift(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the error of equivariance against the shift.

    Args:
        panels: by title, relative errors: a row for each shift in pixels, a column for each map.
    """
    figure, row = plt.subplots(
        1, len(panels), figsize=(TEXT_WIDTH, 2.0), sharey=True, squeeze=False
    )
    for axes, (title, errors) in zip(row[0], panels.items(), strict=True):
        style = {"fillstyle": "none", "markersize": 6, "clip_on": False}
        for name, marker in zip(errors, MARKERS, strict=False):
            axes.plot(errors.index.astype(str), errors[name], marker=marker, label=name, **style)
        axes.set(title=title, xlabel="shift to the right [pixel]")
    row[0, 0].set(ylabel="relative error")
    row[0, 0].set_ylim(bottom=0)  # of all, once all lines are there
    row[0, -1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
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
    height, width = kernel_shape
    rows = [[scene], [np.maximum(response, 0)]]
    figure = draw_pictures(rows, largest=TEXT_WIDTH, is_framed=True)
    figure.set_figheight(1.9)
    for axes in figure.axes:
        for row, column in found:
            corner = (column - width / 2, row - height / 2)
            axes.add_patch(Rectangle(corner, width, height, fill=False, color=RED, lw=1.5))
    return figure


def draw_lifting(rows: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Draw images, their maps at the orientations of p4, and the maximum over these.

    Args:
        rows: each an image (H, W, 3) in [0, 1], its maps (H, W, 4) and their maximum (H, W); the
            second row is the first one's, rotated.
    """
    maps = np.stack([np.dstack([oriented, pooled]) for _, oriented, pooled in rows])
    coloured = _colour(np.moveaxis(maps, 3, 1))
    pictures = [[image, *own] for (image, *_), own in zip(rows, coloured, strict=True)]
    titles = ["image", *(f"$q = {q}$" for q in range(maps.shape[3] - 1)), "maximum"]
    options = {"largest": TEXT_WIDTH, "font_size": 9, "is_framed": True}
    return draw_pictures(pictures, ["$f$", "$L_r f$"], titles, **options)


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
    sides, labels = np.stack([mean - low, high - mean]), list(map(str, sizes))
    for place, (axes, title) in enumerate(zip(panels, places, strict=True)):
        for network, name in enumerate(("shared weights", "unshared weights")):
            style = {"marker": MARKERS[network], "capsize": 3, "label": name}
            axes.errorbar(labels, mean[:, network, place], sides[:, :, network, place], **style)
        axes.axhline(chance, **DOTTED)
        axes.set(ylim=(0, 1.05), title=title, xlabel="training images per direction")
    panels[0].set_ylabel("accuracy")
    panels[0].annotate("chance", (0, chance), (0, -10), textcoords="offset points")
    panels[1].legend(loc="center right")
    return figure


def _colour(maps: np.ndarray) -> np.ndarray:
    """Return signed maps in colours of one scale, (..., 4): red above zero, blue below."""
    largest = np.abs(maps).max()
    return colormaps["RdBu_r"](Normalize(-largest, largest)(maps))
