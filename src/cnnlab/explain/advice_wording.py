"""What follows from the trial for the light VGG, in English and in Persian.

A change is recommended only for data on which the interval of its gain lies above zero. Of trials
on the same data that with the most epochs counts.
"""

from collections.abc import Sequence

import pandas as pd

from cnnlab.evaluation.wording import join_words
from cnnlab.explain.change_wording import (
    describe_budgets,
    find_changed,
    find_difference,
    format_difference,
    format_gain,
    group_budgets,
    name_change,
)
from cnnlab.explain.screening import MEASURE
from cnnlab.models.light_vgg_variants import ORIGINAL

CHANGES = {
    "pooled": (
        "put global average pooling and one linear layer in place of Flatten and the two hidden "
        "dense layers",
        "به جای Flatten و دو لایهٔ پنهان تمام‌متصل، ادغام میانگین سراسری و یک لایهٔ خطی بگذارید",
    ),
    "placed": (
        "let Flatten be followed by one linear layer, without the two hidden dense layers",
        "پس از Flatten تنها یک لایهٔ خطی بگذارید، بدون دو لایهٔ پنهان تمام‌متصل",
    ),
    "fine": (
        "pool globally before one linear layer, and keep block 5 at twice the resolution by "
        "dilation in place of the fourth pool",
        "پیش از یک لایهٔ خطی به‌طور سراسری ادغام کنید، و با اتساع به جای ادغام چهارم، تفکیک بلوک ۵ "
        "را دو برابر نگه دارید",
    ),
    "one-sided": (
        "pool globally before one linear layer, and give it also how far each map differs from "
        "its mirror image",
        "پیش از یک لایهٔ خطی به‌طور سراسری ادغام کنید، و تفاوت هر نقشه با تصویر آینه‌ای آن را نیز به "
        "آن لایه بدهید",
    ),
    "framed": (
        "paint a grey frame over the border of the image",
        "روی حاشیهٔ تصویر قابی خاکستری بکشید",
    ),
    "erased": (
        "erase random rectangles of the training images",
        "در تصویرهای آموزش مستطیل‌هایی تصادفی را پاک کنید",
    ),
    "normalised": (
        "pool globally before one linear layer, and normalise each convolution over the batch",
        "پیش از یک لایهٔ خطی به‌طور سراسری ادغام کنید، و خروجی هر کانولوشن را روی دسته نرمال کنید",
    ),
    "together": (
        "pool globally before one linear layer, normalise over the batch, give the mirrored "
        "differences too, and erase random rectangles in training",
        "پیش از یک لایهٔ خطی به‌طور سراسری ادغام کنید، روی دسته نرمال کنید، تفاوت با آینه را نیز "
        "بدهید، و در آموزش مستطیل‌هایی تصادفی را پاک کنید",
    ),
    "placed normalised": (
        "let Flatten be followed by one linear layer, without the two hidden dense layers, and "
        "normalise each convolution over the batch",
        "پس از Flatten تنها یک لایهٔ خطی بگذارید، بدون دو لایهٔ پنهان تمام‌متصل، و خروجی هر کانولوشن "
        "را روی دسته نرمال کنید",
    ),
    "placed normalised dropout": (
        "let Flatten be followed by dropout and one linear layer, without the two hidden dense "
        "layers, and normalise each convolution over the batch",
        "پس از Flatten تنها Dropout و یک لایهٔ خطی بگذارید، بدون دو لایهٔ پنهان تمام‌متصل، و خروجی "
        "هر کانولوشن را روی دسته نرمال کنید",
    ),
}
"""What each changed network does, as an instruction in English and in Persian."""

HEADS = {
    "normalised": "pooled",
    "together": "pooled",
    "placed normalised": "placed",
    "placed normalised dropout": "placed",
}
"""Changed networks with batch normalisation, which was not added for what a map shows, and those
that have their head alone."""

_WORDS = {
    "en": {
        "rendered": "the rendered faces",
        "photographs": "the photographs",
        "figure": "{difference} on {data}",
        "change": "**What to change:** {change} (*{name}*). It raises the accuracy by {gains} "
        "(95% intervals), with {changed:,} parameters in place of {original:,}.",
        "open": " Elsewhere no gain is shown: {figures}.",
        "worse": " It costs accuracy elsewhere: {figures}; for such data it is not recommended.",
        "none": "**What to change:** no change is shown to raise the accuracy. The winner of the "
        "screening is *{name}*: {change}. Its accuracy minus that of the light VGG is {figures}, "
        "with {changed:,} parameters in place of {original:,}.",
        "spread": " Over the seeds the light VGG's accuracy alone ranges {ranges}.",
        "range": "from {low:.3f} to {high:.3f} on {data}",
        "no gain": " {zero} The screening took the best of {count} with one seed; there its "
        "{measure} minus the light VGG's was {difference}.",
        "holds zero": "Where an interval holds 0, the change neither helps clearly nor harms "
        "clearly.",
        "sharper": " Its {measure} on Validation/ is clearly lower: {figures}.",
        "below zero": "Somewhere the interval lies below 0: there the change harms.",
        "localised": " HiResCAM's share of energy inside the moved pixels changes by {inside}, "
        "that on the border by {border}.",
        "unargued": " The maps argue for the head without hidden layers; no map argues for the "
        "normalisation.",
        "head alone": " With that head alone, *{head}*, the {measure} in the screening minus the "
        "light VGG's is {difference}.",
        "next": " Not tried with several seeds: *{name}*, second in the screening.",
    },
    "fa": {
        "rendered": "چهره‌های رندرشده",
        "photographs": "عکس‌ها",
        "figure": "{difference} روی {data}",
        "change": "**چه باید عوض کرد:** {change} (*{name}*). دقت به این اندازه بالا می‌رود: "
        "{gains} (بازه‌های ۹۵٪)، با {changed:,} پارامتر به جای {original:,}.",
        "open": " در جای دیگر بهبودی نشان داده نشده است: {figures}.",
        "worse": " در جای دیگر دقت را پایین می‌آورد: {figures}؛ برای چنان داده‌ای توصیه نمی‌شود.",
        "none": "**چه باید عوض کرد:** نشان داده نشده است که تغییری دقت را بالا ببرد. برندهٔ غربال "
        "*{name}* است: {change}. دقت آن منهای دقت VGG سبک {figures} است، با {changed:,} پارامتر به "
        "جای {original:,}.",
        "spread": " دقت VGG سبک به‌تنهایی از بذری به بذر دیگر {ranges} است.",
        "range": "از {low:.3f} تا {high:.3f} روی {data}",
        "no gain": " {zero} غربال بهترین را از میان {count} شبکه با یک بذر برگزید؛ آنجا {measure} "
        "آن منهای مقدار VGG سبک {difference} بود.",
        "holds zero": "آنجا که بازه صفر را در بر دارد، این تغییر نه آشکارا کمک می‌کند و نه آشکارا "
        "زیان می‌رساند.",
        "sharper": " {measure} آن در Validation آشکارا کمتر است: {figures}.",
        "below zero": "در جایی بازه زیر صفر است: آنجا این تغییر زیان می‌رساند.",
        "localised": " سهم انرژی HiResCAM درون پیکسل‌های جابه‌جاشده به اندازهٔ {inside} و در حاشیه به "
        "اندازهٔ {border} تغییر می‌کند.",
        "unargued": " نقشه‌ها به سود سرِ بدون لایهٔ پنهان گواهی می‌دهند؛ برای نرمال‌سازی "
        "هیچ نقشه‌ای گواهی نمی‌دهد.",
        "head alone": " تنها با آن سر، *{head}*، {measure} در غربال منهای مقدار VGG سبک "
        "{difference} است.",
        "next": " هنوز با چند بذر آزموده نشده است: *{name}*، دومِ غربال.",
    },
}


def describe_advice(
    trials: Sequence[pd.DataFrame], screening: pd.DataFrame | None, language: str = "en"
) -> str:
    """Say what to change in the light VGG, and by how much it helps on which data.

    Args:
        trials: at least one, as ``improvement.read_improvements`` gives them, of one and the same
            changed network.
        screening: as ``screening.screen_variants`` makes it, with the changed network; None
            without a record.
        language: of the sentences.

    Raises:
        ValueError: the records are of several changed networks.
    """
    words = _WORDS[language]
    names = sorted({find_changed(trial) for trial in trials})
    if len(names) != 1:
        raise ValueError(f"Records of one changed network are needed; got those of {names}.")
    (name,) = names
    groups = group_budgets(trials)
    longest = [group[-1] for group in groups]
    found = {"better": [], "open": [], "worse": []}
    for trial in longest:
        row = find_difference(trial, "accuracy")
        verdict = "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "open"
        found[verdict].append(_name_figure(row, words))
    parameters = trials[0].groupby("network")["parameters"].first()
    facts = {
        "change": CHANGES[name][language == "fa"],
        "name": name_change(name, language),
        "changed": int(parameters[name]),
        "original": int(parameters[ORIGINAL.title]),
    }
    if found["better"]:
        text = words["change"].format(gains=join_words(found["better"], language), **facts)
        for verdict in ("open", "worse"):
            if found[verdict]:
                text += words[verdict].format(figures=join_words(found[verdict], language))
    else:
        figures = join_words(found["open"] + found["worse"], language)
        text = words["none"].format(figures=figures, **facts)
        text += _describe_sharpness(longest, language)
        ranges = [_describe_range(trial, words) for trial in longest]
        text += words["spread"].format(ranges=join_words(ranges, language))
        if screening is not None:
            zero = words["below zero" if found["worse"] else "holds zero"]
            text += words["no gain"].format(
                zero=zero,
                count=len(rank_changed(screening)),
                measure=name_change(MEASURE, language),
                difference=_find_lead(screening, name),
            )
    for budgets in filter(None, (describe_budgets(group, language) for group in groups)):
        text += f" {budgets}"
    if name in HEADS:
        text += words["unargued"]
        if screening is not None:
            text += words["head alone"].format(
                head=name_change(HEADS[name], language),
                measure=name_change(MEASURE, language),
                difference=_find_lead(screening, HEADS[name]),
            )
    for trial in longest:
        places = [find_difference(trial, f"{place}, HiResCAM") for place in ("inside", "border")]
        if places[0] is not None:
            inside, border = map(format_gain, places)
            text += words["localised"].format(inside=inside, border=border)
    if screening is not None:
        first, *rest = rank_changed(screening)
        if first == name and rest:
            text += words["next"].format(name=name_change(rest[0], language))
    return text


def _describe_sharpness(trials: Sequence[pd.DataFrame], language: str) -> str:
    """Say where the cross-entropy on Validation/ is clearly lower; nothing where it is nowhere."""
    words = _WORDS[language]
    rows = [find_difference(trial, MEASURE) for trial in trials]
    lower = [_name_figure(row, words) for row in rows if row is not None and row["high"] < 0]
    if not lower:
        return ""
    return words["sharper"].format(
        measure=name_change(MEASURE, language), figures=join_words(lower, language)
    )


def rank_changed(screening: pd.DataFrame) -> list[str]:
    """Return the titles of the changed networks, that with the lowest ``MEASURE`` first.

    Args:
        screening: as ``screening.screen_variants`` makes it.
    """
    changed = (screening["figure"] == MEASURE) & (screening["network"] != ORIGINAL.title)
    return list(screening[changed].sort_values("value", kind="stable")["network"])


def _find_lead(screening: pd.DataFrame, title: str) -> str:
    rows = screening[screening["figure"] == MEASURE].set_index("network")
    return format_difference(rows.loc[title])


def _name_figure(row: pd.Series, words: dict[str, str]) -> str:
    data = words["rendered" if row["rendered"] else "photographs"]
    return words["figure"].format(difference=format_gain(row), data=data)


def _describe_range(trial: pd.DataFrame, words: dict[str, str]) -> str:
    own = trial[(trial["network"] == ORIGINAL.title) & (trial["figure"] == "accuracy")]
    data = words["rendered" if own["rendered"].iloc[0] else "photographs"]
    return words["range"].format(data=data, low=own["value"].min(), high=own["value"].max())
