"""The recorded choices of training, as a table and as text in English and in Persian."""

from pathlib import Path

import pandas as pd

from cnnlab.evaluation.ablation_study import FIGURES, LIGHT, PRECISION, PREFIX, SEED_CHOICE
from cnnlab.evaluation.records import read_runs
from cnnlab.evaluation.wording import format_interval, format_number, name_network
from cnnlab.faces.persian import from_the_left, name_title_fa
from cnnlab.paths import STUDIES

MEASURE = FIGURES[0]
_SHOWN = {MEASURE: "change of cross-entropy", "accuracy": "change of accuracy"}

_WORDS = {
    "en": {
        "origin": "{data} ({train_n:,} training and {n:,} development images; profile "
        "`{profile}`; {date}; {processor})",
        "spread": "Three seeds of the light VGG are up to {spread} nats apart.",
        "way": "{network}: {choice} ({recipe}, not {other})",
        "better": "{network}: {choice} ({other}, not {recipe})",
        "helps": "The recipe's way lowers the cross-entropy of the development images by more "
        "than this sample and these seeds explain in: {named}.",
        "nothing helps": "In no choice does the recipe's way lower the cross-entropy of the "
        "development images by more than this sample and these seeds explain.",
        "hurts": "Another way is better in: {named}. So few images and one training each are "
        "reason enough to try it at full size, not to change the recipe.",
        "undecided": "Not decided: {named}.",
        "equal": "The classes are equal here, so weights of classes change nothing.",
        "precision": "The same training in {other} in place of {recipe} changes the cross-entropy "
        "by {difference} nats, {verdict} seeds do.",
        "within": "no more than",
        "beyond": "more than",
        "semicolon": "; ",
    },
    "fa": {
        "origin": "{data} ({train_n:,} تصویر آموزش و {n:,} تصویر توسعه؛ اندازهٔ اجرا `{profile}`؛ "
        "{date}؛ {processor})",
        "spread": "سه بذر VGG سبک تا {spread} نات با هم فاصله دارند.",
        "way": "{network}: {choice} ({recipe}، نه {other})",
        "better": "{network}: {choice} ({other}، نه {recipe})",
        "helps": "روش دستور آموزش آنتروپی متقاطع تصویرهای توسعه را بیش از آنچه از این نمونه و این "
        "بذرها برمی‌آید پایین می‌آورد در: {named}.",
        "nothing helps": "در هیچ انتخابی روش دستور آموزش آنتروپی متقاطع تصویرهای توسعه را بیش از "
        "آنچه از این نمونه و این بذرها برمی‌آید پایین نمی‌آورد.",
        "hurts": "روش دیگر بهتر است در: {named}. با تصویرهایی به این کمی و یک بار آموزش، "
        "بجاست که آن را در اندازهٔ کامل آزمود، نه آنکه دستور را عوض کرد.",
        "undecided": "نامعلوم: {named}.",
        "equal": "اینجا کلاس‌ها هم‌اندازه‌اند، پس وزن کلاس‌ها چیزی را عوض نمی‌کند.",
        "precision": "همان آموزش در {other} به جای {recipe} آنتروپی متقاطع را {difference} نات "
        "جابه‌جا می‌کند، {verdict} بذرها.",
        "within": "نه بیش از",
        "beyond": "بیش از",
        "semicolon": "؛ ",
    },
}

_NAMES_FA = {
    "learning rate": "نرخ یادگیری",
    "half a cosine": "نیم‌موج کسینوسی",
    "constant": "ثابت",
    "label smoothing": "هموارسازی برچسب",
    "none": "هیچ",
    "class weights": "وزن کلاس‌ها",
    "balanced": "متوازن‌کننده",
    "square root of balanced": "جذر متوازن‌کننده",
    "weight decay": "زوال وزن",
    "augmentation": "داده‌افزایی",
    "rotation, shift, flip": "چرخش، جابه‌جایی، قرینه",
    "kept epoch": "دورهٔ برگزیده",
    "lowest development loss": "کمترین زیان توسعه",
    "last": "آخرین",
    "block 5": "بلوک 5",
    "block 4": "بلوک 4",
    "fine-tuned": "با تنظیم دقیق",
    "fine-tuned after block 5": "با تنظیم دقیق پس از بلوک 5",
    "frozen": "منجمد",
    "augmented copies": "نسخه‌های افزونه",
}


def read_ablations(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, one table for each run."""
    return [records.fillna({"note": ""}) for records in read_runs(PREFIX, folder)]


def tabulate_ablation(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each choice, as text: both ways, and what the other one changes.

    Args:
        records: of one run, as ``ablation_study.measure_alternatives`` makes them.
    """
    ways = ["network", "choice", "recipe", "other"]
    rows = records[ways].drop_duplicates()
    for figure, column in _SHOWN.items():
        chosen = records[records["figure"] == figure].rename(columns={"difference": "estimate"})
        cells = chosen.set_index(ways).apply(format_interval, axis="columns").rename(column)
        rows = rows.join(cells, on=ways)
    rows = rows.fillna(dict.fromkeys(_SHOWN.values(), "–")).rename(columns={"other": "instead"})
    return rows.set_index("network").rename_axis(None)


def measure_spread(records: pd.DataFrame) -> float:
    """Return how far the cross-entropies of the light VGG's seeds are apart, in nats."""
    seeds = records[(records["choice"] == SEED_CHOICE) & (records["figure"] == MEASURE)]
    values = [*seeds["recipe_value"], *seeds["value"]]
    return max(values) - min(values)


def judge_choices(records: pd.DataFrame) -> pd.Series:
    """Say whether the recipe's way is better (1), worse (-1), or neither is known (0).

    One is better where the interval of the difference in cross-entropy excludes zero and, for the
    light VGG, whose seeds are known, the difference exceeds theirs.

    Returns:
        Index: that of the rows of ``records`` for the cross-entropy, without seeds, without the
        number format, which is chosen for its speed, and without what the data do not offer.
    """
    rows = records[(records["figure"] == MEASURE) & (records["note"] == "")]
    rows = rows[~rows["choice"].isin([SEED_CHOICE, PRECISION])]
    least = (rows["network"] == LIGHT) * measure_spread(records)
    better = (rows["low"] > 0) & (rows["difference"] > least)
    worse = (rows["high"] < 0) & (-rows["difference"] > least)
    return better.astype(int) - worse.astype(int)


def describe_ablation(records: pd.DataFrame, language: str = "en") -> str:
    """Say which of the recipe's choices help, which don't, and what is not decided.

    Args:
        records: of one run.
        language: ``en`` or ``fa``.
    """
    words, verdicts = _WORDS[language], judge_choices(records)

    def name(verdict: int, pattern: str) -> str:
        rows = records.loc[verdicts.index[verdicts == verdict]]
        return words["semicolon"].join(
            words[pattern].format(
                network=name_network(row["network"], language),
                **{key: _name(row[key], language) for key in ("choice", "recipe", "other")},
            )
            for _, row in rows.iterrows()
        )

    helps, hurts, undecided = name(1, "way"), name(-1, "better"), name(0, "way")
    sentences = [
        words["spread"].format(spread=format_number(measure_spread(records), 3)),
        words["helps"].format(named=helps) if helps else words["nothing helps"],
        words["hurts"].format(named=hurts) if hurts else "",
        words["undecided"].format(named=undecided) if undecided else "",
        words["equal"] if (records["note"] != "").any() else "",
        _describe_precision(records, language),
    ]
    return " ".join(filter(None, sentences))


def describe_origin(records: pd.DataFrame, language: str = "en") -> str:
    """Say on what a record was made: data, images, profile, date and processor."""
    row = records[records["note"] == ""].iloc[0]
    data, date, processor = row["data"], row["date"], row["processor"]
    if language == "fa":
        data, date, processor = name_title_fa(data), from_the_left(date), from_the_left(processor)
    return _WORDS[language]["origin"].format(
        data=data,
        train_n=row["train_n"],
        n=int(row["n"]),
        profile=row["profile"],
        date=date,
        processor=processor,
    )


def _describe_precision(records: pd.DataFrame, language: str) -> str:
    rows = records[(records["choice"] == PRECISION) & (records["figure"] == MEASURE)]
    if rows.empty:
        return ""
    words, row = _WORDS[language], rows.iloc[0]
    inside = abs(row["difference"]) <= measure_spread(records)
    return words["precision"].format(
        other=row["other"],
        recipe=row["recipe"],
        difference=format_interval(row.rename({"difference": "estimate"}), 3),
        verdict=words["within" if inside else "beyond"],
    )


def _name(text: str, language: str) -> str:
    return _NAMES_FA.get(text, text) if language == "fa" else text
