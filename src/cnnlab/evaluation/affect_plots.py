"""Figures of valence and arousal: predicted against true, and the circumplex."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.evaluation.affect import DIMENSIONS, AffectPredictions, average_by_class
from cnnlab.faces.dataset import CLASSES
from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH

_MARKERS = "os^vDPX*"
_REACH = 1.05
_THIN = {"color": "#999999", "lw": 0.7, "zorder": 0}


def plot_affect(predictions: AffectPredictions) -> Figure:
    """Plot predicted against true valence and arousal, and each class's mean in their plane.

    In the plane, Russell's circumplex (1980), a line leads from the true mean (hollow) to the
    predicted one (filled).
    """
    # True values are in [-1, 1]; an answer may lie beyond, and is to be seen there.
    reach = max(_REACH, _REACH * float(np.abs(predictions.predicted).max(initial=0)))
    limits = (-reach, reach)
    figure, axes = plt.subplots(1, 3, figsize=(TEXT_WIDTH, 2.75))
    for column, name in enumerate(DIMENSIONS):
        _plot_dimension(axes[column], predictions, column)
        axes[column].set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    _plot_circumplex(axes[2], predictions)
    for panel in axes:
        panel.set(xlim=limits, ylim=limits, aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    handles, names = axes[2].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=7)
    return figure


def _plot_dimension(axes: Axes, predictions: AffectPredictions, column: int) -> None:
    for label, name in enumerate(CLASSES):
        rows = predictions.labels == label
        axes.plot(
            predictions.true[rows, column],
            predictions.predicted[rows, column],
            _MARKERS[label],
            color=CLASS_COLOURS[label],
            ms=2,
            alpha=0.6,
            label=name,
        )
    axes.axline((0, 0), slope=1, **_THIN)


def _plot_circumplex(axes: Axes, predictions: AffectPredictions) -> None:
    axes.add_patch(plt.Circle((0, 0), 1, fill=False, **_THIN))
    axes.axhline(0, **_THIN)
    axes.axvline(0, **_THIN)
    for label, means in average_by_class(predictions).iterrows():
        colour, marker = CLASS_COLOURS[label], _MARKERS[label]
        true, answer = (
            [means[f"{kind} {name}"] for name in DIMENSIONS] for kind in ("true", "predicted")
        )
        axes.plot(*zip(true, answer, strict=True), color=colour, lw=0.8, ls="-")
        axes.plot(*true, marker, color=colour, mfc="white", ms=5)
        axes.plot(*answer, marker, color=colour, ms=5, ls="", label=CLASSES[label])
    axes.set(xlabel="valence", ylabel="arousal")
