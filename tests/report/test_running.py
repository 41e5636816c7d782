"""Two at once where the machine allows it; what fails or is interrupted ends cleanly."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

import nbformat
import psutil
import pytest
import tensorflow as tf

from cnnlab.report import running
from cnnlab.report.errors import ReportError
from cnnlab.report.execution import execute_notebooks
from plumbing.storage import StorageError

from .made_notebooks import code, notebook, text

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
    monkeypatch.setattr(running, "count_lanes", lambda: 2)
    first, second = MEET.format(own="a", other="b"), MEET.format(own="b", other="a")
    executed = execute_notebooks(
        write_notebooks(first, second, "print('third')"), tmp_path / "cache"
    )
    printed = [made.cells[0].outputs[0].text for made in executed]
    assert printed == ["met b\n", "met a\n", "third\n"]


def test_all_faults_are_told_and_what_ran_beside_them_is_kept(
    write_notebooks, tmp_path, monkeypatch
):
    monkeypatch.setattr(running, "count_lanes", lambda: 2)
    slow = "import time\ntime.sleep(2)\nprint('done')"
    paths = write_notebooks("raise ValueError('no such class')", slow, "print('never')")
    with pytest.raises(ReportError, match=r"ValueError: no such class") as caught:
        execute_notebooks(paths, tmp_path / "cache")
    assert "01_made" in str(caught.value) and "03_made" not in str(caught.value)
    kept = {path.name[:7] for path in (tmp_path / "cache").glob("*.ipynb")}
    assert kept == {"02_made"}

    fail_together = [
        MEET.format(own=own, other=other) + f"\nraise KeyError('{own}')"
        for own, other in (("c", "d"), ("d", "c"))
    ]
    with pytest.raises(ReportError) as caught:
        execute_notebooks(write_notebooks(*fail_together), tmp_path / "cache")
    assert all(f"KeyError: '{own}'" in str(caught.value) for own in "cd")


def test_an_error_while_one_is_kept_ends_the_others(write_notebooks, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "count_lanes", lambda: 2)

    def refuse(*_):
        raise StorageError("the disk is full")

    monkeypatch.setattr("cnnlab.report.execution.write_bytes", refuse)
    paths = write_notebooks("print('short')", "import time\ntime.sleep(300)")
    begun = time.monotonic()
    with pytest.raises(StorageError, match="the disk is full"):
        execute_notebooks(paths, tmp_path / "cache")
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("available", "gpus", "lanes"),
    [(16e9, [], 2), (running.MOST_MEMORY * 1.9, [], 1), (64e9, ["GPU:0"], 1)],
)
def test_notebooks_share_a_machine_only_where_it_can_be_shared(monkeypatch, available, gpus, lanes):
    monkeypatch.setattr(running, "measure_free_memory", lambda: available)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    assert running.count_lanes() == lanes


@pytest.mark.parametrize(
    ("limit", "free"), [(None, 8000), ("max\n", 8000), ("6000\n", 5000), ("20000\n", 8000)]
)
def test_free_memory_is_also_that_of_the_container(tmp_path, monkeypatch, limit, free):
    memory = SimpleNamespace(available=8000)
    monkeypatch.setattr(running.psutil, "virtual_memory", lambda: memory)
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("1000\n")
    assert running.measure_free_memory(tmp_path) == free


def test_failing_cell_names_notebook_cell_and_error(tmp_path):
    made = notebook(code("x = 1"), text("# A"), code("raise ValueError('no such class')"))
    nbformat.write(made, tmp_path / "01_counted.ipynb")
    with pytest.raises(ReportError) as caught:
        execute_notebooks([tmp_path / "01_counted.ipynb"], tmp_path / "cache")
    message = str(caught.value)
    assert "01_counted.ipynb" in message and "code cell 2" in message
    assert "ValueError: no such class" in message


EXECUTE = """
import os, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nbclient import NotebookClient
from plumbing.commands import run_command
from cnnlab.report import running
from cnnlab.report.execution import execute_notebooks

running.count_lanes = lambda: 2

def pause(call):
    def slow(*args, **options):
        result = None if call is execute else call(*args, **options)
        os.write(1, b"now\\n")  # whole, where two threads print
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
