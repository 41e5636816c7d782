"""Tables and sentences on what survives in reconstructions, chosen by the numbers.

Something is said to survive in a layer where the figure of its reconstructions is better than
that of another face's, with 95% intervals apart.
"""

import pandas as pd

from cnnlab.evaluation.intervals import FEWEST, Mean
from cnnlab.evaluation.wording import join_words
from cnnlab.explain.inversion import (
    COLOUR,
    DECODED,
    ERROR,
    EXPRESSION,
    IMAGE,
    MEAN_FACE,
    OWN,
    PERSON,
    SHIFT,
    SIMILARITY,
    STRANGER,
)

DIGITS = {ERROR: 1, SIMILARITY: 2, COLOUR: 2, SHIFT: 1, OWN: 2, PERSON: 2}
LOWER_IS_BETTER = {ERROR, SHIFT}
ASPECTS = {COLOUR: "colour", SHIFT: "place", OWN: "individual image", PERSON: "person"}


def tabulate_survival(table: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates, a row for each layer and baseline, a column for each figure.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
    """
    shown = table[table["picture"].isin([DECODED, IMAGE, MEAN_FACE])]
    names = {IMAGE: "the image at 64×64", MEAN_FACE: "mean face"}
    rows = {}
    for (network, layer, picture), own in shown.groupby(
        ["network", "layer", "picture"], sort=False
    ):
        title = f"{network}, {layer}" if layer else names[picture]
        rows[title] = {
            row.figure: Mean(row.estimate, float("nan"), float("nan"), row.n).format(
                DIGITS.get(row.figure, 2)
            )
            for row in own.itertuples()
        }
    columns = [name for name in DIGITS if name in set(shown["figure"])]
    columns += [name for name in shown["figure"].unique() if name.startswith(EXPRESSION)]
    return pd.DataFrame(rows).T[columns].rename_axis("decoded from")


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
            f"From {layers[0]} to {layers[-1]} of the {network}, the error {verb} from"
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
    judges = [name for name in table["figure"].unique() if name.startswith(EXPRESSION)]
    aspects = {name: word for name, word in ASPECTS.items() if name in set(table["figure"])}
    aspects |= {name: f"{name}" for name in judges}
    keys = [(network, layer) for network in _networks(table) for layer in _layers(table, network)]
    groups: dict[tuple[str, ...], list[str]] = {}
    for figure, word in aspects.items():
        kept = [key for key in keys if survives(table, *key, figure)]
        names = tuple(f"{layer} of the {network}" for network, layer in kept)
        groups.setdefault(names, []).append(f"the {word}")
    sentences = []
    for names, words in groups.items():
        if len(names) == len(keys):
            where = "in every layer"
        else:
            where = f"in {join_words(list(names))} only" if names else "in no layer"
        verb = "is" if len(words) == 1 else "are"
        subject = join_words(words)
        sentences.append(f"{subject[0].upper()}{subject[1:]} {verb} found {where}.")
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
