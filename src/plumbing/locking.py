"""One run at a time: who comes second waits, and says for whom if it takes long.

The lock is the operating system's: it ends with the process that holds it, however that ends.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from plumbing.storage import cannot_write, discard, write_bytes

POLL_SECONDS = 0.5
QUIET_SECONDS = 3.0
"""A wait that nobody needs to hear of: two notebooks at once look up the same network."""


@contextmanager
def hold_lock(path: Path, task: str) -> Iterator[None]:
    """Hold a lock; wait while another process holds it, and say which if it takes long.

    Args:
        path: the lock's file; who holds it is written to ``<name>.json`` beside it.
        task: what the holder does, for those who wait.

    Raises:
        UserError: nothing may be written there.
    """
    holder = path.with_name(f"{path.name}.json")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=QUIET_SECONDS, poll_interval=0.05)
    except Timeout:
        print(f"Waiting for {_describe(holder)}.", file=sys.stderr, flush=True)
        lock.acquire(poll_interval=POLL_SECONDS)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        known = {"pid": os.getpid(), "since": since, "task": task}
        write_bytes(holder, json.dumps(known).encode())
        yield
    finally:
        discard(holder)
        lock.release()


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_bytes())
        return f"process {known['pid']}, since {known['since']}: {known['task']}"
    except (OSError, ValueError, KeyError, TypeError):
        # It has the lock, but has not written who it is.
        return f"another process, which holds {holder.with_suffix('')}"
