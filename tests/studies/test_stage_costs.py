import os

import pandas as pd
import pytest

from cnnlab.studies.report_networks import TRAININGS
from cnnlab.studies.stage_costs import (
    NOTEBOOKS,
    TRAINED,
    TYPESETTING,
    copy_project,
    measure_process,
    measure_stages,
    read_stage_costs,
    take_off_typesetting,
)
from plumbing.user_errors import UserError


def test_a_process_is_timed_and_its_largest_memory_found(tmp_path):
    held = "import time; held = b'x' * 200_000_000; time.sleep(0.2)"
    small, large, again = (
        measure_process(("-c", code), tmp_path, os.environ) for code in ("pass", held, "pass")
    )
    assert large["seconds"] > 0.2
    assert large["peak_gigabytes"] - small["peak_gigabytes"] == pytest.approx(0.2, abs=0.02)
    # A process is not charged with what its predecessor held.
    assert again["peak_gigabytes"] < 0.1


def test_helpers_count_too(tmp_path):
    child = "held = b'x' * 200_000_000"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert measure_process(("-c", parent), tmp_path, os.environ)["peak_gigabytes"] > 0.2


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


def test_typesetting_is_taken_off_what_the_notebooks_took():
    stages = ["data", NOTEBOOKS, TYPESETTING]
    costs = pd.DataFrame({"stage": stages, "seconds": [7.0, 60.0, 25.0], "peak_gigabytes": 1.0})
    assert take_off_typesetting(costs)["seconds"].tolist() == [7, 35, 25]


def test_a_stage_that_fails_is_not_recorded(tmp_path):
    with pytest.raises(UserError, match="ended with exit code 3"):
        measure_stages({"data": ("-c", "raise SystemExit(3)")}, tmp_path, "smoke", None)


def test_all_trainings_of_the_report_are_stages():
    assert list(TRAININGS) == list(TRAINED)


def test_a_copy_has_what_a_clone_has_and_nothing_that_was_made(tmp_path):
    project = copy_project(tmp_path / "project")
    assert (project / "src" / "cnnlab" / "paths.py").is_file()
    assert {path.name for path in (project / "data").glob("*")} <= {"weights"}
    assert not list(project.glob("report/build")) + list(project.rglob("__pycache__"))


def test_tables_are_read_from_the_smallest_profile_and_of_the_largest_data(tmp_path):
    for profile, data, images in (("full", "a", 9), ("full", "b", 7), ("smoke", "a", 1)):
        signed = {"processor": "p", "versions": "v", "date": "d"}
        row = signed | {"stage": "data", "profile": profile, "data": data, "train_n": images}
        pd.DataFrame([row]).to_csv(tmp_path / f"stage-costs-{data}-{profile}.csv", index=False)
    tables = read_stage_costs(tmp_path)
    assert [table["profile"].iloc[0] for table in tables] == ["smoke", "full"]
    assert [table["train_n"].iloc[0] for table in tables] == [1, 9]
    assert read_stage_costs(tmp_path / "none") == []
