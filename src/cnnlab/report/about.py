"""The page that says on what the report rests: its data, its settings, its machine."""

import platform
from importlib.metadata import version
from pathlib import Path

from cnnlab.faces.loading import Faces
from cnnlab.quoting import quote
from cnnlab.report.title import Title
from cnnlab.report.typesetting import Chapter
from cnnlab.settings import SEED, Profile

_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")
# What decides how fast the networks train on a processor.
_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")


def describe_run(title: Title, profile: Profile, faces: Faces) -> Chapter:
    """Return the chapter "About this report"."""
    dataset = faces.dataset
    facts = {
        "Data": f"{quote(dataset.title)} (digest `{faces.digest[:12]}`)",
        "Origin": "rendered on this machine: synthetic, no photographs"
        if dataset.rendered
        else "brought by the user",
        "Images": f"{len(faces.split.training):,} for training, {len(faces.split.development):,} "
        f"for development, {len(faces.split.validation):,} for validation; "
        f"{len(faces.unreadable):,} could not be read",
        "Profile": f"`{profile.name}`",
        "Seed": str(SEED),
        "Versions": f"Python {platform.python_version()}, "
        + ", ".join(f"{package} {version(package)}" for package in _PACKAGES),
        "Processor": f"{platform.machine()}: {', '.join(processor_features()) or 'unknown'}",
    }
    parts = [
        "# About this report {.unnumbered}",
        title.abstract.strip(),
        "\n".join(
            [
                "| | In this report |",
                "|:--|:--|",
                *(f"| {key} | {fact} |" for key, fact in facts.items()),
            ]
        ),
        "\n".join(f"- {quote(note)}" for note in [*dataset.notes, *_unreadable(faces)]),
    ]
    return Chapter("about", "\n\n".join(parts))


def processor_features() -> list[str]:
    """Return which of the instruction sets that matter to training this processor has."""
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return []
    flags = set(information.read_text().split())
    return [feature for feature in _FEATURES if feature in flags]


def _unreadable(faces: Faces) -> list[str]:
    return [f"Not read: {image.name} ({image.reason})" for image in faces.unreadable]
