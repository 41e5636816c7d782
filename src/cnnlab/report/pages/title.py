"""The title page's settings: one small TOML file that the student edits."""

from pathlib import Path

from cnnlab.paths import REPORT
from cnnlab.report.text.glossary import read_toml
from plumbing.user_errors import UserError

TITLE = REPORT / "title.toml"

# What is empty is left out of the page, but for blank lines for the student.
KNOWN = (
    *("title", "subtitle", "course", "lecturer", "university", "department"),
    # As it is to be printed; then the student, and what the report holds, in Markdown.
    *("date", "author", "student_number", "abstract"),
    # A picture, as a path from the project's folder, and what it shows for who does not see it.
    *("figure", "figure_alt"),
)
# What the Persian title page takes from the English settings where it has none of its own.
_SHARED = ("author", "student_number", "figure")


def read_title(language: str, path: Path = TITLE) -> dict[str, str]:
    """Read the title page's settings of one edition: text for each of ``KNOWN``.

    Args:
        language: ``en`` or ``fa``.
        path: the file; its table ``[fa]`` holds the Persian edition's settings.

    Raises:
        UserError: the file is missing or no TOML, a key is not known, a value is no text, the
            title is empty, or a picture has no description.
    """
    settings, where = read_toml(path), f"{path}"
    persian = settings.pop("fa", {})
    if language == "fa":
        where = f"{path}, [fa]"
        shared = {key: settings[key] for key in _SHARED if settings.get(key)}
        settings = shared | {key: text for key, text in persian.items() if text}
    for key, value in settings.items():
        if key not in KNOWN:
            raise UserError(
                f"{where}: the setting {key!r} is not known. Known are: {', '.join(KNOWN)}."
            )
        if not isinstance(value, str):
            raise UserError(f'{where}: {key} must be text between quotes, such as {key} = "...".')
    title = dict.fromkeys(KNOWN, "") | settings
    if not title["title"].strip():
        raise UserError(f"{where}: title is empty, and a PDF needs one.")
    if title["figure"] and not title["figure_alt"].strip():
        raise UserError(f"{where}: figure_alt is empty; say in it what the figure shows.")
    return title
