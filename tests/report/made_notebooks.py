"""Small notebooks with their outputs, made without executing anything."""

import base64

from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from cnnlab.report.pages.chapters import write_chapter
from cnnlab.report.pages.editions import write_edition
from cnnlab.report.pages.typesetting import Chapter, read_citations
from cnnlab.report.text.prose import check_references

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120pt" height="60pt" viewBox="0 0 120 60">'
    '<rect x="5" y="5" width="110" height="50" fill="#0072B2"/></svg>'
)
# One black pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
assert base64.b64decode(PNG).startswith(b"\x89PNG")

DATA_FRAME_HTML = """<div>
<style scoped>.dataframe tbody tr th { vertical-align: top; }</style>
<table border="1" class="dataframe">
  <thead><tr style="text-align: right;"><th></th><th>layer</th><th>parameters</th></tr></thead>
  <tbody><tr><th>0</th><td>conv1</td><td>51264</td></tr></tbody>
</table></div>"""


def text(source: str, *tags: str, persian: str | None = None, **values: dict) -> NotebookNode:
    """A Markdown cell; ``values`` are the kernel's replies to its expressions."""
    metadata = {"tags": list(tags)} if persian is None else {"tags": list(tags), "persian": persian}
    if values:
        metadata["user_expressions"] = [
            {"expression": expression, "result": result} for expression, result in values.items()
        ]
    return new_markdown_cell(source, metadata=metadata)


def reply(plain: str, **metadata: object) -> dict:
    """What the kernel answers to an expression."""
    return {"status": "ok", "data": {"text/plain": plain}, "metadata": metadata}


def caption(source: str, *tags: str, alt: str = "A blue rectangle.", **options) -> NotebookNode:
    return text(f"{source}\n\nAlt: {alt}", "caption", *tags, **options)


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def shown(data: dict[str, str], **metadata: str) -> NotebookNode:
    return new_output("display_data", data=data, metadata=metadata)


def picture(name: str) -> NotebookNode:
    return shown({"image/svg+xml": SVG}, label=f"fig-{name}")


def table(name: str, markdown: str) -> NotebookNode:
    return shown({"text/markdown": markdown}, label=f"tbl-{name}")


def notebook(*cells: NotebookNode) -> NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def chapter(*cells: NotebookNode, name: str = "04_sample", language: str = "en") -> Chapter:
    made = notebook(*cells)
    check_references({name: made}, read_citations())
    return write_chapter(name, write_edition(made, name, language).cells)
