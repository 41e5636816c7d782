"""Results as text and as tables of text."""

import numpy as np
import pandas as pd

from cnnlab.evaluation.metrics import count_confusions
from cnnlab.evaluation.predictions import Predictions
from cnnlab.faces.dataset import CLASSES


def name_sample(predictions: Predictions, seed: int) -> str:
    """Return what a caption says of the data: title, split, images, people, seed."""
    people = predictions.identities
    of_people = "" if people is None else f" of {len(np.unique(people))} people"
    return (
        f"{predictions.data_title}, {predictions.split}, n = {len(predictions):,} images"
        f"{of_people}, seed {seed}"
    )


def format_interval(row: pd.Series, digits: int = 2) -> str:
    """Return an estimate with its interval, such as ``0.57 [0.52, 0.62]``.

    Args:
        row: estimate, low, high.
        digits: after the point.
    """
    low, high = f"{row['low']:.{digits}f}", f"{row['high']:.{digits}f}"
    return f"{row['estimate']:.{digits}f} [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def format_power(value: float) -> str:
    r"""Return a positive number as TeX with a power of ten: ``$3 \times 10^{-4}$``.

    Three digits at most are kept.
    """
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"${float(mantissa):g} \\times 10^{{{int(exponent)}}}$"


def format_summaries(summaries: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a table of text: a row for each figure of merit, a column for each network.

    Args:
        summaries: for each network what ``metrics.summarise`` returns.
    """
    return pd.DataFrame(
        {
            title: summary.apply(format_interval, axis="columns")
            for title, summary in summaries.items()
        }
    )


def format_classes(classes: pd.DataFrame, predictions: Predictions) -> pd.DataFrame:
    """Return a table of text: a row for each class, a column for each figure of merit.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
        predictions: from which it was computed; their labels are counted.
    """
    cells = classes.apply(format_interval, axis="columns")
    table = cells.unstack("figure of merit").loc[list(CLASSES)]
    table = table[["recall", "precision", "F1", "AUC"]]
    table.insert(0, "images", np.bincount(predictions.labels, minlength=len(CLASSES)).astype(str))
    return table.rename_axis(columns=None)


def describe_classes(classes: pd.DataFrame) -> str:
    """Say which classes are recognised best and worst, and whether their intervals overlap.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
    """
    recalls = classes.loc["recall"]
    best, worst = recalls["estimate"].idxmax(), recalls["estimate"].idxmin()
    overlap = recalls.loc[best, "low"] <= recalls.loc[worst, "high"]
    verdict = (
        "The two intervals overlap: on this sample the order is not certain."
        if overlap
        else "The two intervals do not overlap."
    )
    return (
        f"Recognised best is {best}, with a recall of {format_interval(recalls.loc[best])}; worst "
        f"is {worst}, with {format_interval(recalls.loc[worst])}. {verdict}"
    )


def describe_confusions(predictions: Predictions, most: int = 3) -> str:
    """Name the most frequent mistakes, as shares of the true class.

    Args:
        predictions: n images.
        most: how many mistakes are named.
    """
    counts = count_confusions(predictions, np.ones((1, len(predictions))))[0].astype(int)
    totals = counts.sum(axis=1)
    mistakes = [
        (counts[true, answer] / totals[true], true, answer)
        for true, answer in np.argwhere(counts)
        if true != answer
    ]
    if not mistakes:
        return "There is no mistake among these images."
    # Of equal shares the one of the lower classes comes first.
    mistakes.sort(key=lambda mistake: (-mistake[0], mistake[1], mistake[2]))
    named = [
        f"{CLASSES[true]} taken for {CLASSES[answer]} "
        f"({counts[true, answer]} of {totals[true]} images, {share:.0%})"
        for share, true, answer in mistakes[:most]
    ]
    wrong = len(predictions) - int(np.trace(counts))
    return f"Of {wrong} mistakes, the most frequent by share of the true class: {'; '.join(named)}."
