"""``python -m cnnlab COMMAND``: what the project does, as ``make`` calls it; ``--help`` lists all.

The libraries of a command take seconds to load. They are loaded where an interruption already ends
in one sentence, and after the lock is held.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from cnnlab.paths import DATA, FIGURES, LOCK, NOTEBOOKS, REPORT
from cnnlab.settings import current_profile
from plumbing.locking import hold_lock
from plumbing.storage import remove_leftovers
from plumbing.user_errors import run_command

OPTIONS = {
    "profile": "size of the run: smoke, default or full",
    "data": "folder or .zip of photographs, from the project's folder; none: rendered faces",
    "vgg16": "file of VGG16's weights; none: they are fetched",
}
# Of each command: its function, what further arguments it takes, what it does.
COMMANDS = {
    "report": ("cnnlab.report.build:build_report", None, "make what is stale of the reports"),
    "publish": ("cnnlab.report.publish:publish_report", None, "copy them to report/published"),
    "data": ("cnnlab.faces.loading:print_data", None, "read or render the data, and tell of them"),
    "study": ("cnnlab.studies.commands:run_studies", "*", "record studies; none named: all"),
    "translation": ("cnnlab.report.text.translation:renew_translations", None, "renew report/fa"),
    "card": ("cnnlab.report.data_card:renew_card", None, "renew the tables of data/README.md"),
    "check": ("cnnlab.report.checking:report_faults", "+", "hold PDFs against their notebooks"),
    "faces": ("facesynth.data.command:follow_order", "*", "render faces: see faces --help"),
    "lab": (None, None, "open JupyterLab on the notebooks"),
}


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the command with what belongs to it; options are exported, so that kernels see them.

    What follows ``faces`` is the renderer's to read.
    """
    parser = argparse.ArgumentParser(prog="python -m cnnlab")
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, count, purpose) in COMMANDS.items():
        command = parsers.add_parser(name, help=purpose, description=purpose)
        for option, meaning in OPTIONS.items():
            command.add_argument(f"--{option}", help=meaning)
        if count:
            command.add_argument("names", nargs=count)
    if arguments[:1] == ["faces"]:
        return argparse.Namespace(command="faces", names=arguments[1:])
    given = parser.parse_args(arguments)
    for option in OPTIONS:
        if (value := getattr(given, option)) is not None:
            os.environ[f"CNNLAB_{option.upper()}"] = value
    return given


def do_command(given: argparse.Namespace) -> None:
    """Do what a command is for, alone in this checkout."""
    with hold_lock(LOCK, f"{given.command} (PROFILE={current_profile().name})"):
        for folder in (DATA, FIGURES, REPORT):
            remove_leftovers(folder)
        function, count, _ = COMMANDS[given.command]
        work = resolve_name(function)
        work(given.names) if count else work()


def open_lab() -> None:
    """Open JupyterLab, which runs until it's ended and keeps no other command waiting."""
    from jupyter_core.command import main

    sys.argv[1:] = ["lab", f"--notebook-dir={NOTEBOOKS}"]
    main()


if __name__ == "__main__":
    given = read_arguments(sys.argv[1:])
    if given.command == "lab":
        sys.exit(open_lab())
    # This is what run_command restores: when the work is done, nothing is left to interrupt, and
    # the interpreter may end undisturbed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(run_command(lambda: do_command(given)))
