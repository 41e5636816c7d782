"""Sentences on projections, chosen by the numbers.

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


def describe_size(pixels: float, side: int) -> str:
    """Say what fits into a square of some pixels, in an image that a face fills."""
    share = pixels / side
    if share < 0.08:
        return "no more than an edge or a spot of colour"
    if share < 0.3:
        return "one part of a face, such as an eye"
    return "several parts of a face together"


def describe_growth(network: str, means: Sequence[Mean]) -> str:
    """Say whether units grow selective for expressions from the first block to the last.

    Args:
        network: as the sentence is to call it.
        means: block by block, of the units' areas under the ROC curve.
    """
    first, last = means[0], means[-1]
    if not (np.isfinite(first.low) and np.isfinite(last.low)):
        return f"For {network} there are too few people to judge the units' preferences."
    figures = f"{first.format()} in block 1 and {last.format()} in block {len(means)}"
    verdict = (
        "they grow selective with depth"
        if last.low > first.high
        else "they grow less selective with depth"
        if last.high < first.low
        else "the intervals overlap, so no growth with depth can be claimed"
    )
    return f"For {network} the area is {figures}: {verdict}."


def describe_preferences(layer: str, found: Selectivity, classes: Sequence[str]) -> str:
    """Say how many units of a layer prefer an expression on both halves of the people.

    Args:
        layer: as the sentence is to call it.
        found: what was measured.
        classes: names of the classes.
    """
    preferred = found.classes[(found.classes != NO_CLASS) & (found.areas > 0.5)]
    total = len(found.classes)
    if not len(preferred):
        return f"Of the {total} units of {layer}, none prefers the same expression in both halves."
    counts = np.bincount(preferred, minlength=len(classes))
    order = np.argsort(-counts, kind="stable")
    named = join_words([f"{classes[c]} ({counts[c]})" for c in order if counts[c]])
    return (
        f"Of the {total} units of {layer}, {len(preferred)} prefer the same expression in both"
        f" halves of the people, where units without preference would agree in one of"
        f" {len(classes)} cases: {named}."
    )


def describe_dependence(excess: Mapping[str, Mapping[str, Mean]]) -> str:
    """Say whether rectified pictures depend on what they explain less than the gradient does.

    Args:
        excess: what differs between two pictures, such as ``"two classes"`` -> rectified rule ->
            the cosine of the two pictures minus the gradient's, image by image.
    """
    groups: dict[str, list[str]] = {}
    for subject, by_rule in excess.items():
        groups.setdefault(_judge_excess(by_rule), []).append(subject)
    return "; ".join(
        verdict.format(subject=join_words(subjects)) for verdict, subjects in groups.items()
    )


def describe_cascade(stages: Sequence[str], by_rule: Mapping[str, Sequence[Mean]]) -> str:
    """Say how long pictures survive the destruction of the weights that they should explain.

    Args:
        stages: what was shuffled, from the output down.
        by_rule: rule -> the mean cosine to the trained network's pictures after each stage.
    """
    groups: dict[str, list[str]] = {}
    for rule, means in by_rule.items():
        kept = len(list(takewhile(lambda mean: mean.low > KEPT, means)))
        outcome = (
            f"stays above {KEPT} down to {stages[kept - 1]}"
            if kept
            else f"is {means[0].format()} after the first stage"
        )
        groups.setdefault(outcome, []).append(rule)
    parts = [
        f"by the {join_words(rules)} rule{'s' * (len(rules) > 1)} it {outcome}"
        for outcome, rules in groups.items()
    ]
    return f"the cosine to the picture before shuffling: {'; '.join(parts)}"


def _judge_excess(excess: Mapping[str, Mean]) -> str:
    less = [rule for rule, mean in excess.items() if mean.low > 0]
    if len(less) == len(excess):
        return "both rectified rules tell {subject} apart less than the gradient does"
    if less:
        return f"only the {less[0]} rule clearly tells {{subject}} apart less than the gradient"
    return "no rectified rule clearly tells {subject} apart less than the gradient"
