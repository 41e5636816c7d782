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
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
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

LANES = 2
"""Notebooks at once: one alone leaves two processors idle for two fifths of its time."""

MOST_MEMORY = 4e9
"""Bytes that a notebook takes at most, by the recorded stages of the ``full`` profile."""

AFTER_FAULTS = "Open what failed with `make lab` to look further. What was executed is kept."

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

    The files are not written to. Each runs in a fresh kernel of the interpreter that runs us, in
    its own folder, for as long as it needs, and as many at once as ``count_lanes`` says; a bar on
    the terminal shows which, and at which cells they are.

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
            _execute(stale, keep, bar)
    return [entry.notebook for entry in entries]


def count_lanes() -> int:
    """Return how many notebooks are executed at once: ``LANES`` where memory is enough, or one.

    On a GPU it is one: TensorFlow takes all its memory for one process.
    """
    # Imported here: a report whose notebooks are all in the cache does not wait for it.
    import tensorflow as tf

    enough = measure_free_memory() >= LANES * MOST_MEMORY
    return LANES if enough and not tf.config.list_physical_devices("GPU") else 1


def measure_free_memory(container: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that are left to this machine, or to the container that it is.

    Args:
        container: where Linux describes the container's limits (control groups, version 2).
    """
    free = psutil.virtual_memory().available
    limit, used = container / "memory.max", container / "memory.current"
    if limit.exists() and (most := limit.read_text().strip()) != "max":
        free = min(free, int(most) - int(used.read_text()))
    return free


def forget_old_caches(folder: Path) -> None:
    """Remove all but the ``CACHES_KEPT`` caches that were used last."""
    caches = [path for path in folder.glob("*") if path.is_dir()]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for cache in caches[CACHES_KEPT:]:
        shutil.rmtree(cache)


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix not in _COMPILED


class _Entry:
    """A notebook and its place in the cache."""

    def __init__(self, path: Path, cache_folder: Path) -> None:
        self.path = path
        self.notebook = nbformat.read(path, as_version=4)
        self.log = cache_folder / f"{path.stem}.log"
        self._key = _digest_code(self.notebook)
        self._file = cache_folder / f"{path.stem}-{self._key[:16]}.ipynb"

    def take_cached(self) -> bool:
        """Take the outputs from the cache, and say whether they were there."""
        if read_seal(self._file, self._key) is None:
            return False
        cached = nbformat.read(self._file, as_version=4)
        cells = zip(_code_cells(self.notebook), _code_cells(cached), strict=True)
        for cell, done in cells:
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
        return True

    def keep(self) -> None:
        """Write the executed notebook to the cache."""
        write_bytes(self._file, nbformat.writes(self.notebook).encode())
        seal(self._file, self._key)


def _execute(entries: Sequence[_Entry], keep: Callable[[_Entry], None], bar: tqdm) -> None:
    """Execute notebooks in threads.

    In the main thread nbclient would take SIGINT and SIGTERM for itself, and an interruption would
    look like a kernel that has died.

    Args:
        entries: the notebooks.
        keep: is called with each when it is done.
        bar: shows which are running.

    Raises:
        ReportError: cells have failed. Others that were running then have come to their end.
    """
    waiting, running, faults = deque(entries), [], []
    lanes = count_lanes()
    with ThreadPoolExecutor(lanes) as threads:
        try:
            while running or (waiting and not faults):
                while waiting and len(running) < lanes and not faults:
                    running.append(_Execution(waiting.popleft()))
                    running[-1].start(threads)
                # A signal that comes just before Python waits is seen only after the wait.
                wait([each.future for each in running], LONGEST_WAIT, FIRST_COMPLETED)
                for each in [each for each in running if each.future.done()]:
                    running.remove(each)
                    try:
                        each.finish()
                    except ReportError as fault:
                        faults.append(fault)
                        if running:
                            bar.write(f"{fault}\nWaiting for the others that are running.")
                    else:
                        keep(each.entry)
                _show(running, bar)
        except BaseException:
            # The threads would go on, and be waited for, to the notebooks' end.
            for each in running:
                each.kill()
            raise
    if faults:
        raise ReportError("\n".join([*map(str, faults), AFTER_FAULTS])) from faults[0]


def _show(running: Sequence["_Execution"], bar: tqdm) -> None:
    names = ", ".join(each.entry.path.stem for each in running)
    places = ", ".join(each.progress for each in running)
    if (bar.desc.removesuffix(": "), bar.postfix) != (names, places):
        bar.set_description(names, refresh=False)
        bar.set_postfix_str(places)


class _Execution:
    """A notebook that is being executed."""

    def __init__(self, entry: _Entry) -> None:
        self.entry = entry
        self.progress = "starts"
        self.future: Future[None]
        self._place = "before its first cell"
        self._begin: Future[bool] = Future()
        cells = entry.notebook.cells
        self._order = [index for index, cell in enumerate(cells) if cell.cell_type == "code"]
        self._client = NotebookClient(
            entry.notebook,
            timeout=None,
            kernel_name="python3",
            resources={"metadata": {"path": str(entry.path.parent)}},
            # The same results, the same file: no times, and printed text in one piece, which
            # otherwise comes in as many as the kernel's clock makes of it.
            record_timing=False,
            coalesce_streams=True,
            on_cell_start=self._show_progress,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )

    def start(self, threads: ThreadPoolExecutor) -> None:
        """Begin in one of the threads."""
        self.future = threads.submit(self._run)
        self._begin.set_result(True)

    def finish(self) -> None:
        """Learn how it ended.

        Raises:
            ReportError: a cell has failed.
        """
        where = f"{self.entry.path} failed {self._place}:"
        try:
            self.future.result()
        except CellExecutionError as error:
            raise ReportError(f"{where}\n  {error.ename}: {error.evalue}") from error
        except DeadKernelError as error:
            raise ReportError(
                f"{where} its process ended; its last words are in {self.entry.log}. Most often "
                "memory has run out: close other programs, or choose a smaller PROFILE."
            ) from error

    def kill(self) -> None:
        """Kill the kernel, as soon as there is one, with all that it has started."""
        if not self._begin.done():
            self._begin.set_result(False)
            return
        while not self.future.done():
            if group := getattr(getattr(self._client.km, "provisioner", None), "pgid", None):
                # It may have ended by itself a moment ago.
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
                return
            time.sleep(0.01)

    def _run(self) -> None:
        if not self._begin.result():
            return
        try:
            # What the kernel's process says: TensorFlow's remarks would tear the bar.
            with self.entry.log.open("wb") as log:
                self._client.execute(stderr=log)
        finally:
            # When a kernel ends while it starts, nbclient leaves this behind, only to fail at exit.
            atexit.unregister(self._client._cleanup_kernel)

    def _show_progress(self, cell: NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            number = self._order.index(cell_index) + 1
            self._place = f"in code cell {number} ({cell.source.partition(chr(10))[0]})"
            self.progress = f"cell {number}/{len(self._order)}"


def _code_cells(notebook: NotebookNode) -> Iterable[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _digest_code(notebook: NotebookNode) -> str:
    """Return a sha256 of the code: prose and tags change the report but no result."""
    sources = [cell.source for cell in _code_cells(notebook)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()
