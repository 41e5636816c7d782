"""What Markdown cells say: values and claims filled in, captions put to their figures, references.

Code cells compute and draw, Markdown cells talk. Their source is MyST as JupyterLab shows it:
``{eval}`name` `` for a value of the kernel, ``[Figure](#fig-07-roc)`` for a reference. Here it
becomes Pandoc's Markdown with the results of one execution.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbformat import NotebookNode

from cnnlab.report.errors import ReportError
from cnnlab.report.text.values import set_powers

CAPTION = "caption"
"""The tag of the Markdown cell that says what the figure or table before it shows."""

EXPRESSION = re.compile(r"\{eval\}`([^`]+)`")
LABEL = re.compile(r"\\label\{([^}]*)\}")
_REFERENCE = re.compile(r"\[([^\]]*)\]\((\w+\.ipynb)?(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^(#{1,4}) +(.+?) *$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_ALTERNATIVE = re.compile(r"^(?:Alt|متن جایگزین): *", re.MULTILINE)
_OPENING = re.compile(r"(?:> ?)*(?:[-*] |\d+\. )?(?:\*\*(?:Answer|پاسخ)[^*]*\*\*)?")
_GIVEN_WAY = {
    "en": "*What stands here otherwise is not borne out by this run.*",
    "fa": "*آنچه معمولاً اینجا می‌آید با نتایج این اجرا تأیید نمی‌شود.*",
}


class TextClient(NotebookClient):
    """Executes code cells as ever, and asks the kernel for a Markdown cell's expressions."""

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, *args: Any, **kwargs: Any
    ) -> NotebookNode:
        """Execute a cell; a Markdown cell keeps its values as JupyterLab does.

        Raises:
            ReportError: an expression fails, or a claim is no truth value.
        """
        if cell.cell_type != "markdown":
            return await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        if expressions := find_expressions(cell.source):
            asked = {str(number): text for number, text in enumerate(expressions)}
            request = self.kc.execute("", store_history=False, user_expressions=asked)
            reply: dict[str, Any] = {}
            while reply.get("parent_header", {}).get("msg_id") != request:
                reply = await self.kc.get_shell_msg(timeout=None)
            results = reply["content"]["user_expressions"]
            for number, expression in asked.items():
                if results[number]["status"] != "ok":
                    raise ReportError(
                        f"{name_cell(cell)}: the expression {expression!r} failed with "
                        f"{results[number]['ename']}: {results[number]['evalue']}."
                    )
            cell.metadata["user_expressions"] = [
                {"expression": expression, "result": results[number]}
                for number, expression in asked.items()
            ]
        return cell

    # nbconvert calls this one.
    execute_cell = run_sync(async_execute_cell)


def find_expressions(source: str) -> list[str]:
    """Return the expressions of a Markdown cell, in their order."""
    return EXPRESSION.findall(_CODE.sub("", source))


def name_cell(cell: NotebookNode) -> str:
    """Return what a message calls a Markdown cell."""
    return f"cell {cell.get('id')} ({cell.source.strip()[:50]!r})"


def list_failed_claims(notebook: NotebookNode) -> list[str]:
    """Return the claims of an executed notebook that do not hold, with their cells."""
    return [
        f"{name_cell(cell)}: {found['expression']}"
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
        ReportError: a value is missing.
    """
    results = {
        found["expression"]: found["result"] for found in cell.metadata.get("user_expressions", ())
    }
    if lacking := set(find_expressions(source)) - set(results):
        raise ReportError(
            f"{where}, {name_cell(cell)}: there is no value of {lacking.pop()!r}. Run all cells of "
            "the notebook and save it, or add --execute to jupyter nbconvert."
        )

    def write_paragraph(paragraph: str) -> str:
        for expression in EXPRESSION.findall(paragraph):
            if results[expression]["metadata"].get("holds") is False:
                return f"{_OPENING.match(paragraph)[0]} {_GIVEN_WAY[language]}\n"
        return EXPRESSION.sub(lambda found: translate(_spell(results[found[1]])), paragraph)

    return "".join(map(write_paragraph, _split_paragraphs(source)))


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
        for marks, heading in _HEADING.findall(_CODE.sub("", source))
    ]


def link_references(source: str, notebook: str) -> str:
    """Return Markdown in which links to labels are Pandoc's references and citations."""

    def refer(found: re.Match[str]) -> str:
        label = _target(found, notebook)
        if label is None:
            return found[0]
        if label.startswith("ref-"):
            return f"{found[1]} [@{label[4:]}]"
        return f"@{label}"

    return _outside_code(lambda text: _REFERENCE.sub(refer, text), source)


def find_references(source: str, notebook: str) -> list[str]:
    """Return the labels that a Markdown cell refers to, in their order."""
    targets = (_target(found, notebook) for found in _REFERENCE.finditer(_CODE.sub("", source)))
    return [label for label in targets if label is not None]


def split_caption(text: str, label: str, where: str) -> tuple[str, str]:
    """Return caption and alternative text of a caption cell.

    Raises:
        ReportError: there is no caption, or a figure has no alternative text.
    """
    caption, *alternative = _ALTERNATIVE.split(text, maxsplit=1)
    alt = " ".join("".join(alternative).split())
    if not caption.strip() or (label.startswith("fig-") and not alt):
        raise ReportError(
            f"{where}: the caption cell of {label} must say what to see and, of a figure, end with "
            "a paragraph that begins with 'Alt:' and says what is drawn, for who doesn't see it."
        )
    return " ".join(caption.split()), alt


def match_captions(
    notebook: NotebookNode, name: str
) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """Yield each labelled output of a notebook with its caption cell.

    Raises:
        ReportError: a figure or table is not followed by its caption cell.
    """
    waiting: list[NotebookNode] = []
    for cell in notebook.cells:
        where = f"Notebook {name}, cell {cell.get('id')}"
        if cell.cell_type == "markdown" and CAPTION in cell.metadata.get("tags", ()):
            if not waiting:
                raise ReportError(f"{where}: there is no figure or table before this caption.")
            yield waiting.pop(0), cell
            continue
        if waiting:
            raise ReportError(
                f"{where}: {waiting[0].metadata.label} has no caption. Put a Markdown cell tagged "
                f"{CAPTION!r} right after the code cell that shows it."
            )
        for output in cell.get("outputs", ()):
            if output.get("metadata", {}).get("label"):
                waiting.append(output)
    if waiting:
        raise ReportError(f"Notebook {name}: {waiting[0].metadata.label} has no caption.")


def check_references(notebooks: Mapping[str, NotebookNode], citations: set[str]) -> None:
    """Refuse references that lead nowhere, as far as they mean one of some notebooks.

    Args:
        notebooks: executed, by name.
        citations: the keys of the bibliography.

    Raises:
        ReportError: a label does not exist or is there twice; the message names the cell.
    """
    places: dict[str, str] = {f"ref-{key}": "the bibliography" for key in citations}
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            for label in _labels_of(cell, name):
                if label in places:
                    raise ReportError(
                        f"Notebook {name}, cell {cell.get('id')}: the label {label} is used in "
                        f"{places[label]} too. Give each figure, table, equation and section a "
                        "name of its own."
                    )
                places[label] = f"notebook {name}"
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            for label in find_references(cell.source, name):
                chapter = re.match(r"(?:fig|tbl|eq|sec)-(\d\d)", label)
                if chapter and chapter[1] not in {known[:2] for known in notebooks}:
                    continue
                if label not in places:
                    raise ReportError(
                        f"Notebook {name}, {name_cell(cell)}: the reference to {label} leads "
                        "nowhere. Look for a typing error in its link."
                    )


def _labels_of(cell: NotebookNode, name: str) -> list[str]:
    if cell.cell_type == "markdown":
        return [*find_headings(cell.source, name), *LABEL.findall(cell.source)]
    labels = (output.get("metadata", {}).get("label") for output in cell.get("outputs", ()))
    return [label for label in labels if label]


def _target(found: re.Match[str], notebook: str) -> str | None:
    """Return the label that a link means; None for links to elsewhere."""
    _, file, anchor = found.groups()
    if file:
        return _section_label(file.removesuffix(".ipynb"), anchor)
    if anchor is None:
        return None
    if re.match(r"(?:fig|tbl|eq|ref)-", anchor):
        return anchor
    return _section_label(notebook, anchor)


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


def _split_paragraphs(source: str) -> list[str]:
    """Return the paragraphs, items of lists among them, each with the lines that part it."""
    pieces: list[list[str]] = [[]]
    for line in source.splitlines(keepends=True):
        bare = line.lstrip("> ").strip()
        if pieces[-1] and (not bare or re.match(r"(?:[-*]|\d+\.) ", bare)):
            pieces.append([])
        pieces[-1].append(line)
        if not bare:
            pieces.append([])
    return ["".join(piece) for piece in pieces]


def _outside_code(change: Callable[[str], str], source: str) -> str:
    parts = re.split(f"({_CODE.pattern})", source, flags=_CODE.flags)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))
