"""One execution of all notebooks, typeset in both languages."""

import copy
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import nbformat
from nbformat import NotebookNode

from cnnlab import paths
from cnnlab.report.pages import typesetting
from cnnlab.report.pages.chapters import write_chapter
from cnnlab.report.pages.title import read_title
from cnnlab.report.pages.typesetting import Chapter
from cnnlab.report.text import prose
from cnnlab.report.text.glossary import read_glossary
from cnnlab.report.text.persian import localise_numbers
from cnnlab.report.text.prose import APPENDIX, CAPTION, SUMMARY, has_tag
from cnnlab.report.text.translation import add_persian
from plumbing.storage import discard, new_path, write_bytes
from plumbing.user_errors import UserError

Edition = dict[str, NotebookNode]
"""Notebooks as they are printed in one language, by name, in their order."""

_ANSWERS = {
    "en": ("The answers in short", ("Question", "Answer", "Key figure")),
    "fa": ("پاسخ‌ها در یک نگاه", ("سؤال", "پاسخ", "عدد کلیدی")),
}
_TITLE = re.compile(r"^# (?P<question>[^:\n]+):[^\n]*\{#(?P<label>sec-\d\d)\}", re.MULTILINE)


def typeset_report(notebooks: Mapping[str, NotebookNode], keywords: Sequence[str]) -> list[str]:
    """Write both PDFs, their figures and what they are made of.

    The old reports stay until both new ones are whole.

    Args:
        notebooks: executed, by name, in their order; they get their Persian.
        keywords: the PDFs'.

    Returns:
        What is in order but should be known: untranslated text, claims that do not hold.

    Raises:
        UserError: a notebook can't be typeset; the message says where.
    """
    discard(paths.BUILT_NOTEBOOKS)
    for name, notebook in notebooks.items():
        add_persian(notebook, name)
        write_bytes(paths.BUILT_NOTEBOOKS / f"{name}.ipynb", nbformat.writes(notebook).encode())
    prose.check_references(notebooks, typesetting.read_citations())
    editions = {
        language: {
            name: write_edition(notebook, name, language) for name, notebook in notebooks.items()
        }
        for language in paths.REPORT_PDFS
    }
    with ThreadPoolExecutor() as threads:
        pdfs = list(threads.map(_typeset, editions.values(), editions, repeat(keywords)))
    for path, pdf in zip(paths.REPORT_PDFS.values(), pdfs, strict=True):
        write_bytes(path, pdf)
    untranslated: Counter[str] = Counter()
    for notebook in editions["fa"].values():
        untranslated.update(notebook.metadata.untranslated)
    remarks = [f"Not in Persian yet: {count} {kind}." for kind, count in untranslated.items()]
    if failed := prose.list_failed_claims(notebooks):
        remarks.append(f"Not borne out by this run, and left out of the text ({len(failed)}):")
    return remarks + failed


def write_edition(notebook: NotebookNode, name: str, language: str) -> NotebookNode:
    """Return an executed notebook with its text in one language, values and captions in place.

    The Persian of a cell is in its metadata, see ``translation.add_persian``. What has none stays
    in English, and is counted in ``metadata.untranslated``.

    Args:
        notebook: executed; it is not changed.
        name: of the notebook.
        language: ``en`` or ``fa``.

    Raises:
        UserError: a value, a caption or an alternative text is missing; the message names the
            cell.
    """
    where = f"Notebook {name}"
    notebook = copy.deepcopy(notebook)
    glossary = read_glossary() if language == "fa" else None
    untranslated: Counter[str] = Counter()

    def is_foreign(cell: NotebookNode) -> bool:
        return language == "fa" and "persian" not in cell.metadata

    def write(cell: NotebookNode) -> str:
        if language == "en" or is_foreign(cell):
            text = prose.write_text(cell, cell.source, where, "en")
            return prose.link_references(prose.label_headings(text, cell.source, name), name)
        text = prose.write_text(cell, cell.metadata.persian, where, "fa", glossary.translate_words)
        text = prose.link_references(prose.label_headings(text, cell.source, name), name)
        return localise_numbers(text)

    for output, cell in prose.match_captions(notebook, name):
        metadata = output.metadata
        place = f"{where}, cell {cell.id}"
        metadata.caption, metadata.alt = prose.split_caption(write(cell), metadata.label, place)
        if is_foreign(cell):
            metadata.caption = f'<span dir="ltr">{metadata.caption}</span>'
        if glossary and metadata.label.startswith("tbl-"):
            translated, unknown = glossary.translate_table(output.data["text/markdown"])
            output.data["text/markdown"] = translated
            untranslated.update({"cells of tables": len(unknown)})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            untranslated.update(passages=int(is_foreign(cell)))
            if not has_tag(cell, CAPTION):
                text = write(cell)
                cell.source = f"::: left-to-right\n{text}\n:::" if is_foreign(cell) else text
    notebook.cells = [cell for cell in notebook.cells if not has_tag(cell, CAPTION)]
    notebook.metadata.untranslated = dict(+untranslated)
    return notebook


def split_chapter(notebook: NotebookNode, name: str) -> tuple[Chapter, Chapter | None]:
    """Return an edition of a notebook as a chapter, and what of it belongs into the appendix."""
    body = [cell for cell in notebook.cells if not has_tag(cell, APPENDIX)]
    appended = [cell for cell in notebook.cells if has_tag(cell, APPENDIX)]
    appendix = write_chapter(f"{name}-{APPENDIX}", appended) if appended else None
    return write_chapter(name, body), appendix


def summarise(edition: Edition, abstract: str, language: str) -> Chapter:
    """Return one page: the abstract, and a row for each notebook that has a summary.

    A summary is a cell tagged ``summary`` of two paragraphs, the answer and one key figure; what
    is bold at a paragraph's beginning is for Jupyter only.

    Args:
        edition: the notebooks.
        abstract: what the report holds, in Markdown.
        language: of the edition.

    Raises:
        UserError: a summary has other paragraphs, or a title does not name its question, as in
            ``# Question 5.3: A light VGG``.
    """
    heading, columns = _ANSWERS[language]
    rows = []
    for name, notebook in edition.items():
        title = _TITLE.search("\n".join(cell.source for cell in notebook.cells))
        for cell in [cell for cell in notebook.cells if has_tag(cell, SUMMARY)]:
            text = re.sub(r"^::: .*\n|^:::$", "", cell.source, flags=re.MULTILINE)
            parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
            if title is None or len(parts) != 2:
                raise UserError(
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


def _typeset(edition: Edition, language: str, keywords: Sequence[str]) -> bytes:
    split = [split_chapter(notebook, name) for name, notebook in edition.items()]
    bodies = [body for body, _ in split]
    appendix = [appended for _, appended in split if appended]
    if language == "en":
        # An executed notebook may come from the cache. Both editions have the same figures.
        for chapter in (*bodies, *appendix):
            for name, picture in chapter.files.items():
                write_bytes(paths.FIGURES / name, picture)
    else:
        appendix.append(Chapter("glossary", read_glossary().describe_terms()))
    title = read_title(language)
    figure = paths.ROOT / title["figure"]
    front = summarise(edition, title["abstract"], language)
    title["figure"] = ""
    if figure.is_file():
        title["figure"] = f"title-figure{figure.suffix}"
        front.files[title["figure"]] = figure.read_bytes()
    settings = typesetting.make_settings(title, language, keywords=keywords)
    sources = paths.SOURCES[language]
    with new_path(sources) as new:
        main = typesetting.write_sources([front, *bodies], settings, new, appendix)
        pdf = typesetting.compile_pdf(main)
        discard(sources)
    return pdf
