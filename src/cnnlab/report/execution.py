"""Execute the notebooks, but only those whose code, data or package have changed.

An executed notebook is known by its code cells and by the expressions of its text, so that prose
can be edited freely. What code
cells depend on besides themselves names the cache's folder: see ``digest_state``. (jupyter-cache
would do the same, but a process that is killed while it writes leaves an entry on which every
later run fails.)
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from cnnlab.faces.loading import Faces
from cnnlab.paths import ROOT, STUDIES
from cnnlab.report.running import Job, run_notebooks
from cnnlab.report.text.prose import find_expressions
from cnnlab.settings import current_profile
from plumbing.commands import tell_if_interrupted
from plumbing.storage import read_seal, seal, write_bytes

CACHES_KEPT = 6
"""How many caches stay: enough to change between profiles and data without executing again."""

_COMPILED = {".pyc", ".nbi", ".nbc"}


def digest_state(faces: Faces) -> str:
    """Return a sha256 of what every notebook's results depend on besides its own code.

    These are the packages, the pinned requirements, the studies, the profile and the data:
    what they hold, and what captions and notes say of them.

    Args:
        faces: the data of this run.

    Raises:
        SettingsError: the profile is not known.
    """
    total = hashlib.sha256(f"profile {current_profile().name}\n".encode())
    packages = [path.parent for path in (ROOT / "src").glob("*/__init__.py")]
    sources = [path for package in packages for path in package.rglob("*") if _is_source(path)]
    for path in sorted([*sources, *STUDIES.rglob("*.csv"), ROOT / "requirements.txt"]):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT).as_posix()} {content}\n".encode())
    total.update("\n".join([faces.digest, faces.dataset.title, *faces.dataset.notes]).encode())
    return total.hexdigest()


def execute_notebooks(paths: Sequence[Path], cache_folder: Path) -> list[NotebookNode]:
    """Return the notebooks executed, from the cache where their code has not changed.

    The files are not written to. Each runs in a fresh kernel of the interpreter that runs us, in
    its own folder, for as long as it needs, and two at once where the machine allows it; a bar on
    the terminal shows which, and at which cells they are. See ``running``.

    Args:
        paths: the notebooks, in order.
        cache_folder: where executed notebooks are kept; one folder for one state of package
            and data, see ``digest_state``.

    Raises:
        ReportError: a cell fails; what was executed before, or at once with it, stays in the
            cache.
    """
    cache_folder.mkdir(parents=True, exist_ok=True)
    cache_folder.touch()
    entries = [_Entry(path, cache_folder) for path in paths]
    stale = [entry for entry in entries if not entry.take_cached()]
    executed = len(entries) - len(stale)
    with (
        tell_if_interrupted(lambda: f"{executed} of {len(paths)} notebooks"),
        tqdm(total=len(paths), initial=executed, unit="notebook", dynamic_ncols=True) as bar,
    ):

        def keep(entry: _Entry) -> None:
            nonlocal executed
            entry.keep()
            executed += 1
            bar.update()

        if stale:
            run_notebooks(stale, keep, bar)
    return [entry.notebook for entry in entries]


def forget_old_caches(folder: Path) -> None:
    """Remove all but the ``CACHES_KEPT`` caches that were used last."""
    caches = [path for path in folder.glob("*") if path.is_dir()]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for cache in caches[CACHES_KEPT:]:
        shutil.rmtree(cache)


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix not in _COMPILED


class _Entry(Job):
    """A notebook and its place in the cache."""

    def __init__(self, path: Path, cache_folder: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        super().__init__(path, notebook, cache_folder / f"{path.stem}.log")
        self._key = _digest_code(self.notebook)
        self._file = cache_folder / f"{path.stem}-{self._key[:16]}.ipynb"

    def take_cached(self) -> bool:
        """Take the outputs from the cache, and say whether they were there."""
        if read_seal(self._file, self._key) is None:
            return False
        cached = nbformat.read(self._file, as_version=4)
        cells = zip(_computing_cells(self.notebook), _computing_cells(cached), strict=True)
        for cell, done in cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
            else:
                cell.metadata["user_expressions"] = done.metadata["user_expressions"]
        return True

    def keep(self) -> None:
        """Write the executed notebook to the cache."""
        write_bytes(self._file, nbformat.writes(self.notebook).encode())
        seal(self._file, self._key)


def _computing_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells, and the text cells with expressions."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        or (cell.cell_type == "markdown" and find_expressions(cell.source))
    ]


def _digest_code(notebook: NotebookNode) -> str:
    """Return a sha256 of code and expressions: prose and tags change the report but no result."""
    sources = [
        cell.source if cell.cell_type == "code" else find_expressions(cell.source)
        for cell in _computing_cells(notebook)
    ]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()
