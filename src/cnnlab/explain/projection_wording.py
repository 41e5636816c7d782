"""Sentences on projections, chosen by the numbers, in English and in Persian.

A difference is named only where its 95% interval excludes zero.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile

import numpy as np

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import join_words
from cnnlab.explain.selectivity import NO_CLASS, Selectivity

KEPT = 0.5
"""A cosine above which two pictures are called much the same; the whole interval must be."""


_WORDS = {
    "en": {
        "small": "no more than an edge or a spot of colour",
        "part": "one part of a face, such as an eye",
        "parts": "several parts of a face together",
        "too few": "For {network} there are too few people to judge the units' preferences.",
        "growth": "For {network} the area is {first} in block 1 and {last} in block {blocks}: "
        "{verdict}.",
        "more": "they grow selective with depth",
        "less": "they grow less selective with depth",
        "overlap": "the intervals overlap, so no growth with depth can be claimed",
        "no preference": "Of the {total} units of {layer}, none prefers the same expression in "
        "both halves.",
        "preferences": "Of the {total} units of {layer}, {preferring} prefer the same expression "
        "in both halves of the people, where units without preference would agree in one of "
        "{classes} cases: {named}.",
        "both": "both rectified rules tell {subject} apart less than the gradient does",
        "one": "only the {rule} rule clearly tells {subject} apart less than the gradient",
        "none": "no rectified rule clearly tells {subject} apart less than the gradient",
        "kept": "stays above {kept} down to {stage}",
        "dropped": "is {value} after the first stage",
        "rule": "by the {rules} rule it {outcome}",
        "rules": "by the {rules} rules it {outcome}",
        "cascade": "the cosine to the picture before shuffling: {parts}",
        "semicolon": "; ",
    },
    "fa": {
        "small": "که چیزی بیش از یک لبه یا لکهٔ رنگ نیست",
        "part": "که یک جزء چهره است، مانند چشم",
        "parts": "که چند جزء چهره با هم است",
        "too few": "برای {network} شمار افراد برای داوری دربارهٔ ترجیح واحدها بس نیست.",
        "growth": "برای {network} این سطح در بلوک ۱ برابر {first} و در بلوک {blocks} برابر {last} "
        "است: {verdict}.",
        "more": "واحدها با عمق گزینشی‌تر می‌شوند",
        "less": "واحدها با عمق کمتر گزینشی می‌شوند",
        "overlap": "بازه‌ها هم‌پوشانی دارند و نمی‌توان رشدی با عمق را ادعا کرد",
        "no preference": "از {total} واحد {layer} هیچ‌یک در هر دو نیمه یک حالت را ترجیح نمی‌دهد.",
        "preferences": "از {total} واحد {layer}، {preferring} واحد در هر دو نیمهٔ افراد یک حالت را "
        "ترجیح می‌دهند، در حالی که واحدهای بی‌ترجیح در یکی از {classes} مورد هم‌رأی می‌شدند: {named}.",
        "both": "هر دو قاعدهٔ یک‌سوشده {subject} را کمتر از گرادیان از هم بازمی‌شناسند",
        "one": "تنها قاعدهٔ {rule} آشکارا {subject} را کمتر از گرادیان از هم بازمی‌شناسد",
        "none": "هیچ قاعدهٔ یک‌سوشده‌ای آشکارا {subject} را کمتر از گرادیان از هم بازنمی‌شناسد",
        "kept": "تا {stage} بالای {kept} می‌ماند",
        "dropped": "پس از نخستین مرحله {value} است",
        "rule": "با قاعدهٔ {rules} {outcome}",
        "rules": "با قاعده‌های {rules} {outcome}",
        "cascade": "کسینوس با تصویر پیش از بُر زدن، {parts}",
        "semicolon": "؛ ",
    },
}


def describe_size(pixels: float, side: int, language: str = "en") -> str:
    """Say what fits into a square of some pixels, in an image that a face fills."""
    share = pixels / side
    size = "small" if share < 0.08 else "part" if share < 0.3 else "parts"
    return _WORDS[language][size]


def describe_growth(network: str, means: Sequence[Mean], language: str = "en") -> str:
    """Say whether units grow selective for expressions from the first block to the last.

    Args:
        network: as the sentence is to call it.
        means: block by block, of the units' areas under the ROC curve.
        language: of the sentence.
    """
    words = _WORDS[language]
    first, last = means[0], means[-1]
    if not (np.isfinite(first.low) and np.isfinite(last.low)):
        return words["too few"].format(network=network)
    change = "more" if last.low > first.high else "less" if last.high < first.low else "overlap"
    return words["growth"].format(
        network=network,
        first=first.format(),
        last=last.format(),
        blocks=len(means),
        verdict=words[change],
    )


def describe_preferences(
    layer: str, found: Selectivity, classes: Sequence[str], language: str = "en"
) -> str:
    """Say how many units of a layer prefer an expression on both halves of the people.

    Args:
        layer: as the sentence is to call it.
        found: what was measured.
        classes: names of the classes, in the sentence's language.
        language: of the sentence.
    """
    words = _WORDS[language]
    preferred = found.classes[(found.classes != NO_CLASS) & (found.areas > 0.5)]
    total = len(found.classes)
    if not len(preferred):
        return words["no preference"].format(total=total, layer=layer)
    counts = np.bincount(preferred, minlength=len(classes))
    order = np.argsort(-counts, kind="stable")
    named = [f"{classes[c]} ({counts[c]})" for c in order if counts[c]]
    return words["preferences"].format(
        total=total,
        layer=layer,
        preferring=len(preferred),
        classes=len(classes),
        named=join_words(named, language),
    )


def describe_dependence(excess: Mapping[str, Mapping[str, Mean]], language: str = "en") -> str:
    """Say whether rectified pictures depend on what they explain less than the gradient does.

    Args:
        excess: what differs between two pictures, such as ``"two classes"`` -> rectified rule ->
            the cosine of the two pictures minus the gradient's, image by image.
        language: of the sentence, and of what differs.
    """
    words = _WORDS[language]
    groups: dict[tuple[str, str], list[str]] = {}
    for subject, by_rule in excess.items():
        groups.setdefault(_judge_excess(by_rule), []).append(subject)
    return words["semicolon"].join(
        words[verdict].format(rule=rule, subject=join_words(subjects, language))
        for (verdict, rule), subjects in groups.items()
    )


def describe_cascade(
    stages: Sequence[str], by_rule: Mapping[str, Sequence[Mean]], language: str = "en"
) -> str:
    """Say how long pictures survive the destruction of the weights that they should explain.

    Args:
        stages: what was shuffled, from the output down.
        by_rule: rule -> the mean cosine to the trained network's pictures after each stage.
        language: of the sentence.
    """
    words = _WORDS[language]
    groups: dict[str, list[str]] = {}
    for rule, means in by_rule.items():
        kept = len(list(takewhile(lambda mean: mean.low > KEPT, means)))
        outcome = (
            words["kept"].format(kept=KEPT, stage=stages[kept - 1])
            if kept
            else words["dropped"].format(value=means[0].format())
        )
        groups.setdefault(outcome, []).append(rule)
    parts = [
        words["rule" if len(rules) == 1 else "rules"].format(
            rules=join_words(rules, language), outcome=outcome
        )
        for outcome, rules in groups.items()
    ]
    return words["cascade"].format(parts=words["semicolon"].join(parts))


def _judge_excess(excess: Mapping[str, Mean]) -> tuple[str, str]:
    """Return which sentence holds, and of which rule it tells."""
    less = [rule for rule, mean in excess.items() if mean.low > 0]
    if len(less) == len(excess):
        return "both", ""
    return ("one", less[0]) if less else ("none", "")
