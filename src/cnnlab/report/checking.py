"""Read a built PDF back and hold it against the notebooks that it was made from.

``python -m cnnlab.report.checking report/report.pdf report/report.fa.pdf`` prints the faults and
exits with 1. A PDF says itself which edition it is.
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pypdf import PdfReader
from pypdf.generic import Destination

from cnnlab.paths import REPORT
from cnnlab.report.errors import ReportError
from cnnlab.report.pages.exporter import SUMMARY, write_edition
from cnnlab.report.text.persian import localise_numbers
from plumbing.commands import run_command

EXECUTED_NOTEBOOKS = REPORT / "build" / "notebooks"

_RAW_TEX = re.compile(
    r"\$\$|\\(?:frac|sum|begin|end|mathbf|mathbb|mathrm|text|left|right|operatorname|label)\b"
)
_FIGURE = {"en": "Figure", "fa": "شکل"}
_TABLE = {"en": "Table", "fa": "جدول"}

# Of Arabic keyboards: they look like Persian letters, and no Persian search finds them.
_ARABIC_KIN = {"ي": "ی", "ك": "ک", "ى": "ی"}

# Marks that say where letters join and in which direction they run; they are not printed.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

# What runs from left to right in a Persian line: Latin names, and numbers.
_FROM_THE_LEFT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9 .,:/_-]*[A-Za-z0-9])?|[۰-۹](?:[۰-۹٫٬]*[۰-۹])?"
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
    language = "fa" if reader.trailer["/Root"].get("/Lang") == "fa" else "en"
    text = read_text(reader, language)
    if language == "fa":
        # What is still in English, and the numbers of its formulae, runs from the left.
        text += read_text(reader, "en")
    declared = read_declared(notebooks, language)
    return [
        *_check_structure(reader),
        *_check_headings(reader, declared),
        *_check_captions(text, _FIGURE[language], declared.figures),
        *_check_captions(text, _TABLE[language], declared.tables),
        *_check_equations(text, declared.equations),
        *_check_leftovers(text),
        *_check_letters(text),
    ]


def read_text(reader: PdfReader, language: str) -> str:
    """Return what is printed, in the order in which it is read.

    Args:
        reader: of the PDF.
        language: in which direction a line is read.
    """
    if language == "en":
        return "\n".join(page.extract_text() for page in reader.pages)
    # A PDF holds Persian lines as they are seen, from the left.
    lines = [
        _UNSEEN.sub("", line)[::-1]
        for page in reader.pages
        for line in page.extract_text(extraction_mode="layout").splitlines()
    ]
    return _FROM_THE_LEFT.sub(lambda run: run[0][::-1], "\n".join(lines))


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
        notebook = write_edition(nbformat.read(path, as_version=4), path.stem, language)
        for cell in notebook.cells:
            if not {"no-pdf", SUMMARY} & set(cell.metadata.get("tags", ())):
                _collect(path.stem, cell, declared)
    return declared


def find_caption(reader: PdfReader, caption: str) -> int | None:
    """Return the page (from 1) that holds a caption, or None."""
    words = _plain_words(caption)[:60]
    for number, page in enumerate(reader.pages, start=1):
        if words and words in squeeze(page.extract_text()):
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
            declared.figures.append((label, metadata.get("caption", "")))
        elif label.startswith("tbl-"):
            declared.tables.append((label, metadata.get("caption", "")))


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
    bookmarks = [squeeze(title) for title in _titles(reader.outline)]
    faults = []
    for notebook, heading in declared.headings:
        words = squeeze(re.sub(r"\$[^$]*\$", "", heading))
        if not any(words in re.sub(r"^[\d.–]+", "", bookmark) for bookmark in bookmarks):
            faults.append(f"{notebook}: the heading {heading!r} is missing from the bookmarks")
    return faults


def _check_captions(text: str, kind: str, expected: list[tuple[str, str]]) -> list[str]:
    numbers = {int(number) for number in re.findall(rf"\b{kind}\s*(\d+)\s*\.", text)}
    squeezed = squeeze(text)
    faults = [
        f"{kind} {number} of {len(expected)} has no caption"
        for number in range(1, len(expected) + 1)
        if number not in numbers
    ]
    for label, caption in expected:
        words = _plain_words(caption)[:40]
        # Where a line ends, a letter may be read in another place.
        halves = [half for half in (words[:20], words[20:]) if half]
        if not any(half in squeezed for half in halves):
            faults.append(f"the caption of {label} is missing: {caption!r}")
    return faults


def _check_equations(text: str, labels: list[str]) -> list[str]:
    # A formula runs from the left: read as a Persian line, the brackets of its number are turned.
    return [
        f"the equation number ({number}) of {len(labels)} is missing"
        for number in range(1, len(labels) + 1)
        if not any(
            shown in text
            for shown in (f"({number})", f"({_persian(number)})", f"){_persian(number)}(")
        )
    ]


def _check_leftovers(text: str) -> list[str]:
    faults = [f"raw TeX is left: {found!r}" for found in sorted(set(_RAW_TEX.findall(text)))]
    if "??" in text:
        faults.append("a reference is not resolved: ??")
    for label in sorted(set(re.findall(r"@(?:fig|tbl|eq|sec)-[\w-]+", text))):
        faults.append(f"a reference is not resolved: {label}")
    return faults


def _check_letters(text: str) -> list[str]:
    return [
        f"the Arabic letter {arabic} is printed in place of the Persian {persian}"
        for arabic, persian in _ARABIC_KIN.items()
        if arabic in text
    ]


def _persian(number: int) -> str:
    return localise_numbers(str(number))


def _plain_words(caption: str) -> str:
    """Return the longest piece without formulae, references and, in Persian, Latin letters.

    These read differently in print.
    """
    apart = r"<[^>]*>|\$[^$]*\$|\[?@[\w-]+\]?|`[^`]*`"
    if any(map(_is_persian, caption)):
        apart += r"|[A-Za-z0-9۰-۹()\[\]]+"
    # Lam and alef at the ends would be sorted with those of the next piece, see ``squeeze``.
    return max((squeeze(piece).strip("الآأ") for piece in re.split(apart, caption)), key=len)


def _is_persian(character: str) -> bool:
    return "\u0600" <= character <= "\u06ff"


def _titles(outline: list[Destination | list]) -> list[str]:
    titles = []
    for entry in outline:
        titles.extend(_titles(entry) if isinstance(entry, list) else [str(entry.title)])
    return titles


def squeeze(text: str) -> str:
    """Return letters and digits only: line breaks, hyphens and ligatures differ in print.

    In a Persian line that is read back, lam and alef stand in either order: they may be one
    glyph, which is not turned round with the others. So they are sorted.
    """
    plain = unicodedata.normalize("NFKC", text)
    letters = "".join(character for character in plain if character.isalnum()).casefold()
    return re.sub("[الآأ]+", lambda run: "".join(sorted(run[0])), letters)


def report_faults(pdfs: Sequence[Path]) -> None:
    """Check reports against the notebooks of the last build.

    Raises:
        ReportError: one has faults; the message lists them all.
    """
    faults = [f"{pdf}: {fault}" for pdf in pdfs for fault in check_report(pdf, EXECUTED_NOTEBOOKS)]
    if faults:
        raise ReportError("\n".join(faults))
    for pdf in pdfs:
        print(f"{pdf}: all headings, figures, tables and equations are there.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check built reports.")
    parser.add_argument("pdfs", type=Path, nargs="+")
    sys.exit(run_command(partial(report_faults, parser.parse_args().pdfs)))
