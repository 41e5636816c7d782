"""The recorded choices of training, as a table and as text in English and in Persian."""

from pathlib import Path

import pandas as pd

from cnnlab.evaluation.ablation_study import (
    CLASS_WEIGHTS,
    MEASURE,
    PRECISION,
    PREFIX,
    judge_choices,
    measure_spread,
)
from cnnlab.evaluation.records import read_runs
from cnnlab.evaluation.wording import format_interval, format_number, name_network
from cnnlab.faces.persian import from_the_left, name_title_fa
from cnnlab.paths import STUDIES

_SHOWN = (MEASURE, "accuracy")

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
        "hurts": "Another way is better in: {named}.",
        "again": "Both ways were therefore trained on all {train_n:,} training images, stopped "
        "early as the report's networks are: {named}.",
        "change": "{way} changes the cross-entropy by {difference} nats",
        "stays": "None is better there by the same measure, so the recipe stays.",
        "goes": "There, too, another way is better: {named}. The report's figures are still the "
        "recipe's, which was fixed before.",
        "undecided": "Not decided: {named}.",
        "equal": "The classes are equal here, so weights of classes change nothing.",
        "weights": "The cross-entropy counts every image the same. Macro-F1, which counts every "
        "class the same, is changed by class weights as follows: {named}.",
        "weighted": "{network}, {other}, {difference}",
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
        "hurts": "روش دیگر بهتر است در: {named}.",
        "again": "از این رو هر دو روش روی همهٔ {train_n:,} تصویر آموزش و با همان توقف زودهنگام "
        "شبکه‌های گزارش آموزش دید: {named}.",
        "change": "{way} آنتروپی متقاطع را {difference} نات جابه‌جا می‌کند",
        "stays": "با همین سنجه هیچ‌یک آنجا بهتر نیست؛ پس دستور می‌ماند.",
        "goes": "آنجا نیز روش دیگر بهتر است: {named}. عددهای گزارش هنوز از دستوری است که پیش از "
        "این تعیین شده بود.",
        "undecided": "نامعلوم: {named}.",
        "equal": "اینجا کلاس‌ها هم‌اندازه‌اند، پس وزن کلاس‌ها چیزی را عوض نمی‌کند.",
        "weights": "در آنتروپی متقاطع همهٔ تصویرها یکسان‌اند. F1 کلان، که در آن همهٔ کلاس‌ها "
        "یکسان‌اند، با وزن کلاس‌ها چنین جابه‌جا می‌شود: {named}.",
        "weighted": "{network}، {other}، {difference}",
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
    "square root": "جذر متوازن‌کننده",
    "weight decay": "زوال وزن",
    "augmentation": "داده‌افزایی",
    "moved, flipped": "جابه‌جایی، قرینه",
    "kept epoch": "دورهٔ برگزیده",
    "lowest loss": "کمترین زیان",
    "last": "آخرین",
    "blocks 4 and 5": "بلوک‌های 4 و 5",
    "block 4": "بلوک 4",
    "fine-tuned": "با تنظیم دقیق",
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
    ways = ["network", "choice", "recipe", "other", "train_n"]
    rows = records[ways].drop_duplicates()
    for figure in _SHOWN:
        chosen = records[records["figure"] == figure].rename(columns={"difference": "estimate"})
        cells = chosen.set_index(ways).apply(format_interval, axis="columns").rename(figure)
        rows = rows.join(cells, on=ways)
    rows = rows.fillna(dict.fromkeys(_SHOWN, "–")).assign(
        train_n=rows["train_n"].map("{:,}".format)
    )
    names = {"other": "instead", "train_n": "images"}
    return rows.rename(columns=names).set_index("network").rename_axis(None)


def describe_ablation(records: pd.DataFrame, language: str = "en") -> str:
    """Say which of the recipe's choices help, which don't, and what is not decided.

    Args:
        records: of one run.
        language: ``en`` or ``fa``.
    """
    words = _WORDS[language]
    part, whole = _separate(records)
    spread = measure_spread(part)
    verdicts = judge_choices(part, spread)

    def name(verdict: int, pattern: str) -> str:
        rows = part.loc[verdicts.index[verdicts == verdict]]
        return words["semicolon"].join(
            _name_way(row, pattern, language) for _, row in rows.iterrows()
        )

    helps, hurts, undecided = name(1, "way"), name(-1, "better"), name(0, "way")
    sentences = [
        words["spread"].format(spread=format_number(spread, 3)),
        words["helps"].format(named=helps) if helps else words["nothing helps"],
        words["hurts"].format(named=hurts) if hurts else "",
        *_describe_second_trial(whole, spread, language),
        words["undecided"].format(named=undecided) if undecided else "",
        words["equal"] if (part["note"] != "").any() else "",
        _describe_weights(part, language),
        _describe_precision(part, language),
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


def _separate(records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the trainings on a part of the images, and those on all."""
    on_part = records["train_n"] == records["train_n"].min()
    return records[on_part], records[~on_part]


def _name_way(row: pd.Series, pattern: str, language: str) -> str:
    return _WORDS[language][pattern].format(
        network=name_network(row["network"], language),
        **{key: _name(row[key], language) for key in ("choice", "recipe", "other")},
    )


def _describe_second_trial(whole: pd.DataFrame, spread: float, language: str) -> list[str]:
    """Say what became of the ways that were better on a part, when all images were used."""
    words, rows = _WORDS[language], whole[whole["figure"] == MEASURE]
    if rows.empty:
        return []
    changes = [
        words["change"].format(
            way=_name_way(row, "better", language),
            difference=format_interval(row.rename({"difference": "estimate"}), 3),
        )
        for _, row in rows.iterrows()
    ]
    verdicts = judge_choices(whole, spread)
    still = whole.loc[verdicts.index[verdicts == -1]]
    better = [_name_way(row, "better", language) for _, row in still.iterrows()]
    return [
        words["again"].format(
            train_n=rows["train_n"].iloc[0], named=words["semicolon"].join(changes)
        ),
        words["goes"].format(named=words["semicolon"].join(better)) if better else words["stays"],
    ]


def _describe_weights(records: pd.DataFrame, language: str) -> str:
    """Say what class weights do to the figure that they are meant for."""
    rows = records[(records["choice"] == CLASS_WEIGHTS) & (records["figure"] == "macro-F1")]
    if rows.empty:
        return ""
    words = _WORDS[language]
    named = [
        words["weighted"].format(
            network=name_network(row["network"], language),
            other=_name(row["other"], language),
            difference=format_interval(row.rename({"difference": "estimate"}), 2),
        )
        for _, row in rows.iterrows()
    ]
    return words["weights"].format(named=words["semicolon"].join(named))


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
