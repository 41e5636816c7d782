"""``python -m cnnlab <module>``: run a command of the package, alone in its checkout.

The command's libraries take seconds to load. They are loaded here, where an interruption
already ends in one sentence, and after the lock is held.
"""

import runpy
import signal
import sys

from cnnlab.paths import DATA, FIGURES, LOCK, REPORT
from cnnlab.settings import current_profile
from plumbing.commands import run_command
from plumbing.locking import hold_lock
from plumbing.storage import remove_leftovers


def run_module() -> None:
    """Run the module that the command line names, with the arguments after it."""
    del sys.argv[0]
    name = sys.argv[0]
    with hold_lock(LOCK, f"{name} (PROFILE={current_profile().name})"):
        for folder in (DATA, FIGURES, REPORT):
            remove_leftovers(folder)
        runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # This is what run_command restores: when the work is done, nothing is left to interrupt, and
    # the interpreter may end undisturbed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(run_command(run_module))
