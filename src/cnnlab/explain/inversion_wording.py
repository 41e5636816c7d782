"""Sentences on what survives in reconstructions, chosen by the numbers, in both languages.

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
    name_expression,
)

LOWER_IS_BETTER = {ERROR, SHIFT}
ASPECTS = {
    "en": {
        COLOUR: "the colour",
        SHIFT: "the place",
        OWN: "the individual image",
        PERSON: "the person",
    },
    "fa": {COLOUR: "رنگ", SHIFT: "مکان", OWN: "خودِ تصویر", PERSON: "شخص"},
}
_NETWORKS_FA = {"Light VGG": "VGG سبک"}

_WORDS = {
    "en": {
        "rises": "From {first} to {last} of {network}, the error rises from {errors[0]:.1f} to "
        "{errors[1]:.1f} grey levels and the SSIM goes from {ssims[0]:.2f} to {ssims[1]:.2f}.",
        "falls": "From {first} to {last} of {network}, the error falls from {errors[0]:.1f} to "
        "{errors[1]:.1f} grey levels and the SSIM goes from {ssims[0]:.2f} to {ssims[1]:.2f}.",
        "mean face": "The mean face is at {error:.1f} grey levels and {ssim:.2f}.",
        "too few": "With fewer than {fewest} people, or images of unknown people, there are no "
        "intervals: what survives cannot be told from chance.",
        "is everywhere": "{subject} is found in every layer.",
        "are everywhere": "{subject} are found in every layer.",
        "is somewhere": "{subject} is found only in {layers}.",
        "are somewhere": "{subject} are found only in {layers}.",
        "is nowhere": "{subject} is found in no layer.",
        "are nowhere": "{subject} are found in no layer.",
        "change": "{word} in {layers}",
        "same": "Otherwise the larger decoders find the same.",
        "gained": "they also find {changes}",
        "lost": "they do not find {changes}",
        "gain": "Compared with the small decoders, {told}.",
        "nothing kept": "nothing is found for certain",
        "kept": "{kept} can be painted",
        "kept and lost": "{kept} can be painted, but not {lost}",
        "deepest": "From {layer}, the deepest inverted layer of {network}, {told}.",
        "decoder": "the decoder is nearer in every layer",
        "decoder in some": "the decoder is nearer in {layers} only",
        "optimisation": "optimisation is nearer in every layer",
        "contrast": "In pixels, {pixels}; among features, {features}.",
        "layers": "{layers} of {network}",
        "judged": "the {expression}",
        "semicolon": "; ",
    },
    "fa": {
        "rises": "از {first} تا {last} در {network}، خطا از {errors[0]:.1f} به {errors[1]:.1f} سطح "
        "خاکستری بالا می‌رود و SSIM از {ssims[0]:.2f} به {ssims[1]:.2f} می‌رسد.",
        "falls": "از {first} تا {last} در {network}، خطا از {errors[0]:.1f} به {errors[1]:.1f} سطح "
        "خاکستری پایین می‌آید و SSIM از {ssims[0]:.2f} به {ssims[1]:.2f} می‌رسد.",
        "mean face": "برای چهرهٔ میانگین این دو {error:.1f} سطح خاکستری و {ssim:.2f} است.",
        "too few": "با کمتر از {fewest} نفر، یا با تصویر افراد ناشناس، بازه‌ای در کار نیست: آنچه "
        "می‌ماند از تصادف بازشناختنی نیست.",
        "is everywhere": "{subject} در همهٔ لایه‌ها یافت می‌شود.",
        "are everywhere": "{subject} در همهٔ لایه‌ها یافت می‌شوند.",
        "is somewhere": "{subject} تنها در {layers} یافت می‌شود.",
        "are somewhere": "{subject} تنها در {layers} یافت می‌شوند.",
        "is nowhere": "{subject} در هیچ لایه‌ای یافت نمی‌شود.",
        "are nowhere": "{subject} در هیچ لایه‌ای یافت نمی‌شوند.",
        "change": "{word} را در {layers}",
        "same": "جز این، رمزگشاهای بزرگ‌تر همان را می‌یابند.",
        "gained": "{changes} نیز می‌یابند",
        "lost": "{changes} نمی‌یابند",
        "gain": "رمزگشاهای بزرگ‌تر، در مقایسه با رمزگشاهای کوچک، {told}.",
        "nothing kept": "چیزی با اطمینان یافت نمی‌شود",
        "kept": "می‌توان {kept} را بازیافت",
        "kept and lost": "می‌توان {kept} را بازیافت، ولی {lost} را نه",
        "deepest": "از {layer}، ژرف‌ترین لایهٔ وارون‌شدهٔ {network}، {told}.",
        "decoder": "رمزگشا در همهٔ لایه‌ها نزدیک‌تر است",
        "decoder in some": "رمزگشا تنها در {layers} نزدیک‌تر است",
        "optimisation": "بهینه‌سازی در همهٔ لایه‌ها نزدیک‌تر است",
        "contrast": "در پیکسل‌ها {pixels}؛ در میان ویژگی‌ها {features}.",
        "layers": "{layers} در {network}",
        "judged": "حالت چهره (با داوری {judge})",
        "semicolon": "؛ ",
    },
}


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


def describe_depth(table: pd.DataFrame, language: str = "en") -> str:
    """Say how error and similarity go with depth, network by network.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        language: of the sentences.
    """
    words = _WORDS[language]
    sentences = []
    mean_face = _pick(table, "", "", MEAN_FACE)
    for network in _networks(table):
        layers = _layers(table, network)
        ends = [_pick(table, network, layer, DECODED) for layer in (layers[0], layers[-1])]
        errors, ssims = ([end[figure] for end in ends] for figure in (ERROR, SIMILARITY))
        sentences.append(
            words["rises" if errors[1] > errors[0] else "falls"].format(
                first=layers[0],
                last=layers[-1],
                network=_name(network, language),
                errors=errors,
                ssims=ssims,
            )
        )
    sentences.append(words["mean face"].format(error=mean_face[ERROR], ssim=mean_face[SIMILARITY]))
    return " ".join(sentences)


def describe_survival(table: pd.DataFrame, language: str = "en") -> str:
    """Say layer by layer what is found in the reconstructions.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        language: of the sentences.
    """
    words = _WORDS[language]
    if table.loc[table["picture"] == DECODED, "low"].isna().all():
        return words["too few"].format(fewest=FEWEST)
    keys = [(network, layer) for network in _networks(table) for layer in _layers(table, network)]
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for figure, word in _aspects(table, language).items():
        kept = tuple(key for key in keys if survives(table, *key, figure))
        groups.setdefault(kept, []).append(word)
    sentences = []
    for kept, found in groups.items():
        where = "everywhere" if len(kept) == len(keys) else "somewhere" if kept else "nowhere"
        subject = join_words(found, language)
        sentences.append(
            words[f"{'is' if len(found) == 1 else 'are'} {where}"].format(
                subject=f"{subject[0].upper()}{subject[1:]}",
                layers=_name_layers(kept, language) if kept else "",
            )
        )
    return " ".join(sentences)


def describe_gain(small: pd.DataFrame, large: pd.DataFrame, language: str = "en") -> str:
    """Say what larger decoders find that small ones do not, and the reverse, on the same data.

    Args:
        small: as ``inversion.measure_inversions`` makes it.
        large: the same; figures of merit that only one of them holds are not compared.
        language: of the sentence.
    """
    words = _WORDS[language]
    keys = [(network, layer) for network in _networks(small) for layer in _layers(small, network)]
    gained, lost = [], []
    for figure, word in _aspects(small, language).items():
        if figure not in _aspects(large, language):
            continue
        before, after = (
            {key for key in keys if survives(table, *key, figure)} for table in (small, large)
        )
        for changed, places in ((gained, after - before), (lost, before - after)):
            if places:
                layers = _name_layers([key for key in keys if key in places], language)
                changed.append(words["change"].format(word=word, layers=layers))
    told = [
        words[way].format(changes=join_words(changes, language))
        for way, changes in (("gained", gained), ("lost", lost))
        if changes
    ]
    if not told:
        return words["same"]
    return words["gain"].format(told=words["semicolon"].join(told))


def describe_deepest(table: pd.DataFrame, language: str = "en") -> str:
    """Say of each network's deepest inverted layer what it has kept and what not.

    Args:
        table: as ``inversion.measure_inversions`` makes it.
        language: of the sentences.
    """
    words = _WORDS[language]
    sentences = []
    for network in _networks(table):
        layer = _layers(table, network)[-1]
        found: dict[bool, list[str]] = {True: [], False: []}
        for figure, word in _aspects(table, language).items():
            found[survives(table, network, layer, figure)].append(word)
        kept, lost = (
            join_words(found[way], language) if found[way] else "" for way in (True, False)
        )
        told = "nothing kept" if not kept else "kept and lost" if lost else "kept"
        sentences.append(
            words["deepest"].format(
                layer=layer,
                network=_name(network, language),
                told=words[told].format(kept=kept, lost=lost),
            )
        )
    return " ".join(sentences)


def describe_contrast(
    contrast: pd.DataFrame, pixels: str, features: str, language: str = "en"
) -> str:
    """Say which method is nearer in pixels and which in features, in how many layers.

    Args:
        contrast: as ``contrast.compare_methods`` makes it.
        pixels: the figure that measures pixels.
        features: the figure that measures features.
        language: of the sentence.
    """
    words = _WORDS[language]
    wide = contrast.pivot_table(index=["layer", "figure"], columns="picture", values="estimate")
    decoder_wins = wide[DECODED] < wide.drop(columns=DECODED).iloc[:, 0]

    def count(figure: str) -> str:
        wins = decoder_wins.xs(figure, level="figure")
        if wins.all():
            return words["decoder"]
        if not wins.any():
            return words["optimisation"]
        layers = join_words(list(wins.index[wins]), language)
        return words["decoder in some"].format(layers=layers)

    return words["contrast"].format(pixels=count(pixels), features=count(features))


def _aspects(table: pd.DataFrame, language: str) -> dict[str, str]:
    """Return what may survive, in words, by the figure of merit that measures it."""
    held = list(table["figure"].unique())
    aspects = {name: word for name, word in ASPECTS[language].items() if name in held}
    for name in held:
        if name.startswith(EXPRESSION):
            judge = name.removeprefix(name_expression(""))
            aspects[name] = _WORDS[language]["judged"].format(
                expression=name, judge=_NETWORKS_FA.get(judge, judge)
            )
    return aspects


def _name_layers(keys: Sequence[tuple[str, str]], language: str) -> str:
    """Name layers, network by network."""
    networks = dict.fromkeys(network for network, _ in keys)
    named = [
        _WORDS[language]["layers"].format(
            layers=join_words([layer for own, layer in keys if own == network], language),
            network=_name(network, language),
        )
        for network in networks
    ]
    return join_words(named, language)


def _name(network: str, language: str) -> str:
    """Return a network's title as it stands within a sentence."""
    if language == "fa":
        return _NETWORKS_FA.get(network, network)
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
