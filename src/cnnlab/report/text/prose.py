"""What Markdown cells say: values and claims filled in, captions put to their figures, references.

Code cells compute and draw, Markdown cells talk. Their source is MyST as JupyterLab shows it:
``{eval}`name` `` for a value of the kernel, ``[Figure](#fig-07-roc)`` for a reference. Here it
becomes Pandoc's Markdown with the results of one execution.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from cnnlab.report.text.values import CODE_BLOCK, EXPRESSION, find_expressions, set_powers
from plumbing.user_errors import UserError

CAPTION = "caption"
"""The tag of the Markdown cell that says what the figure or table before it shows."""

SUMMARY = "summary"
"""The tag of the cell that the report prints on its page of answers only."""

APPENDIX = "appendix"
"""The tag of cells that the report prints after its chapters."""

LABEL = re.compile(r"\\label\{([^}]*)\}")
_REFERENCE = re.compile(r"\[([^\]]*)\]\((?!\))(\w+\.ipynb)?(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^(#{1,4}) +(.+?) *$", re.MULTILINE)
_ALTERNATIVE = re.compile(r"^(?:Alt|متن جایگزین): *", re.MULTILINE)
# Paragraphs, items of lists among them, begin at an empty line or at an item's mark.
_PARAGRAPH = re.compile(r"^(?=[> \t]*(?:$|(?:[-*]|\d+\.) ))", re.MULTILINE)
_OPENING = re.compile(r"(?:[> \t]*\n)?(?:> ?)*(?:[-*] |\d+\. )?(?:\*\*(?:Answer|پاسخ)[^*]*\*\*)?")
_GIVEN_WAY = {
    "en": "*What stands here otherwise is not borne out by this run.*",
    "fa": "*آنچه معمولاً اینجا می‌آید با نتایج این اجرا تأیید نمی‌شود.*",
}


def has_tag(cell: NotebookNode, *tags: str) -> bool:
    """Return whether a cell has one of some tags."""
    return not set(tags).isdisjoint(cell.metadata.get("tags", ()))


def name_cell(cell: NotebookNode) -> str:
    """Return what a message calls a Markdown cell."""
    return f"cell {cell.get('id')} ({cell.source.strip()[:50]!r})"


def list_failed_claims(notebooks: Mapping[str, NotebookNode]) -> list[str]:
    """Return the claims of executed notebooks that do not hold, with their cells."""
    return [
        f"  {name}, {name_cell(cell)}: {found['expression']}"
        for name, notebook in notebooks.items()
        for cell in notebook.cells
        for found in cell.metadata.get("user_expressions", ())
        if found["result"]["metadata"].get("holds") is False
    ]


def write_text(
    cell: NotebookNode,
    source: str,
    where: str,
    language: str,
    translate: Callable[[str], str] = str,
) -> str:
    """Return a Markdown cell's text with its values; what is not borne out gives way.

    Args:
        cell: an executed Markdown cell.
        source: its text in the edition's language, with the same expressions in any order.
        where: the notebook, for messages.
        language: ``en`` or ``fa``.
        translate: gives the words of a value in that language.

    Raises:
        UserError: a value is missing.
    """
    results = {
        found["expression"]: found["result"] for found in cell.metadata.get("user_expressions", ())
    }
    if lacking := set(find_expressions(source)) - set(results):
        raise UserError(
            f"{where}, {name_cell(cell)}: there is no value of {lacking.pop()!r}. Run all cells of "
            "the notebook and save it, or add --execute to jupyter nbconvert."
        )

    def write_paragraph(paragraph: str) -> str:
        for expression in EXPRESSION.findall(paragraph):
            if results[expression]["metadata"].get("holds") is False:
                return f"{_OPENING.match(paragraph)[0]} {_GIVEN_WAY[language]}\n"
        return EXPRESSION.sub(lambda found: translate(_spell(results[found[1]])), paragraph)

    return "".join(map(write_paragraph, _PARAGRAPH.split(source)))


def label_headings(source: str, english: str, notebook: str) -> str:
    """Return Markdown whose headings have labels made from the English ones.

    The notebook's title gets ``sec-NN``, every other heading what Jupyter's own anchor says.
    """
    labels = iter(find_headings(english, notebook))
    return _outside_code(
        lambda text: _HEADING.sub(lambda found: f"{found[0]} {{#{next(labels)}}}", text), source
    )


def find_headings(source: str, notebook: str) -> list[str]:
    """Return the labels of a Markdown cell's headings."""
    return [
        _section_label(notebook, None if marks == "#" else heading)
        for marks, heading in _HEADING.findall(CODE_BLOCK.sub("", source))
    ]


def link_references(source: str, notebook: str) -> str:
    """Return Markdown in which links to labels are Pandoc's references and citations."""

    def refer(found: re.Match[str]) -> str:
        label = _target(found, notebook)
        return f"{found[1]} [@{label[4:]}]" if label.startswith("ref-") else f"@{label}"

    return _outside_code(lambda text: _REFERENCE.sub(refer, text), source)


def find_references(source: str, notebook: str) -> list[str]:
    """Return the labels that a Markdown cell refers to, in their order."""
    links = _REFERENCE.finditer(CODE_BLOCK.sub("", source))
    return [_target(found, notebook) for found in links]


def split_caption(text: str, label: str, where: str) -> tuple[str, str]:
    """Return caption and alternative text of a caption cell.

    Raises:
        UserError: there is no caption, or a figure has no alternative text.
    """
    caption, *alternative = _ALTERNATIVE.split(text, maxsplit=1)
    alt = " ".join("".join(alternative).split())
    if not caption.strip() or (label.startswith("fig-") and not alt):
        raise UserError(
            f"{where}: the caption cell of {label} must say what to see and, of a figure, end with "
            "a paragraph that begins with 'Alt:' and says what is drawn, for who doesn't see it."
        )
    return " ".join(caption.split()), alt


def match_captions(
    notebook: NotebookNode, name: str
) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """Yield each labelled output of a notebook with its caption cell.

    Raises:
        UserError: a figure or table is not followed by its caption cell.
    """
    waiting: list[NotebookNode] = []
    end = NotebookNode(metadata={})
    for cell in [*notebook.cells, end]:
        is_caption = has_tag(cell, CAPTION)
        if is_caption and not waiting:
            raise UserError(
                f"Notebook {name}, cell {cell.get('id')}: there is no figure or table before "
                "this caption."
            )
        if waiting and not is_caption:
            raise UserError(
                f"Notebook {name}: {waiting[0].metadata.label} has no caption. Put a Markdown cell "
                f"tagged {CAPTION!r} right after the code cell that shows it."
            )
        if is_caption:
            yield waiting.pop(0), cell
        else:
            waiting = [output for output in cell.get("outputs", ()) if _label_of(output)]


def check_references(notebooks: Mapping[str, NotebookNode], citations: set[str]) -> None:
    """Refuse references that lead nowhere, as far as they mean one of some notebooks.

    Args:
        notebooks: executed, by name.
        citations: the keys of the bibliography.

    Raises:
        UserError: a label does not exist or is there twice; the message names the cell.
    """
    cells = [(name, cell) for name, notebook in notebooks.items() for cell in notebook.cells]
    places = {f"ref-{key}": "the bibliography" for key in citations}
    for name, cell in cells:
        if cell.cell_type == "markdown":
            labels = [*find_headings(cell.source, name), *LABEL.findall(cell.source)]
        else:
            labels = filter(None, map(_label_of, cell.get("outputs", ())))
        for label in labels:
            if label in places:
                raise UserError(
                    f"Notebook {name}, cell {cell.get('id')}: the label {label} is used in "
                    f"{places[label]} too. Give each figure, table, equation and section a "
                    "name of its own."
                )
            places[label] = f"notebook {name}"
    known = {name[:2] for name in notebooks}
    for name, cell in cells:
        if cell.cell_type != "markdown":
            continue
        for label in find_references(cell.source, name):
            chapter = re.match(r"(?:fig|tbl|eq|sec)-(\d\d)", label)
            if label not in places and not (chapter and chapter[1] not in known):
                raise UserError(
                    f"Notebook {name}, {name_cell(cell)}: the reference to {label} leads "
                    "nowhere. Look for a typing error in its link."
                )


def _label_of(output: NotebookNode) -> str | None:
    return output.get("metadata", {}).get("label")


def _target(found: re.Match[str], notebook: str) -> str:
    """Return the label that a link means, in this notebook or in the one that it names."""
    _, file, anchor = found.groups()
    if not file and re.match(r"(?:fig|tbl|eq|ref)-", anchor):
        return anchor
    return _section_label(file or notebook, anchor)


def _section_label(notebook: str, heading: str | None) -> str:
    chapter = f"sec-{notebook[:2]}"
    if heading is None:
        return chapter
    return f"{chapter}-{re.sub(r'[^A-Za-z0-9-]', '', heading.replace(' ', '-')).strip('-')}"


def _spell(result: Mapping[str, Any]) -> str:
    """Return a value as the text is to show it."""
    if "holds" in result["metadata"]:
        return ""
    text = result["data"].get("text/markdown") or result["data"]["text/plain"]
    if re.fullmatch(r"(['\"]).*\1", text):
        text = ast.literal_eval(text)
    return set_powers(text)


def _outside_code(change: Callable[[str], str], source: str) -> str:
    parts = re.split(f"({CODE_BLOCK.pattern})", source, flags=CODE_BLOCK.flags)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))
