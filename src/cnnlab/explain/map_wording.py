"""Sentences and tables on what maps are worth and on what was made of them.

Sentences are made in English and in Persian.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import pandas as pd

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import format_number, join_words, name_network
from cnnlab.explain.improvement import DIFFERENCE
from cnnlab.explain.screening import MEASURE, choose_winner
from cnnlab.faces.persian import from_the_left
from cnnlab.models.light_vgg_variants import ORIGINAL

MOST_CORRELATED = 0.5
"""A map that correlates more with that of a shuffled head does not depend on what it learned."""

SHOWN = {
    MEASURE: (MEASURE, 2),
    "accuracy": ("accuracy", 3),
    "inside, HiResCAM": ("inside", 2),
    "border, HiResCAM": ("border", 2),
}
"""Figures of the screening that its table shows: heading and digits."""


_WORDS = {
    "en": {
        "best": "The baseline with the largest share inside is *{baseline}*, {baseline_share}; the "
        "best map is that of {best}, {best_share}.",
        "above": " Clearly above that baseline: {names}.",
        "below": " Clearly below it: {names}.",
        "none above": " No map lies clearly above it.",
        "trusted": "All of the tests ({tests}) are passed by {names}: on this network these are "
        "the maps to trust first.",
        "no test": "No candidate passes any of the tests ({tests}): no map of this network is to "
        "be trusted on this sample.",
        "most": "No candidate passes all of the tests ({tests}). Most of them, {most} of {all}, "
        "are passed by {names}.{failed} So no map of this network is to be trusted alone.",
        "failed": " No map passes: {tests}.",
        "right inside": "For {count} of {all} methods and layers clearly more of the energy lies "
        "inside on right answers than on wrong ones, most so for {name}, by {value}.",
        "wrong inside": "For {count} of {all} methods and layers clearly more of the energy lies "
        "inside on wrong answers than on right ones, most so for {name}, by {value}.",
        "as inside": "For no method and layer can the shares inside of right and of wrong answers "
        "({wrong} images) be told apart.",
        "shifts": "When the image is shifted by {pixels} pixels, the map of {most} moves with it "
        "best (overlap {most_value}), that of {least} least ({least_value}); exact equivariance "
        "would give 1.",
        "falls": "the interval first lies below {limit} once `{stage}` is shuffled for {names}",
        "stays": "it does not come to lie below {limit} at any stage for {names}",
        "shuffling": "Shuffled from the output down, layer after layer: {parts}. With all "
        "{stages} layers shuffled the correlation is {ends}.{nothing}",
        "zero": " So the maps that are left share nothing clear with the first ones.",
        "not zero": " What still lies above zero ({names}) is no work of learned weights.",
        "end": "{value} ({name})",
        "semicolon": "; ",
        "winner": "The lowest {measure} of a changed network is that of *{winner}*; minus the "
        "light VGG's it is {difference}. It is taken to the trial.",
        "lower": " Clearly lower than the light VGG's: {names}.",
        "none lower": " None is clearly lower than the light VGG's.",
        "screened": "on the development split the {measure} is clearly below the light VGG's for "
        "{lower} of {count} changed networks, and clearly above it for {higher}",
        "higher": " Clearly higher: {names}.",
        "improvement": "On the {kind} ({images:,} images of Validation/, {seeds} seeds each) the "
        "accuracy of *{winner}* minus that of the light VGG is {difference}: {verdict}, with "
        "{changed:,} parameters against {original:,}.",
        "gain": "Accuracy of *{winner}* minus the light VGG's on the {kind}: {difference}.",
        "rendered": "rendered faces",
        "photographs": "photographs",
        "better": "*{winner}* is better",
        "worse": "*{winner}* is worse",
        "open": "the interval holds 0, so a gain is not shown",
    },
    "fa": {
        "best": "مبنایی که بیشترین سهم درون را دارد *{baseline}* است، {baseline_share}؛ بهترین "
        "نقشه از آنِ {best} است، {best_share}.",
        "above": " آشکارا بالاتر از این مبنا: {names}.",
        "below": " آشکارا پایین‌تر از آن: {names}.",
        "none above": " هیچ نقشه‌ای آشکارا بالاتر از آن نیست.",
        "trusted": "از همهٔ آزمون‌ها ({tests}) این نقشه‌ها می‌گذرند: {names}. در این شبکه پیش از همه "
        "به آن‌ها می‌توان اعتماد کرد.",
        "no test": "هیچ نامزدی از هیچ‌یک از آزمون‌ها ({tests}) نمی‌گذرد: با این نمونه به هیچ نقشه‌ای "
        "از این شبکه نمی‌توان اعتماد کرد.",
        "most": "هیچ نامزدی از همهٔ آزمون‌ها ({tests}) نمی‌گذرد. بیش از همه، {most} آزمون از {all}، "
        "را {names} می‌گذرانند.{failed} پس به هیچ نقشه‌ای از این شبکه به‌تنهایی نمی‌توان اعتماد کرد.",
        "failed": " آزمونی که هیچ نقشه‌ای از آن نمی‌گذرد: {tests}.",
        "right inside": "از {all} روش و لایه، {count} تا در پاسخ‌های درست آشکارا انرژی بیشتری درون "
        "می‌گذارند تا در پاسخ‌های نادرست؛ بیش از همه {name}، به اندازهٔ {value}.",
        "wrong inside": "از {all} روش و لایه، {count} تا در پاسخ‌های نادرست آشکارا انرژی بیشتری "
        "درون می‌گذارند تا در پاسخ‌های درست؛ بیش از همه {name}، به اندازهٔ {value}.",
        "as inside": "برای هیچ روش و لایه‌ای نمی‌توان سهم درون در پاسخ‌های درست و نادرست ({wrong} "
        "تصویر) را از هم بازشناخت.",
        "shifts": "با جابه‌جایی تصویر به اندازهٔ {pixels} پیکسل، نقشهٔ {most} بیش از همه همراه آن "
        "جابه‌جا می‌شود (هم‌پوشانی {most_value}) و نقشهٔ {least} کمتر از همه ({least_value})؛ "
        "هم‌وردایی دقیق ۱ می‌داد.",
        "falls": "برای {names}، بازه نخستین بار با بُر خوردن `{stage}` به زیر {limit} می‌رود",
        "stays": "برای {names}، بازه در هیچ مرحله‌ای به زیر {limit} نمی‌رود",
        "shuffling": "با بُر زدن لایه به لایه از خروجی به پایین: {parts}. وقتی هر {stages} لایه بُر "
        "خورده است همبستگی {ends} است.{nothing}",
        "zero": " پس نقشه‌هایی که می‌ماند با نقشه‌های نخست اشتراک آشکاری ندارند.",
        "not zero": " آنچه هنوز بالای صفر است ({names}) کار وزن‌های آموخته نیست.",
        "end": "{value} ({name})",
        "semicolon": "؛ ",
        "winner": "کمترین {measure} در میان شبکه‌های تغییریافته از آنِ *{winner}* است: تفاوتش با VGG "
        "سبک {difference} است. همین به آزمایش برده می‌شود.",
        "lower": " آشکارا کمتر از VGG سبک: {names}.",
        "none lower": " هیچ‌یک آشکارا کمتر از VGG سبک نیست.",
        "screened": "{measure} در مجموعهٔ توسعه برای {lower} شبکه از {count} شبکهٔ تغییریافته آشکارا "
        "کمتر از VGG سبک و برای {higher} شبکه آشکارا بیشتر است",
        "higher": " آشکارا بیشتر: {names}.",
        "improvement": "روی {kind} ({images:,} تصویر Validation، هر شبکه با {seeds} بذر) دقت "
        "*{winner}* منهای دقت VGG سبک {difference} است: {verdict}، با {changed:,} پارامتر در "
        "برابر {original:,}.",
        "gain": "دقت *{winner}* منهای دقت VGG سبک روی {kind}: {difference}.",
        "rendered": "چهره‌های رندرشده",
        "photographs": "عکس‌ها",
        "better": "*{winner}* بهتر است",
        "worse": "*{winner}* بدتر است",
        "open": "بازه صفر را در بر دارد و بهبودی نشان داده نشده است",
    },
}

NAMES_FA = {
    "occlusion": "پوشاندن",
    "even": "یکنواخت",
    "centre": "مرکز",
    "edges": "لبه‌ها",
    "random": "تصادفی",
    "plausible": "باورپذیر",
    "used": "به‌کاررفته",
    "sensitive": "حساس",
    "pooled": "ادغامی",
    "placed": "مکان‌دار",
    "fine": "ریز",
    "one-sided": "یک‌سویه",
    "framed": "قاب‌دار",
    "erased": "پاک‌شده",
    "normalised": "نرمال‌شده",
    "together": "همه با هم",
    "placed normalised": "مکان‌دار و نرمال‌شده",
    "placed normalised dropout": "مکان‌دار و نرمال‌شده با Dropout",
    MEASURE: "آنتروپی متقاطع",
}
"""Methods, baselines, tests and changed networks as Persian sentences call them."""


def describe_plausibility(
    inside: Mapping[str, Mean], excess: Mapping[str, Mean], baseline: str, language: str = "en"
) -> str:
    """Say which maps lie more inside the moved pixels than a baseline, on right answers.

    Args:
        inside: candidate and baseline -> mean share of the energy inside.
        excess: candidate -> its share minus the baseline's, image by image.
        baseline: the best of the baselines.
        language: of the sentences.
    """
    words = _WORDS[language]
    above = [name for name, difference in excess.items() if difference.low > 0]
    below = [name for name, difference in excess.items() if difference.high < 0]
    best = max(excess, key=lambda name: inside[name].value)
    text = words["best"].format(
        baseline=_name(baseline, language),
        baseline_share=inside[baseline].format(),
        best=list_names([best], language),
        best_share=inside[best].format(),
    )
    if above:
        text += words["above"].format(names=list_names(above, language))
    if below:
        text += words["below"].format(names=list_names(below, language))
    return text if above else text + words["none above"]


def describe_answers(changes: Mapping[str, Mean], wrong: int, language: str = "en") -> str:
    """Say whose maps lie more inside the moved pixels on right answers than on wrong ones.

    Args:
        changes: candidate -> mean share inside on right answers minus that on wrong ones.
        wrong: number of wrong answers.
        language: of the sentences.
    """
    words = _WORDS[language]
    clear = {
        "right inside": {name: each for name, each in changes.items() if each.low > 0},
        "wrong inside": {name: each for name, each in changes.items() if each.high < 0},
    }
    sentences = []
    for sentence, found in clear.items():
        if found:
            most = max(found, key=lambda name: abs(found[name].value))
            sentences.append(
                words[sentence].format(
                    all=len(changes),
                    count=len(found),
                    name=list_names([most], language),
                    value=found[most].format(),
                )
            )
    return " ".join(sentences) or words["as inside"].format(wrong=wrong)


def describe_trust(verdicts: pd.DataFrame, language: str = "en") -> str:
    """Say which candidates pass which tests.

    Args:
        verdicts: a row for each candidate, at least one, and a bool column for each test.
        language: of the sentences.
    """
    words = _WORDS[language]
    passed = verdicts.index[verdicts.all(axis=1)]
    tests = list_names(verdicts.columns, language)
    if len(passed):
        return words["trusted"].format(tests=tests, names=list_names(passed, language))
    most = verdicts.sum(axis=1)
    if most.max() == 0:
        return words["no test"].format(tests=tests)
    leading = most.index[most == most.max()]
    failed = [test for test in verdicts.columns if not verdicts[test].any()]
    none = words["failed"].format(tests=list_names(failed, language)) if failed else ""
    return words["most"].format(
        tests=tests,
        most=int(most.max()),
        all=len(verdicts.columns),
        names=list_names(leading, language),
        failed=none,
    )


def describe_shuffling(
    stages: Sequence[str], by_method: Mapping[str, Sequence[Mean]], language: str = "en"
) -> str:
    """Say how long maps survive the shuffling of the weights that they should explain.

    Args:
        stages: layers, in the order in which they are shuffled.
        by_method: method -> after each stage the mean correlation with the first map.
        language: of the sentences.
    """
    words = _WORDS[language]

    def find_fall(method: str) -> int:
        below = [at for at, mean in enumerate(by_method[method]) if mean.high < MOST_CORRELATED]
        return below[0] if below else len(stages)

    parts = []
    for fall, methods in groupby(sorted(by_method, key=find_fall), key=find_fall):
        sentence = words["falls" if fall < len(stages) else "stays"]
        parts.append(
            sentence.format(
                limit=MOST_CORRELATED,
                stage=stages[fall] if fall < len(stages) else "",
                names=list_names(methods, language),
            )
        )
    last = {method: means[-1] for method, means in by_method.items()}
    above = [method for method, mean in last.items() if mean.low > 0]
    ends = [
        words["end"].format(value=mean.format(), name=list_names([method], language))
        for method, mean in last.items()
    ]
    return words["shuffling"].format(
        parts=words["semicolon"].join(parts),
        stages=len(stages),
        ends=join_words(ends, language),
        nothing=words["not zero"].format(names=list_names(above, language))
        if above
        else words["zero"],
    )


def tabulate_screening(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network: parameters, figures, and the difference in ``MEASURE``.

    Args:
        records: as ``screening.screen_variants`` makes them.
    """
    values = records.pivot(index="network", columns="figure", values="value")
    rows = records[records["figure"] == MEASURE].set_index("network")
    table = pd.DataFrame({"parameters": [f"{value:,}" for value in rows["parameters"]]}, rows.index)
    for figure, (heading, digits) in SHOWN.items():
        table[heading] = [format_number(value, digits) for value in values.loc[rows.index, figure]]
    changed = rows.index != ORIGINAL.title
    table.insert(
        2,
        "difference",
        [
            format_difference(row) if other else "–"
            for (_, row), other in zip(rows.iterrows(), changed, strict=True)
        ],
    )
    return table


def describe_screening(records: pd.DataFrame, language: str = "en") -> str:
    """Name the winner of the screening, and which differences are clear.

    Args:
        records: as ``screening.screen_variants`` makes them.
        language: of the sentences.
    """
    words = _WORDS[language]
    rows = records[(records["figure"] == MEASURE) & (records["network"] != ORIGINAL.title)]
    winner = rows.set_index("network").loc[choose_winner(records)]
    better = rows.loc[rows["high"] < 0, "network"]
    worse = rows.loc[rows["low"] > 0, "network"]
    text = words["winner"].format(
        measure=_name(MEASURE, language),
        winner=_name(str(winner.name), language),
        difference=format_difference(winner),
    )
    text += (
        words["lower"].format(names=list_names(better, language))
        if len(better)
        else words["none lower"]
    )
    if len(worse):
        text += words["higher"].format(names=list_names(worse, language))
    return text


def count_screened(records: pd.DataFrame, language: str = "en") -> str:
    """Say in a clause how many changed networks are clearly better or worse than the light VGG.

    Args:
        records: as ``screening.screen_variants`` makes them.
        language: of the clause.
    """
    rows = records[(records["figure"] == MEASURE) & (records["network"] != ORIGINAL.title)]
    return _WORDS[language]["screened"].format(
        count=len(rows),
        lower=int((rows["high"] < 0).sum()),
        higher=int((rows["low"] > 0).sum()),
        measure=_name(MEASURE, language),
    )


def describe_shifts(overlaps: Mapping[str, Mean], pixels: int, language: str = "en") -> str:
    """Say which maps move with their image most and least.

    Args:
        overlaps: candidate -> overlap of its map with that of the shifted image, shifted back.
        pixels: by which images are shifted.
        language: of the sentence.
    """
    least, most = (choose(overlaps, key=lambda name: overlaps[name].value) for choose in (min, max))
    return _WORDS[language]["shifts"].format(
        pixels=pixels,
        most=list_names([most], language),
        most_value=overlaps[most].format(),
        least=list_names([least], language),
        least_value=overlaps[least].format(),
    )


def tabulate_improvements(records: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return, for each data set and figure, both networks' means and their difference.

    Args:
        records: as ``improvement.compare_with_original`` makes them, one for each data set.
    """
    rows = []
    for table in records:
        differences = table[table["network"] == DIFFERENCE]
        single = table[table["network"] != DIFFERENCE]
        means = single.groupby(["network", "figure"])["value"].mean()
        winner = find_changed(table)
        for _, row in differences.iterrows():
            rows.append(
                {
                    "data": "rendered" if row["rendered"] else "photographs",
                    "figure": row["figure"],
                    "light VGG": format_number(means[ORIGINAL.title, row["figure"]], 3),
                    winner: format_number(means[winner, row["figure"]], 3),
                    "difference": format_difference(row.rename({"value": "difference"}), 3),
                }
            )
    return pd.DataFrame(rows).set_index("data")


def describe_improvement(table: pd.DataFrame, language: str = "en") -> str:
    """Say in a sentence whether the change helped on one data set.

    Args:
        table: as ``improvement.compare_with_original`` makes it.
        language: of the sentence.
    """
    words = _WORDS[language]
    row = table[(table["network"] == DIFFERENCE) & (table["figure"] == "accuracy")].iloc[0]
    changed = find_changed(table)
    winner = _name(changed, language)
    parameters = table.groupby("network")["parameters"].first()
    verdict = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "open"
    return words["improvement"].format(
        kind=words["rendered" if row["rendered"] else "photographs"],
        images=int(row["n"]),
        seeds=int(row["seeds"]),
        winner=winner,
        difference=format_difference(row.rename({"value": "difference"}), 3),
        verdict=words[verdict].format(winner=winner),
        changed=int(parameters[changed]),
        original=int(parameters[ORIGINAL.title]),
    )


def name_gain(table: pd.DataFrame, language: str = "en") -> str:
    """Return the difference in accuracy on one data set, in as few words as a table's cell has.

    Args:
        table: as ``improvement.compare_with_original`` makes it.
        language: of the words.
    """
    words = _WORDS[language]
    row = table[(table["network"] == DIFFERENCE) & (table["figure"] == "accuracy")].iloc[0]
    return words["gain"].format(
        winner=_name(find_changed(table), language),
        kind=words["rendered" if row["rendered"] else "photographs"],
        difference=format_difference(row.rename({"value": "difference"}), 3),
    )


def find_changed(table: pd.DataFrame) -> str:
    """Return the title of the changed network in a record of the trial."""
    (title,) = set(table["network"]) - {ORIGINAL.title, DIFFERENCE}
    return title


def format_difference(row: pd.Series, digits: int = 2) -> str:
    """Return such as ``−0.10 [−0.15, −0.05]`` for a row with difference, low and high."""
    return Mean(row["difference"], row["low"], row["high"], 1).format(digits)


def judge(
    excess: Mapping[str, Mean], use: Mapping[str, Mean], shuffled: Mapping[str, Mean]
) -> pd.DataFrame:
    """Return which candidates pass which tests: a bool column for each test that was made.

    Args:
        excess: candidate -> share inside minus the best baseline's; empty for photographs.
        use: candidate -> its insertion minus deletion, less that of the random map.
        shuffled: candidate -> correlation with the map of the network with a shuffled head.
    """
    tests = {
        "plausible": {name: each.low > 0 for name, each in excess.items()},
        "used": {name: each.low > 0 for name, each in use.items()},
        "sensitive": {name: each.high < MOST_CORRELATED for name, each in shuffled.items()},
    }
    made = {test: results for test, results in tests.items() if results}
    return pd.DataFrame(made).dropna().astype(bool)


def list_names(names: Iterable[str], language: str = "en") -> str:
    """Return names that hold commas as words: ``Grad-CAM (conv5_2) and edges``."""
    listed = []
    for name, *layer in (name.split(", ") for name in names):
        text = f"{_name(name, language)} (`{layer[0]}`)" if layer else _name(name, language)
        # A Latin name's brackets and pluses would otherwise change sides.
        turned = language == "fa" and name not in NAMES_FA
        listed.append(from_the_left(text) if turned else text)
    return join_words(listed, language)


def _name(name: str, language: str) -> str:
    return NAMES_FA.get(name, name_network(name, language)) if language == "fa" else name
