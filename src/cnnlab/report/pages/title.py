"""The title page's settings: one small TOML file that the student edits."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cnnlab.report.errors import ReportError
from cnnlab.report.text.toml_files import read_toml


@dataclass(frozen=True)
class Title:
    """What the title page says; what is empty is left out, but for blank lines for the student.

    Attributes:
        title: the report's title; the only one that must not be empty.
        subtitle: the line below it.
        course: the course's name.
        lecturer: who gives the course.
        university: its university.
        department: its department.
        date: the day the homework is due, as it is to be printed.
        author: the student's name.
        student_number: the student's number, printed below the name.
        figure: a picture for the page, as a path from the project's folder; left out while
            no such file exists.
        figure_alt: what the picture shows, for those who do not see it.
        abstract: what the report holds, in Markdown.
    """

    title: str
    subtitle: str = ""
    course: str = ""
    lecturer: str = ""
    university: str = ""
    department: str = ""
    date: str = ""
    author: str = ""
    student_number: str = ""
    figure: str = ""
    figure_alt: str = ""
    abstract: str = ""


# What the Persian title page takes from the English settings where it has none of its own.
_SHARED = ("author", "student_number", "figure")


def read_title(path: Path, language: str = "en") -> Title:
    """Read the title page's settings of one edition.

    Args:
        path: the file; its table ``[fa]`` holds the Persian edition's settings.
        language: ``en`` or ``fa``.

    Raises:
        ReportError: the file is missing or no TOML, a key is not known, a value is no text,
            the title is empty, or a picture has no description.
    """
    settings = read_toml(path, "the title pages' settings")
    persian = settings.pop("fa", {})
    if language == "en":
        return _check(path, settings)
    shared = {key: settings[key] for key in _SHARED if settings.get(key)}
    return _check(f"{path}, [fa]", shared | {key: text for key, text in persian.items() if text})


def _check(where: Path | str, settings: dict[str, Any]) -> Title:
    known = [field.name for field in fields(Title)]
    for key, value in settings.items():
        if key not in known:
            raise ReportError(
                f"{where}: the setting {key!r} is not known. Known are: {', '.join(known)}."
            )
        if not isinstance(value, str):
            raise ReportError(f'{where}: {key} must be text between quotes, such as {key} = "...".')
    if not settings.get("title", "").strip():
        raise ReportError(f"{where}: title is empty, and a PDF needs one.")
    if settings.get("figure") and not settings.get("figure_alt", "").strip():
        raise ReportError(f"{where}: figure_alt is empty; say in it what the figure shows.")
    return Title(**settings)
