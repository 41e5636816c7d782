"""Results as text, in English and in Persian, and as tables of text."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import format_interval, format_number, format_summaries  # noqa: F401
from cnnlab.evaluation.metrics import count_confusions
from cnnlab.evaluation.predictions import Predictions
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.persian import CLASSES_FA, name_title_fa

_WORDS = {
    "en": {
        "sample": "{title}, {split}, n = {n:,} images{people}, seed {seed}",
        "people": " of {people} people",
        "equal recalls": "All classes have a recall of {recall}.",
        "recalls": "The highest recall is that of {best}, the lowest that of {worst}. {verdict}",
        "overlap": "Their intervals overlap: on this sample the order is not certain.",
        "apart": "Their intervals do not overlap, though these classes were picked from eight "
        "after the fact.",
        "no width": "An interval without width only says that all answers there are alike, so on "
        "this sample the order is not certain.",
        "equal counts": "With {images} images of each class, the intervals of the recall are "
        "between {narrow} and {wide} wide{alike}.",
        "alike": "; that of {names} has no width, since all its answers are alike, and does not "
        "tell how far the recall may be off",
        "few": "The intervals of the recall where images are fewest: {named}; the median width of "
        "the others is {others}.",
        "width": "{name} ({images} images; {width} wide)",
        "no mistake": "There is no mistake among these images.",
        "mistake": "{true} taken for {answer} ({images} of {total} images, {percent}%)",
        "mistakes": "Of {wrong} mistakes, the most frequent by share of the true class: {named}.",
        "semicolon": "; ",
        "disagreement": "{first} alone is right on {only_first:,} images, {second} alone on "
        "{only_second:,}. McNemar's exact test, whether these are split evenly but for chance, "
        "has a p-value of {chance}; it takes the images to be independent.",
        "ahead": "{title} is ahead in {figures}",
        "undecided": "this sample does not decide which is ahead in {figures}",
    },
    "fa": {
        "sample": "{title}، {n:,} تصویر {split}{people}، بذر {seed}",
        "people": " از {people} نفر",
        "equal recalls": "بازخوانی همهٔ کلاس‌ها {recall} است.",
        "recalls": "بیشترین بازخوانی از آنِ {best} و کمترین از آنِ {worst} است. {verdict}",
        "overlap": "بازه‌هایشان هم‌پوشانی دارند: با این نمونه ترتیبشان قطعی نیست.",
        "apart": "بازه‌هایشان هم‌پوشانی ندارند، هرچند این کلاس‌ها پس از دیدن نتیجه از میان هشت کلاس "
        "برگزیده شده‌اند.",
        "no width": "بازه‌ای که پهنا ندارد تنها می‌گوید همهٔ پاسخ‌های آنجا یکسان‌اند؛ پس با این نمونه "
        "ترتیبشان قطعی نیست.",
        "equal counts": "با {images} تصویر از هر کلاس، پهنای بازه‌های بازخوانی از {narrow} تا "
        "{wide} است{alike}.",
        "alike": "؛ بازهٔ {names} پهنا ندارد، زیرا همهٔ پاسخ‌های آن یکسان‌اند، و نمی‌گوید بازخوانی چه "
        "اندازه شاید خطا داشته باشد",
        "few": "پهنای بازهٔ بازخوانی آنجا که تصویر از همه کمتر است: {named}؛ میانهٔ پهنای بازه‌های "
        "دیگر {others} است.",
        "width": "{name} ({images} تصویر؛ پهنای {width})",
        "no mistake": "در این تصویرها هیچ اشتباهی نیست.",
        "mistake": "{true} که {answer} خوانده شده است ({images} تصویر از {total}، {percent}%)",
        "mistakes": "از {wrong} اشتباه، پرتکرارترین‌ها به نسبت کلاس درست چنین‌اند: {named}.",
        "semicolon": "؛ ",
        "disagreement": "در {only_first:,} تصویر تنها {first} و در {only_second:,} تصویر تنها "
        "{second} درست می‌گوید. مقدار p در آزمون دقیق مک‌نمار، با این فرض که تنها تصادف این تصویرها "
        "را نابرابر تقسیم کرده باشد، {chance} است؛ این آزمون تصویرها را مستقل می‌گیرد.",
        "ahead": "{title} در {figures} پیش است",
        "undecided": "این نمونه نشان نمی‌دهد کدام‌یک در {figures} پیش است",
    },
}

FIGURES_FA = {
    "accuracy": "دقت",
    "balanced accuracy": "دقت متوازن",
    "macro-F1": "F1 کلان",
    "Cohen's kappa": "کاپای کوهن",
    "macro AUC": "AUC کلان",
    "macro AUC-PR": "AUC-PR کلان",
}
"""Figures of merit as Persian sentences call them, by their English names."""

_TITLES_FA = {
    "Light VGG": "VGG سبک",
    "the light VGG": "VGG سبک",
    "AlexNet variant": "گونهٔ AlexNet",
    "VGG variant": "گونهٔ VGG",
    "MobileNet variant": "گونهٔ MobileNet",
}


def name_sample(predictions: Predictions, seed: int, language: str = "en") -> str:
    """Return what a caption says of the data: title, split, images, people, seed."""
    words, people = _WORDS[language], predictions.identities
    title = predictions.data_title
    return words["sample"].format(
        title=name_title_fa(title) if language == "fa" else title,
        # Beside Persian the slash would be set on the wrong side.
        split=predictions.split.rstrip("/") if language == "fa" else predictions.split,
        n=len(predictions),
        people="" if people is None else words["people"].format(people=len(np.unique(people))),
        seed=seed,
    )


def name_network(title: str, language: str) -> str:
    """Return what a sentence calls a network of that title."""
    return _TITLES_FA.get(title, title) if language == "fa" else title


def name_class(name: str, language: str) -> str:
    """Return what a sentence calls a class."""
    return CLASSES_FA[name] if language == "fa" else name


def format_power(value: float) -> str:
    r"""Return a positive number as TeX with a power of ten: ``$3 \times 10^{-4}$``.

    Three digits at most are kept.
    """
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"${float(mantissa):g} \\times 10^{{{int(exponent)}}}$"


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


def describe_classes(classes: pd.DataFrame, language: str = "en") -> str:
    """Say which classes are recognised best and worst, and whether their intervals overlap.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
        language: of the sentences.
    """
    words = _WORDS[language]
    recalls = classes.loc["recall"]
    estimates = recalls["estimate"]
    best, worst = (estimates.index[estimates == end] for end in (estimates.max(), estimates.min()))
    if len(best) == len(estimates):
        return words["equal recalls"].format(recall=format_number(estimates.max(), 2))
    overlap = recalls.loc[best, "low"].min() <= recalls.loc[worst, "high"].max()
    # Where all answers are alike no resample differs, and the bootstrap says nothing.
    alike = (recalls["low"] == recalls["high"]).loc[[*best, *worst]].any()

    def list_recalls(names: pd.Index) -> str:
        listed = [
            f"{name_class(name, language)} ({format_interval(recalls.loc[name])})" for name in names
        ]
        return join_words(listed, language)

    return words["recalls"].format(
        best=list_recalls(best),
        worst=list_recalls(worst),
        verdict=words["overlap" if overlap else "no width" if alike else "apart"],
    )


def describe_widths(classes: pd.DataFrame, predictions: Predictions, language: str = "en") -> str:
    """Say how wide the intervals of the recall are, above all where images are few.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
        predictions: from which it was computed; their labels are counted.
        language: of the sentence.
    """
    words = _WORDS[language]
    recalls = classes.loc["recall"]
    widths = (recalls["high"] - recalls["low"]).loc[list(CLASSES)]
    counts = pd.Series(np.bincount(predictions.labels, minlength=len(CLASSES)), list(CLASSES))
    if counts.nunique() == 1:
        alike = [name_class(name, language) for name in widths.index[widths == 0]]
        some = alike and len(alike) < len(widths)
        return words["equal counts"].format(
            images=counts.iloc[0],
            narrow=format_number(widths[widths > 0].min() if some else widths.min(), 2),
            wide=format_number(widths.max(), 2),
            alike=words["alike"].format(names=join_words(alike, language)) if some else "",
        )
    few = counts[counts < counts.max()].sort_values(kind="stable").index[:2]
    named = [
        words["width"].format(
            name=name_class(name, language),
            images=counts[name],
            width=format_number(widths[name], 2),
        )
        for name in few
    ]
    return words["few"].format(
        named=join_words(named, language),
        others=format_number(widths.drop(few).median(), 2),
    )


def describe_confusions(predictions: Predictions, most: int = 3, language: str = "en") -> str:
    """Name the most frequent mistakes, as shares of the true class.

    Args:
        predictions: n images.
        most: how many mistakes are named; more, where others are as frequent as the last.
        language: of the sentence.
    """
    words = _WORDS[language]
    counts = count_confusions(predictions, np.ones((1, len(predictions))))[0].astype(int)
    totals = counts.sum(axis=1)
    mistakes = [
        (counts[true, answer] / totals[true], true, answer)
        for true, answer in np.argwhere(counts)
        if true != answer
    ]
    if not mistakes:
        return words["no mistake"]
    # Of equal shares the one of the lower classes comes first.
    mistakes.sort(key=lambda mistake: (-mistake[0], mistake[1], mistake[2]))
    named = [
        words["mistake"].format(
            true=name_class(CLASSES[true], language),
            answer=name_class(CLASSES[answer], language),
            images=counts[true, answer],
            total=totals[true],
            percent=format_number(100 * share, 0),
        )
        for share, true, answer in mistakes
        if share >= mistakes[:most][-1][0]
    ]
    wrong = len(predictions) - int(np.trace(counts))
    return words["mistakes"].format(wrong=wrong, named=words["semicolon"].join(named))


def join_words(words: Sequence[str], language: str = "en") -> str:
    """Return such as ``a, b and c``; of one word, the word."""
    *others, last = words
    comma, conjunction = {"en": (", ", "and"), "fa": ("، ", "و")}[language]
    return f"{comma.join(others)} {conjunction} {last}" if others else last


def describe_disagreement(
    titles: tuple[str, str], counts: tuple[int, int], p_value: float, language: str = "en"
) -> str:
    """Say how often one of two networks alone is right, and what McNemar's test makes of it.

    Args:
        titles: of the two networks, as an English sentence is to call them.
        counts: images that only the first, and only the second, gets right.
        p_value: of McNemar's exact test.
        language: of the sentences.
    """
    first, second = (name_network(title, language) for title in titles)
    return _WORDS[language]["disagreement"].format(
        first=first,
        second=second,
        only_first=counts[0],
        only_second=counts[1],
        chance=format_number(p_value, 3) if p_value >= 0.001 else format_power(p_value),
    )


def describe_differences(
    differences: pd.DataFrame,
    figures: Sequence[str],
    titles: tuple[str, str],
    language: str = "en",
) -> str:
    """Say which of two networks is ahead in which figures of merit, as far as intervals allow.

    Args:
        differences: second network minus first, as in ``comparison.Comparison``.
        figures: which of its rows; in all of these higher is better.
        titles: of the first and of the second network, as an English sentence is to call them.
        language: of the sentence.
    """
    words = _WORDS[language]
    chosen = differences.loc[list(figures)]
    first, second = (name_network(title, language) for title in titles)
    undecided = (chosen["low"] <= 0) & (chosen["high"] >= 0)
    verdicts = (
        (words["ahead"], first, chosen.index[chosen["high"] < 0]),
        (words["ahead"], second, chosen.index[chosen["low"] > 0]),
        (words["undecided"], "", chosen.index[undecided]),
    )
    return words["semicolon"].join(
        verdict.format(title=title, figures=join_words(_name_figures(names, language), language))
        for verdict, title, names in verdicts
        if len(names)
    )


def _name_figures(names: Iterable[str], language: str) -> list[str]:
    return [FIGURES_FA[name] if language == "fa" else name for name in names]
