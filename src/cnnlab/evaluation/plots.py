"""Figures of trained networks: training, ROC curves, confusion matrix, costs, seeds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cnnlab.evaluation.chance import CHANCE_LOSS
from cnnlab.evaluation.cost import FLOAT32_BYTES
from cnnlab.evaluation.formatting import format_number
from cnnlab.evaluation.metrics import count_confusions
from cnnlab.evaluation.roc import Roc, trace_roc
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions
from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH

_FIRST, _SECOND = CLASS_COLOURS[0], CLASS_COLOURS[6]
_GREY = "#999999"
_CHANCE = {"color": _GREY, "ls": ":", "lw": 0.8, "zorder": 0}


def plot_training(history: pd.DataFrame, chosen_epoch: int) -> Figure:
    """Plot loss and accuracy against the epoch, for training and development images.

    Args:
        history: index: epoch; columns: loss, accuracy, val_loss, val_accuracy, stage. A new
            stage is set off by a line and named.
        chosen_epoch: the epoch whose weights were kept.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.0))
    _plot_quantity(left, history, "loss", CHANCE_LOSS, chosen_epoch)
    _plot_quantity(right, history, "accuracy", 1 / len(CLASSES), chosen_epoch)
    left.set_ylabel("cross-entropy / nats")
    right.set_ylabel("accuracy")
    right.set_ylim(0, 1)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_roc(predictions: Predictions) -> Figure:
    """Plot the ROC curve of each class against the rest, and the two averages, a panel each.

    In one panel the curves of a good network can't be told apart. Each panel has the others' in
    grey, and names the area below its own.
    """
    curves = trace_roc(predictions)
    figure, panels = plt.subplots(
        2, -(-len(curves) // 2), figsize=(TEXT_WIDTH, 2.5), sharex=True, sharey=True
    )
    for axes, name in zip(panels.flat, curves, strict=True):
        for other in curves.values():
            _plot_curve(axes, other, color="#DDDDDD", lw=0.6)
        _plot_curve(axes, curves[name], color=_FIRST if name in CLASSES else _SECOND)
        axes.plot((0, 1), (0, 1), **_CHANCE)
        axes.set_title(name, fontsize=8)
        axes.text(0.97, 0.06, f"AUC {format_number(curves[name].auc, 3)}", ha="right", fontsize=8)
        axes.set(xlim=(-0.02, 1), ylim=(0, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        axes.set_aspect("equal")
    figure.supxlabel("false-positive rate", fontsize=9)
    figure.supylabel("true-positive rate", fontsize=9)
    return figure


def plot_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, shaded by the share of the true class; no number stands for 0.

    Where the classes have different numbers of images, percentages stand beside the counts; a
    true class without images has an empty row.
    """
    counts = count_confusions(predictions, np.ones((1, len(predictions))))[0].astype(int)
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    if (totals == totals[0]).all():
        figure, axes = plt.subplots(figsize=(0.6 * TEXT_WIDTH, 2.3))
        _draw_matrix(axes, shares, counts.astype(str))
        axes.set_ylabel(f"true class ({totals[0]:,} each)")
        return figure
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.95), sharey=True)
    _draw_matrix(left, shares, counts.astype(str))
    _draw_matrix(right, shares, np.vectorize(lambda share: format_number(100 * share, 0))(shares))
    left.set(ylabel="true class", title="images")
    right.set(title="% of the true class")
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
    figure, row = plt.subplots(1, len(shown), figsize=(TEXT_WIDTH, 2.0), sharey=True)
    for axes, (label, (costs, below)) in zip(row, shown.items(), strict=True):
        for number, (title, network) in enumerate(networks.iterrows()):
            style = {"color": CLASS_COLOURS[6 * number], "fmt": "os"[number]}
            _plot_intervals(axes, costs[[title]], network.to_frame().T, label=title, **style)
        numbers = [f"{cost:,.{0 if cost >= 100 else 1}f}" for cost in costs]
        lines = [numbers] if below is None else [numbers, below]
        axes.set(xscale="log", xlabel=label)
        axes.minorticks_off()
        axes.set_xticks(costs, ["\n".join(words) for words in zip(*lines, strict=True)])
        axes.margins(x=0.3)
    row[0].set_ylabel("accuracy")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_signal(signals: Mapping[str, pd.Series]) -> Figure:
    """Plot the size of the activations of each layer, relative to the first, before training.

    Args:
        signals: for each initialisation what ``signal.measure_signal`` returns.
    """
    table = pd.DataFrame({title: signal / signal.iloc[0] for title, signal in signals.items()})
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.7))
    sns.lineplot(table, markers=["o", "s"][: len(signals)], ax=axes)
    axes.set(yscale="log", xlabel="", ylabel="root mean square,\nfirst layer = 1")
    axes.tick_params(axis="x", rotation=45)
    return figure


def plot_transfer_curve(curves: pd.DataFrame) -> Figure:
    """Plot the accuracy of networks against the number of training images, with its intervals.

    Args:
        curves: a row for each network and size: network, train_per_class, epochs, estimate, low,
            high. Below each size stands how many epochs the last network was trained.
    """
    figure, axes = plt.subplots(figsize=(0.75 * TEXT_WIDTH, 1.95))
    networks = curves.groupby("network", sort=False)
    for number, (title, rows) in enumerate(networks):
        style = {"color": CLASS_COLOURS[6 * number], "ls": "-", "fmt": "os"[number]}
        _plot_intervals(axes, rows["train_per_class"], rows, label=title, **style)
    axes.axhline(1 / len(CLASSES), label="chance", **_CHANCE)
    axes.set(xscale="log", ylabel="accuracy", ylim=(0, 1))
    axes.set_xlabel(f"images of each class (logarithmic); epochs of the {title}")
    columns = zip(rows["train_per_class"], rows["epochs"], strict=True)
    labels = [f"{size:,}\n{epochs:.0f}" for size, epochs in columns]
    axes.set_xticks(rows["train_per_class"], labels)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(loc="lower right")
    return figure


def plot_seeds(trainings: Mapping[str, pd.DataFrame]) -> Figure:
    """Plot the accuracy of each training, a panel for each data set; bars mark the means.

    Args:
        trainings: by the title of the data, a row for each training: network, accuracy.
    """
    figure, row = plt.subplots(
        1, len(trainings), figsize=(TEXT_WIDTH, 1.3), sharex=True, sharey=True, squeeze=False
    )
    colours = [_FIRST, _SECOND]
    for axes, (title, rows) in zip(row[0], trainings.items(), strict=True):
        places = {"x": "accuracy", "y": "network", "hue": "network", "palette": colours, "ax": axes}
        bar = {"errorbar": None, "marker": "|", "markersize": 16, "markeredgewidth": 2}
        sns.stripplot(rows, **places, jitter=False, size=5, alpha=0.7, legend=False)
        sns.pointplot(rows, **places, **bar, legend=False)
        axes.set_title(title)
        axes.set_ylabel("")
        axes.margins(x=0.1, y=0.4)
    return figure


def _plot_quantity(
    axes: Axes, history: pd.DataFrame, quantity: str, chance: float, chosen_epoch: int
) -> None:
    names = {quantity: "training", f"val_{quantity}": "development"}
    # A point for each epoch, since a stage may have only one.
    points = {"markers": [".", "."], "mec": None} if len(history) < 40 else {}
    sns.lineplot(
        history[list(names)].rename(columns=names),
        palette=[_FIRST, _SECOND],
        dashes=["", (4, 2)],
        ax=axes,
        **points,
    )
    chosen = (chosen_epoch, history.loc[chosen_epoch, f"val_{quantity}"])
    axes.plot(*chosen, "o", ms=7, mfc="none", mec="black", ls="", label="chosen epoch")
    axes.axhline(chance, **_CHANCE, label="chance")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    _mark_stages(axes, history["stage"])
    axes.get_legend().remove()


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


def _plot_curve(axes: Axes, curve: Roc, **style) -> None:
    axes.plot(curve.false_positive_rate, curve.true_positive_rate, ls="-", **style)


def _plot_intervals(axes: Axes, places: pd.Series, rows: pd.DataFrame, **style) -> None:
    sides = (rows["estimate"] - rows["low"], rows["high"] - rows["estimate"])
    axes.errorbar(places, rows["estimate"], np.array(sides, float), capsize=3, **style)


def _draw_matrix(axes: Axes, shares: np.ndarray, cells: np.ndarray) -> None:
    names = {"xticklabels": CLASSES, "yticklabels": CLASSES}
    shade = {"cmap": "Blues", "vmin": 0, "vmax": 1, "cbar": False}
    annotation = {"annot": np.where(shares > 0, cells, ""), "fmt": "", "annot_kws": {"fontsize": 7}}
    sns.heatmap(shares, ax=axes, square=True, **names, **shade, **annotation)
    axes.set_xticks(axes.get_xticks(), CLASSES, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel("predicted class")
    axes.tick_params(length=0)
