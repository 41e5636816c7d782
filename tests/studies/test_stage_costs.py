import os
import re

import numpy as np
import pytest

from cnnlab.paths import ROOT
from cnnlab.studies import stage_costs
from cnnlab.studies.records import describe_machine, write_study
from cnnlab.studies.stage_costs import (
    NOTEBOOKS,
    PREFIX,
    STAGES,
    TYPESETTING,
    Cost,
    copy_project,
    measure_process,
    measure_stages,
    read_stage_costs,
)
from plumbing.commands import UserError


def test_a_process_is_timed_and_its_largest_memory_found(tmp_path):
    held = "import time; held = b'x' * 200_000_000; time.sleep(0.2)"
    small, code = measure_process(("-c", "pass"), tmp_path, os.environ)
    assert code == 0
    large, _ = measure_process(("-c", held), tmp_path, os.environ)
    assert large.seconds > 0.2
    # A process is not charged with what its predecessor held.
    again, _ = measure_process(("-c", "pass"), tmp_path, os.environ)
    assert large.peak_gigabytes - small.peak_gigabytes == pytest.approx(0.2, abs=0.02)
    assert again.peak_gigabytes < 0.1


def test_helpers_count_too(tmp_path):
    child = "held = b'x' * 200_000_000"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert measure_process(("-c", parent), tmp_path, os.environ)[0].peak_gigabytes > 0.2


def test_stages_run_in_their_order_in_the_copy(tmp_path):
    note = (
        "import os; open('order', 'a').write("
        "'{} ' + os.environ['CNNLAB_PROFILE'] + ' ' + os.environ['CNNLAB_DATA'] + ';')"
    )
    stages = {name: ("-c", note.format(name)) for name in ("data", "VGG16")}
    table = measure_stages(stages, tmp_path, "smoke", tmp_path / "faces.zip")
    data = tmp_path / "faces.zip"
    assert (tmp_path / "order").read_text() == f"data smoke {data};VGG16 smoke {data};"
    assert list(table["stage"]) == list(stages)
    assert (table[["seconds", "peak_gigabytes"]] > 0).all(axis=None)


def test_typesetting_is_taken_off_what_the_notebooks_took(tmp_path, monkeypatch):
    seconds = iter((7.0, 60.0, 25.0))
    monkeypatch.setattr(
        stage_costs, "measure_process", lambda *arguments: (Cost(next(seconds), 1.0), 0)
    )
    stages = dict.fromkeys(("data", NOTEBOOKS, TYPESETTING), ())
    table = measure_stages(stages, tmp_path, "smoke", None)
    assert table["seconds"].tolist() == [7, 35, 25]


def test_a_stage_that_fails_is_not_recorded(tmp_path):
    with pytest.raises(UserError, match="'data' ended with exit code 3"):
        measure_stages({"data": ("-c", "raise SystemExit(3)")}, tmp_path, "smoke", None)


def test_stages_are_those_of_make_report():
    recipe = (ROOT / "Makefile").read_text().split("\nreport:")[1].split("\n\n")[0]
    commands = [line.split()[-1] for line in recipe.splitlines()[1:]]
    measured = [arguments[-1] for arguments in STAGES.values() if arguments[0] == "-m"]
    assert list(dict.fromkeys(measured)) == [
        command for command in commands if command != "cnnlab.studies.report_networks"
    ]
    trained = " ".join(arguments[-1] for arguments in STAGES.values() if arguments[0] == "-c")
    assert re.findall(r"report_networks\.(\w+)", trained) == [
        "train_vgg16",
        "train_light_vgg",
        "train_known_affect",
    ]


def test_a_copy_has_what_a_clone_has_and_nothing_that_was_made(tmp_path):
    project = copy_project(tmp_path / "project")
    assert (project / "src" / "cnnlab" / "paths.py").is_file()
    assert {path.name for path in (project / "data").glob("*")} <= {"weights"}
    assert not list(project.glob("report/build")) + list(project.rglob("__pycache__"))


def test_records_are_read_from_the_smallest_profile_and_of_the_largest_data(tmp_path):
    table = measure_stages({"data": ("-c", "pass")}, tmp_path, "smoke", None)
    table = table.assign(**describe_machine())
    for profile, data, images in (("full", "a", 9), ("full", "b", 7), ("smoke", "a", 1)):
        signed = table.assign(profile=profile, data=data, train_n=images)
        write_study(signed, f"{PREFIX}{data}-{profile}", tmp_path)
    records = read_stage_costs(tmp_path)
    assert [record["profile"].iloc[0] for record in records] == ["smoke", "full"]
    assert [record["train_n"].iloc[0] for record in records] == [1, 9]
    assert read_stage_costs(tmp_path / "none") == []
    assert np.isfinite(records[0]["seconds"]).all()
