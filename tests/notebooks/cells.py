"""The answers' code, as it stands in the notebooks."""

from typing import Any

import nbformat

from cnnlab.paths import NOTEBOOKS


def run_cells(notebook: str, *cells: str, **given: Any) -> dict[str, Any]:
    """Execute some code cells of a notebook, by their ids, and return what they define.

    Args:
        notebook: its name.
        *cells: ids.
        **given: what cells that are left out would have defined.
    """
    content = nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in content.cells}
    names = dict(given)
    for cell in cells:
        exec(compile(sources[cell], f"{notebook}, cell {cell}", "exec"), names)
    return names
