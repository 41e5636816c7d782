"""Read a built PDF back and hold it against the notebooks that it was made from.

``python -m cnnlab.report.checking report/report.pdf`` prints the faults and exits with 1.
"""

import argparse
import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pypdf import PdfReader
from pypdf.generic import Destination

from cnnlab.commands import run_command
from cnnlab.paths import REPORT
from cnnlab.report.errors import ReportError

EXECUTED_NOTEBOOKS = REPORT / "build" / "notebooks"

_RAW_TEX = re.compile(
    r"\$\$|\\(?:frac|sum|begin|end|mathbf|mathbb|mathrm|text|left|right|operatorname|label)\b"
)


@dataclass(frozen=True)
class Declared:
    """What executed notebooks say that the report must hold.

    Attributes:
        headings: (notebook, heading) of each heading, without marks and formulae.
        figures: (label, caption) of each captioned picture.
        tables: (label, caption) of each captioned table.
        equations: labels of the numbered equations.
    """

    headings: list[tuple[str, str]]
    figures: list[tuple[str, str]]
    tables: list[tuple[str, str]]
    equations: list[str]


def check_report(pdf: Path, notebooks: Path) -> list[str]:
    """Return what is wrong with a report; an empty list if nothing is.

    Args:
        pdf: the report.
        notebooks: folder of the executed notebooks that it was made from.
    """
    reader = PdfReader(pdf)
    text = "\n".join(page.extract_text() for page in reader.pages)
    declared = read_declared(notebooks)
    return [
        *_check_structure(reader),
        *_check_headings(reader, declared),
        *_check_captions(text, "Figure", declared.figures),
        *_check_captions(text, "Table", declared.tables),
        *_check_equations(text, declared.equations),
        *_check_leftovers(text),
    ]


def read_declared(notebooks: Path, language: str = "en") -> Declared:
    """Collect what the executed notebooks of a folder declare, in the order of their names.

    Raises:
        ReportError: the folder holds no notebooks.
    """
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise ReportError(f"{notebooks} holds no executed notebooks: run `make report`.")
    declared = Declared([], [], [], [])
    for path in paths:
        for cell in nbformat.read(path, as_version=4).cells:
            if not {"no-pdf", "en", "fa"} - {language} & set(cell.metadata.get("tags", ())):
                _collect(path.stem, cell, declared)
    return declared


def find_caption(reader: PdfReader, caption: str) -> int | None:
    """Return the page (from 1) that holds a caption, or None."""
    # Formulae and references read differently in print: the words before them are enough.
    words = _squeeze(re.split(r"[$@\[]", caption)[0])[:60]
    for number, page in enumerate(reader.pages, start=1):
        if words and words in _squeeze(page.extract_text()):
            return number
    return None


def _collect(notebook: str, cell: NotebookNode, declared: Declared) -> None:
    if cell.cell_type == "markdown":
        prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.DOTALL | re.MULTILINE)
        for heading in re.findall(r"^#{1,3} +(.+?)(?: *\{[^}]*\})? *$", prose, re.MULTILINE):
            declared.headings.append((notebook, heading))
        declared.equations.extend(re.findall(r"\\label\{(eq-[^}]*)\}", prose))
    for output in cell.get("outputs", ()):
        metadata = output.get("metadata", {})
        label = metadata.get("label", "")
        if label.startswith("fig-"):
            declared.figures.append((label, metadata["caption"]))
        elif label.startswith("tbl-"):
            declared.tables.append((label, metadata["caption"]))


def _check_structure(reader: PdfReader) -> list[str]:
    root = reader.trailer["/Root"]
    faults = []
    if not root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in root:
        faults.append("the PDF is not tagged, so screen readers can't follow it")
    if "/Lang" not in root:
        faults.append("the PDF does not say its language")
    if not reader.outline:
        faults.append("the PDF has no bookmarks")
    if not (reader.metadata and reader.metadata.title):
        faults.append("the PDF has no title")
    return faults


def _check_headings(reader: PdfReader, declared: Declared) -> list[str]:
    bookmarks = [_squeeze(title) for title in _titles(reader.outline)]
    faults = []
    for notebook, heading in declared.headings:
        words = _squeeze(re.sub(r"\$[^$]*\$", "", heading))
        if not any(words in re.sub(r"^[\d.]+", "", bookmark) for bookmark in bookmarks):
            faults.append(f"{notebook}: the heading {heading!r} is missing from the bookmarks")
    return faults


def _check_captions(text: str, kind: str, expected: list[tuple[str, str]]) -> list[str]:
    numbers = {int(number) for number in re.findall(rf"\b{kind}\s+(\d+)\.", text)}
    squeezed = _squeeze(text)
    faults = [
        f"{kind} {number} of {len(expected)} has no caption"
        for number in range(1, len(expected) + 1)
        if number not in numbers
    ]
    for label, caption in expected:
        words = _squeeze(re.split(r"[$@\[]", caption)[0])[:40]
        if words not in squeezed:
            faults.append(f"the caption of {label} is missing: {caption!r}")
    return faults


def _check_equations(text: str, labels: list[str]) -> list[str]:
    return [
        f"the equation number ({number}) of {len(labels)} is missing"
        for number in range(1, len(labels) + 1)
        if f"({number})" not in text
    ]


def _check_leftovers(text: str) -> list[str]:
    faults = [f"raw TeX is left: {found!r}" for found in sorted(set(_RAW_TEX.findall(text)))]
    if "??" in text:
        faults.append("a reference is not resolved: ??")
    for label in sorted(set(re.findall(r"@(?:fig|tbl|eq|sec)-[\w-]+", text))):
        faults.append(f"a reference is not resolved: {label}")
    return faults


def _titles(outline: list[Destination | list]) -> list[str]:
    titles = []
    for entry in outline:
        titles.extend(_titles(entry) if isinstance(entry, list) else [str(entry.title)])
    return titles


def _squeeze(text: str) -> str:
    """Return letters and digits only: line breaks, hyphens and ligatures differ in print."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(character for character in plain if character.isalnum()).casefold()


def report_faults(pdf: Path) -> None:
    """Check a report against the notebooks of the last build.

    Raises:
        ReportError: it has faults; the message lists them.
    """
    faults = check_report(pdf, EXECUTED_NOTEBOOKS)
    if faults:
        raise ReportError("\n".join(f"{pdf}: {fault}" for fault in faults))
    print(f"{pdf}: all headings, figures, tables and equations are there.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check a built report.")
    parser.add_argument("pdf", type=Path)
    sys.exit(run_command(partial(report_faults, parser.parse_args().pdf)))
