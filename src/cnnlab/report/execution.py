"""Execute notebooks in kernels of their own, two at once where the machine allows it.

(jupyter-cache would keep what was executed, too, but a process that is killed while it writes
leaves an entry on which every later run fails.)
"""

import asyncio
import atexit
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from cnnlab.report.staleness import Entry
from cnnlab.report.text.prose import name_cell
from cnnlab.report.text.values import find_expressions
from plumbing.storage import discard_sealed, seal, write_bytes
from plumbing.user_errors import UserError, tell_if_interrupted

LONGEST_WAIT = 0.5
"""Seconds until an interruption is seen."""

LANES = 2
"""Notebooks at once: one alone leaves two processors idle for two fifths of its time."""

MOST_MEMORY = 4e9
"""Bytes that a notebook takes at most, by the recorded stages of the ``full`` profile."""

RESULTS_KEPT = 6
"""Of each notebook: enough to change between profiles and data without executing again."""


class TextClient(NotebookClient):
    """Executes code cells as ever, and asks the kernel for a Markdown cell's expressions."""

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, *args: Any, **kwargs: Any
    ) -> NotebookNode:
        """Execute a cell; a Markdown cell keeps its values as JupyterLab does.

        Raises:
            UserError: an expression fails, or a claim is no truth value.
        """
        if cell.cell_type != "markdown":
            return await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        expressions = find_expressions(cell.source)
        if not expressions:
            return cell
        asked = {str(number): text for number, text in enumerate(expressions)}
        request = self.kc.execute("", store_history=False, user_expressions=asked)
        reply: dict[str, Any] = {}
        while reply.get("parent_header", {}).get("msg_id") != request:
            reply = await self.kc.get_shell_msg(timeout=None)
        results = reply["content"]["user_expressions"]
        values = []
        for number, text in asked.items():
            result = results[number]
            if result["status"] != "ok":
                raise UserError(
                    f"{name_cell(cell)}: the expression {text!r} failed with "
                    f"{result['ename']}: {result['evalue']}."
                )
            values.append({"expression": text, "result": result})
        cell.metadata["user_expressions"] = values
        return cell

    # nbconvert calls this one.
    execute_cell = run_sync(async_execute_cell)


def execute_notebooks(entries: Sequence[Entry]) -> None:
    """Execute notebooks, and keep each with its outputs; their own files are only read.

    Each runs in a fresh kernel of the interpreter that runs us, in its own folder, for as long as
    it needs; a bar on the terminal shows at which cells they are.

    Args:
        entries: the notebooks, in order, and where they are kept when they are done.

    Raises:
        UserError: a cell fails; what was executed before, or at once with it, is kept.
    """
    with (
        tqdm(total=len(entries), unit="notebook", dynamic_ncols=True) as bar,
        tell_if_interrupted(lambda: f"{bar.n} of {len(entries)} notebooks"),
    ):
        _run_in_thread(_execute_all(entries, bar))


def read_executed(entry: Entry) -> NotebookNode:
    """Return a notebook as it stands now, with the results of its last execution."""
    notebook = nbformat.read(entry.path, as_version=4)
    executed = nbformat.read(entry.executed, as_version=4)
    pairs = zip(_computing_cells(notebook), _computing_cells(executed), strict=True)
    for cell, done in pairs:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
        else:
            cell.metadata["user_expressions"] = done.metadata["user_expressions"]
    entry.executed.touch()
    return notebook


def forget_old_results(entry: Entry) -> None:
    """Remove all but the ``RESULTS_KEPT`` results of a notebook that were used last."""
    results = sorted(
        entry.executed.parent.glob(f"{entry.path.stem}-*.ipynb"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in results[RESULTS_KEPT:]:
        discard_sealed(path)


def count_lanes() -> int:
    """Return how many notebooks are executed at once: ``LANES`` where memory is enough, or one.

    With NVIDIA's driver it is one: TensorFlow takes a GPU's memory for one process.
    """
    enough = measure_free_memory() >= LANES * MOST_MEMORY
    return LANES if enough and find_library("cuda") is None else 1


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


def _run_in_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread, and cancel it when this one is interrupted.

    In the main thread nbclient would take SIGINT and SIGTERM for itself, and an interruption would
    look like a kernel that has died.
    """
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as thread:
        loop = runner.get_loop()
        running = thread.submit(runner.run, work)
        try:
            # A signal that comes just before Python waits is seen only after the wait.
            while not wait([running], LONGEST_WAIT).done:
                pass
        except BaseException:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
            raise
    running.result()


async def _execute_all(entries: Sequence[Entry], bar: tqdm) -> None:
    lanes = asyncio.Semaphore(count_lanes())
    places: dict[str, str] = {}
    faults: list[UserError] = []

    def show(name: str, place: str) -> None:
        places[name] = place
        bar.set_postfix_str(", ".join(map(": ".join, places.items())))

    async def execute(entry: Entry) -> None:
        async with lanes:
            if faults:
                return
            try:
                await _execute(entry, lambda place: show(entry.path.stem, place))
                bar.update()
            except UserError as fault:
                faults.append(fault)
            places.pop(entry.path.stem, None)
            if faults and places:
                bar.write(f"{faults[-1]}\nWaiting for {', '.join(places)}.")

    await asyncio.gather(*map(execute, entries))
    if faults:
        advice = "Open what failed with `make lab` to look further. What was executed is kept."
        raise UserError("\n".join([*map(str, faults), advice]))


async def _execute(entry: Entry, show: Callable[[str], None]) -> None:
    notebook = nbformat.read(entry.path, as_version=4)
    numbers = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    place = "before its first cell"

    def show_progress(cell: NotebookNode, cell_index: int) -> None:
        nonlocal place
        if cell.cell_type == "code":
            number = numbers.index(cell_index) + 1
            place = f"in code cell {number} ({cell.source.partition(chr(10))[0]})"
            show(f"cell {number}/{len(numbers)}")

    client = TextClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(entry.path.parent)}},
        # The same results, the same file: no times, and printed text in one piece, which
        # otherwise comes in as many as the kernel's clock makes of it.
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=show_progress,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        # What was computed is here already, and what was interrupted is not waited for.
        shutdown_kernel="immediate",
    )
    entry.executed.parent.mkdir(parents=True, exist_ok=True)
    log = entry.executed.with_name(f"{entry.path.stem}.log")
    where = f"{entry.path} failed"
    try:
        # What the kernel's process says would tear the bar.
        with log.open("wb") as stream:
            await client.async_execute(stderr=stream)
    except CellExecutionError as error:
        raise UserError(f"{where} {place}:\n  {error.ename}: {error.evalue}") from error
    except UserError as error:
        raise UserError(f"{entry.path}, {error}") from error
    except DeadKernelError as error:
        if asyncio.current_task().cancelling():
            raise asyncio.CancelledError from None
        raise UserError(
            f"{where} {place}: its process ended; its last words are in {log}. Most often memory "
            "has run out: close other programs, or choose a smaller PROFILE."
        ) from error
    finally:
        # Where a kernel was still starting, nbclient leaves it, and this, behind.
        atexit.unregister(client._cleanup_kernel)
        if client.km is not None:
            await client._async_cleanup_kernel()
    write_bytes(entry.executed, nbformat.writes(notebook).encode())
    seal(entry.executed, entry.key)
    forget_old_results(entry)


def _computing_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells, and the text cells with expressions."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        or (cell.cell_type == "markdown" and find_expressions(cell.source))
    ]
