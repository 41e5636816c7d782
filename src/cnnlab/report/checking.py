"""Read a built PDF back and hold it against the notebooks that it was made from.

A PDF says itself which edition it is.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pypdf import PdfReader
from pypdf.generic import Destination

from cnnlab import paths
from cnnlab.report.pages.editions import write_edition
from cnnlab.report.text.persian import localise_numbers
from cnnlab.report.text.prose import LABEL, SUMMARY, has_tag
from cnnlab.report.text.values import CODE_BLOCK
from plumbing.user_errors import UserError

_LEFT_OVER = re.compile(
    r"\$\$|\\(?:frac|sum|begin|end|mathbf|mathbb|mathrm|text|left|right|operatorname|label)\b"
    r"|@(?:fig|tbl|eq|sec)-[\w-]+"
)

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
        headings: of all notebooks, without their labels.
        captions: of each captioned picture and table, by label.
        equations: how many are numbered.
    """

    headings: list[str]
    captions: dict[str, str]
    equations: int


def report_faults(pdfs: Sequence[str]) -> None:
    """Check reports against the notebooks of the last build.

    Raises:
        UserError: one has faults; the message lists them all.
    """
    built = paths.BUILT_NOTEBOOKS
    faults = [f"{pdf}: {fault}" for pdf in pdfs for fault in check_report(Path(pdf), built)]
    if faults:
        raise UserError("\n".join(faults))
    for pdf in pdfs:
        print(f"{pdf}: all headings, figures, tables and equations are there.")


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
    left = sorted(set(_LEFT_OVER.findall(text)))
    faults = [f"raw TeX, or a reference that leads nowhere, is left: {found!r}" for found in left]
    bookmarks = [re.sub(r"^[\d.–]+", "", squeeze(title)) for title in _titles(reader.outline)]
    for heading in declared.headings:
        words = squeeze(re.sub(r"\$[^$]*\$", "", heading))
        if not any(words in bookmark for bookmark in bookmarks):
            faults.append(f"the heading {heading!r} is missing from the bookmarks")
    squeezed = squeeze(text)
    for label, caption in declared.captions.items():
        words = plain_words(caption)[:40]
        # Where a line ends, a letter may be read in another place.
        if not any(half and half in squeezed for half in (words[:20], words[20:])):
            faults.append(f"the caption of {label} is missing: {caption!r}")
    for number in range(1, declared.equations + 1):
        persian = localise_numbers(str(number))
        # A formula runs from the left: read as a Persian line, the brackets of its number are
        # turned.
        if not any(shown in text for shown in (f"({number})", f"({persian})", f"){persian}(")):
            faults.append(f"the equation number ({number}) of {declared.equations} is missing")
    return faults


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


def read_declared(notebooks: Path, language: str) -> Declared:
    """Collect what the executed notebooks of a folder declare, in the order of their names.

    Raises:
        UserError: the folder holds no notebooks.
    """
    built = sorted(notebooks.glob("*.ipynb"))
    if not built:
        raise UserError(f"{notebooks} holds no executed notebooks: run `make report`.")
    cells = [
        cell
        for path in built
        for cell in write_edition(nbformat.read(path, as_version=4), path.stem, language).cells
        if not has_tag(cell, "no-pdf", SUMMARY)
    ]
    prose = [CODE_BLOCK.sub("", cell.source) for cell in cells if cell.cell_type == "markdown"]
    outputs: list[NotebookNode] = [
        output.get("metadata", {}) for cell in cells for output in cell.get("outputs", ())
    ]
    return Declared(
        headings=[
            heading
            for text in prose
            for heading in re.findall(r"^#{1,3} +(.+?)(?: *\{[^}]*\})? *$", text, re.MULTILINE)
        ],
        captions={metadata.label: metadata.caption for metadata in outputs if "label" in metadata},
        equations=sum(len(LABEL.findall(text)) for text in prose),
    )


def squeeze(text: str) -> str:
    """Return letters and digits only: line breaks, hyphens and ligatures differ in print.

    In a Persian line that is read back, lam and alef stand in either order: they may be one
    glyph, which is not turned round with the others. So they are sorted.
    """
    plain = unicodedata.normalize("NFKC", text)
    letters = "".join(character for character in plain if character.isalnum()).casefold()
    return re.sub("[الآأ]+", lambda run: "".join(sorted(run[0])), letters)


def plain_words(caption: str) -> str:
    """Return the longest piece without formulae, references and, in Persian, Latin letters.

    These read differently in print. It is squeezed.
    """
    apart = r"<[^>]*>|\$[^$]*\$|\[?@[\w-]+\]?|`[^`]*`"
    if re.search("[\u0600-\u06ff]", caption):
        apart += r"|[A-Za-z0-9۰-۹()\[\]]+"
    # Lam and alef at the ends would be sorted with those of the next piece, see ``squeeze``.
    return max((squeeze(piece).strip("الآأ") for piece in re.split(apart, caption)), key=len)


def _titles(outline: list[Destination | list]) -> Iterator[str]:
    for entry in outline:
        yield from _titles(entry) if isinstance(entry, list) else [str(entry.title)]
