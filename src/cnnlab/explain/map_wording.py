"""Sentences on what maps are worth, chosen by the numbers, in English and in Persian."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import pandas as pd

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import join_words
from cnnlab.faces.persian import from_the_left

MOST_CORRELATED = 0.5
"""A map that correlates more with that of a shuffled head does not depend on what it learned."""

_WORDS = {
    "en": {
        "best": "The baseline with the largest share inside is *{baseline}*, {baseline_share}; the "
        "best map is that of {best}, {best_share}.",
        "above": " Clearly above that baseline: {names}.",
        "below": " Clearly below it: {names}.",
        "none above": " No map lies clearly above it.",
        "trusted": "All tests that set a limit ({tests}) are passed by {names}: on this network "
        "these are the maps to trust first.",
        "steady": " How stable they are is another matter: shifted, they overlap by {overlaps}",
        "steadiest": ", that of {name} by {value}",
        "no test": "No candidate passes any test that sets a limit ({tests}): no map of this "
        "network is to be trusted on this sample.",
        "most": "No candidate passes all tests that set a limit ({tests}). Most of them, {most} "
        "of {all}, are passed by {names}.{failed} So no map of this network is to be trusted "
        "alone.",
        "failed": " No map passes: {tests}.",
        "control": "On right answers minus wrong ones, *{baseline}* itself, which knows nothing "
        "of the network, has {change}{verdict}.",
        "images differ": ": the images differ, not the maps alone",
        "right inside": "Less that baseline, clearly more of the energy lies inside on right "
        "answers than on wrong ones for {count} of {all} methods and layers, most so for {name}, "
        "by {value}.",
        "wrong inside": "Less that baseline, clearly more of the energy lies inside on wrong "
        "answers than on right ones for {count} of {all} methods and layers, most so for {name}, "
        "by {value}.",
        "as inside": "Less that baseline, for no method and layer can the shares inside of right "
        "and of wrong answers ({wrong} images) be told apart.",
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
    },
    "fa": {
        "best": "مبنایی که بیشترین سهم درون را دارد *{baseline}* است، {baseline_share}؛ بهترین "
        "نقشه از آنِ {best} است، {best_share}.",
        "above": " آشکارا بالاتر از این مبنا: {names}.",
        "below": " آشکارا پایین‌تر از آن: {names}.",
        "none above": " هیچ نقشه‌ای آشکارا بالاتر از آن نیست.",
        "trusted": "از همهٔ آزمون‌هایی که حدی دارند ({tests}) این نقشه‌ها می‌گذرند: {names}. در این "
        "شبکه پیش از همه به آن‌ها می‌توان اعتماد کرد.",
        "steady": " پایداری‌شان سخن دیگری است: هم‌پوشانی پس از جابه‌جایی در آن‌ها به ترتیب {overlaps} "
        "است",
        "steadiest": " و در {name} برابر {value}",
        "no test": "هیچ نامزدی از هیچ‌یک از آزمون‌هایی که حدی دارند ({tests}) نمی‌گذرد: با این نمونه "
        "به هیچ نقشه‌ای از این شبکه نمی‌توان اعتماد کرد.",
        "most": "هیچ نامزدی از همهٔ آزمون‌هایی که حدی دارند ({tests}) نمی‌گذرد. بیش از همه، {most} "
        "آزمون از {all}، "
        "را {names} می‌گذرانند.{failed} پس به هیچ نقشه‌ای از این شبکه به‌تنهایی نمی‌توان اعتماد کرد.",
        "failed": " آزمونی که هیچ نقشه‌ای از آن نمی‌گذرد: {tests}.",
        "control": "خودِ *{baseline}*، که از شبکه هیچ نمی‌داند، در پاسخ‌های درست منهای پاسخ‌های "
        "نادرست {change} دارد{verdict}.",
        "images differ": ": خود تصویرها با هم تفاوت دارند، نه تنها نقشه‌ها",
        "right inside": "پس از کم کردن این مبنا، از {all} روش و لایه، {count} تا در پاسخ‌های درست "
        "آشکارا انرژی بیشتری درون می‌گذارند تا در پاسخ‌های نادرست؛ بیش از همه {name}، به اندازهٔ "
        "{value}.",
        "wrong inside": "پس از کم کردن این مبنا، از {all} روش و لایه، {count} تا در پاسخ‌های نادرست "
        "آشکارا انرژی بیشتری درون می‌گذارند تا در پاسخ‌های درست؛ بیش از همه {name}، به اندازهٔ "
        "{value}.",
        "as inside": "پس از کم کردن این مبنا، برای هیچ روش و لایه‌ای نمی‌توان سهم درون در پاسخ‌های "
        "درست و نادرست ({wrong} تصویر) را از هم بازشناخت.",
        "shifts": "با جابه‌جایی تصویر به اندازهٔ {pixels} پیکسل، نقشهٔ {most} بیش از همه همراه آن "
        "جابه‌جا می‌شود (هم‌پوشانی {most_value}) و نقشهٔ {least} کمتر از همه ({least_value})؛ "
        "هم‌وردایی دقیق ۱ می‌داد.",
        "falls": "برای {names}، بازه نخستین بار با بُر خوردن `{stage}` به زیر {limit} می‌رود",
        "stays": "برای {names}، بازه در هیچ مرحله‌ای به زیر {limit} نمی‌رود",
        "shuffling": "با بُر زدن لایه به لایه از خروجی به پایین: {parts}. وقتی هر {stages} لایه بُر "
        "خورده است همبستگی {ends} است.{nothing}",
        "zero": " پس نقشه‌هایی که می‌مانند با نقشه‌های نخست اشتراک آشکاری ندارند.",
        "not zero": " آنچه هنوز بالای صفر است ({names}) کار وزن‌های آموخته نیست.",
        "end": "{value} ({name})",
        "semicolon": "؛ ",
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
}
"""Methods, baselines and tests as Persian sentences call them."""


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


def describe_answers(
    changes: Mapping[str, Mean],
    baseline: str,
    of_baseline: Mean,
    wrong: int,
    language: str = "en",
) -> str:
    """Say whose maps lie more inside the moved pixels on right answers than on wrong ones.

    Args:
        changes: candidate -> mean excess over the baseline on right answers minus that on wrong
            ones.
        baseline: what is subtracted, image by image.
        of_baseline: its own share inside on right answers minus that on wrong ones.
        wrong: number of wrong answers.
        language: of the sentences.
    """
    words = _WORDS[language]
    differ = of_baseline.low > 0 or of_baseline.high < 0
    control = words["control"].format(
        baseline=_name(baseline, language),
        change=of_baseline.format(),
        verdict=words["images differ"] if differ else "",
    )
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
    return " ".join([control, *(sentences or [words["as inside"].format(wrong=wrong)])])


def describe_trust(
    verdicts: pd.DataFrame, overlaps: Mapping[str, Mean], language: str = "en"
) -> str:
    """Say which candidates pass which tests, and how stable those are that pass them all.

    Args:
        verdicts: a row for each candidate, at least one, and a bool column for each test.
        overlaps: as ``describe_shifts`` takes them, of these candidates and others.
        language: of the sentences.
    """
    words = _WORDS[language]
    passed = verdicts.index[verdicts.all(axis=1)]
    tests = list_names(verdicts.columns, language)
    if len(passed):
        steadiest = max(overlaps, key=lambda name: overlaps[name].value)
        values = [f"{overlaps[name].value:.2f}" for name in passed]
        text = words["trusted"].format(tests=tests, names=list_names(passed, language))
        text += words["steady"].format(overlaps=join_words(values, language))
        if steadiest not in passed:
            text += words["steadiest"].format(
                name=list_names([steadiest], language), value=f"{overlaps[steadiest].value:.2f}"
            )
        return text + "."
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
    return NAMES_FA.get(name, name) if language == "fa" else name
