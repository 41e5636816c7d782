"""The Persian of the notebooks' text: one file a notebook under ``report/fa``.

A file has the Persian of each Markdown cell in the notebook's order, below a comment with the
cell's id and the digest of the English that it translates. ``make translation`` adds new cells, and
notes in the comment what has changed, with the English: translate, then leave only the new digest
in the comment.
"""

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cnnlab.paths import NOTEBOOKS, REPORT
from cnnlab.report.errors import ReportError
from cnnlab.report.text.prose import LABEL, find_expressions, find_references
from plumbing.commands import run_command
from plumbing.storage import write_bytes

PERSIAN = REPORT / "fa"
_NONE = "none"
_PASSAGE = re.compile(
    r"^<!-- (?P<cell>[\w-]+) (?P<digest>[0-9a-f]{8}|none)(?:, now [0-9a-f]{8}\n.*?)? *-->\n",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Passage:
    """The Persian of one Markdown cell.

    Attributes:
        digest: of the English that it translates; ``none`` for none yet.
        text: the Persian.
    """

    digest: str
    text: str


def digest_text(english: str) -> str:
    """Return eight hexadecimal digits that change with an English text, but not with its lines."""
    return hashlib.sha256(" ".join(english.split()).encode()).hexdigest()[:8]


def read_passages(path: Path) -> dict[str, Passage]:
    """Return the passages of a file by their cells; none if it isn't there.

    Raises:
        ReportError: text stands before the first comment, or a cell is there twice.
    """
    content = path.read_text(encoding="utf-8") if path.is_file() else ""
    heads = list(_PASSAGE.finditer(content))
    if content[: heads[0].start() if heads else None].strip():
        raise ReportError(f"{path}: the text before the first passage belongs to no cell.")
    ends = [*(head.start() for head in heads[1:]), len(content)][: len(heads)]
    passages = {}
    for head, end in zip(heads, ends, strict=True):
        if head["cell"] in passages:
            raise ReportError(f"{path}: cell {head['cell']} is there twice.")
        passages[head["cell"]] = Passage(head["digest"], content[head.end() : end].strip())
    return passages


def add_persian(notebook: NotebookNode, name: str, folder: Path = PERSIAN) -> None:
    """Put the Persian of each Markdown cell, where it is up to date, into its ``metadata.persian``.

    Raises:
        ReportError: a passage has other expressions or labels than its English.
    """
    path = folder / f"{name}.md"
    passages = read_passages(path)
    for cell in _text_cells(notebook):
        passage = passages.get(cell.id)
        if passage and passage.text and passage.digest == digest_text(cell.source):
            _compare(cell, passage.text, name, path)
            cell.metadata["persian"] = passage.text


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
        passage = passages.pop(cell.id, Passage(_NONE, ""))
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


def _text_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _compare(cell: NotebookNode, persian: str, name: str, path: Path) -> None:
    parts: Mapping[str, tuple[list[str], list[str]]] = {
        "expressions": (find_expressions(cell.source), find_expressions(persian)),
        "references": (find_references(cell.source, name), find_references(persian, name)),
        "labels": (LABEL.findall(cell.source), LABEL.findall(persian)),
        "headings": (re.findall("^#+ ", cell.source, re.M), re.findall("^#+ ", persian, re.M)),
    }
    for kind, (english, translated) in parts.items():
        if differing := Counter(english) - Counter(translated) or Counter(translated) - Counter(
            english
        ):
            raise ReportError(
                f"{path}, cell {cell.id} of notebook {name}: English and Persian have other "
                f"{kind}: {', '.join(differing)}."
            )


def renew_translations(names: Sequence[str]) -> None:
    """Bring files under ``report/fa`` in line with their notebooks, and say what is missing.

    Args:
        names: of notebooks without their suffix; none: all.
    """
    total: Counter[str] = Counter()
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    for path in [path for path in paths if not names or path.stem in names]:
        counts = renew_translation(nbformat.read(path, as_version=4), PERSIAN / f"{path.stem}.md")
        total += counts
        print(f"{path.stem}: {', '.join(f'{counts[kind]} {kind}' for kind in sorted(counts))}")
    print(f"All: {', '.join(f'{total[kind]} {kind}' for kind in sorted(total))}. {PERSIAN}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Renew the files of the Persian text.")
    parser.add_argument("names", nargs="*", help="notebooks, such as 07_light_vgg; default: all")
    sys.exit(run_command(partial(renew_translations, parser.parse_args().names)))
