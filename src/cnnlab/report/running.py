"""Run notebooks in kernels of their own, two at once where the machine allows it."""

import atexit
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from cnnlab.report.errors import ReportError
from cnnlab.report.text.prose import TextClient

LONGEST_WAIT = 0.5
"""Seconds until an interruption is seen."""

LANES = 2
"""Notebooks at once: one alone leaves two processors idle for two fifths of its time."""

MOST_MEMORY = 4e9
"""Bytes that a notebook takes at most, by the recorded stages of the ``full`` profile."""

AFTER_FAULTS = "Open what failed with `make lab` to look further. What was executed is kept."


@dataclass
class Job:
    """A notebook to be run.

    Attributes:
        path: its file; it runs in the file's folder.
        notebook: its cells, which get their outputs.
        log: takes what the kernel's process says.
    """

    path: Path
    notebook: NotebookNode
    log: Path


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


def run_notebooks(jobs: Sequence[Job], keep: Callable[[Job], None], bar: tqdm) -> None:
    """Execute notebooks in threads, as many at once as ``count_lanes`` says.

    In the main thread nbclient would take SIGINT and SIGTERM for itself, and an interruption would
    look like a kernel that has died.

    Args:
        jobs: the notebooks, which get their outputs.
        keep: is called with each when it is done.
        bar: shows which are running.

    Raises:
        ReportError: cells have failed. Others that were running then have come to their end.
    """
    waiting, running, faults = deque(jobs), [], []
    lanes = count_lanes()
    with ThreadPoolExecutor(lanes) as threads:
        try:
            while running or (waiting and not faults):
                while waiting and len(running) < lanes and not faults:
                    running.append(_RunningJob(waiting.popleft()))
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
                        keep(each.job)
                _show(running, bar)
        except BaseException:
            # The threads would go on, and be waited for, to the notebooks' end.
            for each in running:
                each.kill()
            raise
    if faults:
        raise ReportError("\n".join([*map(str, faults), AFTER_FAULTS])) from faults[0]


def _show(running: Sequence["_RunningJob"], bar: tqdm) -> None:
    names = ", ".join(each.job.path.stem for each in running)
    places = ", ".join(each.progress for each in running)
    if (bar.desc.removesuffix(": "), bar.postfix) != (names, places):
        bar.set_description(names, refresh=False)
        bar.set_postfix_str(places)


class _RunningJob:
    """A notebook that is being executed."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.progress = "starts"
        self.future: Future[None]
        self._place = "before its first cell"
        self._begin: Future[bool] = Future()
        cells = job.notebook.cells
        self._order = [index for index, cell in enumerate(cells) if cell.cell_type == "code"]
        self._client = TextClient(
            job.notebook,
            timeout=None,
            kernel_name="python3",
            resources={"metadata": {"path": str(job.path.parent)}},
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
        where = f"{self.job.path} failed {self._place}:"
        try:
            self.future.result()
        except CellExecutionError as error:
            raise ReportError(f"{where}\n  {error.ename}: {error.evalue}") from error
        except ReportError as error:
            raise ReportError(f"{self.job.path}, {error}") from error
        except DeadKernelError as error:
            raise ReportError(
                f"{where} its process ended; its last words are in {self.job.log}. Most often "
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
            with self.job.log.open("wb") as log:
                self._client.execute(stderr=log)
        finally:
            # When a kernel ends while it starts, nbclient leaves this behind, only to fail at exit.
            atexit.unregister(self._client._cleanup_kernel)

    def _show_progress(self, cell: NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            number = self._order.index(cell_index) + 1
            self._place = f"in code cell {number} ({cell.source.partition(chr(10))[0]})"
            self.progress = f"cell {number}/{len(self._order)}"
