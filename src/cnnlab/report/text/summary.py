"""The page of all answers in short, collected from what the notebooks say of themselves."""

import re
from collections.abc import Mapping

from nbformat import NotebookNode

from cnnlab.report.errors import ReportError
from cnnlab.report.pages.exporter import SUMMARY, write_edition
from cnnlab.report.pages.typesetting import Chapter

_HEADINGS = {
    "en": ("The answers in short", ("Question", "Answer", "Key figure")),
    "fa": ("پاسخ‌ها در یک نگاه", ("سؤال", "پاسخ", "عدد کلیدی")),
}
_TITLE = re.compile(r"^# (?P<question>[^:\n]+):[^\n]*\{#(?P<label>sec-\d\d)\}", re.MULTILINE)


def summarise(notebooks: Mapping[str, NotebookNode], abstract: str, language: str) -> Chapter:
    """Return one page: the abstract, and a row for each notebook that has a summary.

    A summary is a cell tagged ``summary`` of two paragraphs, the answer and one key figure; what
    is bold at a paragraph's beginning is for Jupyter only.

    Args:
        notebooks: executed, by name, in their order.
        abstract: what the report holds, in Markdown.
        language: ``en`` or ``fa``.

    Raises:
        ReportError: a summary has other paragraphs, or a title does not name its question, as in
            ``# Question 5.3: A light VGG``.
    """
    heading, columns = _HEADINGS[language]
    rows = []
    for name, notebook in notebooks.items():
        cells = write_edition(notebook, name, language).cells
        for cell in cells:
            if SUMMARY not in cell.metadata.get("tags", ()):
                continue
            title = _TITLE.search("\n".join(other.source for other in cells))
            text = re.sub(r"^::: .*\n|^:::$", "", cell.source, flags=re.MULTILINE)
            parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
            if title is None or len(parts) != 2:
                raise ReportError(
                    f"Notebook {name}, cell {cell.id}: a summary needs two paragraphs, the answer "
                    "and its key figure, and the notebook a title such as '# Question 5.3: ...'."
                )
            answer, figure = (re.sub(r"^\*\*.*?\*\* *", "", part) for part in parts)
            rows.append(f"| {title['question']} (@{title['label']}) | {answer} | {figure} |")
    parts = [f"# {heading} {{.unnumbered}}", abstract.strip()]
    if rows:
        table = "\n".join([f"| {' | '.join(columns)} |", "|:--|:--|:--|", *rows])
        parts.append(f"::: {{.summary}}\n{table}\n:::")
    return Chapter("summary", "\n\n".join(parts))
