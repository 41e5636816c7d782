"""Sentences on what survives in reconstructions, chosen by the numbers.

Something is said to survive in a layer where the figure of its reconstructions is better than
that of another face's, with 95% intervals apart.
"""

from collections.abc import Sequence

import pandas as pd

from cnnlab.evaluation.intervals import FEWEST
from cnnlab.evaluation.wording import join_words
from cnnlab.explain.inversion import (
    COLOUR,
    DECODED,
    ERROR,
    EXPRESSION,
    MEAN_FACE,
    OWN,
    PERSON,
    SHIFT,
    SIMILARITY,
    STRANGER,
)

LOWER_IS_BETTER = {ERROR, SHIFT}
ASPECTS = {COLOUR: "colour", SHIFT: "place", OWN: "individual image", PERSON: "person"}


def survives(table: pd.DataFrame, network: str, layer: str, figure: str) -> bool:
    """Return whether a layer's pictures are better than another face's, intervals apart.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        network: title of the network.
        layer: name of the layer.
        figure: of merit.
    """
    rows = table[(table["network"] == network) & (table["layer"] == layer)]
    rows = rows[rows["figure"] == figure].set_index("picture")
    own, other = rows.loc[DECODED], rows.loc[STRANGER]
    if figure in LOWER_IS_BETTER:
        return bool(own["high"] < other["low"])
    return bool(own["low"] > other["high"])


def describe_depth(table: pd.DataFrame) -> str:
    """Say how error and similarity go with depth, network by network.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
    """
    sentences = []
    mean_face = _pick(table, "", "", MEAN_FACE)
    for network in _networks(table):
        layers = _layers(table, network)
        first, last = (_pick(table, network, layer, DECODED) for layer in (layers[0], layers[-1]))
        verb = "rises" if last[ERROR] > first[ERROR] else "falls"
        sentences.append(
            f"From {layers[0]} to {layers[-1]} of {_name(network)}, the error {verb} from"
            f" {first[ERROR]:.1f} to {last[ERROR]:.1f} grey levels and the SSIM goes from"
            f" {first[SIMILARITY]:.2f} to {last[SIMILARITY]:.2f}."
        )
    sentences.append(
        f"The mean face is at {mean_face[ERROR]:.1f} grey levels and {mean_face[SIMILARITY]:.2f}."
    )
    return " ".join(sentences)


def describe_survival(table: pd.DataFrame) -> str:
    """Say layer by layer what is found in the reconstructions.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
    """
    if table.loc[table["picture"] == DECODED, "low"].isna().all():
        return (
            f"With fewer than {FEWEST} people, or images of unknown people, there are no intervals:"
            " what survives cannot be told from chance."
        )
    keys = [(network, layer) for network in _networks(table) for layer in _layers(table, network)]
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for figure, word in _aspects(table).items():
        kept = tuple(key for key in keys if survives(table, *key, figure))
        groups.setdefault(kept, []).append(f"the {word}")
    sentences = []
    for kept, words in groups.items():
        if len(kept) == len(keys):
            where = "in every layer"
        else:
            where = f"only in {_name_layers(kept)}" if kept else "in no layer"
        verb = "is" if len(words) == 1 else "are"
        subject = join_words(words)
        sentences.append(f"{subject[0].upper()}{subject[1:]} {verb} found {where}.")
    return " ".join(sentences)


def describe_gain(small: pd.DataFrame, large: pd.DataFrame) -> str:
    """Say what larger decoders find that small ones do not, and the reverse, on the same data.

    Args:
        small: as ``inversion.measure_inversions`` makes it.
        large: the same; figures of merit that only one of them holds are not compared.
    """
    keys = [(network, layer) for network in _networks(small) for layer in _layers(small, network)]
    more, less = [], []
    for figure, word in _aspects(small).items():
        if figure not in _aspects(large):
            continue
        before, after = (
            {key for key in keys if survives(table, *key, figure)} for table in (small, large)
        )
        for changed, places in ((more, after - before), (less, before - after)):
            if places:
                layers = _name_layers([key for key in keys if key in places])
                changed.append(f"the {word} in {layers}")
    if not more and not less:
        return "Otherwise the larger decoders find the same."
    told = [f"they also find {join_words(more)}"] if more else []
    told += [f"they do not find {join_words(less)}"] if less else []
    return f"Compared with the small decoders, {'; '.join(told)}."


def describe_deepest(table: pd.DataFrame) -> str:
    """Say of each network's deepest inverted layer what it has kept and what not.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
    """
    sentences = []
    for network in _networks(table):
        layer = _layers(table, network)[-1]
        found: dict[bool, list[str]] = {True: [], False: []}
        for figure, word in _aspects(table).items():
            found[survives(table, network, layer, figure)].append(f"the {word}")
        kept, lost = (join_words(found[way]) if found[way] else "" for way in (True, False))
        if not kept:
            told = "nothing is found for certain"
        else:
            told = f"{kept} can be painted" + (f", but not {lost}" if lost else "")
        sentences.append(f"From {layer}, the deepest inverted layer of {_name(network)}, {told}.")
    return " ".join(sentences)


def describe_contrast(contrast: pd.DataFrame, pixels: str, features: str) -> str:
    """Say which method is nearer in pixels and which in features, in how many layers.

    Args:
        contrast: as ``contrast.compare_methods`` makes it.
        pixels: the figure that measures pixels.
        features: the figure that measures features.
    """
    wide = contrast.pivot_table(index=["layer", "figure"], columns="picture", values="estimate")
    decoder_wins = wide[DECODED] < wide.drop(columns=DECODED).iloc[:, 0]

    def count(figure: str) -> str:
        wins = decoder_wins.xs(figure, level="figure")
        if wins.all():
            return "the decoder is nearer in every layer"
        return (
            f"the decoder is nearer in {join_words(list(wins.index[wins]))} only"
            if wins.any()
            else "optimisation is nearer in every layer"
        )

    return f"In pixels, {count(pixels)}; among features, {count(features)}."


def _aspects(table: pd.DataFrame) -> dict[str, str]:
    """Return what may survive, in words, by the figure of merit that measures it."""
    held = list(table["figure"].unique())
    judged = {name: name for name in held if name.startswith(EXPRESSION)}
    return {name: word for name, word in ASPECTS.items() if name in held} | judged


def _name_layers(keys: Sequence[tuple[str, str]]) -> str:
    """Name layers, network by network."""
    networks = dict.fromkeys(network for network, _ in keys)
    return join_words(
        [
            f"{join_words([layer for own, layer in keys if own == network])} of {_name(network)}"
            for network in networks
        ]
    )


def _name(network: str) -> str:
    """Return a network's title as it stands within a sentence."""
    return network if network.isupper() else f"the {network[0].lower()}{network[1:]}"


def _networks(table: pd.DataFrame) -> list[str]:
    return [name for name in table["network"].unique() if name]


def _layers(table: pd.DataFrame, network: str) -> list[str]:
    return list(table.loc[table["network"] == network, "layer"].unique())


def _pick(table: pd.DataFrame, network: str, layer: str, picture: str) -> pd.Series:
    """Return the estimates of one kind of picture by figure."""
    rows = table[
        (table["network"] == network) & (table["layer"] == layer) & (table["picture"] == picture)
    ]
    return rows.set_index("figure")["estimate"]
