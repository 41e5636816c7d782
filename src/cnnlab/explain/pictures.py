"""Pictures of projections and maps, and what becomes of them; nothing is computed."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnlab.drawing import draw_matrix, draw_means, draw_pictures
from cnnlab.evaluation.intervals import Mean
from cnnlab.style import BLUE, DOTTED, MARKERS, RED, TEXT_WIDTH

_SIGNED = "PuOr_r"


def centre_on_grey(projection: np.ndarray) -> np.ndarray:
    """Scale a signed projection so that 0 is mid-grey.

    The 99.7th percentile of its absolute values reaches black or white, what is beyond is cut
    off: otherwise a few pixels would leave the rest invisible.

    Args:
        projection: (h, w, 3) float.

    Returns:
        (h, w, 3) float in [0, 1]; grey throughout for a projection that is zero.
    """
    values = np.abs(projection[projection != 0])
    if values.size == 0:
        return np.full(projection.shape, 0.5)
    return np.clip(0.5 + 0.5 * projection / np.percentile(values, 99.7), 0, 1)


def lay_over(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Blend a map with its image in grey, which shows where the map is low.

    Args:
        image: (h, w, 3) in [0, 1].
        heat: (h, w) in [0, 1].

    Returns:
        (h, w, 3) in [0, 1]. Blended here, for an SVG's photographs are JPEGs and know no
        transparency.
    """
    colours = plt.get_cmap("YlOrRd")(heat)[..., :3]
    opacity = np.clip(3 * heat, 0, 0.9)[..., None]
    grey = image.mean(axis=-1, keepdims=True)
    return np.clip((1 - opacity) * grey + opacity * colours, 0, 1)


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
    count, largest = len(weights), np.abs(total).max()
    shown = [ScalarMappable(cmap="viridis").to_rgba(one) for one in np.moveaxis(maps, -1, 0)]
    signed = ScalarMappable(Normalize(-largest, largest), _SIGNED).to_rgba(total)
    numbers = [rf"$\times$ {weight:.3f}".replace("-", "\N{MINUS SIGN}") for weight in weights]
    return draw_pictures(
        [[image, *shown, signed, lay_over(image, heat)]],
        titles=["image", *(f"$A^{k}$" for k in range(1, count + 1)), "$M$", r"$\max(0, M)$"],
        largest=TEXT_WIDTH,
        font_size=9,
        gaps={1: r"$\to$", **dict.fromkeys(range(2, count + 1), "$+$")}
        | {count + 1: "$+$\n$\\vdots$\n$=$", count + 2: r"$\to$"},
        texts={(0, k): number for k, number in enumerate(numbers, 1)},
    )


def draw_matrices(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Draw matrices with their numbers side by side, positive ones in another colour."""
    figure, row = plt.subplots(1, len(matrices), figsize=(TEXT_WIDTH, 1.25))
    largest = max(np.abs(matrix).max() for matrix in matrices.values())
    scale = {"vmin": -largest, "vmax": largest, "cmap": _SIGNED}
    for axes, (name, matrix) in zip(row, matrices.items(), strict=True):
        draw_matrix(axes, matrix, matrix, name, **scale)
    return figure


def draw_shares(
    shares: Mapping[str, Mapping[str, Mapping[str, Mean]]], areas: Mapping[str, float]
) -> Figure:
    """Draw shares with intervals: a panel a region, a line a class, a mark a kind.

    Args:
        shares: at most two kinds, such as right and wrong -> region -> class -> mean share; what
            is not a number is left out.
        areas: region -> share of an even map, drawn as a dotted line.
    """
    kinds = dict(zip(shares, ((BLUE, "o", BLUE, -0.15), (RED, "s", "white", 0.15)), strict=False))
    classes = list(next(iter(shares[next(iter(shares))].values())))
    size = (TEXT_WIDTH, 0.65 + 0.155 * len(classes))
    figure, row = plt.subplots(1, len(areas), figsize=size, sharex=True, sharey=True)
    for axes, (region, area) in zip(row, areas.items(), strict=True):
        for kind, (colour, marker, filling, offset) in kinds.items():
            means = shares[kind][region].values()
            value, low, high = np.array([(m.value, m.low, m.high) for m in means]).T
            style = {"fmt": marker, "color": colour, "mfc": filling, "ms": 3.6, "elinewidth": 1.2}
            places = np.arange(len(classes)) + offset
            axes.errorbar(value, places, xerr=(value - low, high - value), label=kind, **style)
        axes.axvline(area, **DOTTED)
        axes.set_title(region)
        axes.xaxis.set_major_locator(MaxNLocator(3))
    row[0].set_xlim(left=0)
    row[0].set_yticks(range(len(classes)), classes)
    row[0].invert_yaxis()
    figure.supxlabel("share of the map's energy")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def draw_curves(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw how the class's probability changes as pixels come or go: a panel a way, a line a map.

    Args:
        panels: heading -> name -> (steps + 1,) mean probabilities in [0, 1], from no pixel to all
            of them.
    """
    figure, row = plt.subplots(1, len(panels), figsize=(TEXT_WIDTH, 2.1), sharey=True)
    for axes, (heading, curves) in zip(row, panels.items(), strict=True):
        for (name, curve), marker in zip(curves.items(), MARKERS, strict=False):
            axes.plot(np.linspace(0, 1, len(curve)), curve, marker=marker, label=name)
        axes.set(title=heading, xlabel="share of the pixels")
    row[0].set_ylabel("probability of the class")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def draw_cascade(
    panels: Mapping[str, tuple[Sequence[str], Mapping[str, Sequence[Mean]]]],
    meaning: str = "cosine",
) -> Figure:
    """Draw how far pictures stay the same while a network is destroyed from its output down.

    Args:
        panels: for each network the names of the stages, and for each of three rules or methods
            the mean likeness to the trained network's pictures after each stage, at most 1.
        meaning: what likeness is measured by.
    """
    size = (TEXT_WIDTH, 2.1)
    figure, row = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for axes, (title, (stages, by_rule)) in zip(row[0], panels.items(), strict=True):
        places = range(len(stages) + 1)
        for (name, means), marker in zip(by_rule.items(), MARKERS, strict=False):
            draw_means(axes, places, [Mean(1.0), *means], marker=marker, label=name)
        axes.axhline(0, **DOTTED)
        axes.set_xticks(places, ["none", *stages], rotation=45, ha="right")
        axes.set(xlabel="shuffled down to", title=title)
    row[0, 0].set_ylabel(meaning)
    figure.legend(*row[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
