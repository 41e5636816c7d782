"""Results as text and as tables of text."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

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


def format_number(value: float, digits: int) -> str:
    """Return a number with a fixed number of digits after the point; halves go away from zero.

    Shares of 40 images often end in a half of the last digit. Python's own formatting would
    round some of these up and some down, and 37 of 40 images be 0.93 in one place and 92% in
    another.
    """
    # Ten digits are kept first, so that 0.575 is what it says and not 0.57499999...
    exact = Decimal(f"{value:.10f}")
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded}".replace("-", "\N{MINUS SIGN}")


def format_interval(row: pd.Series, digits: int = 2) -> str:
    """Return an estimate with its interval, such as ``0.57 [0.52, 0.62]``.

    Where a figure is undefined, as the correlation with a constant is, an en dash stands for it;
    where only its interval is, the estimate stands alone.

    Args:
        row: estimate, low, high.
        digits: after the point.
    """
    if not np.isfinite(row["estimate"]):
        return "–"
    estimate, low, high = (format_number(row[key], digits) for key in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]" if np.isfinite(row["low"]) else estimate


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
    estimates = recalls["estimate"]
    best, worst = (estimates.index[estimates == end] for end in (estimates.max(), estimates.min()))
    if len(best) == len(estimates):
        return f"All classes have a recall of {format_number(estimates.max(), 2)}."
    overlap = recalls.loc[best, "low"].min() <= recalls.loc[worst, "high"].max()
    verdict = (
        "Their intervals overlap: on this sample the order is not certain."
        if overlap
        else "Their intervals do not overlap, though these classes were picked from eight after "
        "the fact."
    )

    def list_recalls(names: pd.Index) -> str:
        return join_words([f"{name} ({format_interval(recalls.loc[name])})" for name in names])

    return (
        f"The highest recall is that of {list_recalls(best)}, the lowest that of "
        f"{list_recalls(worst)}. {verdict}"
    )


def describe_widths(classes: pd.DataFrame, predictions: Predictions) -> str:
    """Say how wide the intervals of the recall are, above all where images are few.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
        predictions: from which it was computed; their labels are counted.
    """
    recalls = classes.loc["recall"]
    widths = (recalls["high"] - recalls["low"]).loc[list(CLASSES)]
    counts = pd.Series(np.bincount(predictions.labels, minlength=len(CLASSES)), list(CLASSES))
    if counts.nunique() == 1:
        return (
            f"With {counts.iloc[0]} images of each class, the intervals of the recall are between "
            f"{format_number(widths.min(), 2)} and {format_number(widths.max(), 2)} wide."
        )
    few = counts[counts < counts.max()].sort_values(kind="stable").index[:2]
    named = join_words(
        [f"{name} ({counts[name]} images; {format_number(widths[name], 2)} wide)" for name in few]
    )
    return (
        f"The intervals of the recall where images are fewest: {named}; the median width of the "
        f"others is {format_number(widths.drop(few).median(), 2)}."
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
        f"({counts[true, answer]} of {totals[true]} images, {format_number(100 * share, 0)}%)"
        for share, true, answer in mistakes[:most]
    ]
    wrong = len(predictions) - int(np.trace(counts))
    return f"Of {wrong} mistakes, the most frequent by share of the true class: {'; '.join(named)}."


def join_words(words: Sequence[str], language: str = "en") -> str:
    """Return such as ``a, b and c``; of one word, the word."""
    *others, last = words
    comma, conjunction = {"en": (", ", "and"), "fa": ("، ", "و")}[language]
    return f"{comma.join(others)} {conjunction} {last}" if others else last


def describe_disagreement(titles: tuple[str, str], counts: tuple[int, int], p_value: float) -> str:
    """Say how often one of two networks alone is right, and what McNemar's test makes of it.

    Args:
        titles: of the two networks, as a sentence is to call them.
        counts: images that only the first, and only the second, gets right.
        p_value: of McNemar's exact test.
    """
    chance = format_number(p_value, 3) if p_value >= 0.001 else format_power(p_value)
    return (
        f"{titles[0]} alone is right on {counts[0]:,} images, {titles[1]} alone on {counts[1]:,}. "
        f"McNemar's exact test, whether these are split evenly but for chance, has a p-value of "
        f"{chance}; it takes the images to be independent."
    )


def describe_differences(
    differences: pd.DataFrame, figures: Sequence[str], titles: tuple[str, str]
) -> str:
    """Say which of two networks is ahead in which figures of merit, as far as intervals allow.

    Args:
        differences: second network minus first, as in ``comparison.Comparison``.
        figures: which of its rows; in all of these higher is better.
        titles: of the first and of the second network, as a sentence is to call them.
    """
    chosen = differences.loc[list(figures)]
    first, second = titles
    ahead = {
        f"{first} is ahead in": chosen.index[chosen["high"] < 0],
        f"{second} is ahead in": chosen.index[chosen["low"] > 0],
        "this sample does not decide which is ahead in": chosen.index[
            (chosen["low"] <= 0) & (chosen["high"] >= 0)
        ],
    }
    return "; ".join(f"{words} {join_words(names)}" for words, names in ahead.items() if len(names))
