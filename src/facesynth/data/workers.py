"""Work shared out among processes, person by person."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

import cv2
from tqdm import tqdm

Task = TypeVar("Task", bound=Sequence)
Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def _prepare_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone: a killed parent would leave it waiting for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


@contextmanager
def _start_of_workers() -> Iterator[None]:
    """Let processes that are started now compute on one core each, deaf to SIGINT.

    Their libraries read these variables when they are first loaded. Ctrl-C reaches every process
    of a terminal: the parent alone decides what is finished. Children inherit what is blocked;
    the parent hears of it a moment later. Windows can't block: there workers are deaf as soon as
    they are prepared.
    """
    can_block = hasattr(signal, "pthread_sigmask")
    if can_block:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    before = {name: os.environ[name] for name in _THREADS if name in os.environ}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name in _THREADS:
            del os.environ[name]
        os.environ.update(before)
        if can_block:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def share_out(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    title: str,
    processes: int | None = None,
) -> list[Result]:
    """Do each task in one of several processes and show progress.

    Args:
        work: picklable; what is done with a task. Its result must not depend on the process.
        tasks: lists of images to be made, such as all of one person.
        title: what the progress bar calls the work.
        processes: how many work at once; all cores by default, never more than tasks.

    Returns:
        The results in the order of the tasks.

    Raises:
        ValueError: processes is negative.
        Exception: whatever a task raises; tasks not begun by then are dropped.
    """
    if not tasks:
        return []
    workers = min(processes or os.cpu_count() or 1, len(tasks))
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, context, _prepare_worker) as pool,
        tqdm(total=sum(map(len, tasks)), desc=title, unit="image") as bar,
    ):
        with _start_of_workers():
            jobs = {pool.submit(work, task): task for task in tasks}
        try:
            for job in as_completed(jobs):
                job.result()
                bar.update(len(jobs[job]))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [job.result() for job in jobs]
