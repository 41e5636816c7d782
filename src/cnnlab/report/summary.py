"""The page of all answers in short, collected from what the notebooks say of themselves."""

import re
from collections.abc import Mapping

from nbformat import NotebookNode

from cnnlab.report.errors import ReportError
from cnnlab.report.typesetting import Chapter

_HEADINGS = {
    "en": ("The answers in short", ("Section", "Answer", "Key figures")),
    "fa": ("پاسخ‌ها در یک نگاه", ("بخش", "پاسخ", "عددهای کلیدی")),
}


def summarise(notebooks: Mapping[str, NotebookNode], abstract: str, language: str) -> Chapter:
    """Return one page: the abstract, and a row for each notebook that shows a summary.

    Args:
        notebooks: executed, by name, in their order.
        abstract: what the report holds, in Markdown.
        language: ``en`` or ``fa``.

    Raises:
        ReportError: a summary lacks the language, or its notebook has no label to link to.
    """
    title, columns = _HEADINGS[language]
    rows = []
    for name, notebook in notebooks.items():
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        for output in outputs:
            metadata = output.get("metadata", {})
            if metadata.get("role") != "summary":
                continue
            answer, figures = metadata["summary"][language]
            if not answer:
                raise ReportError(
                    f"Notebook {name}: its summary has no Persian. Give answer_fa and figures_fa "
                    "to show_summary."
                )
            rows.append(f"| @{_label_of(name, notebook)} | {answer} | {figures} |")
    parts = [f"# {title} {{.unnumbered}}", abstract.strip()]
    if rows:
        parts.append("\n".join([f"| {' | '.join(columns)} |", "|:--|:--|:--|", *rows]))
    return Chapter("summary", "\n\n".join(parts))


def _label_of(name: str, notebook: NotebookNode) -> str:
    for cell in notebook.cells:
        if found := re.search(r"^# .*\{#(sec-[\w-]+)\}", cell.source, re.MULTILINE):
            return found[1]
    raise ReportError(
        f"Notebook {name} shows a summary, but its first heading has no label such as {{#sec-01}}."
    )
