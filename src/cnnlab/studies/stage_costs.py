"""Time and memory of each stage of the report: ``python -m cnnlab.studies.stage_costs``.

Writes ``report/studies/stage-costs-<data>-<profile>.csv``: what ``make report`` does, stage by
stage, each in a process of its own, in a copy of the project in a temporary folder where nothing
is made yet. Only VGG16's weights are brought along: a download is the network's time. ``DATA=``
chooses the data, as everywhere.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cnnlab.paths import ROOT, STUDIES, WEIGHTS
from cnnlab.quoting import make_label
from cnnlab.settings import PROFILES, current_data, current_profile
from cnnlab.studies.records import describe_machine, read_runs, write_study
from plumbing.commands import UserError, run_command

PREFIX = "stage-costs-"
COPIED = ("src", "notebooks", "report", "figures", "requirements.txt")
_TRAIN = (
    "-c",
    "from cnnlab.faces.loading import load_faces; from cnnlab.studies import report_networks; "
    "report_networks.{}(load_faces())",
)
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
_BUILD = ("-m", "cnnlab", "cnnlab.report.build")
NOTEBOOKS, TYPESETTING = "notebooks", "typesetting"

STAGES = {
    "data": ("-m", "cnnlab", "cnnlab.faces.loading"),
    "VGG16": (_TRAIN[0], _TRAIN[1].format("train_vgg16")),
    "light VGG": (_TRAIN[0], _TRAIN[1].format("train_light_vgg")),
    "valence and arousal": (_TRAIN[0], _TRAIN[1].format("train_known_affect")),
    "small decoders": ("-m", "cnnlab", "cnnlab.studies.report_decoders"),
    NOTEBOOKS: _BUILD,
    # The same again: what was executed is kept, so that only typesetting is left.
    TYPESETTING: _BUILD,
}
"""What Python runs for each stage, in the order of ``make report``."""


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Attributes:
        seconds: wall-clock, from its start to its end.
        peak_gigabytes: most memory that it, or the largest process that it waited for, held.
    """

    seconds: float
    peak_gigabytes: float


def copy_project(folder: Path) -> Path:
    """Copy what a clone has, and VGG16's weights, into a folder and return it."""
    made = shutil.ignore_patterns("__pycache__", "build", "report*.pdf", "*.svg")
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
) -> tuple[Cost, int]:
    """Run Python in a folder and return what it took, and its exit code.

    Args:
        arguments: of the interpreter.
        folder: where it runs.
        environment: all its variables.
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
        # Linux counts in kibibytes, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return Cost(seconds, int(peak.read_text()) * unit / 1e9), code


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
        Columns: stage, seconds (those of ``NOTEBOOKS`` without the typesetting that the same
        process does), peak_gigabytes.

    Raises:
        UserError: a stage fails; its own message stands above.
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
        cost, code = measure_process(arguments, project, environment)
        if code:
            raise UserError(
                f"The stage {stage!r} ended with exit code {code}, so there is nothing to record. "
                "Mend what the message above says and run the study again."
            )
        rows.append({"stage": stage, **vars(cost)})
    table = pd.DataFrame(rows)
    seconds = table.set_index("stage")["seconds"]
    if {NOTEBOOKS, TYPESETTING} <= set(seconds.index):
        alone = max(seconds[NOTEBOOKS] - seconds[TYPESETTING], 0.0)
        table.loc[table["stage"] == NOTEBOOKS, "seconds"] = alone
    return table


def read_stage_costs(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, a table for each profile, from the smallest.

    Of several data sets in one profile the largest is taken.
    """
    runs = sorted(read_runs(PREFIX, folder), key=lambda records: records["train_n"].iloc[0])
    by_profile = {records["profile"].iloc[0]: records for records in runs}
    return [by_profile[name] for name in PROFILES if name in by_profile]


def record_stage_costs() -> None:
    """Measure this profile's stages and write the study."""
    # Imported here: who only reads the record, or copies the project, does not wait for Keras.
    from cnnlab.faces.loading import load_faces
    from cnnlab.networks.vgg16_weights import load_vgg16_kernels

    faces, profile = load_faces(), current_profile().name
    # Fetched, or copied from the user's file, before the clock runs.
    load_vgg16_kernels()
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder) / "project")
        table = measure_stages(STAGES, project, profile, current_data())
    table = table.assign(
        train_n=len(faces.split.training),
        development_n=len(faces.split.development),
        validation_n=len(faces.split.validation),
        data=faces.dataset.title,
        rendered=faces.dataset.rendered,
        data_digest=faces.digest[:16],
        profile=profile,
        **describe_machine(),
    )
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile}")


if __name__ == "__main__":
    sys.exit(run_command(record_stage_costs))
