"""The recorded times of training, as a table and as text in English and in Persian."""

from collections.abc import Callable

import pandas as pd

from cnnlab.evaluation.training_speed import (
    AUGMENTATION,
    AUTHORS,
    COMPOSED,
    DECODING,
    FORWARD,
    PRODUCT,
    QUIET,
    STEP,
    STUDY,
)
from cnnlab.evaluation.wording import format_number, join_words
from cnnlab.faces.persian import from_the_left

_WORDS = {
    "en": {
        "peak": "{peak:.0f} GFLOP/s in {precision}",
        "speed": "The processor reaches {peaks} in a large product of matrices; the last column "
        "compares the network's arithmetic with that.{beyond} An image is decoded once, in "
        "{decoding:.1f} ms, and moved in each epoch, in {augmentation:.1f} ms. The authors' form "
        "trains at {authors:.0f} images a second; with Keras's own batch normalisation, which is "
        "composed of elementary operations, it would be {composed:.0f}, and without the random "
        "numbers of Gaussian dropout {quiet:.0f}. All times are from the record "
        "`report/studies/{study}.csv` of {date} ({processor}; {versions}).",
        "beyond": " That product is a measure and no upper limit.",
    },
    "fa": {
        "peak": "{peak:.0f} GFLOP/s در {precision}",
        "speed": "پردازنده در یک ضرب بزرگ ماتریسی به {peaks} می‌رسد؛ ستون آخر محاسبهٔ شبکه را با آن "
        "می‌سنجد.{beyond} هر تصویر یک بار در {decoding:.1f} میلی‌ثانیه رمزگشایی و در هر دوره در "
        "{augmentation:.1f} میلی‌ثانیه جابه‌جا می‌شود. شکل نویسندگان با {authors:.0f} تصویر در ثانیه "
        "آموزش می‌بیند؛ با نرمال‌سازی دسته‌ای خود Keras که از عملیات ابتدایی ساخته شده است "
        "{composed:.0f} تصویر می‌شد و بدون عددهای تصادفی Dropout گاوسی {quiet:.0f} تصویر. همهٔ "
        "زمان‌ها از `report/studies/{study}.csv` است که در {date} ثبت شده است ({processor}؛ "
        "{versions}).",
        "beyond": " آن ضرب معیار است، نه سقف.",
    },
}


def choose_precision(study: pd.DataFrame) -> str:
    """Return the precision in which the recorded machine multiplies matrices fastest."""
    products = study[study["stage"] == PRODUCT]
    return products.loc[products["gflop_per_second"].idxmax(), "precision"]


def tabulate_stages(study: pd.DataFrame, precision: str) -> pd.DataFrame:
    """Return what each network takes in one precision.

    Args:
        study: the recorded study.
        precision: a Keras dtype policy that was measured.

    Returns:
        Index: network, in the order of the study; columns: forward, backward (with the
        optimiser's step; both milliseconds an image), images_per_second of training, and
        share_of_peak of the whole step, or of the forward pass where nothing is trained.
    """
    timed = study[(study["precision"] == precision) & (study["stage"] != PRODUCT)]
    order = timed["network"].drop_duplicates()
    wide = timed.pivot(index="network", columns="stage").reindex(order)
    forward, step = (wide["milliseconds"][stage] for stage in (FORWARD, STEP))
    shares = wide["share_of_peak"]
    return pd.DataFrame(
        {
            "forward": forward,
            "backward": step - forward,
            "images_per_second": 1000 / step,
            "share_of_peak": shares[STEP].fillna(shares[FORWARD]),
        }
    )


def format_stages(stages: pd.DataFrame) -> pd.DataFrame:
    """Return ``tabulate_stages`` as text; what is not trained has no way back."""
    columns = {
        "forward, ms": stages["forward"].map(lambda value: format_number(value, 2)),
        "backward, ms": stages["backward"].map(_or_dash(lambda value: format_number(value, 2))),
        "images/s": stages["images_per_second"].map(_or_dash(lambda value: f"{value:.0f}")),
        "of the peak": stages["share_of_peak"].map(lambda value: f"{value:.0%}"),
    }
    return pd.DataFrame(columns)


def describe_training_speed(study: pd.DataFrame, language: str = "en") -> str:
    """Return a paragraph on the recorded times: peak, pipeline, batch normalisation and noise."""
    words = _WORDS[language]
    precision = choose_precision(study)
    peaks = study[study["stage"] == PRODUCT].groupby("precision")["gflop_per_second"].max()
    milliseconds = study.groupby("stage")["milliseconds"].first()
    stages = tabulate_stages(study, precision)
    speeds = stages["images_per_second"]
    machine = study.iloc[0]
    products = [
        words["peak"].format(peak=peak, precision=name.removeprefix("mixed_"))
        for name, peak in peaks.items()
    ]
    origin = {name: machine[name] for name in ("processor", "versions", "date")}
    if language == "fa":
        origin = {name: from_the_left(text) for name, text in origin.items()}
    return words["speed"].format(
        peaks=join_words(products, language),
        beyond=words["beyond"] if (stages["share_of_peak"] > 1).any() else "",
        decoding=milliseconds[DECODING],
        augmentation=milliseconds[AUGMENTATION],
        authors=speeds[AUTHORS],
        composed=speeds[COMPOSED],
        quiet=speeds[QUIET],
        study=STUDY,
        **origin,
    )


def _or_dash(form: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: "\N{EN DASH}" if pd.isna(value) else form(value)
