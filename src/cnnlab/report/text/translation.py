"""The Persian of the notebooks' text: one file a notebook under ``report/fa``.

A file has the Persian of each Markdown cell in the notebook's order, below a comment with the
cell's id and the digest of the English that it translates. ``make translation`` adds new cells, and
notes in the comment what has changed, with the English: translate, then leave only the new digest
in the comment.
"""

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from cnnlab.paths import NOTEBOOKS, REPORT
from cnnlab.report.text.prose import LABEL, find_references
from cnnlab.report.text.values import find_expressions
from plumbing.storage import write_bytes
from plumbing.user_errors import UserError

PERSIAN = REPORT / "fa"
_PASSAGE = re.compile(
    r"^<!-- (?P<cell>[\w-]+) (?P<digest>[0-9a-f]{8}|none)(?:, now [0-9a-f]{8}\n.*?)? *-->\n"
    r"(?P<text>.*?)(?=\Z|^<!-- [\w-]+ (?:[0-9a-f]{8}|none))",
    re.MULTILINE | re.DOTALL,
)


class Passage(NamedTuple):
    """The Persian of one Markdown cell.

    Attributes:
        digest: of the English that it translates; ``none`` for none yet.
        text: the Persian.
    """

    digest: str
    text: str


def renew_translations() -> None:
    """Bring the files under ``report/fa`` in line with the notebooks, and say what is missing."""
    total: Counter[str] = Counter()
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        counts = renew_translation(notebook, PERSIAN / f"{path.stem}.md")
        total += counts
        print(f"{path.stem}: {_describe(counts)}")
    print(f"All: {_describe(total)}. {PERSIAN}")


def renew_translation(notebook: NotebookNode, path: Path) -> Counter[str]:
    """Bring a file in line with a notebook, and count what is missing.

    Passages keep their text; those of cells that are gone stay at the end.

    Returns:
        How many passages are ``translated``, ``changed``, ``missing`` and ``unused``.
    """
    passages = read_passages(path)
    counts: Counter[str] = Counter()
    parts = []
    for cell in _text_cells(notebook):
        digest = digest_text(cell.source)
        passage = passages.pop(cell.id, Passage("none", ""))
        head = f"{cell.id} {passage.digest}"
        if passage.digest == digest and passage.text:
            counts["translated"] += 1
        else:
            counts["changed" if passage.text else "missing"] += 1
            head += f", now {digest}\n{cell.source.strip().replace('-->', '- ->')}\n"
        parts.append(f"<!-- {head.rstrip(' ')} -->\n\n{passage.text}".strip())
    for cell, passage in passages.items():
        if passage.text:
            counts["unused"] += 1
            parts.append(f"<!-- {cell} {passage.digest} -->\n\n{passage.text}")
    write_bytes(path, ("\n\n".join(parts) + "\n").encode())
    return counts


def add_persian(notebook: NotebookNode, name: str, folder: Path = PERSIAN) -> None:
    """Put the Persian of each Markdown cell, where it is up to date, into its ``metadata.persian``.

    Raises:
        UserError: a passage has other expressions or labels than its English.
    """
    path = folder / f"{name}.md"
    passages = read_passages(path)
    for cell in _text_cells(notebook):
        passage = passages.get(cell.id)
        if passage and passage.text and passage.digest == digest_text(cell.source):
            _compare(cell, passage.text, name, path)
            cell.metadata["persian"] = passage.text


def read_passages(path: Path) -> dict[str, Passage]:
    """Return the passages of a file by their cells; none if it isn't there.

    Raises:
        UserError: text stands before the first comment, or a cell is there twice.
    """
    content = path.read_text(encoding="utf-8") if path.is_file() else ""
    if _PASSAGE.sub("", content).strip():
        raise UserError(f"{path}: the text before the first passage belongs to no cell.")
    passages: dict[str, Passage] = {}
    for cell, digest, text in _PASSAGE.findall(content):
        if cell in passages:
            raise UserError(f"{path}: cell {cell} is there twice.")
        passages[cell] = Passage(digest, text.strip())
    return passages


def digest_text(english: str) -> str:
    """Return eight hexadecimal digits that change with an English text, but not with its lines."""
    return hashlib.sha256(" ".join(english.split()).encode()).hexdigest()[:8]


def _text_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _compare(cell: NotebookNode, persian: str, name: str, path: Path) -> None:
    for kind, find in {
        "expressions": find_expressions,
        "references": lambda text: find_references(text, name),
        "labels": LABEL.findall,
        "headings": re.compile("^#+ ", re.MULTILINE).findall,
    }.items():
        english, translated = Counter(find(cell.source)), Counter(find(persian))
        if differing := (english - translated) + (translated - english):
            raise UserError(
                f"{path}, cell {cell.id} of notebook {name}: English and Persian have other "
                f"{kind}: {', '.join(differing)}."
            )


def _describe(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts))
