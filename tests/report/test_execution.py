"""Executed when the code, the package or the data have changed, and only then."""

import copy
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import psutil
import pytest
import tensorflow as tf

from cnnlab.report import execution
from cnnlab.report.errors import ReportError
from cnnlab.storage import StorageError

from .made_faces import make_faces
from .made_notebooks import code, notebook, text

COUNT = """from pathlib import Path
with Path("runs.txt").open("a") as file:
    file.write("x")
print("result", 6 * 7)"""


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Execute a notebook from a file; return what came out and how often it has ever run."""
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    path = tmp_path / "01_counted.ipynb"

    def run(made, cache="cache"):
        nbformat.write(made, path)
        before = path.read_bytes()
        [executed] = execution.execute_notebooks([path], tmp_path / cache)
        assert path.read_bytes() == before
        return executed, len((tmp_path / "runs.txt").read_text())

    return run


def test_prose_and_tags_do_not_execute_again_but_code_and_state_do(runs):
    made = notebook(text("# Old prose"), code(COUNT))
    made.cells[1].execution_count = None
    executed, count = runs(made)
    assert count == 1
    assert executed.cells[1].outputs[0].text == "result 42\n"

    edited = copy.deepcopy(made)
    edited.cells[0].source = "# New prose"
    edited.cells[1].metadata.tags = ["hide-input"]
    edited.cells.append(text("More."))
    executed, count = runs(edited)
    assert count == 1
    assert [cell.source for cell in executed.cells] == ["# New prose", COUNT, "More."]
    assert executed.cells[1].outputs[0].text == "result 42\n"
    assert executed.cells[1].metadata.tags == ["hide-input"]

    edited.cells[1].source += "  # edited"
    assert runs(edited)[1] == 2
    assert runs(edited, cache="another state")[1] == 3


def test_a_damaged_entry_is_named_and_executed_again(runs, tmp_path, capsys):
    made = notebook(code(COUNT))
    runs(made)
    [file] = (tmp_path / "cache").glob("*.ipynb")
    file.write_bytes(file.read_bytes()[:-20])
    executed, count = runs(made)
    assert count == 2
    assert executed.cells[0].outputs[0].text == "result 42\n"
    assert f"{file.name} has" in capsys.readouterr().err


def test_failing_cell_names_notebook_cell_and_error(runs):
    with pytest.raises(ReportError) as caught:
        runs(notebook(code("x = 1"), text("# A"), code("raise ValueError('no such class')")))
    message = str(caught.value)
    assert "01_counted.ipynb" in message and "code cell 2" in message
    assert "ValueError: no such class" in message


# Goes on only while the other notebook runs as well.
MEET = """import time
from pathlib import Path
Path("{own}").touch()
deadline = time.monotonic() + 60
while not Path("{other}").exists():
    assert time.monotonic() < deadline, "nobody came"
    time.sleep(0.05)
print("met {other}")"""


@pytest.fixture
def write_notebooks(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")

    def write(*sources):
        paths = [tmp_path / f"{number:02}_made.ipynb" for number in range(1, len(sources) + 1)]
        for path, source in zip(paths, sources, strict=True):
            nbformat.write(notebook(code(source)), path)
        return paths

    return write


def test_two_notebooks_run_at_once_and_come_back_in_their_order(
    write_notebooks, tmp_path, monkeypatch
):
    monkeypatch.setattr(execution, "count_lanes", lambda: 2)
    first, second = MEET.format(own="a", other="b"), MEET.format(own="b", other="a")
    executed = execution.execute_notebooks(
        write_notebooks(first, second, "print('third')"), tmp_path / "cache"
    )
    printed = [made.cells[0].outputs[0].text for made in executed]
    assert printed == ["met b\n", "met a\n", "third\n"]


def test_all_faults_are_told_and_what_ran_beside_them_is_kept(
    write_notebooks, tmp_path, monkeypatch
):
    monkeypatch.setattr(execution, "count_lanes", lambda: 2)
    slow = f"import time\ntime.sleep(2)\n{COUNT}"
    paths = write_notebooks("raise ValueError('no such class')", slow, "print('never')")
    with pytest.raises(ReportError, match=r"ValueError: no such class") as caught:
        execution.execute_notebooks(paths, tmp_path / "cache")
    assert "01_made" in str(caught.value) and "03_made" not in str(caught.value)
    kept = {path.name[:7] for path in (tmp_path / "cache").glob("*.ipynb")}
    assert kept == {"02_made"}

    fail_together = [
        MEET.format(own=own, other=other) + f"\nraise KeyError('{own}')"
        for own, other in (("c", "d"), ("d", "c"))
    ]
    with pytest.raises(ReportError) as caught:
        execution.execute_notebooks(write_notebooks(*fail_together), tmp_path / "cache")
    assert all(f"KeyError: '{own}'" in str(caught.value) for own in "cd")


def test_an_error_while_one_is_kept_ends_the_others(write_notebooks, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "count_lanes", lambda: 2)

    def refuse(*_):
        raise StorageError("the disk is full")

    monkeypatch.setattr(execution, "write_bytes", refuse)
    paths = write_notebooks("print('short')", "import time\ntime.sleep(300)")
    begun = time.monotonic()
    with pytest.raises(StorageError, match="the disk is full"):
        execution.execute_notebooks(paths, tmp_path / "cache")
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("available", "gpus", "lanes"),
    [(16e9, [], 2), (execution.MOST_MEMORY * 1.9, [], 1), (64e9, ["GPU:0"], 1)],
)
def test_notebooks_share_a_machine_only_where_it_can_be_shared(monkeypatch, available, gpus, lanes):
    monkeypatch.setattr(execution, "measure_free_memory", lambda: available)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    assert execution.count_lanes() == lanes


@pytest.mark.parametrize(
    ("limit", "free"), [(None, 8000), ("max\n", 8000), ("6000\n", 5000), ("20000\n", 8000)]
)
def test_free_memory_is_also_that_of_the_container(tmp_path, monkeypatch, limit, free):
    memory = SimpleNamespace(available=8000)
    monkeypatch.setattr(execution.psutil, "virtual_memory", lambda: memory)
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("1000\n")
    assert execution.measure_free_memory(tmp_path) == free


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A small project whose state is digested."""
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    monkeypatch.setattr(execution, "STUDIES", tmp_path / "report" / "studies")
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    (tmp_path / "src" / "cnnlab" / "__pycache__").mkdir(parents=True)
    (tmp_path / "report" / "studies").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("numpy==2.0")
    (tmp_path / "src" / "cnnlab" / "paths.py").write_text("A = 1")
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    ["src/cnnlab/paths.py", "src/cnnlab/new.py", "requirements.txt", "report/studies/a.csv"],
)
def test_the_state_follows_what_results_depend_on(state, changed):
    faces = make_faces(state)
    before = execution.digest_state(faces)
    assert execution.digest_state(faces) == before
    (state / changed).write_text("A = 2")
    assert execution.digest_state(faces) != before


def test_the_state_follows_profile_and_data_but_not_compiled_files(state, monkeypatch):
    faces = make_faces(state)
    before = execution.digest_state(faces)
    (state / "src" / "cnnlab" / "__pycache__" / "paths.pyc").write_text("compiled")
    assert execution.digest_state(faces) == before
    others = [
        replace(faces, digest="f" * 64),
        replace(faces, dataset=replace(faces.dataset, title="renamed")),
        replace(faces, dataset=replace(faces.dataset, notes=("A folder was not read.",))),
    ]
    states = [before, *(execution.digest_state(other) for other in others)]
    monkeypatch.setenv("CNNLAB_PROFILE", "default")
    states.append(execution.digest_state(faces))
    assert len(set(states)) == 5


def test_only_the_caches_used_last_are_kept(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"")
    os.utime(tmp_path / ".DS_Store", (0, 0))
    for age in range(execution.CACHES_KEPT + 2):
        (tmp_path / str(age)).mkdir()
        os.utime(tmp_path / str(age), (0, 1000 - age))
    execution.forget_old_caches(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        str(age) for age in range(execution.CACHES_KEPT)
    ]


EXECUTE = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nbclient import NotebookClient
from cnnlab.commands import run_command
from cnnlab.report import execution
from cnnlab.report.execution import execute_notebooks

execution.count_lanes = lambda: 2

def pause(call):
    def slow(*args, **options):
        result = None if call is execute else call(*args, **options)
        print("now", flush=True)
        time.sleep(2)
        return call(*args, **options) if call is execute else result
    return slow

execute, submit = NotebookClient.execute, ThreadPoolExecutor.submit
{patch}
paths = sorted(Path().glob("*.ipynb"))
sys.exit(run_command(lambda: execute_notebooks(paths, Path("cache"))))
"""


def find_kernels(pid):
    kernels = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            if "ipykernel" in " ".join(child.cmdline()):
                kernels.append(child)
    return kernels


@pytest.mark.parametrize(
    ("patch", "number"),
    [
        # While a notebook is handed to its thread; before there is a kernel; while two start.
        ("ThreadPoolExecutor.submit = pause(submit)", signal.SIGTERM),
        ("NotebookClient.execute = pause(execute)", signal.SIGINT),
        ("", signal.SIGTERM),
    ],
)
def test_interrupted_notebooks_end_in_one_line_with_their_kernels(tmp_path, patch, number):
    for name in ("01_slow", "02_slow"):
        nbformat.write(notebook(code("import time\ntime.sleep(60)")), tmp_path / f"{name}.ipynb")
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE.format(patch=patch)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if patch:
        assert process.stdout.readline() == "now\n"
    kernels = find_kernels(process.pid)
    while not patch and len(kernels) < 2:
        kernels = find_kernels(process.pid)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    *_, last = said.splitlines()
    assert last.startswith(f"Interrupted ({number.name}). Kept: 0 of 2 notebooks.")
    assert "Traceback" not in said
    _, left = psutil.wait_procs(kernels, timeout=10)
    assert not left
