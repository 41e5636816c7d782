"""Chapters in Pandoc's Markdown to a PDF: pandoc writes Typst, Typst sets the pages."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypandoc
import typst

from cnnlab.paths import REPORT
from cnnlab.report.pages.title import KNOWN
from cnnlab.report.text.persian import keep_order
from plumbing.user_errors import UserError

TEMPLATE = REPORT / "template"
FONTS = REPORT / "fonts"
REFERENCES = REPORT / "references.bib"

# The day of the homework sheet (13 May 2024, noon, UTC) stands in for the clock, so that the
# same notebooks give the same bytes.
TIMESTAMP = 1715601600

PDF_STANDARDS = ["ua-1", "a-2a"]

# Without automatic identifiers (labels are given, or there are none), and with columns so wide
# that no table's widths are taken from the lengths of its source lines.
_PANDOC = [
    "--from=markdown-auto_identifiers-implicit_header_references",
    "--to=typst",
    # What a notebook holds may not make pandoc read files.
    "--sandbox",
    "--wrap=none",
    "--columns=10000",
    "--syntax-highlighting=idiomatic",
    f"--lua-filter={TEMPLATE / 'filter.lua'}",
]
_NO_FIGURE_BEYOND = "#place.flush()"


@dataclass(frozen=True)
class Chapter:
    """One notebook, ready to be typeset.

    Attributes:
        name: the notebook's name without its suffix; messages use it.
        markdown: its text and results in Pandoc's Markdown.
        files: the pictures that the text refers to, by name.
    """

    name: str
    markdown: str
    files: dict[str, bytes] = field(default_factory=dict)


def make_settings(
    title: Mapping[str, str],
    language: str = "en",
    template: str = "report",
    keywords: Sequence[str] = (),
    notebook: str | None = None,
) -> dict[str, Any]:
    """Return what the Typst template needs to know besides the chapters.

    Args:
        title: the title page, whose figure is the name of a picture among the files.
        language: the document's language, ``en`` or ``fa``.
        template: the template's function: ``report`` or ``single-notebook``.
        keywords: the PDF's keywords; they say on which data it was made.
        notebook: number of the notebook when it is typeset alone, so that references to the
            others are worded and not numbered; else None.
    """
    facts = {"language": language, "template": template, "keywords": keywords}
    return dict.fromkeys(KNOWN, "") | dict(title) | facts | {"notebook": notebook}


def write_typst(chapter: Chapter, language: str = "en") -> str:
    """Return a chapter as Typst's source.

    Args:
        chapter: in Markdown.
        language: of the chapter: Persian tables begin at the right, and lines keep their order.

    Raises:
        UserError: something in it can't be carried over faithfully: a formula outside the
            subset of TeX, a picture without alternative text, raw TeX or HTML.
    """
    markdown = _keep_order(chapter.markdown) if language == "fa" else chapter.markdown
    result = subprocess.run(
        [pypandoc.get_pandoc_path(), *_PANDOC, f"--metadata=lang:{language}"],
        input=markdown.encode(),
        capture_output=True,
        check=False,
    )
    faults = result.stderr.decode(errors="replace").strip()
    if result.returncode or faults:
        raise UserError(
            f"Notebook {chapter.name} can't be typeset:\n{faults}\n"
            "Change the notebook's text there and build again."
        )
    return result.stdout.decode()


def write_sources(
    chapters: Sequence[Chapter],
    settings: Mapping[str, Any],
    folder: Path,
    appendix: Sequence[Chapter] = (),
) -> Path:
    """Write all that Typst needs into an empty folder and return the main file.

    Args:
        chapters: in their order.
        settings: see ``make_settings``.
        folder: where to write.
        appendix: what follows the chapters as the sections of one appendix, from the second level
            of headings.

    Raises:
        UserError: as in ``write_typst``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(TEMPLATE / "report.typ", folder)
    shutil.copy(REFERENCES, folder)

    def write(name: str, text: str) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    write("settings.json", json.dumps(settings, ensure_ascii=False))
    bodies = []
    for chapter in (*chapters, *appendix):
        bodies.append(write_typst(chapter, settings["language"]))
        write(f"{chapter.name}.typ", f'#import "report.typ": *\n{bodies[-1]}')
        for name, content in chapter.files.items():
            (folder / name).write_bytes(content)
    lines = [
        '#import "report.typ": *',
        '#let settings = json("settings.json")',
        f"#show: {settings['template']}.with(settings)",
    ]
    for chapter in chapters:
        lines += [_include(chapter), _NO_FIGURE_BEYOND]
    if appendix:
        lines += ["#show: appendix.with(settings)", *map(_include, appendix), _NO_FIGURE_BEYOND]
    if any(re.search(rf"[@<]{re.escape(key)}\b", "".join(bodies)) for key in read_citations()):
        lines.append("#references()")
    write("main.typ", "\n".join(lines) + "\n")
    return folder / "main.typ"


def compile_pdf(main: Path) -> bytes:
    """Return the PDF (PDF/UA-1 and PDF/A-2a) of Typst's sources.

    Raises:
        UserError: a reference leads nowhere, a glyph is missing, or anything else that Typst
            warns of.
    """
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(main), format="pdf", pdf_standards=PDF_STANDARDS, **_surroundings(main)
        )
    except typst.TypstError as error:
        raise UserError(_explain(error)) from error
    if warnings:
        raise UserError("\n".join(_explain(warning) for warning in warnings))
    return pdf


def compile_page(main: Path, page: int, dots_per_inch: float) -> bytes:
    """Return one page (from 1) of Typst's sources for a report, which has several, as a PNG."""
    pages = typst.compile(str(main), format="png", ppi=dots_per_inch, **_surroundings(main))
    return pages[page - 1]


def draw_picture(svg: bytes, dots_per_inch: float) -> bytes:
    """Return an SVG without text of its own, such as matplotlib's, as a PNG."""
    page = b'#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")'
    sources = {"main": page, "picture.svg": svg}
    return typst.compile(sources, format="png", ppi=dots_per_inch, ignore_system_fonts=True)


def read_citations() -> set[str]:
    """Return the keys of the bibliography."""
    entries = REFERENCES.read_text(encoding="utf-8")
    return set(re.findall(r"^@\w+\{([^,\s]+),", entries, re.MULTILINE))


def _keep_order(markdown: str) -> str:
    """Return a Persian chapter whose lines keep their order, but for what is still in English."""
    parts = re.split(r"(^::: left-to-right$.*?^:::$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if index % 2 else keep_order(part) for index, part in enumerate(parts))


def _surroundings(main: Path) -> dict[str, Any]:
    """Return what is to decide the pages besides the sources: nothing of the machine's own."""
    return {
        "root": str(main.parent),
        "font_paths": [str(FONTS)],
        "ignore_system_fonts": True,
        "timestamp": TIMESTAMP,
    }


def _include(chapter: Chapter) -> str:
    return f"#include {json.dumps(chapter.name + '.typ', ensure_ascii=False)}"


def _explain(problem: "typst.TypstError | typst.TypstWarning") -> str:
    message = str(problem.message)
    place = re.search(r"([\w.-]+)\.typ:(\d+)", str(getattr(problem, "diagnostic", "")))
    where = f"Notebook {place[1]}" if place else "The report"
    if missing := re.search(r"label `<(.+?)>` does not exist", message):
        return (
            f"{where} refers to @{missing[1]}: no figure, table, equation, section or entry of "
            "report/references.bib is called so; check the spelling."
        )
    hints = " ".join(str(hint) for hint in getattr(problem, "hints", None) or ())
    return f"{where} can't be typeset: {message}. {hints}".strip()
