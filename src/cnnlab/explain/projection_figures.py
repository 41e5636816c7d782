"""Pictures of projections and plots of what they depend on; drawn from arrays."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.patches import Patch
from cnnlab.style import TEXT_WIDTH

SMALL = 6
"""Font size in points of the text between pictures."""
SIDE = 3
"""Patches along each side of a mosaic."""
GAP = 0.06
"""White between the tiles of a mosaic, as a share of a tile."""
LINES = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", ":", "^"))


def draw_units(networks: Mapping[str, Mapping[str, Mapping[str, Sequence[Patch]]]]) -> Figure:
    """Draw for each feature map its projections, and to their right the patches they belong to.

    Args:
        networks: side by side, by their titles; for each equally many layers, in rows; for each
            layer equally many feature maps; for each, by its title, at most nine patches of
            equal size, the strongest first.
    """
    lines = max(len(rows) for rows in networks.values())
    count = max(len(units) for rows in networks.values() for units in rows.values())
    own_widths = [0.2, *[1, 1, 0.12] * count]
    mosaic = TEXT_WIDTH / (len(networks) * (sum(own_widths) + 0.1))
    figure, axes = plt.subplots(
        lines,
        len(networks) * len(own_widths),
        figsize=(TEXT_WIDTH, lines * (mosaic + 0.13) + 0.2),
        width_ratios=own_widths * len(networks),
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for ax in axes.flat:
        ax.set_axis_off()
    for own, (name, rows) in zip(
        np.split(axes, len(networks), axis=1), networks.items(), strict=True
    ):
        own[0, 1].text(0, 1.3, name, fontsize=8, fontweight="bold", transform=own[0, 1].transAxes)
        for line, (layer, units) in zip(own, rows.items(), strict=True):
            _draw_layer(line, layer, units)
    return figure


def _draw_layer(line: np.ndarray, layer: str, units: Mapping[str, Sequence[Patch]]) -> None:
    """Draw a layer's feature maps into a row of axes: the layer's name, then three a map."""
    at = line[0].transAxes
    line[0].text(
        0.5, 0.5, layer, rotation=90, ha="center", va="center", fontsize=SMALL, transform=at
    )
    for number, (name, shown) in enumerate(units.items()):
        projections, patches = line[3 * number + 1 : 3 * number + 3]
        projections.imshow(_tile([centre_on_grey(each.projection) for each in shown]))
        projections.set_title(name, fontsize=SMALL, fontweight="normal", loc="left", pad=2)
        patches.imshow(_tile([each.image for each in shown]))


def draw_growth(
    fields: Mapping[str, Sequence[int]],
    extents: Mapping[str, Sequence[float]],
    areas: Mapping[str, Sequence[Mean]],
) -> Figure:
    """Draw what grows from block to block: the size of the patterns, and their selectivity.

    Args:
        fields: for each network, block by block, the side of the receptive field in pixels.
        extents: the side of the square that holds the projections' energy, in pixels.
        areas: mean area under the ROC curve of the units' preferred expression.
    """
    figure, (sizes, selectivity) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 1.8))
    for (name, field), (colour, _, marker) in zip(fields.items(), LINES, strict=False):
        blocks = np.arange(1, len(field) + 1)
        sizes.plot(blocks, field, ":", marker=marker, color=colour, markerfacecolor="white")
        sizes.plot(blocks, extents[name], "-", marker=marker, color=colour)
        _draw_means(selectivity, blocks, areas[name], colour, "-", marker, name)
    sizes.plot([], [], ":", color="0.3", label="receptive field")
    sizes.plot([], [], "-", color="0.3", label="90% of the projection")
    sizes.set_yscale("log", base=2)
    sizes.yaxis.set_major_formatter("{x:.0f}")
    sizes.set_ylabel("side in pixels")
    selectivity.axhline(0.5, color="0.4", linestyle=":", linewidth=1)
    selectivity.set_ylabel("area under curve")
    for ax in (sizes, selectivity):
        ax.set_xlabel("last convolution of block")
        ax.set_xticks(blocks)
        ax.legend()
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
    figure, axes = plt.subplots(
        1, len(panels), figsize=(TEXT_WIDTH, 2.1), sharey=True, squeeze=False
    )
    for ax, (title, (stages, by_rule)) in zip(axes[0], panels.items(), strict=True):
        places = np.arange(len(stages) + 1)
        for (name, means), (colour, style, marker) in zip(by_rule.items(), LINES, strict=True):
            trained = Mean(1.0, np.nan, np.nan, means[0].n)
            _draw_means(ax, places, [trained, *means], colour, style, marker, name)
        ax.axhline(0, color="0.4", linestyle=":", linewidth=1)
        ax.set_xticks(places, ["none", *stages], rotation=45, ha="right")
        ax.set_xlabel("shuffled down to")
        ax.set_title(title)
    axes[0, 0].set_ylabel(meaning)
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(LINES)
    )
    return figure


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


def _tile(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Put at most nine (h, w, 3) pictures into a white square, row by row."""
    height, width, _ = pictures[0].shape
    # Small patches are enlarged first, so that the gap is a share of a tile in every row.
    factor = max(1, round(40 / height))
    height, width = factor * height, factor * width
    step_down, step_right = (side + max(1, round(GAP * side)) for side in (height, width))
    canvas = np.ones((SIDE * step_down, SIDE * step_right, 3))
    for number, picture in enumerate(pictures):
        top, left = (number // SIDE) * step_down, (number % SIDE) * step_right
        tile = picture.repeat(factor, axis=0).repeat(factor, axis=1)
        canvas[top : top + height, left : left + width] = tile
    return canvas


def _draw_means(
    ax: Axes,
    places: np.ndarray,
    means: Sequence[Mean],
    colour: str,
    style: str,
    marker: str,
    label: str,
) -> None:
    ax.plot(
        places,
        [mean.value for mean in means],
        style,
        marker=marker,
        color=colour,
        markersize=3.6,
        label=label,
    )
    ax.fill_between(
        places,
        [mean.low for mean in means],
        [mean.high for mean in means],
        color=colour,
        alpha=0.2,
        linewidth=0,
    )
