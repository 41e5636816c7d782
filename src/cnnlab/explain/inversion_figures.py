"""The figure of what survives with depth; drawn from a table, nothing is computed."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.explain.inversion import (
    COLOUR,
    DECODED,
    ERROR,
    EXPRESSION,
    IMAGE,
    MEAN_FACE,
    OWN,
    PERSON,
    SHIFT,
    SIMILARITY,
    STRANGER,
)
from cnnlab.style import TEXT_WIDTH

PANELS = {
    ERROR: "error (grey levels)",
    SIMILARITY: "SSIM",
    COLOUR: "colour (correlation)",
    SHIFT: "shift (pixels)",
    OWN: "own image found",
    PERSON: "person found",
}
COLUMNS = 4
LINES = {DECODED: ("-", "full"), STRANGER: ("--", "none")}
LEVELS = {IMAGE: "-.", MEAN_FACE: ":"}


def list_figures(table: pd.DataFrame) -> list[str]:
    """Return the figures of merit that a table holds, in the order of the panels.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
    """
    held = list(table["figure"].unique())
    return [name for name in PANELS if name in held] + [
        name for name in held if name.startswith(EXPRESSION)
    ]


def draw_survival(table: pd.DataFrame, figures: Sequence[str]) -> Figure:
    """Draw figures of merit against the layers, a line a network, with intervals.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        figures: which, a panel each.
    """
    layers = list(dict.fromkeys(zip(table["network"], table["layer"], strict=True)))
    places = {key: place for place, key in enumerate(key for key in layers if key[1])}
    lines = -(-len(figures) // COLUMNS)
    figure, axes = plt.subplots(
        lines, COLUMNS, figsize=(TEXT_WIDTH, 0.95 + 0.95 * lines), squeeze=False, sharex=True
    )
    for number, (ax, name) in enumerate(zip(axes.flat, figures, strict=False)):
        _draw_panel(ax, table[table["figure"] == name], places)
        ax.set_title(PANELS.get(name, name.replace(EXPRESSION, "expr.")), fontsize=7)
        ax.tick_params(labelsize=7)
        ax.set_xticks(
            list(places.values()), [layer for _, layer in places], rotation=90, fontsize=6.5
        )
        ax.tick_params(axis="x", labelbottom=number + COLUMNS >= len(figures))
    for ax in axes.flat[len(figures) :]:
        ax.axis("off")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=7)
    return figure


def _draw_panel(ax: Axes, rows: pd.DataFrame, places: dict[tuple[str, str], int]) -> None:
    for picture, style in LEVELS.items():
        values = rows.loc[rows["picture"] == picture, "estimate"].dropna()
        for value in values:
            ax.axhline(value, color="0.4", linestyle=style, linewidth=1, label=picture)
    networks = list(dict.fromkeys(network for network, _ in places))
    for index, network in enumerate(networks):
        for picture, (style, fill) in LINES.items():
            own = rows[(rows["network"] == network) & (rows["picture"] == picture)]
            own = own.dropna(subset="estimate")
            ax.errorbar(
                [places[network, layer] for layer in own["layer"]],
                own["estimate"],
                yerr=[own["estimate"] - own["low"], own["high"] - own["estimate"]],
                color=f"C{index}",
                marker="os"[index],
                fillstyle=fill,
                linestyle=style,
                linewidth=1,
                markersize=3.5,
                elinewidth=0.8,
                label=network if picture == DECODED else f"{network}, another face",
            )
