"""Figures of trained networks: training, ROC curves, confusion matrix, signal."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cnnlab.evaluation.cost import FLOAT32_BYTES
from cnnlab.evaluation.curves import MACRO, MICRO, Roc, trace_roc
from cnnlab.evaluation.learning import CHANCE_LOSS
from cnnlab.evaluation.metrics import count_confusions
from cnnlab.evaluation.predictions import Predictions
from cnnlab.evaluation.formatting import format_number
from cnnlab.faces.dataset import CLASSES
from cnnlab.style import CLASS_COLOURS, CLASS_LINES, TEXT_WIDTH

_TRAINING = {"color": CLASS_COLOURS[0], "ls": "-", "marker": "."}
_DEVELOPMENT = {"color": CLASS_COLOURS[6], "ls": "--", "marker": "."}
_CHANCE = {"color": "#999999", "ls": ":", "lw": 0.8, "zorder": 0}


def plot_training(history: pd.DataFrame, chosen_epoch: int) -> Figure:
    """Plot loss and accuracy against the epoch, for training and development images.

    Args:
        history: index: epoch; columns: loss, accuracy, val_loss, val_accuracy, stage. A new
            stage is set off by a line and named.
        chosen_epoch: the epoch whose weights were kept.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.5))
    _plot_quantity(left, history, "loss", CHANCE_LOSS, chosen_epoch)
    _plot_quantity(right, history, "accuracy", 1 / len(CLASSES), chosen_epoch)
    left.set_ylabel("cross-entropy / nats")
    right.set_ylabel("accuracy")
    right.set_ylim(0, 1)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_roc(predictions: Predictions) -> Figure:
    """Plot the one-vs-rest ROC curve of each class (left), their averages (right)."""
    curves = trace_roc(predictions)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(TEXT_WIDTH, 2.85), sharey=True, gridspec_kw={"wspace": 0.1}
    )
    for name, colour, line in zip(CLASSES, CLASS_COLOURS, CLASS_LINES, strict=True):
        _plot_curve(left, curves[name], name, color=colour, ls=line)
    _plot_curve(right, curves[MACRO], MACRO, color=CLASS_COLOURS[0], ls="-", lw=1.8)
    _plot_curve(right, curves[MICRO], MICRO, color=CLASS_COLOURS[6], ls="--", lw=1.8)
    for axes in (left, right):
        axes.plot((0, 1), (0, 1), **_CHANCE)
        axes.set(xlim=(-0.01, 1), ylim=(0, 1.01), aspect="equal", xlabel="false-positive rate")
        axes.legend(loc="lower right", fontsize=7, title="AUC", title_fontsize=7)
    left.set_ylabel("true-positive rate")
    return figure


def plot_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix: counts (left) and percentages of each row (right).

    Both are shaded by the share of the row; a true class without images has an empty row.
    """
    counts = count_confusions(predictions, np.ones((1, len(predictions))))[0].astype(int)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 3.05), sharey=False)
    _draw_matrix(left, shares, counts.astype(str))
    _draw_matrix(right, shares, np.vectorize(lambda share: format_number(100 * share, 0))(shares))
    right.set_yticklabels([])
    left.set_ylabel("true class")
    left.set_title("images")
    right.set_title("% of the true class")
    return figure


def plot_costs(networks: pd.DataFrame) -> Figure:
    """Plot the accuracy of networks against what they cost, on logarithmic scales.

    Args:
        networks: index: network; columns: estimate, low, high (of the accuracy), parameters,
            MACs, milliseconds (NaN where not measured: then there is no panel for time).
    """
    megabytes = networks["parameters"] * FLOAT32_BYTES / 1e6
    panels = {
        "million parameters\n(MB as float32)": (
            networks["parameters"] / 1e6,
            [f"({value:.0f})" for value in megabytes],
        ),
        "million MACs for one image": (networks["MACs"] / 1e6, None),
        "milliseconds for one image": (networks["milliseconds"], None),
    }
    shown = {label: panel for label, panel in panels.items() if panel[0].notna().all()}
    figure, row = plt.subplots(1, len(shown), figsize=(TEXT_WIDTH, 2.3), sharey=True)
    for axes, (label, (costs, below)) in zip(row, shown.items(), strict=True):
        _plot_accuracy(axes, networks, costs)
        numbers = [f"{cost:,.{0 if cost >= 100 else 1}f}" for cost in costs]
        lines = [numbers] if below is None else [numbers, below]
        axes.set_xticks(costs, ["\n".join(words) for words in zip(*lines, strict=True)])
        axes.set_xlabel(label)
    row[0].set_ylabel("accuracy")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_signal(signals: Mapping[str, pd.Series]) -> Figure:
    """Plot the size of the activations of each layer, relative to the first, before training.

    Args:
        signals: for each initialisation what ``signal.measure_signal`` returns.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.8))
    for marker, (title, signal) in zip("os^v", signals.items(), strict=False):
        axes.plot(signal.index, signal / signal.iloc[0], marker=marker, label=title)
    axes.set_yscale("log")
    axes.set_ylabel("root mean square,\nfirst layer = 1")
    axes.tick_params(axis="x", rotation=45)
    axes.legend()
    return figure


def plot_transfer_curve(curves: pd.DataFrame) -> Figure:
    """Plot the accuracy of networks against the number of training images, with its intervals.

    Args:
        curves: a row for each network and size: network, train_per_class, estimate, low, high.
    """
    figure, axes = plt.subplots(figsize=(0.75 * TEXT_WIDTH, 2.3))
    styles = (
        {"color": CLASS_COLOURS[6], "ls": "--", "marker": "s"},
        {"color": CLASS_COLOURS[0], "ls": "-", "marker": "o"},
    )
    for (title, rows), style in zip(curves.groupby("network", sort=False), styles, strict=True):
        sides = (rows["estimate"] - rows["low"], rows["high"] - rows["estimate"])
        axes.errorbar(
            rows["train_per_class"], rows["estimate"], sides, capsize=3, label=title, **style
        )
    axes.axhline(1 / len(CLASSES), label="chance", **_CHANCE)
    axes.set(
        xscale="log",
        xlabel="images of each class in Train (logarithmic)",
        ylabel="accuracy on Validation",
        ylim=(0, 1),
    )
    sizes = curves["train_per_class"].unique()
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(loc="lower right")
    return figure


def _plot_accuracy(axes: Axes, networks: pd.DataFrame, costs: pd.Series) -> None:
    for number, (title, network) in enumerate(networks.iterrows()):
        ends = network[["low", "high"]].to_numpy(float)
        axes.errorbar(
            costs[title],
            network["estimate"],
            yerr=np.abs(ends - network["estimate"])[:, None],
            fmt="os^v"[number],
            color=CLASS_COLOURS[number],
            capsize=2,
            label=title,
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.margins(x=0.3)


def _plot_quantity(
    axes: Axes, history: pd.DataFrame, quantity: str, chance: float, chosen_epoch: int
) -> None:
    # A point for each epoch, since a stage may have only one.
    markers = {"ms": 3 if len(history) < 40 else 0}
    axes.plot(history.index, history[quantity], label="training", **_TRAINING, **markers)
    development = history[f"val_{quantity}"]
    axes.plot(history.index, development, label="development", **_DEVELOPMENT, **markers)
    chosen = (chosen_epoch, development[chosen_epoch])
    axes.plot(*chosen, "o", ms=7, mfc="none", mec="black", ls="", label="chosen epoch")
    axes.axhline(chance, **_CHANCE, label="chance")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    _mark_stages(axes, history["stage"])


def _mark_stages(axes: Axes, stages: pd.Series) -> None:
    starts = stages.index[stages != stages.shift()]
    if len(starts) == 1:
        return
    for start in starts:
        if start != starts[0]:
            axes.axvline(start - 0.5, color="black", lw=0.7, ls="-")
        place = {"xy": (start - 0.5, 1), "xycoords": ("data", "axes fraction")}
        offset = {"xytext": (3, 1), "textcoords": "offset points"}
        axes.annotate(stages[start], **place, **offset, fontsize=7, va="bottom")


def _plot_curve(axes: Axes, curve: Roc, name: str, **style) -> None:
    label = f"{name} {curve.auc:.2f}"
    axes.plot(curve.false_positive_rate, curve.true_positive_rate, label=label, **style)


def _draw_matrix(axes: Axes, shares: np.ndarray, cells: np.ndarray) -> None:
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    centred = {"ha": "center", "va": "center", "fontsize": 7}
    for row, column in np.ndindex(shares.shape):
        colour = "white" if shares[row, column] > 0.55 else "black"
        axes.text(column + 0.5, row + 0.5, cells[row, column], color=colour, **centred)
    middles = np.arange(len(CLASSES)) + 0.5
    axes.set_xticks(middles, CLASSES, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(middles, CLASSES)
    axes.set_xlabel("predicted class")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
