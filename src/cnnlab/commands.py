"""How the package's commands end: in success, or in one clear sentence."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """Something that the user can mend: the message says what is wrong, where, what to do."""


def run_command(work: Callable[[], None]) -> int:
    """Do a command's work and return its exit code.

    A ``UserError`` is told as its message alone; any other error is ours and keeps its
    traceback.
    """
    try:
        work()
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept; run the same again.", file=sys.stderr)
        return 130
    return 0
