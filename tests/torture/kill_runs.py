"""Kill a smoke run at random moments, let it go on, and compare with an uninterrupted run.

``PYTHONPATH=tests python -m torture.kill_runs [seed]``, as ``make torture`` does. Two copies of
the project are made in a temporary folder. One runs undisturbed. The other is ended by SIGKILL,
SIGTERM or SIGINT again and again, in every stage, and started anew. In the end both must hold
the same faces, pixels, features, weights, predictions, figures and report: so two checkouts that
share nothing are compared, too. Exit code 0 means that they do.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil
from torture.record import record

from cnnlab.studies.stage_costs import copy_project

COMPARED = (
    "data/rendered/",
    "data/decoded/",
    "data/features/",
    "data/trained/",
    "figures/",
    "report/build/sources.en/",
    "report/build/sources.fa/",
    "report/report.pdf",
    "report/report.fa.pdf",
)
OLD_REPORT = b"the report of an earlier run"
LONGEST_WAIT = 1200
TRIES = 8
LONGEST_END = 60


@dataclass(frozen=True)
class Stage:
    """A part of the run in which it is killed.

    Attributes:
        name: how the summary calls it.
        sign: what is printed when the stage has begun.
        kills: how often.
        longest_delay: seconds from the sign to the kill, at most.
        made: patterns of what the stage makes; removed when the stage is over too early.
    """

    name: str
    sign: str
    kills: int
    longest_delay: float
    made: tuple[str, ...]


STAGES = (
    Stage("rendering", r"Rendering faces:", 5, 2.5, ("data/rendered/*",)),
    Stage("decoding", r"decode images:", 4, 0.15, ("data/decoded/*",)),
    Stage("features", r"VGG16: features", 5, 2.5, ("data/features/*",)),
    Stage("training", r"(vgg16-\w+|light-vgg)-\w+:", 6, 4.0, ("data/trained/*",)),
    Stage("decoders", r"decoder-[\w-]+:", 4, 4.0, ("data/trained/decoder-*",)),
    Stage("notebooks", r"\d\d_\w+: cell", 6, 12.0, ("data/executed/*",)),
    Stage("typesetting", r"notebooks +[\d.]+ s", 5, 4.0, ("report/report.fa.pdf",)),
)
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class TortureError(Exception):
    """The project has not stood it."""


class Run:
    """``report`` of a copy of the project, with what it has printed."""

    def __init__(self, project: Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(project / "src"),
            "CNNLAB_PROFILE": "smoke",
            "CNNLAB_DATA": "",
            "CNNLAB_VGG16": "",
        }
        self.printed = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cnnlab", "report"],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while content := self.process.stdout.read1():
            self.printed += content.decode(errors="replace")

    def wait_for(self, stage: Stage) -> bool:
        """Wait until a stage has begun; return False when a later one, or the end, comes first."""
        later = [each.sign for each in STAGES[STAGES.index(stage) + 1 :]]
        limit = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < limit:
            if re.search(stage.sign, self.printed):
                return True
            if any(re.search(sign, self.printed) for sign in later):
                return False
            if self.process.poll() is not None:
                return False
            time.sleep(0.01)
        self.stop()
        raise TortureError(f"The run hangs:\n{self.printed[-2000:]}")

    def stop(self) -> None:
        """End the command, if it has not ended, with all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.end()

    def kill(self, number: signal.Signals) -> bool:
        """End the command, with all its processes; return False when it was over before."""
        try:
            helpers = psutil.Process(self.process.pid).children(recursive=True)
            if number is signal.SIGINT:
                os.killpg(self.process.pid, number)  # as a terminal does
            else:
                os.kill(self.process.pid, number)
        except (psutil.NoSuchProcess, ProcessLookupError):
            return False
        code = self.end()
        _, left = psutil.wait_procs(helpers, timeout=LONGEST_END)
        if left:
            raise TortureError(f"{number.name} has left {[p.cmdline()[:4] for p in left]} behind.")
        if code == 0:
            return False
        self._check_end(number, code)
        return True

    def _check_end(self, number: signal.Signals, code: int) -> None:
        expected = -number if number is signal.SIGKILL else 128 + number
        last = self.printed.rstrip().splitlines()[-1:]
        told = number is signal.SIGKILL or (last and last[0].startswith("Interrupted ("))
        if code != expected or not told or "Traceback" in self.printed:
            raise TortureError(
                f"The run was ended by {number.name} with exit code {code}, not {expected}, or "
                f"not in one line:\n{self.printed[-3000:]}"
            )

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(LONGEST_WAIT)
        self._reader.join(LONGEST_END)
        return code


def finish(project: Path) -> None:
    """Run to the end."""
    run = Run(project)
    if run.end() != 0:
        raise TortureError(f"The run failed:\n{run.printed[-3000:]}")


def kill_in(stage: Stage, project: Path, number: signal.Signals, draw: random.Random) -> None:
    """Start a run and kill it once while the stage is going on."""
    for attempt in range(TRIES):
        run = Run(project)
        if run.wait_for(stage):
            # On a fast machine a stage may be over in less than its longest delay.
            time.sleep(draw.uniform(0, stage.longest_delay / 2**attempt))
            if run.kill(number):
                return
        elif run.process.poll():
            raise TortureError(f"The run failed:\n{run.printed[-3000:]}")
        # The stage was over too early, or before: let it be done anew.
        run.stop()
        for pattern in stage.made:
            for path in project.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    raise TortureError(f"No kill has hit {stage.name}: it is over too soon.")


def torture(project: Path, draw: random.Random) -> tuple[Counter, set[bytes]]:
    """Kill a run in all stages, in their order.

    Returns:
        How often by stage and signal; the reports that were in place when a kill came last of
        all, between the report and the end of the command.
    """
    report = project / "report" / "report.pdf"
    report.write_bytes(OLD_REPORT)
    kills, reports = Counter(), set()
    for stage in STAGES:
        for kill in range(stage.kills):
            number = SIGNALS[(kill + draw.randrange(3)) % 3] if kill >= 3 else SIGNALS[kill]
            kill_in(stage, project, number, draw)
            kills[stage.name, number.name] += 1
            if (found := report.read_bytes()) != OLD_REPORT:
                reports.add(found)
                report.write_bytes(OLD_REPORT)
        print(f"{stage.name:<12} {stage.kills} kills", flush=True)
    return kills, reports


def describe(project: Path) -> dict[str, object]:
    """Return by name all that must not depend on interruptions."""
    results = {}
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project).as_posix()
        if (
            not path.is_file()
            or not name.startswith(COMPARED)
            or ".lock" in path.name
            or path.suffix == ".json"
        ):
            continue
        if path.name == "digests.txt":  # in the order in which faces were finished
            results[name] = sorted(set(path.read_text().splitlines()))
        elif path.name == "history.csv":
            results[name] = pd.read_csv(path).drop(columns="seconds").to_csv()
        elif path.suffix == ".h5":
            results[name] = read_weights(path)
        else:
            results[name] = path.read_bytes()
    return results


def read_weights(path: Path) -> dict[str, bytes]:
    """Return every tensor of a weights file: the file itself holds times."""
    tensors = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                tensors.update({name: np.asarray(item).tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return tensors


def compare(whole: Path, killed: Path) -> int:
    """Return how many results are equal.

    Raises:
        TortureError: one is missing or differs.
    """
    expected, found = describe(whole), describe(killed)
    odd = sorted(expected.keys() ^ found.keys())
    odd += sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    if odd:
        raise TortureError(f"{len(odd)} results differ: {', '.join(odd[:10])}")
    return len(expected)


def main() -> int:
    """Torture and say how it went."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    begun = time.monotonic()
    print(f"Kills at random moments, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = (copy_project(Path(folder) / name) for name in ("whole", "killed"))
        try:
            kills, reports = torture(killed, random.Random(seed))
            finish(killed)
            finish(whole)
            count = compare(whole, killed)
            if reports - {(whole / "report" / "report.pdf").read_bytes()}:
                raise TortureError("A kill has left a report that is neither the old nor the new.")
        except TortureError as error:
            print(f"Seed {seed}: {error}", file=sys.stderr)
            return 1
    by_signal = Counter()
    for (_, name), number in kills.items():
        by_signal[name] += number
    seconds = time.monotonic() - begun
    record("kill_runs", kills.total(), "kills", seconds)
    print(
        f"{kills.total()} kills ({', '.join(f'{n} {name}' for name, n in by_signal.items())}); "
        f"{count} results equal those of an uninterrupted run, report.pdf byte for byte; "
        f"{seconds / 60:.1f} minutes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
