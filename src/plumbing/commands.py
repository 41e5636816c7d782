"""How the package's commands end: in success, or in one clear sentence."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class UserError(Exception):
    """Something that the user can mend: the message says what is wrong, where, what to do."""


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM has arrived.

    Attributes:
        signal: which of them.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


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

    A ``UserError`` and a full disk are told as their message alone, an interruption as what is
    kept; any other error is ours and keeps its traceback.
    """
    arrived: list[Interrupted] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        # What is going on is put in order undisturbed; a second Ctrl-C ends it at once.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # What a library was doing is left half done. Where its own tidying fails over that, until
        # the process has ended, Python would print a traceback that nobody can use.
        sys.unraisablehook = lambda unraisable: None
        arrived.append(Interrupted(number))
        raise arrived[0]

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in signals]
    try:
        work()
    except UserError as error:
        if not arrived:
            print(error, file=sys.stderr)
            return 1
    except KeyboardInterrupt as interruption:
        arrived = arrived or [Interrupted(signal.SIGINT)]
        arrived[0].__notes__ = getattr(interruption, "__notes__", [])
    except OSError as error:
        if not arrived:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            print(
                f"{error.filename or 'A file'} can't be written: {os.strerror(error.errno)}. "
                "What was finished is kept. Make room and run the same again.",
                file=sys.stderr,
            )
            return 1
    except Exception:
        # A library may turn an interruption, while it is loaded, into an error of its own.
        if not arrived:
            raise
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
    return _end_interrupted(arrived[0]) if arrived else 0


def _end_interrupted(interruption: Interrupted) -> int:
    kept = "; ".join(getattr(interruption, "__notes__", [])) or "what was finished before"
    name = interruption.signal.name
    print(f"Interrupted ({name}). Kept: {kept}. Run the same again to go on.", file=sys.stderr)
    return 128 + interruption.signal
