"""How commands end: in success, or in one clear sentence."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_DISK_IS_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class UserError(Exception):
    """Something that the user can mend: the message says what is wrong, where, what to do."""


@contextmanager
def tell_if_interrupted(describe_kept: Callable[[], str]) -> Iterator[None]:
    """Let an interruption of this block tell the user what of the work is kept.

    Args:
        describe_kept: called when it happens; returns words such as ``3 epochs of light-vgg``.
    """
    try:
        yield
    except KeyboardInterrupt as interruption:
        interruption.add_note(describe_kept())
        raise


def run_command(work: Callable[[], None]) -> int:
    """Do a command's work and return its exit code.

    A ``UserError`` and a full disk are told as their message alone, SIGINT and SIGTERM as what is
    kept; any other error is ours and keeps its traceback.
    """
    arrived: list[signal.Signals] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        # What is going on is put in order undisturbed; a second Ctrl-C ends it at once.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # What a library was doing is left half done. Where its own tidying fails over that, until
        # the process has ended, Python would print a traceback that nobody can use.
        sys.unraisablehook = lambda unraisable: None
        arrived.append(signal.Signals(number))
        raise KeyboardInterrupt

    handled = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in handled]
    kept = ""
    try:
        work()
    except KeyboardInterrupt as interruption:
        arrived = arrived or [signal.SIGINT]
        kept = "; ".join(getattr(interruption, "__notes__", []))
    except Exception as error:
        # A library may turn an interruption, while it is loaded, into an error of its own.
        if not arrived:
            print(_explain(error), file=sys.stderr)
            return 1
    finally:
        for number, handler in zip(handled, before, strict=True):
            signal.signal(number, handler)
    if not arrived:
        return 0
    kept = kept or "what was finished before"
    print(
        f"Interrupted ({arrived[0].name}). Kept: {kept}. Run the same again to go on.",
        file=sys.stderr,
    )
    return 128 + arrived[0]


def _explain(error: Exception) -> str:
    """Return what to tell the user of an error; raise it if it is ours."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _DISK_IS_FULL:
        return (
            f"{error.filename or 'A file'} can't be written: {os.strerror(error.errno)}. "
            "What was finished is kept. Make room and run the same again."
        )
    raise error
