"""Sentences on class activation maps, chosen by the numbers.

A difference is named only where its 95% interval excludes zero.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import join_words


def describe_places(shares: Mapping[str, Mean], areas: Mapping[str, float]) -> str:
    """Say which regions hold more and which less of the evidence than an even map.

    Args:
        shares: region -> mean share of the maps' energy.
        areas: region -> share of an even map.
    """

    def name(regions: Iterable[str]) -> str:
        return join_words(
            [
                f"the {region} ({shares[region].format()} against {areas[region]:.2f})"
                for region in regions
            ]
        )

    more = [region for region, share in shares.items() if share.low > areas[region]]
    less = [region for region, share in shares.items() if share.high < areas[region]]
    if more and less:
        return f"More of the energy than in an even map lies in {name(more)}; less in {name(less)}."
    if more or less:
        word = "More" if more else "Less"
        return f"{word} of the energy than in an even map lies in {name(more or less)}."
    return "No region holds clearly more or less of the energy than in an even map."


def describe_errors(changes: Mapping[str, Mean], wrong: int) -> str:
    """Say where the maps of wrong answers differ from those of right ones.

    Args:
        changes: region -> mean share on wrong answers minus that on right ones.
        wrong: number of wrong answers.
    """
    named = [
        f"the {region} ({change.format()})"
        for region, change in changes.items()
        if change.low > 0 or change.high < 0
    ]
    if not named:
        return (
            f"With {wrong} wrong answers, no difference between the places of right and of wrong "
            "answers can be told from chance in any region."
        )
    return (
        "The share on wrong answers minus that on right ones differs from zero in "
        f"{join_words(named)}. Elsewhere no difference can be told from chance."
    )


def describe_leads(leads: Mapping[str, tuple[str, Mean]]) -> str:
    """Say which band leads in which class, as far as its lead can be told from chance.

    Args:
        leads: class -> the band with most energy, and by how much its share exceeds the next.
    """
    clear: dict[str, list[str]] = {}
    for name, (band, lead) in leads.items():
        if lead.low > 0:
            clear.setdefault(band, []).append(name)
    unclear = [name for name, (_, lead) in leads.items() if not lead.low > 0]
    if not clear:
        return "In no class does one band lead the next clearly."
    named = "; ".join(f"the {band} for {join_words(names)}" for band, names in clear.items())
    rest = f" No band leads clearly for {join_words(unclear)}." if unclear else ""
    return f"The band with the most energy, by predicted class, is {named}.{rest}"


def describe_outside(shares: Mapping[str, Mean], area: float) -> str:
    """Name the classes whose maps lie more on the border than an even map would.

    Args:
        shares: class -> mean share of the border.
        area: share of the border in an even map.
    """
    named = [f"{name} ({share.format()})" for name, share in shares.items() if share.low > area]
    return (
        f"The border holds more than its area of {area:.2f} for {join_words(named)}: such maps lie "
        "more on hair and background than an even map would."
        if named
        else f"For no class does the border hold clearly more than its area of {area:.2f}."
    )


def describe_overlap(true: Mean, other: Mean, excess: Mean) -> str:
    """Say whether wrong answers find the true class in the places of the predicted one.

    Args:
        true: overlap of the maps of the predicted and of the true class.
        other: overlap of the maps of the predicted and of a third class.
        excess: the first minus the second, image by image.
    """
    if excess.low > 0:
        verdict = (
            "The two classes that are confused share their places more than other classes do, "
            "which suggests that the features there do not tell them apart"
        )
    elif excess.high < 0:
        verdict = (
            "The true class has its places further from those of the predicted one than other "
            "classes have, which suggests that evidence for it was seen elsewhere and outvoted"
        )
    else:
        verdict = (
            "The difference cannot be told from chance, so the overlap says nothing particular "
            "of the true class"
        )
    return (
        "On wrong samples, the maps of the predicted and of the true class overlap by "
        f"{true.format()} (sum of minima over sum of maxima, {true.n} images), those of the "
        f"predicted and of a third class, drawn at random, by {other.format()}; the difference is "
        f"{excess.format()}. {verdict}."
    )


def describe_coherence(coherence: Mean, by_chance: float) -> str:
    """Say how much the maps explain of the network.

    Args:
        coherence: mean over the images.
        by_chance: the same with a random sign for each derivative.
    """
    verdict = (
        "The average keeps no more of the gradient than chance would. The maps are a rough hint at "
        "what the network computes, and no decomposition of it; what is said here of places is to "
        "be read with that in mind"
        if coherence.low <= by_chance
        else "Most of the gradient cancels in the average. The maps are a coarse summary of what "
        "the network computes, and no decomposition of it"
        if coherence.value < 0.5
        else "Much of the gradient survives the average, so the maps summarise the network fairly, "
        "though not exactly"
    )
    return (
        f"The coherence of the gradients is {coherence.format()}. It would be 1 with global "
        f"average pooling, and {by_chance:.2f} if each derivative had a random sign. {verdict}."
    )


def describe_sides(excess: Mean) -> str:
    """Say whether the maps of contempt are more one-sided than those of happiness.

    Args:
        excess: one-sidedness of the first minus that of the second.
    """
    if not np.isfinite(excess.low):
        return "Too few images were given this class or happiness to compare their maps."
    verdict = (
        "the network does look more at one side"
        if excess.low > 0
        else "the maps do not show that the network looks at one side"
    )
    return (
        "The one-sidedness of its maps in the lower band, minus that of the maps of happiness, is "
        f"{excess.format()}: {verdict}."
    )
