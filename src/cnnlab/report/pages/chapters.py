"""Executed notebooks in Pandoc's Markdown, ready to be typeset.

``report/template/filter.lua`` gives the fenced blocks their meaning.
"""

import base64
import re
from collections.abc import Sequence

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from cnnlab.report.pages.typesetting import Chapter
from cnnlab.report.text.prose import SUMMARY, has_tag
from plumbing.user_errors import UserError

# What libraries print among the results: Keras's progress bars, and TensorFlow's remarks, which
# name addresses in memory and so are other ones in every run.
_CHATTER = re.compile(
    r"^(?:.*(?:\x08|━|\d+/\d+ \[[=>.]+\])|(?:INFO|WARNING):tensorflow:).*$\n?", re.MULTILINE
)


def write_chapter(name: str, cells: Sequence[NotebookNode]) -> Chapter:
    """Return cells of an edition as a chapter.

    Cells tagged ``hide-input`` show their results only; cells tagged ``no-pdf`` or ``summary`` are
    left out.

    Args:
        name: the notebook's, for messages and the name of the file.
        cells: see ``editions.write_edition``.

    Raises:
        UserError: a cell failed, or was not executed; a picture has no caption; an output has no
            form that can be printed.
    """
    parts, files = [], {}
    for cell in cells:
        if has_tag(cell, "no-pdf", SUMMARY):
            continue
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code" and cell.source.strip():
            if cell.execution_count is None:
                raise UserError(
                    f"Notebook {name} has not been executed, at least not the cell that begins "
                    f"with {cell.source.splitlines()[0]!r}. Run all its cells and save it, or "
                    "add --execute to jupyter nbconvert."
                )
            if not has_tag(cell, "hide-input"):
                parts.append(_fence(cell.source, "code-input", " {.python}"))
            where = f"Notebook {name}, cell [{cell.execution_count}]"
            parts += [_write_output(output, where, files) for output in cell.outputs]
    return Chapter(name, "\n\n".join(parts), files)


def _write_output(output: NotebookNode, where: str, files: dict[str, bytes]) -> str:
    if output.output_type == "error":
        raise UserError(
            f"{where}: the code failed with {output.ename}: {output.evalue}. "
            "Mend it and execute the notebook again."
        )
    if output.output_type == "stream":
        printed = _CHATTER.sub("", output.text) if output.name == "stdout" else ""
        return _fence(strip_ansi(printed), "code-output") if printed.strip() else ""
    data, metadata = output.data, output.metadata
    if "application/vnd.jupyter.widget-view+json" in data:
        return ""
    if "text/markdown" in data:
        if "caption" not in metadata:
            return data["text/markdown"]
        inner = f"{data['text/markdown']}\n\n::: caption\n{metadata.caption}\n:::"
        return f":::: {{.report-table #{metadata.label}}}\n{inner}\n::::"
    if "image/svg+xml" in data:
        return _write_figure(metadata, where, ".svg", data["image/svg+xml"].encode(), files)
    if "image/png" in data:
        return _write_figure(metadata, where, ".png", base64.b64decode(data["image/png"]), files)
    if "text/html" in data:
        # A DataFrame's, for the filter to read; styles are no content.
        content = re.sub(r"<(style|script)\b.*?</\1>", "", data["text/html"], flags=re.DOTALL)
        return f"```{{=html}}\n{content.strip()}\n```"
    if "text/latex" in data:
        return data["text/latex"]
    if "text/plain" in data:
        return _fence(strip_ansi(data["text/plain"]), "code-output")
    raise UserError(
        f"{where}: its output is only {', '.join(data) or 'empty'}, which can't be printed. "
        "Show it as text, a table or a picture, or tag the cell no-pdf."
    )


def _fence(text: str, kind: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"::: {{.{kind}}}\n{fence}{language}\n{text.strip(chr(10))}\n{fence}\n:::"


def _write_figure(
    metadata: NotebookNode, where: str, suffix: str, content: bytes, files: dict[str, bytes]
) -> str:
    if "caption" not in metadata:
        raise UserError(
            f"{where}: its picture has no caption. Show it with "
            "cnnlab.report.display.show_figure, and caption it in a cell below."
        )
    file = f"{metadata.label.removeprefix('fig-')}{suffix}"
    files[file] = content
    alt = metadata.alt.replace("\\", "\\\\").replace('"', '\\"')
    attributes = f'#{metadata.label} src="{file}" alt="{alt}"'
    return f"::: {{.report-figure {attributes}}}\n{metadata.caption}\n:::"
