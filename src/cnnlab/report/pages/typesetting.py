"""Chapters in Pandoc's Markdown to a PDF: pandoc writes Typst, Typst sets the pages."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pypandoc
import typst

from cnnlab.paths import REPORT
from cnnlab.report.errors import ReportError
from cnnlab.report.pages.title import Title
from cnnlab.report.text.persian import keep_order

TEMPLATE = REPORT / "template"
FONTS = REPORT / "fonts"
REFERENCES = REPORT / "references.bib"
GLOSSARY = REPORT / "glossary.toml"

LANGUAGES = ("en", "fa")

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
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """What the Typst template needs to know besides the chapters.

    Attributes:
        template: the template's function: ``report`` or ``single-notebook``.
        title: the title page, whose figure is the name of a picture among the files.
        language: the document's language, ``en`` or ``fa``.
        keywords: the PDF's keywords; they say on which data it was made.
        notebook: number of the notebook when it is typeset alone, so that references to the
            others are worded and not numbered; else None.
    """

    template: str
    title: Title
    language: str = "en"
    keywords: tuple[str, ...] = ()
    notebook: str | None = None


def write_typst(chapter: Chapter, language: str = "en") -> str:
    """Return a chapter as Typst's source.

    Args:
        chapter: in Markdown.
        language: of the chapter: Persian tables begin at the right, and lines keep their order.

    Raises:
        ReportError: something in it can't be carried over faithfully: a formula outside the
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
        raise ReportError(
            f"Notebook {chapter.name} can't be typeset:\n{_indented(faults)}\n"
            "Change the notebook's text there and build again."
        )
    return result.stdout.decode()


def write_sources(
    chapters: Sequence[Chapter],
    layout: Layout,
    folder: Path,
    files: Mapping[str, bytes] | None = None,
    appendix: Sequence[Chapter] = (),
) -> Path:
    """Write all that Typst needs into an empty folder and return the main file.

    Args:
        chapters: in their order.
        layout: the template and what stands on its pages.
        folder: where to write.
        files: pictures that belong to no chapter, by name.
        appendix: what follows the chapters as the sections of one appendix, from the second level
            of headings.

    Raises:
        ReportError: as in ``write_typst``; two chapters use the same label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(TEMPLATE / "report.typ", folder)
    shutil.copy(REFERENCES, folder)
    settings = json.dumps(asdict(layout) | asdict(layout.title), ensure_ascii=False)
    (folder / "settings.json").write_text(settings, encoding="utf-8")
    lines = [
        '#import "report.typ": *',
        '#let settings = json("settings.json")',
        f"#show: {layout.template}.with(settings)",
    ]
    bodies = {}
    for chapter in (*chapters, *appendix):
        bodies[chapter.name] = write_typst(chapter, layout.language)
        source = f'#import "report.typ": *\n{bodies[chapter.name]}'
        (folder / f"{chapter.name}.typ").write_text(source, encoding="utf-8")
    for chapter in chapters:
        lines += [_include(chapter), _NO_FIGURE_BEYOND]
    if appendix:
        lines += ["#show: appendix.with(settings)", *map(_include, appendix), _NO_FIGURE_BEYOND]
    for name, content in {**(files or {}), **_pictures([*chapters, *appendix])}.items():
        (folder / name).write_bytes(content)
    if _cites("\n".join(bodies.values())):
        lines.append("#references()")
    main = folder / "main.typ"
    main.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return main


def compile_pdf(main: Path) -> bytes:
    """Return the PDF (PDF/UA-1 and PDF/A-2a) of Typst's sources.

    Raises:
        ReportError: a reference leads nowhere, a glyph is missing, or anything else that
            Typst warns of.
    """
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(main), format="pdf", pdf_standards=PDF_STANDARDS, **_surroundings(main)
        )
    except typst.TypstError as error:
        raise ReportError(_explain(error)) from error
    if warnings:
        raise ReportError("\n".join(_explain(warning) for warning in warnings))
    return pdf


def compile_page(main: Path, page: int, dots_per_inch: float) -> bytes:
    """Return one page (from 1) of Typst's sources as a PNG."""
    pages = typst.compile(str(main), format="png", ppi=dots_per_inch, **_surroundings(main))
    return pages[page - 1] if isinstance(pages, list) else pages


def draw_picture(svg: bytes, dots_per_inch: float) -> bytes:
    """Return an SVG without text of its own, such as matplotlib's, as a PNG."""
    page = b'#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")'
    sources = {"main": page, "picture.svg": svg}
    return typst.compile(sources, format="png", ppi=dots_per_inch, ignore_system_fonts=True)


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


_NO_FIGURE_BEYOND = "#place.flush()"


def _include(chapter: Chapter) -> str:
    return f"#include {json.dumps(chapter.name + '.typ', ensure_ascii=False)}"


def _pictures(chapters: Sequence[Chapter]) -> dict[str, bytes]:
    return {name: content for chapter in chapters for name, content in chapter.files.items()}


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def read_citations() -> set[str]:
    """Return the keys of the bibliography."""
    entries = REFERENCES.read_text(encoding="utf-8")
    return set(re.findall(r"^@\w+\{([^,\s]+),", entries, re.MULTILINE))


def _cites(body: str) -> bool:
    return any(
        re.search(rf"@{re.escape(key)}\b|<{re.escape(key)}>", body) for key in read_citations()
    )


def _explain(problem: "typst.TypstError | typst.TypstWarning") -> str:
    message = str(problem.message)
    place = re.search(r"([\w.-]+)\.typ:(\d+)", str(getattr(problem, "diagnostic", "")))
    where = f"Notebook {place[1]}" if place else "The report"
    hints = " ".join(str(hint) for hint in getattr(problem, "hints", None) or ())
    if missing := re.search(r"label `<(.+?)>` does not exist", message):
        remedy = (
            "no figure, table, equation, section or entry of report/references.bib is called "
            "so; check the spelling"
        )
        return f"{where} refers to @{missing[1]}: {remedy}."
    return f"{where} can't be typeset: {message}. {hints}".strip()
