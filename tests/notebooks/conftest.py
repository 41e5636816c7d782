from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from cnnlab.faces.loading import load_faces
from cnnlab.paths import EXECUTED
from cnnlab.report.execution import digest_state, execute_notebooks


@pytest.fixture(scope="session")
def execute() -> Callable[[Path], NotebookNode]:
    """Return a notebook executed, from the cache where it has been before."""
    cache = EXECUTED / digest_state(load_faces())[:16]

    def run(path: Path) -> NotebookNode:
        (notebook,) = execute_notebooks([path], cache)
        return notebook

    return run
