"""Execute the notebooks, but only those whose code, data or package have changed.

An executed notebook is known by its code cells, so that prose can be edited freely. What code
cells depend on besides themselves names the cache's folder: see ``digest_state``. (jupyter-cache
would do the same, but a process that is killed while it writes leaves an entry on which every
later run fails.)
"""

import atexit
import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from cnnlab.commands import tell_if_interrupted
from cnnlab.faces.loading import Faces
from cnnlab.paths import ROOT, STUDIES
from cnnlab.report.errors import ReportError
from cnnlab.settings import current_profile
from cnnlab.storage import read_seal, seal, write_bytes

CACHES_KEPT = 6
"""How many caches stay: enough to change between profiles and data without executing again."""

LONGEST_WAIT = 0.5
"""Seconds until an interruption is seen."""

_COMPILED = {".pyc", ".nbi", ".nbc"}


def digest_state(faces: Faces) -> str:
    """Return a sha256 of what every notebook's results depend on besides its own code.

    These are the package, the pinned requirements, the studies, the profile and the data:
    what they hold, and what captions and notes say of them.

    Args:
        faces: the data of this run.

    Raises:
        SettingsError: the profile is not known.
    """
    total = hashlib.sha256(f"profile {current_profile().name}\n".encode())
    sources = [path for path in (ROOT / "src" / "cnnlab").rglob("*") if _is_source(path)]
    for path in sorted([*sources, *STUDIES.rglob("*.csv"), ROOT / "requirements.txt"]):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT).as_posix()} {content}\n".encode())
    total.update("\n".join([faces.digest, faces.dataset.title, *faces.dataset.notes]).encode())
    return total.hexdigest()


def execute_notebooks(paths: Sequence[Path], cache_folder: Path) -> list[NotebookNode]:
    """Return the notebooks executed, from the cache where their code has not changed.

    The files are not written to. They run one after the other, each in a fresh kernel of the
    interpreter that runs us, in their own folder, for as long as they need; a bar on the
    terminal shows the notebook and the cell.

    Args:
        paths: the notebooks, in order.
        cache_folder: where executed notebooks are kept; one folder for one state of package
            and data, see ``digest_state``.

    Raises:
        ReportError: a cell fails; what was executed before stays in the cache.
    """
    cache_folder.mkdir(parents=True, exist_ok=True)
    cache_folder.touch()
    executed = []
    with (
        tell_if_interrupted(lambda: f"{len(executed)} of {len(paths)} notebooks"),
        tqdm(paths, unit="notebook", dynamic_ncols=True) as bar,
    ):
        for path in bar:
            bar.set_description(path.stem)
            executed.append(_execute_once(path, cache_folder, bar))
    return executed


def forget_old_caches(folder: Path) -> None:
    """Remove all but the ``CACHES_KEPT`` caches that were used last."""
    caches = [path for path in folder.glob("*") if path.is_dir()]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for cache in caches[CACHES_KEPT:]:
        shutil.rmtree(cache)


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix not in _COMPILED


def _execute_once(path: Path, cache_folder: Path, bar: tqdm) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    key = _digest_code(notebook)
    file = cache_folder / f"{path.stem}-{key[:16]}.ipynb"
    if read_seal(file, key) is None:
        _execute(notebook, path, cache_folder / f"{path.stem}.log", bar)
        write_bytes(file, nbformat.writes(notebook).encode())
        seal(file, key)
    else:
        cached = nbformat.read(file, as_version=4)
        for cell, done in zip(_code_cells(notebook), _code_cells(cached), strict=True):
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    return notebook


def _execute(notebook: NotebookNode, path: Path, log: Path, bar: tqdm) -> None:
    order = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    place = "before its first cell"

    def show_progress(cell: NotebookNode, cell_index: int) -> None:
        nonlocal place
        if cell.cell_type == "code":
            number = order.index(cell_index) + 1
            place = f"in code cell {number} ({cell.source.partition(chr(10))[0]})"
            bar.set_postfix_str(f"cell {number}/{len(order)}")

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        # The same results, the same file: no times, and printed text in one piece, which
        # otherwise comes in as many as the kernel's clock makes of it.
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=show_progress,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    try:
        with log.open("wb") as stream:
            _run_client(client, stream)
    except CellExecutionError as error:
        raise ReportError(
            f"{path} failed {place}:\n  {error.ename}: {error.evalue}\n"
            "Open it with `make lab` to look further. The notebooks before it are kept."
        ) from error
    except DeadKernelError as error:
        raise ReportError(
            f"{path} failed {place}: its process ended; its last words are in {log}. Most "
            "often memory has run out: close other programs, or choose a smaller PROFILE."
        ) from error


def _run_client(client: NotebookClient, log: BinaryIO) -> None:
    """Execute a notebook in a thread of its own.

    In the main thread nbclient would take SIGINT and SIGTERM for itself, and an interruption
    would look like a kernel that has died.

    Args:
        client: of the notebook.
        log: takes what the kernel's process says: TensorFlow's remarks would tear the bar.
    """
    begin: Future[bool] = Future()

    def execute() -> None:
        if begin.result():
            client.execute(stderr=log)

    try:
        with ThreadPoolExecutor(1) as thread:
            try:
                execution = thread.submit(execute)
                begin.set_result(True)
                # A signal that comes just before Python waits is seen only after the wait.
                while not execution.done():
                    wait([execution], timeout=LONGEST_WAIT)
                execution.result()
            except KeyboardInterrupt:
                # The thread would go on, and be waited for, to the notebook's end.
                if begin.done():
                    _kill_kernel(client, execution)
                else:
                    begin.set_result(False)
                raise
    finally:
        # When a kernel ends while it starts, nbclient leaves this behind, only to fail at exit.
        atexit.unregister(client._cleanup_kernel)


def _kill_kernel(client: NotebookClient, execution: Future) -> None:
    """Kill a client's kernel, as soon as there is one, with all that it has started."""
    while not execution.done():
        if group := getattr(getattr(client.km, "provisioner", None), "pgid", None):
            os.killpg(group, signal.SIGKILL)
            return
        time.sleep(0.01)


def _code_cells(notebook: NotebookNode) -> Iterable[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _digest_code(notebook: NotebookNode) -> str:
    """Return a sha256 of the code: prose and tags change the report but no result."""
    sources = [cell.source for cell in _code_cells(notebook)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()
