"""The page that says on what the report rests: its data, its settings, its machine."""

import platform
from importlib.metadata import version
from pathlib import Path

from cnnlab.faces.loading import Faces
from cnnlab.faces.persian import name_data_fa
from cnnlab.quoting import quote
from cnnlab.report.persian import localise_numbers
from cnnlab.report.title import Title
from cnnlab.report.typesetting import Chapter
from cnnlab.settings import SEED, Profile

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")
# What decides how fast the networks train on a processor.
_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")

# What the readers of data say is in English, and names files.
_NOTES_FA = "پیام‌های برنامه هنگام خواندن داده‌ها:\n\n::: left-to-right\n{}\n:::"


def describe_run(title: Title, profile: Profile, faces: Faces, language: str = "en") -> Chapter:
    """Return the chapter "About this report".

    Args:
        title: the edition's title page, whose abstract opens the chapter.
        profile: of the run.
        faces: its data.
        language: of the edition, ``en`` or ``fa``.
    """
    heading, head, facts = (_facts_fa if language == "fa" else _facts)(profile, faces)
    table = [f"| | {head} |", "|:--|:--|", *(f"| {key} | {fact} |" for key, fact in facts.items())]
    parts = [
        f"# {heading} {{.unnumbered}}",
        title.abstract.strip(),
        "\n".join(table),
    ]
    if notes := [*faces.dataset.notes, *_unreadable(faces)]:
        listed = "\n".join(f"- {quote(note)}" for note in notes)
        parts.append(_NOTES_FA.format(listed) if language == "fa" else listed)
    return Chapter("about", "\n\n".join(parts))


def _facts(profile: Profile, faces: Faces) -> tuple[str, str, dict[str, str]]:
    """Return the chapter's heading, its table's heading and the rows of the table."""
    dataset, split = faces.dataset, faces.split
    facts = {
        "Data": f"{quote(dataset.title)} (digest `{faces.digest[:12]}`)",
        "Origin": "rendered on this machine: synthetic, no photographs"
        if dataset.rendered
        else "brought by the user",
        "Images": f"{len(split.training):,} for training, {len(split.development):,} "
        f"for development, {len(split.validation):,} for validation; "
        f"{len(faces.unreadable):,} could not be read",
        "Profile": f"`{profile.name}`",
        "Seed": str(SEED),
        "Versions": ", ".join(_versions()),
        "Processor": f"{platform.machine()}: {', '.join(processor_features()) or 'unknown'}",
    }
    return "About this report", "In this report", facts


def _facts_fa(profile: Profile, faces: Faces) -> tuple[str, str, dict[str, str]]:
    """Return the same in Persian."""
    dataset, split = faces.dataset, faces.split
    facts = {
        "داده": f"{name_data_fa(dataset)} (چکیدهٔ رمزنگاشتی `{faces.digest[:12]}`)",
        "منشأ": "رندرشده روی همین رایانه: ساختگی، بدون هیچ عکس"
        if dataset.rendered
        else "دادهٔ کاربر",
        "تصویرها": f"{len(split.training):,} برای آموزش، {len(split.development):,} برای توسعه، "
        f"{len(split.validation):,} برای اعتبارسنجی؛ {len(faces.unreadable):,} خوانده نشد",
        "اندازهٔ اجرا": f"`{profile.name}`",
        "بذر تصادفی": str(SEED),
        "نسخه‌ها": "، ".join(f"`{name}`" for name in _versions()),
        "پردازنده": f"{platform.machine()}: "
        f"{'، '.join(f'`{name}`' for name in processor_features()) or 'نامعلوم'}",
    }
    facts = {key: localise_numbers(fact) for key, fact in facts.items()}
    return "دربارهٔ این گزارش", "در این گزارش", facts


def _versions() -> list[str]:
    return [
        f"Python {platform.python_version()}",
        *(f"{package} {version(package)}" for package in _PACKAGES),
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
