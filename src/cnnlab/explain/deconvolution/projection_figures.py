"""Projections as pictures, and how long they stay the same while a network is destroyed."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.evaluation.intervals import Mean
from cnnlab.style import TEXT_WIDTH

LINES = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", ":", "^"))


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
            draw_means(ax, places, [trained, *means], colour, style, marker, name)
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


def draw_means(
    ax: Axes,
    places: np.ndarray,
    means: Sequence[Mean],
    colour: str,
    style: str,
    marker: str,
    label: str,
) -> None:
    """Draw means at places, and their intervals as a band."""
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
