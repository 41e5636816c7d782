"""The same answers, counted otherwise: without copies, and for the classes' shares in Validation/.

Copies of training images flatter a network; other shares of the classes than it was trained for
put it at a disadvantage. Both are shown beside the figures of all images, never in their place.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.predictions import Predictions
from cnnlab.evaluation.prior_shift import correct_for_shares, estimate_shares
from cnnlab.evaluation.wording import (
    format_interval,
    format_number,
    join_words,
    name_class,
)
from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION, FaceDataset

ALL = "all images"
WITHOUT_COPIES = "without copies"
CORRECTED = "class shares corrected"

WORTH_CORRECTING = 0.05
"""Shift of shares, as total variation, below which the estimate's own error would weigh more."""

_WORDS = {
    "en": {
        "no copies": "No image of Validation has an identical or nearly identical one in Train.",
        "copies": "Of the {n:,} images of Validation {copies:,} ({percent}%) have an identical or "
        "nearly identical one in Train.",
        "same shares": "The classes have the same shares in Train and in Validation.",
        "class": "{name} ({train}% of Train, {validation}% of Validation)",
        "correction": "Where class shares are corrected, those of Validation are estimated from "
        "the answers alone, by expectation maximisation, and each probability is multiplied by the "
        "ratio of this share to the one learned [@saerens2002]. That favours frequent classes, and "
        "takes probabilities at their word, so it may also do harm.",
        "other shares": "The classes have other shares in Train than in Validation: {shift}% of "
        "the images would have to change class, and most differ {named}.",
    },
    "fa": {
        "no copies": "هیچ تصویری از Validation در Train نسخه‌ای یکسان یا کمابیش یکسان ندارد.",
        "copies": "{copies:,} تصویر ({percent}%) از {n:,} تصویر Validation در Train نسخه‌ای یکسان "
        "یا کمابیش یکسان دارند.",
        "same shares": "سهم کلاس‌ها در Train و Validation یکی است.",
        "class": "{name} ({train}% در Train و {validation}% در Validation)",
        "correction": "آنجا که سهم کلاس‌ها اصلاح می‌شود، سهم‌های Validation تنها از روی پاسخ‌ها، با "
        "بیشینه‌سازی امید ریاضی، برآورد می‌شود و هر احتمال در نسبت این سهم به سهم آموخته ضرب می‌شود "
        "[@saerens2002]. این کار به سود کلاس‌های پرشمار است و احتمال‌ها را بی‌چون‌وچرا می‌پذیرد؛ "
        "پس شاید زیان هم برساند.",
        "other shares": "سهم کلاس‌ها در Train و Validation یکی نیست: {shift}% تصویرها باید کلاس "
        "عوض می‌کردند تا یکی شود، و بیشترین تفاوت از آنِ {named} است.",
    },
}


def vary_predictions(
    predictions: Predictions, copies: np.ndarray, learned: np.ndarray
) -> dict[str, Predictions]:
    """Return the answers as they are, and where they apply, without copies and corrected.

    Without copies: the images that Train holds too are left out, unless a class would be lost.
    Corrected: if the shares of the classes differ much from those learned, they are estimated from
    the answers alone and the answers adapted to them, see ``prior_shift``.

    Args:
        predictions: on Validation/.
        copies: (n,) bool, which images have a copy in Train.
        learned: (8,) the classes' shares that the network was trained for.
    """
    variants = {ALL: predictions}
    remaining = np.flatnonzero(~copies)
    if copies.any() and len(np.unique(predictions.labels[remaining])) == len(CLASSES):
        variants[WITHOUT_COPIES] = predictions.select(remaining)
    if measure_shift(learned, count_shares(predictions.labels)) >= WORTH_CORRECTING:
        shares = estimate_shares(predictions.probabilities, learned)
        variants[CORRECTED] = correct_for_shares(predictions, learned, shares)
    return variants


def summarise_variants(
    variants: dict[str, Predictions], num_resamples: int, seed: int
) -> pd.DataFrame:
    """Return the figures of merit of each variant with 95% bootstrap intervals.

    The estimated shares of ``CORRECTED`` are the same in every resample.

    Args:
        variants: of one network, as ``vary_predictions`` returns them.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Columns: network, variant, n, figure, estimate, low, high.
    """
    tables = []
    for variant, predictions in variants.items():
        table = summarise(predictions, num_resamples, seed).rename_axis("figure").reset_index()
        table.insert(0, "n", len(predictions))
        table.insert(0, "variant", variant)
        table.insert(0, "network", predictions.title)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def take_summaries(records: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return for each network, of all images, a table like that of ``metrics.summarise``.

    Args:
        records: of one or several networks, as ``summarise_variants`` returns them.
    """
    whole = records[records["variant"] == ALL].rename(columns={"figure": "figure of merit"})
    return {
        title: rows.set_index("figure of merit")[["estimate", "low", "high"]]
        for title, rows in whole.groupby("network", sort=False)
    }


def format_variants(records: pd.DataFrame, figures: Sequence[str]) -> pd.DataFrame:
    """Return a table of text: a row for each variant, a column for each network and figure.

    Args:
        records: of one or several networks, as ``summarise_variants`` returns them.
        figures: the figures of merit that are shown.
    """
    chosen = records[records["figure"].isin(figures)]
    cells = chosen.assign(
        text=chosen.apply(format_interval, axis="columns"),
        column=chosen["network"] + ": " + chosen["figure"],
        row=chosen["variant"] + chosen["n"].map(" ({:,})".format),
    )
    table = cells.pivot(index="row", columns="column", values="text")
    return table.loc[cells["row"].unique(), cells["column"].unique()].rename_axis(
        index="counted (images)", columns=None
    )


def count_shares(labels: np.ndarray) -> np.ndarray:
    """Return (8,): each class's share of the labels."""
    return np.bincount(labels, minlength=len(CLASSES)) / len(labels)


def measure_shift(one: np.ndarray, other: np.ndarray) -> float:
    """Return the total variation in [0, 1]: the share of images that would have to change."""
    return float(np.abs(one - other).sum() / 2)


def describe_correction(language: str = "en") -> str:
    """Say how answers are corrected for class shares, and what may be wrong with that."""
    return _WORDS[language]["correction"]


def describe_copies(copies: np.ndarray, language: str = "en") -> str:
    """Say how many images of Validation Train holds too.

    Args:
        copies: (n,) bool, which do.
        language: of the sentence.
    """
    return _WORDS[language]["copies" if copies.any() else "no copies"].format(
        n=len(copies), copies=copies.sum(), percent=format_number(100 * copies.mean(), 1)
    )


def describe_shift(dataset: FaceDataset, language: str = "en") -> str:
    """Say how far the classes' shares in Train and Validation differ, and where most."""
    words = _WORDS[language]
    train, validation = (
        count_shares(dataset.labels[dataset.splits == split]) for split in (TRAIN, VALIDATION)
    )
    shift = measure_shift(train, validation)
    if shift == 0:
        return words["same shares"]
    most = np.argsort(-np.abs(train - validation), kind="stable")[:2]
    named = [
        words["class"].format(
            name=name_class(CLASSES[label], language),
            train=format_number(100 * train[label], 1),
            validation=format_number(100 * validation[label], 1),
        )
        for label in most
    ]
    return words["other shares"].format(
        shift=format_number(100 * shift, 1), named=join_words(named, language)
    )
