"""The section that says on what the report rests: its data, its settings, its machine."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from cnnlab.evaluation.stage_costs import read_stage_costs
from cnnlab.evaluation.wording import format_number
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.persian import from_the_left, name_data_fa, name_title_fa
from cnnlab.quoting import quote
from cnnlab.report.persian import localise_numbers
from cnnlab.report.typesetting import Chapter
from cnnlab.settings import SEED, Profile

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")
# What decides how fast the networks train on a processor.
_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")

_WORDS = {
    "en": {
        "heading": "About this report",
        "head": "In this report",
        "data": ("Data", "{title} (digest `{digest}`)"),
        "rendered": ("Origin", "rendered on this machine: synthetic, no photographs"),
        "brought": ("Origin", "brought by the user"),
        "images": (
            "Images",
            "{training:,} for training, {development:,} for development, {validation:,} for "
            "validation; {unreadable:,} could not be read",
        ),
        "profile": ("Profile", "`{profile}`"),
        "seed": ("Seed", "{seed}"),
        "versions": ("Versions", "{versions}"),
        "processor": ("Processor", "{machine}: {features}"),
        "unknown": "unknown",
        "comma": ", ",
        "semicolon": "; ",
        "notes": "{notes}",
        "costs": "Time and memory of each stage of such a report, from nothing, as recorded: each "
        "stage a process of its own, minutes by the clock and the memory of its largest process, "
        "with the pages of files that it maps, which the system takes back when memory is short "
        "({machines}). Where memory is enough for two, notebooks are executed two "
        "at a time, and may take twice that.",
        "no costs": "Time and memory of each stage are not recorded (`make studies` measures "
        "them).",
        "stage": "Stage",
        "cost": "{minutes} min, {gigabytes} GB",
        "machine": "`{profile}`: {images:,} images of {data}, {date}, {processor}",
        "all": "all",
    },
    "fa": {
        "heading": "دربارهٔ این گزارش",
        "head": "در این گزارش",
        "data": ("داده", "{title} (چکیدهٔ درهم‌سازی `{digest}`)"),
        "rendered": ("منشأ", "رندرشده روی همین رایانه: ساختگی، بدون هیچ عکس"),
        "brought": ("منشأ", "دادهٔ کاربر"),
        "images": (
            "تصویرها",
            "{training:,} برای آموزش، {development:,} برای توسعه، {validation:,} برای اعتبارسنجی؛ "
            "شمار تصویرهای ناخوانا: {unreadable:,}",
        ),
        "profile": ("اندازهٔ اجرا", "`{profile}`"),
        "seed": ("بذر تصادفی", "{seed}"),
        "versions": ("نسخه‌ها", "{versions}"),
        "processor": ("پردازنده", "{machine}: {features}"),
        "unknown": "نامعلوم",
        "comma": "، ",
        "semicolon": "؛ ",
        "costs": "زمان و حافظهٔ هر مرحلهٔ چنین گزارشی، از صفر، چنان‌که ثبت شده است: هر مرحله فرایندی "
        "جدا، با زمان واقعی آن به دقیقه و حافظهٔ بزرگ‌ترین فرایندش، همراه با صفحه‌های پرونده‌هایی که "
        "نگاشته است و سیستم هنگام کمبود حافظه پس می‌گیرد ({machines}). اگر حافظه برای دو "
        "دفترچه بس باشد، دوتادوتا اجرا می‌شوند و شاید دو برابر آن بخواهند.",
        "no costs": "زمان و حافظهٔ مرحله‌ها ثبت نشده است (`make studies` آن‌ها را می‌سنجد).",
        "stage": "مرحله",
        "cost": "{minutes} دقیقه، {gigabytes} گیگابایت",
        "machine": "`{profile}`: {images:,} تصویر از {data}، {date}، {processor}",
        "all": "همه",
        # What the readers of data say is in English, and names files.
        "notes": "پیام‌های برنامه هنگام خواندن داده‌ها:\n\n::: left-to-right\n{notes}\n:::",
    },
}


_STAGES_FA = {
    "data": "داده",
    "VGG16": "VGG16",
    "light VGG": "VGG سبک",
    "valence and arousal": "خوشایندی و برانگیختگی",
    "small decoders": "رمزگشاهای کوچک",
    "notebooks": "دفترچه‌ها",
    "typesetting": "حروف‌چینی",
}


def describe_run(profile: Profile, faces: Faces, language: str = "en") -> Chapter:
    """Return the section "About this report".

    Args:
        profile: of the run.
        faces: its data.
        language: of the edition, ``en`` or ``fa``.
    """
    words = _WORDS[language]
    dataset, split = faces.dataset, faces.split
    known = {
        "title": _name_data(dataset, language),
        "digest": faces.digest[:12],
        "training": len(split.training),
        "development": len(split.development),
        "validation": len(split.validation),
        "unreadable": len(faces.unreadable),
        "profile": profile.name,
        "seed": SEED,
        "versions": words["comma"].join(_versions()),
        "machine": platform.machine(),
        "features": words["comma"].join(processor_features()) or words["unknown"],
    }
    origin = "rendered" if dataset.rendered else "brought"
    rows = ["data", origin, "images", "profile", "seed", "versions", "processor"]
    facts = [f"| {name} | {fact.format(**known)} |" for name, fact in (words[row] for row in rows)]
    table = "\n".join([f"| | {words['head']} |", "|:--|:--|", *facts])
    parts = [
        f"## {words['heading']}",
        table if language == "en" else localise_numbers(table),
    ]
    costs = describe_costs(read_stage_costs(), language)
    parts.append(costs if language == "en" else localise_numbers(costs))
    if notes := [*dataset.notes, *_unreadable(faces)]:
        parts.append(words["notes"].format(notes="\n".join(f"- {quote(note)}" for note in notes)))
    return Chapter("about", "\n\n".join(parts))


def describe_costs(records: Sequence[pd.DataFrame], language: str = "en") -> str:
    """Return a table of the recorded time and memory of each stage, a column a profile.

    Args:
        records: of the profiles, as ``stage_costs.read_stage_costs`` gives them.
        language: of the edition, ``en`` or ``fa``.
    """
    words = _WORDS[language]
    if not records:
        return words["no costs"]

    def spell(seconds: float, gigabytes: float) -> str:
        minutes, gigabytes = (format_number(value, 1) for value in (seconds / 60, gigabytes))
        return words["cost"].format(minutes=minutes, gigabytes=gigabytes)

    persian = language == "fa"
    sides, name_title = (from_the_left, name_title_fa) if persian else (str, quote)
    machines, columns = [], {}
    for record in records:
        first = record.iloc[0]
        signed = {name: sides(first[name]) for name in ("date", "processor")}
        signed["images"] = first["train_n"] + first["development_n"] + first["validation_n"]
        signed["data"] = name_title(first["data"])
        machines.append(words["machine"].format(profile=first["profile"], **signed))
        cells = [
            spell(*row) for row in zip(record["seconds"], record["peak_gigabytes"], strict=True)
        ]
        cells.append(spell(record["seconds"].sum(), record["peak_gigabytes"].max()))
        columns[f"`{first['profile']}`"] = cells
    stages = [_STAGES_FA[stage] if persian else stage for stage in records[0]["stage"]]
    table = pd.DataFrame(columns, [*stages, words["all"]]).rename_axis(words["stage"])
    text = words["costs"].format(machines=words["semicolon"].join(machines))
    return f"{text}\n\n{table.to_markdown(disable_numparse=True)}"


def _name_data(dataset: FaceDataset, language: str) -> str:
    if language == "en":
        return quote(dataset.title)
    return name_data_fa(dataset) if dataset.rendered else from_the_left(quote(dataset.title))


def _versions() -> list[str]:
    return [
        f"`Python {platform.python_version()}`",
        *(f"`{package} {version(package)}`" for package in _PACKAGES),
    ]


def processor_features() -> list[str]:
    """Return which of the instruction sets that matter to training this processor has."""
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return []
    flags = set(information.read_text().split())
    return [feature for feature in _FEATURES if feature in flags]


def _unreadable(faces: Faces) -> list[str]:
    return [f"Not read: {image.name} ({image.reason})" for image in faces.unreadable]
