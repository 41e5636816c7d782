"""Figures of trained networks: training, ROC curves, confusions, costs, seeds, affect."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cnnlab.drawing import draw_estimates
from cnnlab.evaluation.affect import DIMENSIONS, AffectPredictions
from cnnlab.evaluation.formatting import format_number
from cnnlab.evaluation.layers import FLOAT32_BYTES
from cnnlab.evaluation.metrics import CHANCE_LOSS, count_confusions, trace_roc
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions
from cnnlab.style import BLUE, CLASS_COLOURS, DOTTED, GREY, MARKERS, RED, TEXT_WIDTH

_TWO = ({"color": BLUE, "fmt": "o", "capsize": 3}, {"color": RED, "fmt": "s", "capsize": 3})
_THIN = {"color": GREY, "lw": 0.7, "zorder": 0}


def plot_training(history: pd.DataFrame, chosen_epoch: int) -> Figure:
    """Plot loss and accuracy against the epoch, for training and development images.

    Args:
        history: index: epoch; columns: loss, accuracy, val_loss, val_accuracy, stage. A new
            stage is set off by a line and named.
        chosen_epoch: the epoch whose weights were kept.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.0))
    stages = history["stage"][history["stage"] != history["stage"].shift()]
    # A point for each epoch, since a stage may have only one.
    points = {"marker": "."} if len(history) < 40 else {}
    for axes, quantity, chance in (
        (left, "loss", CHANCE_LOSS),
        (right, "accuracy", 1 / len(CLASSES)),
    ):
        development = history[f"val_{quantity}"]
        axes.plot(history[quantity], label="training", **points)
        axes.plot(development, label="development", **points)
        chosen = (chosen_epoch, development[chosen_epoch])
        axes.plot(*chosen, "o", ms=7, mfc="none", mec="black", label="chosen epoch")
        axes.axhline(chance, label="chance", **DOTTED)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        for start, stage in stages.items() if len(stages) > 1 else ():
            if start != stages.index[0]:
                axes.axvline(start - 0.5, color="black", lw=0.7, ls="-")
            place = {"xy": (start - 0.5, 1), "xycoords": ("data", "axes fraction")}
            offset = {"xytext": (3, 1), "textcoords": "offset points"}
            axes.annotate(stage, **place, **offset, fontsize=7, va="bottom")
    left.set_ylabel("cross-entropy / nats")
    right.set(ylabel="accuracy", ylim=(0, 1))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_roc(predictions: Predictions) -> Figure:
    """Plot the ROC curve of each class against the rest, and the two averages, a panel each.

    In one panel the curves of a good network can't be told apart. Each panel has the others' in
    grey, and names the area below its own.
    """
    curves = trace_roc(predictions)
    size, others = (TEXT_WIDTH, 2.5), {"color": "#DDDDDD", "lw": 0.6, "ls": "-"}
    figure, panels = plt.subplots(2, len(curves) // 2, figsize=size, sharex=True, sharey=True)
    for axes, (name, (false_positives, true_positives, area)) in zip(
        panels.flat, curves.items(), strict=True
    ):
        for other in curves.values():
            axes.plot(*other[:2], **others)
        colour = BLUE if name in CLASSES else RED
        axes.plot(false_positives, true_positives, color=colour, ls="-")
        axes.plot((0, 1), (0, 1), **DOTTED)
        axes.set_title(name, fontsize=8)
        axes.text(0.97, 0.06, f"AUC {format_number(area, 3)}", ha="right", fontsize=8)
        axes.set(xlim=(-0.02, 1), ylim=(0, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        axes.set_aspect("equal")
    figure.supxlabel("false-positive rate")
    figure.supylabel("true-positive rate")
    return figure


def plot_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, shaded by the share of the true class; no number stands for 0.

    Where the classes have different numbers of images, percentages stand beside the counts; a
    true class without images has an empty row.
    """
    counts = count_confusions(predictions, np.ones((1, len(predictions))))[0].astype(int)
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    size, panels, ylabel = (0.6 * TEXT_WIDTH, 2.3), {"": counts}, f"true class ({totals[0]:,} each)"
    if (totals != totals[0]).any():
        percentages = np.vectorize(lambda share: format_number(100 * share, 0))(shares)
        panels = {"images": counts, "% of the true class": percentages}
        size, ylabel = (TEXT_WIDTH, 2.95), "true class"
    figure, row = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    names = {"xticklabels": CLASSES, "yticklabels": CLASSES}
    shade = {"cmap": "Blues", "vmin": 0, "vmax": 1, "cbar": False, "square": True}
    for axes, (title, numbers) in zip(row[0], panels.items(), strict=True):
        cells = {"annot": np.where(shares > 0, numbers.astype(str), ""), "fmt": ""}
        sns.heatmap(shares, ax=axes, annot_kws={"fontsize": 7}, **names, **shade, **cells)
        axes.set_xticks(axes.get_xticks(), CLASSES, rotation=45, ha="right", rotation_mode="anchor")
        axes.set(title=title, xlabel="predicted class")
        axes.tick_params(length=0)
    row[0, 0].set_ylabel(ylabel)
    return figure


def plot_costs(networks: pd.DataFrame) -> Figure:
    """Plot the accuracy of networks against what they cost, on logarithmic scales.

    Args:
        networks: two rows; index: network; columns: estimate, low, high (of the accuracy),
            parameters, MACs, milliseconds (NaN where not measured: then there is no panel for
            time).
    """
    units = {
        "parameters": ("million parameters\n(MB as float32)", 1e6),
        "MACs": ("million MACs for one image", 1e6),
        "milliseconds": ("milliseconds for one image", 1),
    }
    shown = networks[list(units)].dropna(axis="columns")
    figure, row = plt.subplots(1, shown.shape[1], figsize=(TEXT_WIDTH, 2.0), sharey=True)
    for axes, (cost, values) in zip(row, shown.items(), strict=True):
        label, unit = units[cost]
        numbers = [f"{value:,.{0 if value >= 100 else 1}f}" for value in values / unit]
        if cost == "parameters":
            megabytes = values * FLOAT32_BYTES / 1e6
            numbers = [f"{n}\n({size:.0f})" for n, size in zip(numbers, megabytes, strict=True)]
        for title, style in zip(networks.index, _TWO, strict=False):
            own = networks.loc[[title]]
            draw_estimates(axes, own[cost] / unit, own, label=title, **style)
        axes.set(xscale="log", xlabel=label)
        axes.minorticks_off()
        axes.set_xticks(values / unit, numbers)
        axes.margins(x=0.3)
    row[0].set_ylabel("accuracy")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_signal(signals: Mapping[str, pd.Series]) -> Figure:
    """Plot the size of the activations of each layer, relative to the first, before training.

    Args:
        signals: for each initialisation what ``layers.measure_signal`` returns.
    """
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 1.7))
    for (title, signal), marker in zip(signals.items(), MARKERS, strict=False):
        axes.plot(signal / signal.iloc[0], marker=marker, label=title)
    axes.set(yscale="log", ylabel="root mean square,\nfirst layer = 1")
    axes.tick_params(axis="x", rotation=45)
    axes.legend()
    return figure


def plot_transfer_curve(curves: pd.DataFrame) -> Figure:
    """Plot the accuracy of networks against the number of training images, with its intervals.

    Args:
        curves: a row for each network and size: network, train_per_class, epochs, estimate, low,
            high. Below each size stands how many epochs the last network was trained.
    """
    figure, axes = plt.subplots(figsize=(0.75 * TEXT_WIDTH, 1.95))
    for (title, rows), style in zip(curves.groupby("network", sort=False), _TWO, strict=True):
        draw_estimates(axes, rows["train_per_class"], rows, label=title, ls="-", **style)
    axes.axhline(1 / len(CLASSES), label="chance", **DOTTED)
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
    for axes, (title, rows) in zip(row[0], trainings.items(), strict=True):
        places = {"x": "accuracy", "y": "network", "hue": "network", "palette": [BLUE, RED]}
        bar = {"errorbar": None, "marker": "|", "markersize": 16, "markeredgewidth": 2}
        sns.stripplot(rows, **places, ax=axes, jitter=False, size=5, alpha=0.7, legend=False)
        sns.pointplot(rows, **places, ax=axes, **bar, legend=False)
        axes.set(title=title, ylabel="")
        axes.margins(x=0.1, y=0.4)
    return figure


def plot_affect(predictions: AffectPredictions) -> Figure:
    """Plot predicted against true valence and arousal, and each class's mean in their plane.

    In the plane, Russell's circumplex (1980), a line leads from the true mean (hollow) to the
    predicted one (filled).
    """
    # True values are in [-1, 1]; an answer may lie beyond, and is to be seen there.
    reach = 1.05 * max(1, np.abs(predictions.predicted).max(initial=0))
    figure, (*scatters, plane) = plt.subplots(1, 3, figsize=(TEXT_WIDTH, 2.75))
    for column, (axes, name) in enumerate(zip(scatters, DIMENSIONS, strict=True)):
        for label, (colour, marker) in enumerate(zip(CLASS_COLOURS, MARKERS, strict=True)):
            rows = predictions.labels == label
            pair = predictions.true[rows, column], predictions.predicted[rows, column]
            axes.plot(*pair, marker, color=colour, ms=2, alpha=0.6)
        axes.axline((0, 0), slope=1, **_THIN)
        axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    plane.add_patch(plt.Circle((0, 0), 1, fill=False, **_THIN))
    plane.axhline(0, **_THIN)
    plane.axvline(0, **_THIN)
    for label in np.unique(predictions.labels):
        rows = predictions.labels == label
        true, answer = predictions.true[rows].mean(axis=0), predictions.predicted[rows].mean(axis=0)
        style = {"color": CLASS_COLOURS[label], "marker": MARKERS[label], "ms": 5}
        plane.plot(*zip(true, answer, strict=True), color=style["color"], lw=0.8, ls="-")
        plane.plot(*true, mfc="white", **style)
        plane.plot(*answer, ls="", label=CLASSES[label], **style)
    plane.set(xlabel="valence", ylabel="arousal")
    for axes in (*scatters, plane):
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axes.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    handles = plane.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4, fontsize=7)
    return figure
