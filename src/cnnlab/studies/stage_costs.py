"""Time and memory of each stage of ``make report``.

The stages run one after the other, each in a process of its own, in a copy of the project in a
temporary folder where nothing is made yet. Only VGG16's weights are brought along: a download is
the network's time.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from cnnlab.paths import ROOT, STUDIES, WEIGHTS
from cnnlab.settings import PROFILES, current_data
from cnnlab.studies.study import Run, Study, read_runs
from plumbing.user_errors import UserError

COPIED = ("src", "notebooks", "report", "figures", "requirements.txt")
# A process inherits the peak of whoever starts it, until it has a higher one. So a small one
# starts it, which lets the process end before it does when both are to end.
_WATCH = """
import resource, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *arguments: None)
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""
_TRAIN = (
    "from cnnlab.faces.loading import load_faces; "
    "from cnnlab.studies.report_networks import TRAININGS; TRAININGS[{!r}](load_faces())"
)
_TYPESET = (
    "import pathlib, runpy, sys; pathlib.Path('report/report.pdf').unlink(); "
    "sys.argv[1:] = ['report']; runpy.run_module('cnnlab', run_name='__main__')"
)
TRAINED = ("VGG16", "light VGG", "valence and arousal", "small decoders")
"""The names of ``report_networks.TRAININGS``, which imports Keras."""
NOTEBOOKS, TYPESETTING = "notebooks", "typesetting"

STAGES = {
    "data": ("-m", "cnnlab", "data"),
    **{name: ("-c", _TRAIN.format(name)) for name in TRAINED},
    NOTEBOOKS: ("-m", "cnnlab", "report"),
    # The same again without a PDF: what was executed is kept, so that only typesetting is left.
    TYPESETTING: ("-c", _TYPESET),
}
"""What Python runs for each stage, in the order of ``make report``."""


def copy_project(folder: Path) -> Path:
    """Copy what a clone has, and VGG16's weights, into a folder and return it."""
    made = shutil.ignore_patterns("__pycache__", "build", "report*.pdf*", "*.svg")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=made)
        else:
            shutil.copy2(source, folder / name)
    copy_weights(folder)
    return folder


def copy_weights(folder: Path) -> None:
    """Copy VGG16's weights into a copy of the project, if they have been fetched before."""
    if WEIGHTS.is_dir():
        shutil.copytree(WEIGHTS, folder / WEIGHTS.relative_to(ROOT))


def measure_process(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> dict[str, float]:
    """Run Python in a folder and return what it took.

    Args:
        arguments: of the interpreter.
        folder: where it runs.
        environment: all its variables.

    Returns:
        seconds, by the clock; peak_gigabytes, the most memory that the process, or the largest
        that it waited for, held.

    Raises:
        UserError: it fails; its own message stands above.
    """
    with tempfile.TemporaryDirectory() as notes:
        peak = Path(notes) / "peak"
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WATCH, peak, sys.executable, *arguments],
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            code = process.wait()
        except BaseException:
            # The folder of the copy may go when nobody works in it any more.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
        seconds = time.perf_counter() - begun
        if code:
            raise UserError(
                f"A stage ended with exit code {code}, so there is nothing to record. Mend what "
                "the message above says and run the study again."
            )
        # Linux counts in kibibytes, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return {"seconds": seconds, "peak_gigabytes": int(peak.read_text()) * unit / 1e9}


def measure_stages(
    stages: Mapping[str, Sequence[str]], project: Path, profile: str, data: Path | None
) -> pd.DataFrame:
    """Run the stages one after the other and return a row for each.

    Args:
        stages: what Python runs for each.
        project: a copy of the project in which nothing is made yet.
        profile: its name.
        data: the user's folder or .zip; None for the rendered faces.

    Returns:
        Columns: stage and those of ``measure_process``.

    Raises:
        UserError: as ``measure_process``.
    """
    environment = os.environ | {
        "PYTHONPATH": str(project / "src"),
        "CNNLAB_PROFILE": profile,
        "CNNLAB_DATA": str(data or ""),
        "CNNLAB_VGG16": "",
    }
    rows = []
    for number, (stage, arguments) in enumerate(stages.items(), 1):
        print(f"Stage {number} of {len(stages)}: {stage}", flush=True)
        rows.append({"stage": stage, **measure_process(arguments, project, environment)})
    return pd.DataFrame(rows)


def take_off_typesetting(costs: pd.DataFrame) -> pd.DataFrame:
    """Take off the seconds of ``NOTEBOOKS`` the typesetting that the same process does."""
    seconds = costs.set_index("stage")["seconds"]
    seconds[NOTEBOOKS] = max(seconds[NOTEBOOKS] - seconds[TYPESETTING], 0)
    return costs.assign(seconds=seconds.to_numpy())


def read_stage_costs(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed tables, one for each profile, from the smallest.

    Of several data sets in one profile the largest is taken.
    """
    runs = read_runs(f"{STUDY.name}-*", folder)
    runs.sort(key=lambda rows: rows["train_n"].iloc[0])
    by_profile = {rows["profile"].iloc[0]: rows for rows in runs}
    return [by_profile[name] for name in PROFILES if name in by_profile]


def measure_costs(run: Run) -> pd.DataFrame:
    """Measure the stages of this run's report in a fresh copy of the project."""
    # Imported here: who only reads the table, or copies the project, does not wait for Keras.
    from cnnlab.networks.vgg16_weights import load_vgg16_kernels

    # Fetched, or copied from the user's file, before the clock runs.
    load_vgg16_kernels()
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder) / "project")
        table = measure_stages(STAGES, project, run.profile.name, current_data())
    table, split = take_off_typesetting(table), run.faces.split
    return table.assign(development_n=len(split.development), validation_n=len(split.validation))


STUDY = Study(
    "stage-costs",
    "How much time and memory does each stage of `make report` take?",
    lambda run: [{}],
    measure_costs,
)
