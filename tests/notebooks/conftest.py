from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from nbformat import NotebookNode

from cnnlab.faces.loading import load_faces
from cnnlab.paths import EXECUTED, NOTEBOOKS
from cnnlab.report.execution import execute_notebooks, read_executed
from cnnlab.report.staleness import digest_state, make_entry
from plumbing.locking import hold_lock
from plumbing.user_errors import UserError


@pytest.fixture(scope="session")
def execute(request) -> Callable[[Path], NotebookNode]:
    """Return a notebook executed, from the cache where it has been before."""
    state = digest_state(load_faces())
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    entries = {path: make_entry(path, state, EXECUTED) for path in paths}
    named = "\n".join(item.nodeid for item in request.session.items)
    # Two at once, as for the report, and by one of pytest's processes. What fails here fails again
    # where it is asked for.
    with hold_lock(EXECUTED / "tests.lock", "executes notebooks"), suppress(UserError):
        execute_notebooks(
            [each for path, each in entries.items() if path.stem in named and each.is_stale()]
        )

    def run(path: Path) -> NotebookNode:
        if entries[path].is_stale():
            execute_notebooks([entries[path]])
        return read_executed(entries[path])

    return run
