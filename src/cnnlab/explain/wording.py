"""Sentences on class activation maps, chosen by the numbers, in English and in Persian.

A difference is named only where its 95% interval excludes zero.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import join_words, name_class
from cnnlab.explain.regions import BORDER, LOWER, MIDDLE, UPPER

REGIONS_FA = {
    UPPER: "نوار بالا",
    MIDDLE: "نوار میانی",
    LOWER: "نوار پایین",
    BORDER: "حاشیه",
}
"""The regions as Persian sentences call them."""

_WORDS = {
    "en": {
        "place": "{region} ({share} against {area:.2f})",
        "more and less": "More of the energy than in an even map lies in {more}; less in {less}.",
        "more": "More of the energy than in an even map lies in {more}.",
        "less": "Less of the energy than in an even map lies in {less}.",
        "neither": "No region holds clearly more or less of the energy than in an even map.",
        "named": "{name} ({value})",
        "same errors": "Among the answers of one class, those that are wrong ({wrong} in all) "
        "cannot be told from right ones by their share in any region.",
        "errors": "Among the answers of one class, the share on wrong ones minus that on right "
        "ones, averaged over the classes, differs from zero in {named}. Elsewhere no difference "
        "can be told from chance.",
        "no lead": "In no class does one band lead the next clearly.",
        "leads": "The band with the most energy, by predicted class, is {named}.",
        "lead": "{band} for {names}",
        "unclear": " No band leads clearly for {names}.",
        "semicolon": "; ",
        "outside": "The border holds more than its area of {area:.2f} for {named}: such maps lie "
        "more on hair and background than an even map would.",
        "inside": "For no class does the border hold clearly more than its area of {area:.2f}.",
        "overlap": "On wrong samples, the maps of the predicted and of the true class overlap by "
        "{true} (sum of minima over sum of maxima, {images} images), those of the predicted and of "
        "a third class, drawn at random, by {other}; the difference is {excess}. {verdict}.",
        "shared": "The two classes that are confused share their places more than other classes "
        "do, which suggests that the features there do not tell them apart",
        "apart": "The true class has its places further from those of the predicted one than other "
        "classes have, which suggests that evidence for it was seen elsewhere and outvoted",
        "chance": "The difference cannot be told from chance, so the overlap says nothing "
        "particular of the true class",
        "coherence": "The coherence of the gradients is {coherence}. It would be 1 with global "
        "average pooling, and {by_chance:.2f} if each derivative had a random sign. {verdict}.",
        "incoherent": "The average keeps no more of the gradient than chance would. The maps are a "
        "rough hint at what the network computes, and no decomposition of it; what is said here of "
        "places is to be read with that in mind",
        "coarse": "Most of the gradient cancels in the average. The maps are a coarse summary of "
        "what the network computes, and no decomposition of it",
        "fair": "Much of the gradient survives the average, so the maps summarise the network "
        "fairly, though not exactly",
        "too few": "Too few images were given this class or happiness to compare their maps.",
        "sides": "The one-sidedness of its maps in the lower band, minus that of the maps of "
        "happiness, is {excess}: {verdict}.",
        "one side": "the network does look more at one side",
        "no side": "the maps do not show that the network looks at one side",
    },
    "fa": {
        "place": "{region} ({share} در برابر {area:.2f})",
        "more and less": "انرژی در {more} بیش از نقشهٔ یکنواخت است و در {less} کمتر از آن.",
        "more": "انرژی در {more} بیش از نقشهٔ یکنواخت است.",
        "less": "انرژی در {less} کمتر از نقشهٔ یکنواخت است.",
        "neither": "انرژی در هیچ ناحیه‌ای آشکارا بیشتر یا کمتر از نقشهٔ یکنواخت نیست.",
        "named": "{name} ({value})",
        "same errors": "در میان پاسخ‌های یک کلاس، آن‌ها را که نادرست‌اند (روی هم {wrong} پاسخ) "
        "نمی‌توان با سهمشان در هیچ ناحیه‌ای از پاسخ‌های درست بازشناخت.",
        "errors": "در میان پاسخ‌های یک کلاس، سهم در پاسخ‌های نادرست منهای سهم در پاسخ‌های درست، با "
        "میانگین روی کلاس‌ها، تنها در اینجا با صفر تفاوت دارد: {named}. در جاهای دیگر تفاوت را "
        "نمی‌توان از تصادف بازشناخت.",
        "no lead": "در هیچ کلاسی نواری آشکارا از نوار بعدی پیش نیست.",
        "leads": "نواری که بیشترین انرژی را دارد، بر حسب کلاس پیش‌بینی‌شده: {named}.",
        "lead": "{band} برای {names}",
        "unclear": " برای {names} هیچ نواری آشکارا پیش نیست.",
        "semicolon": "؛ ",
        "outside": "سهم حاشیه برای این کلاس‌ها بیش از مساحت آن ({area:.2f}) است: {named}. چنین "
        "نقشه‌هایی بیش از نقشهٔ یکنواخت روی مو و پس‌زمینه می‌افتند.",
        "inside": "سهم حاشیه برای هیچ کلاسی آشکارا بیش از مساحت آن ({area:.2f}) نیست.",
        "overlap": "در نمونه‌های نادرست، هم‌پوشانی نقشهٔ کلاس پیش‌بینی‌شده با نقشهٔ کلاس درست {true} "
        "است (جمع کمینه‌ها تقسیم بر جمع بیشینه‌ها، {images} تصویر) و با نقشهٔ کلاس سومی که قرعه‌کشی "
        "شده {other}؛ تفاوت این دو {excess} است. {verdict}.",
        "shared": "دو کلاسی که با هم اشتباه می‌شوند بیش از کلاس‌های دیگر جای مشترک دارند، و این نشان "
        "می‌دهد که شاید ویژگی‌ها در آنجا این دو را از هم بازنمی‌شناسند",
        "apart": "جای کلاس درست از جای کلاس پیش‌بینی‌شده دورتر است تا جای کلاس‌های دیگر، و این نشان "
        "می‌دهد که شاید شواهد آن در جای دیگری دیده شده و رأی نیاورده است",
        "chance": "این تفاوت را نمی‌توان از تصادف بازشناخت؛ پس هم‌پوشانی دربارهٔ کلاس درست چیز ویژه‌ای "
        "نمی‌گوید",
        "coherence": "انسجام گرادیان‌ها {coherence} است. با ادغام میانگین سراسری ۱ می‌بود، و با "
        "علامت تصادفی برای هر مشتق {by_chance:.2f}. {verdict}.",
        "incoherent": "میانگین‌گیری از گرادیان بیش از آنچه با تصادف می‌ماند نگه نمی‌دارد. نقشه‌ها "
        "نشانه‌ای خام از محاسبهٔ شبکه‌اند و تجزیهٔ آن نیستند؛ آنچه اینجا دربارهٔ جاها گفته می‌شود "
        "باید با این یادآوری خوانده شود",
        "coarse": "بیشتر گرادیان در میانگین‌گیری خنثی می‌شود. نقشه‌ها چکیده‌ای درشت از محاسبهٔ شبکه‌اند "
        "و تجزیهٔ آن نیستند",
        "fair": "بخش بزرگی از گرادیان پس از میانگین‌گیری می‌ماند؛ پس نقشه‌ها شبکه را نسبتاً خوب، هرچند "
        "نه دقیق، خلاصه می‌کنند",
        "too few": "تصویرهایی که این کلاس یا شادی را گرفته‌اند کمتر از آن‌اند که بتوان نقشه‌هایشان را "
        "سنجید.",
        "sides": "یک‌سویگی نقشه‌های آن در نوار پایین، منهای یک‌سویگی نقشه‌های شادی، {excess} است: "
        "{verdict}.",
        "one side": "شبکه به‌راستی به یک سو بیشتر نگاه می‌کند",
        "no side": "نقشه‌ها نشان نمی‌دهند که شبکه به یک سو نگاه کند",
    },
}


def name_region(region: str, language: str) -> str:
    """Return what a sentence calls a region, with the article in English."""
    return REGIONS_FA[region] if language == "fa" else f"the {region}"


def describe_places(
    shares: Mapping[str, Mean], areas: Mapping[str, float], language: str = "en"
) -> str:
    """Say which regions hold more and which less of the evidence than an even map.

    Args:
        shares: region -> mean share of the maps' energy.
        areas: region -> share of an even map.
        language: of the sentence.
    """
    words = _WORDS[language]

    def name(regions: Iterable[str]) -> str:
        return join_words(
            [
                words["place"].format(
                    region=name_region(region, language),
                    share=shares[region].format(),
                    area=areas[region],
                )
                for region in regions
            ],
            language,
        )

    more = [region for region, share in shares.items() if share.low > areas[region]]
    less = [region for region, share in shares.items() if share.high < areas[region]]
    if not (more or less):
        return words["neither"]
    sentence = "more and less" if more and less else "more" if more else "less"
    return words[sentence].format(more=more and name(more), less=less and name(less))


def describe_errors(changes: Mapping[str, Mean], wrong: int, language: str = "en") -> str:
    """Say where the maps of wrong answers differ from those of right ones.

    Args:
        changes: region -> share on wrong answers minus that on right ones of the same predicted
            class, as ``intervals.compare_within`` averages it.
        wrong: number of wrong answers.
        language: of the sentence.
    """
    words = _WORDS[language]
    named = [
        words["named"].format(name=name_region(region, language), value=change.format())
        for region, change in changes.items()
        if change.low > 0 or change.high < 0
    ]
    if not named:
        return words["same errors"].format(wrong=wrong)
    return words["errors"].format(named=join_words(named, language))


def describe_leads(leads: Mapping[str, tuple[str, Mean]], language: str = "en") -> str:
    """Say which band leads in which class, as far as its lead can be told from chance.

    Args:
        leads: class -> the band with most energy, and by how much its share exceeds the next.
        language: of the sentence.
    """
    words = _WORDS[language]
    clear: dict[str, list[str]] = {}
    unclear = []
    for name, (band, lead) in leads.items():
        names = clear.setdefault(band, []) if lead.low > 0 else unclear
        names.append(name_class(name, language))
    if not clear:
        return words["no lead"]
    named = words["semicolon"].join(
        words["lead"].format(band=name_region(band, language), names=join_words(names, language))
        for band, names in clear.items()
    )
    rest = words["unclear"].format(names=join_words(unclear, language)) if unclear else ""
    return words["leads"].format(named=named) + rest


def describe_outside(shares: Mapping[str, Mean], area: float, language: str = "en") -> str:
    """Name the classes whose maps lie more on the border than an even map would.

    Args:
        shares: class -> mean share of the border.
        area: share of the border in an even map.
        language: of the sentence.
    """
    words = _WORDS[language]
    named = [
        words["named"].format(name=name_class(name, language), value=share.format())
        for name, share in shares.items()
        if share.low > area
    ]
    if not named:
        return words["inside"].format(area=area)
    return words["outside"].format(area=area, named=join_words(named, language))


def describe_overlap(true: Mean, other: Mean, excess: Mean, language: str = "en") -> str:
    """Say whether wrong answers find the true class in the places of the predicted one.

    Args:
        true: overlap of the maps of the predicted and of the true class.
        other: overlap of the maps of the predicted and of a third class.
        excess: the first minus the second, image by image.
        language: of the sentence.
    """
    words = _WORDS[language]
    verdict = "shared" if excess.low > 0 else "apart" if excess.high < 0 else "chance"
    return words["overlap"].format(
        true=true.format(),
        images=true.n,
        other=other.format(),
        excess=excess.format(),
        verdict=words[verdict],
    )


def describe_coherence(coherence: Mean, by_chance: float, language: str = "en") -> str:
    """Say how much the maps explain of the network.

    Args:
        coherence: mean over the images.
        by_chance: the same with a random sign for each derivative.
        language: of the sentence.
    """
    words = _WORDS[language]
    verdict = (
        "incoherent"
        if coherence.low <= by_chance
        else "coarse"
        if coherence.value < 0.5
        else "fair"
    )
    return words["coherence"].format(
        coherence=coherence.format(), by_chance=by_chance, verdict=words[verdict]
    )


def describe_sides(excess: Mean, language: str = "en") -> str:
    """Say whether the maps of contempt are more one-sided than those of happiness.

    Args:
        excess: one-sidedness of the first minus that of the second.
        language: of the sentence.
    """
    words = _WORDS[language]
    if not np.isfinite(excess.low):
        return words["too few"]
    verdict = words["one side" if excess.low > 0 else "no side"]
    return words["sides"].format(excess=excess.format(), verdict=verdict)
