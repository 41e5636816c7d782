"""Tables and sentences on changes to the light VGG: their screening and their trial.

Sentences are made in English and in Persian.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import format_number, join_words, name_network
from cnnlab.explain.improvement import DIFFERENCE
from cnnlab.explain.screening import MEASURE, choose_winner
from cnnlab.models.light_vgg_variants import ORIGINAL

SHOWN = {
    MEASURE: (MEASURE, 2),
    "accuracy": ("accuracy", 3),
    "inside, HiResCAM": ("inside", 2),
    "border, HiResCAM": ("border", 2),
}
"""Figures of the screening that its table shows: heading and digits."""

SHOWN_OF_TRIAL = ("accuracy", "macro-F1", "cross-entropy", "inside, HiResCAM", "border, HiResCAM")
"""Figures of the trial that its table shows; the record has more."""


_WORDS = {
    "en": {
        "winner": "The lowest {measure} of a changed network is that of *{winner}*; minus the "
        "light VGG's it is {difference}. It is taken to the trial.",
        "lower": " Clearly lower than the light VGG's: {names}.",
        "none lower": " None is clearly lower than the light VGG's.",
        "screened": "on the development split the {measure} is clearly below the light VGG's for "
        "{lower} of {count} changed networks, and clearly above it for {higher}",
        "none": "none",
        "higher": " Clearly higher: {names}.",
        "improvement": "On the {kind} ({images:,} images of Validation/, {seeds} seeds each, at "
        "most {epochs} epochs) the accuracy of *{winner}* minus that of the light VGG is "
        "{difference}: {verdict}, with {changed:,} parameters against {original:,}.",
        "gain": "Accuracy of *{winner}* minus the light VGG's on the {kind}, after at most "
        "{epochs} epochs: {difference}.",
        "budgets": "On the {kind} the accuracy of *{winner}* minus the light VGG's is {short} "
        "after at most {fewer} epochs and {long} after at most {more}{meaning}. Validation/ was "
        "looked at for each, so the second look was not blind to the first; networks, recipe and "
        "measure were fixed before both.",
        "faster and higher": ": it learns faster, and it ends higher too",
        "faster only": ": it learns faster; that it ends higher is not shown",
        "faster but lower": ": it learns faster, and it ends lower",
        "rendered": "rendered faces",
        "photographs": "photographs",
        "better": "*{winner}* is better",
        "worse": "*{winner}* is worse",
        "open": "the interval holds 0, so a gain is not shown",
    },
    "fa": {
        "winner": "کمترین {measure} در میان شبکه‌های تغییریافته از آنِ *{winner}* است: تفاوتش با VGG "
        "سبک {difference} است. همین به آزمایش برده می‌شود.",
        "lower": " آشکارا کمتر از VGG سبک: {names}.",
        "none lower": " هیچ‌یک آشکارا کمتر از VGG سبک نیست.",
        "screened": "{measure} در مجموعهٔ توسعه برای {lower} از {count} شبکهٔ تغییریافته آشکارا کمتر "
        "از VGG سبک است و برای {higher} آشکارا بیشتر",
        "none": "هیچ‌یک",
        "higher": " آشکارا بیشتر: {names}.",
        "improvement": "روی {kind} ({images:,} تصویر Validation، هر شبکه با {seeds} بذر و حداکثر "
        "{epochs} دوره) دقت *{winner}* منهای دقت VGG سبک {difference} است: {verdict}، با "
        "{changed:,} پارامتر در برابر {original:,}.",
        "gain": "دقت *{winner}* منهای دقت VGG سبک روی {kind}، پس از حداکثر {epochs} دوره: "
        "{difference}.",
        "budgets": "روی {kind} دقت *{winner}* منهای دقت VGG سبک پس از حداکثر {fewer} دوره "
        "{short} و پس از حداکثر {more} دوره {long} است{meaning}. Validation برای هر کدام دیده شده "
        "است، پس نگاه دوم از نتیجهٔ نگاه نخست بی‌خبر نبود؛ شبکه‌ها، دستور آموزش و معیار پیش از هر "
        "دو تعیین شده بود.",
        "faster and higher": ": تندتر می‌آموزد و در پایان نیز بالاتر است",
        "faster only": ": تندتر می‌آموزد؛ اینکه در پایان بالاتر باشد نشان داده نشده است",
        "faster but lower": ": تندتر می‌آموزد و در پایان پایین‌تر است",
        "rendered": "چهره‌های رندرشده",
        "photographs": "عکس‌ها",
        "better": "*{winner}* بهتر است",
        "worse": "*{winner}* بدتر است",
        "open": "بازه صفر را در بر دارد و بهبودی نشان داده نشده است",
    },
}

NAMES_FA = {
    "pooled": "ادغامی",
    "placed": "مکان‌دار",
    "fine": "ریز",
    "one-sided": "یک‌سویه",
    "framed": "قاب‌دار",
    "erased": "پاک‌شده",
    "normalised": "نرمال‌شده",
    "together": "همه با هم",
    "placed normalised": "مکان‌دارِ نرمال‌شده",
    "placed normalised dropout": "مکان‌دارِ نرمال‌شده با Dropout",
    MEASURE: "آنتروپی متقاطع",
}
"""Changed networks and their measure as Persian sentences call them."""


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
        measure=name_change(MEASURE, language),
        winner=name_change(str(winner.name), language),
        difference=format_difference(winner),
    )
    text += (
        words["lower"].format(names=_list(better, language)) if len(better) else words["none lower"]
    )
    if len(worse):
        text += words["higher"].format(names=_list(worse, language))
    return text


def count_screened(records: pd.DataFrame, language: str = "en") -> str:
    """Say in a clause how many changed networks are clearly better or worse than the light VGG.

    Args:
        records: as ``screening.screen_variants`` makes them.
        language: of the clause.
    """
    words = _WORDS[language]
    rows = records[(records["figure"] == MEASURE) & (records["network"] != ORIGINAL.title)]
    return words["screened"].format(
        count=len(rows),
        lower=int((rows["high"] < 0).sum()) or words["none"],
        higher=int((rows["low"] > 0).sum()) or words["none"],
        measure=name_change(MEASURE, language),
    )


def tabulate_improvements(records: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return, for each trial and figure, both networks' means and their difference.

    Args:
        records: as ``improvement.read_improvements`` gives them.
    """
    rows = []
    for table in records:
        shown = table["figure"].isin(SHOWN_OF_TRIAL)
        differences = table[shown & (table["network"] == DIFFERENCE)]
        single = table[table["network"] != DIFFERENCE]
        means = single.groupby(["network", "figure"])["value"].mean()
        winner = find_changed(table)
        for _, row in differences.iterrows():
            rows.append(
                {
                    "data": "rendered" if row["rendered"] else "photographs",
                    "epochs": f"{int(row['most_epochs'])}",
                    "images": f"{int(row['n']):,}",
                    "figure": row["figure"],
                    "light VGG": format_number(means[ORIGINAL.title, row["figure"]], 3),
                    winner: format_number(means[winner, row["figure"]], 3),
                    "difference": format_gain(row),
                }
            )
    return pd.DataFrame(rows).set_index("data")


def describe_improvement(table: pd.DataFrame, language: str = "en") -> str:
    """Say in a sentence whether the change helped in one trial.

    Args:
        table: of ``improvement.read_improvements``.
        language: of the sentence.
    """
    words = _WORDS[language]
    row = find_difference(table, "accuracy")
    changed = find_changed(table)
    winner = name_change(changed, language)
    parameters = table.groupby("network")["parameters"].first()
    verdict = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "open"
    return words["improvement"].format(
        kind=words["rendered" if row["rendered"] else "photographs"],
        images=int(row["n"]),
        seeds=int(row["seeds"]),
        epochs=int(row["most_epochs"]),
        winner=winner,
        difference=format_gain(row),
        verdict=words[verdict].format(winner=winner),
        changed=int(parameters[changed]),
        original=int(parameters[ORIGINAL.title]),
    )


def group_budgets(trials: Iterable[pd.DataFrame]) -> list[list[pd.DataFrame]]:
    """Return the trials of each data set together, in the order in which they come.

    Args:
        trials: as ``improvement.read_improvements`` gives them, of a data set the shortest first.
    """
    groups: dict[tuple, list[pd.DataFrame]] = {}
    for trial in trials:
        row = trial.iloc[0]
        groups.setdefault((row["rendered"], row["data_digest"]), []).append(trial)
    return list(groups.values())


def describe_budgets(trials: Sequence[pd.DataFrame], language: str = "en") -> str:
    """Say what more epochs make of the gain on one data set.

    Args:
        trials: of one data set, the shortest first.
        language: of the sentences.

    Returns:
        Sentences; none for a single trial.
    """
    words = _WORDS[language]
    if len(trials) < 2:
        return ""
    short, long = (find_difference(trial, "accuracy") for trial in (trials[0], trials[-1]))
    if short["low"] <= 0:
        meaning = ""
    elif long["low"] > 0:
        meaning = words["faster and higher"]
    else:
        meaning = words["faster but lower" if long["high"] < 0 else "faster only"]
    return words["budgets"].format(
        kind=words["rendered" if short["rendered"] else "photographs"],
        winner=name_change(find_changed(trials[0]), language),
        short=format_gain(short),
        fewer=int(short["most_epochs"]),
        long=format_gain(long),
        more=int(long["most_epochs"]),
        meaning=meaning,
    )


def name_gain(table: pd.DataFrame, language: str = "en") -> str:
    """Return the difference in accuracy of one trial, in as few words as a table's cell has.

    Args:
        table: of ``improvement.read_improvements``.
        language: of the words.
    """
    words = _WORDS[language]
    row = find_difference(table, "accuracy")
    return words["gain"].format(
        winner=name_change(find_changed(table), language),
        kind=words["rendered" if row["rendered"] else "photographs"],
        epochs=int(row["most_epochs"]),
        difference=format_gain(row),
    )


def find_changed(table: pd.DataFrame) -> str:
    """Return the title of the changed network in a record of the trial."""
    (title,) = set(table["network"]) - {ORIGINAL.title, DIFFERENCE}
    return title


def find_difference(table: pd.DataFrame, figure: str) -> pd.Series | None:
    """Return the row of a trial with the difference in a figure; None where it has none."""
    rows = table[(table["network"] == DIFFERENCE) & (table["figure"] == figure)]
    return None if rows.empty else rows.iloc[0]


def format_gain(row: pd.Series) -> str:
    """Return such as ``0.036 [−0.050, 0.121]`` for a row with value, low and high."""
    return format_difference(row.rename({"value": "difference"}), 3)


def format_difference(row: pd.Series, digits: int = 2) -> str:
    """Return such as ``−0.10 [−0.15, −0.05]`` for a row with difference, low and high."""
    return Mean(row["difference"], row["low"], row["high"], 1).format(digits)


def name_change(title: str, language: str = "en") -> str:
    """Return what a sentence calls a network or a figure."""
    return NAMES_FA.get(title, name_network(title, language)) if language == "fa" else title


def _list(titles: Iterable[str], language: str) -> str:
    return join_words([f"*{name_change(title, language)}*" for title in titles], language)
