"""What is executed, two at once where the machine allows it; what fails or is interrupted ends."""

import copy
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from cnnlab.report import execution
from cnnlab.report.execution import (
    RESULTS_KEPT,
    execute_notebooks,
    forget_old_results,
    read_executed,
)
from cnnlab.report.staleness import make_entry
from plumbing.user_errors import UserError

from .made_notebooks import code, notebook, text

COUNT = """from pathlib import Path
with Path("runs.txt").open("a") as file:
    file.write("x")
print("result", 6 * 7)"""
SLOW = "import time\ntime.sleep(300)"
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
def write(tmp_path, monkeypatch):
    """Write notebooks and return their entries."""
    monkeypatch.setattr(execution, "count_lanes", lambda: 2)

    def write_notebooks(*notebooks, state="state"):
        entries = []
        for number, made in enumerate(notebooks, 1):
            path = tmp_path / f"{number:02}_made.ipynb"
            nbformat.write(made, path)
            entries.append(make_entry(path, state, tmp_path / "executed"))
        return entries

    return write_notebooks


@pytest.fixture
def runs(write, tmp_path):
    """Execute a notebook where it is stale; return what came out and how often it has ever run."""

    def run(made, state="state"):
        [entry] = write(made, state=state)
        before = entry.path.read_bytes()
        if entry.is_stale():
            execute_notebooks([entry])
        assert entry.path.read_bytes() == before
        return read_executed(entry), len((tmp_path / "runs.txt").read_text())

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
    edited.cells[1].source = f"# Why\n{COUNT}"
    edited.cells.append(text("More."))
    executed, count = runs(edited)
    assert count == 1
    assert [cell.source for cell in executed.cells] == ["# New prose", f"# Why\n{COUNT}", "More."]
    assert executed.cells[1].outputs[0].text == "result 42\n"
    assert executed.cells[1].metadata.tags == ["hide-input"]

    edited.cells[1].source += "\nx = 1"
    assert runs(edited)[1] == 2
    assert runs(edited, state="another")[1] == 3


def test_values_come_with_the_results_and_a_new_expression_executes_again(runs):
    made = notebook(code(COUNT), text("The answer is {eval}`6 * 7`."))
    for _ in range(2):
        executed, count = runs(made)
        assert count == 1
        [value] = executed.cells[1].metadata.user_expressions
        assert value["result"]["data"]["text/plain"] == "42"
    made.cells[1].source = "It is {eval}`6 * 7`."
    executed, count = runs(made)
    assert count == 1 and executed.cells[1].metadata.user_expressions
    made.cells[1].source = "It is {eval}`6 * 8`."
    assert runs(made)[1] == 2


@pytest.mark.parametrize(
    ("expression", "fault"),
    [("no_name", "NameError"), ("1 / 0", "ZeroDivisionError"), ("holds(3)", "TypeError: holds")],
)
def test_an_expression_that_fails_names_its_cell(runs, expression, fault):
    made = notebook(
        code("from cnnlab.report.text.values import holds"), text(f"It is {{eval}}`{expression}`.")
    )
    with pytest.raises(UserError, match=rf"01_made.ipynb, cell .*It is .*{fault}"):
        runs(made)


def test_damaged_results_are_named_and_computed_again(runs, tmp_path, capsys):
    made = notebook(code(COUNT))
    runs(made)
    [file] = (tmp_path / "executed").glob("*.ipynb")
    file.write_bytes(file.read_bytes()[:-20])
    executed, count = runs(made)
    assert count == 2
    assert executed.cells[0].outputs[0].text == "result 42\n"
    assert f"{file.name} is damaged" in capsys.readouterr().err


def test_a_kernel_finds_our_environment_and_none_of_tensorflows_remarks(runs):
    made = notebook(
        code(COUNT), code("import os\nos.environ['KERAS_BACKEND']"), code("import keras")
    )
    executed, _ = runs(made)
    assert executed.cells[1].outputs[0].data["text/plain"] == "'tensorflow'"
    assert executed.cells[2].outputs == []


def test_two_notebooks_run_at_once(write):
    sources = MEET.format(own="a", other="b"), MEET.format(own="b", other="a"), "print('third')"
    entries = write(*(notebook(code(source)) for source in sources))
    execute_notebooks(entries)
    printed = [read_executed(entry).cells[0].outputs[0].text for entry in entries]
    assert printed == ["met b\n", "met a\n", "third\n"]


def test_all_faults_are_told_and_what_ran_beside_them_is_kept(write):
    slow = "import time\ntime.sleep(2)\nprint('done')"
    sources = "raise ValueError('no such class')", slow, "print('never')"
    entries = write(*(notebook(code(source)) for source in sources))
    with pytest.raises(UserError, match=r"ValueError: no such class") as caught:
        execute_notebooks(entries)
    assert "01_made" in str(caught.value) and "03_made" not in str(caught.value)
    assert [entry.is_stale() for entry in entries] == [True, False, True]

    fail_together = [
        MEET.format(own=own, other=other) + f"\nraise KeyError('{own}')"
        for own, other in (("c", "d"), ("d", "c"))
    ]
    with pytest.raises(UserError) as caught:
        execute_notebooks(write(*(notebook(code(source)) for source in fail_together)))
    assert all(f"KeyError: '{own}'" in str(caught.value) for own in "cd")


@pytest.mark.parametrize(
    ("source", "fault"),
    [("raise ValueError('no')", "ValueError: no"), ("import os\nos._exit(1)", "its process ended")],
)
def test_a_fault_names_notebook_and_cell(write, source, fault):
    [entry] = write(notebook(code("x = 1"), text("# A"), code(source)))
    with pytest.raises(UserError, match=rf"01_made.ipynb failed in code cell 2 (?s:.*){fault}"):
        execute_notebooks([entry])


@pytest.mark.parametrize(
    ("limit", "free"), [(None, 8000), ("max\n", 8000), ("6000\n", 5000), ("20000\n", 8000)]
)
def test_free_memory_is_also_that_of_the_container(tmp_path, monkeypatch, limit, free):
    memory = SimpleNamespace(available=8000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("1000\n")
    assert execution.measure_free_memory(tmp_path) == free


def test_only_the_results_used_last_are_kept(write, tmp_path):
    [entry] = write(notebook())
    entry.executed.parent.mkdir()
    for age in range(RESULTS_KEPT + 2):
        for name in (f"01_made-{age}.ipynb", f"01_made-{age}.ipynb.json"):
            (tmp_path / "executed" / name).touch()
            os.utime(tmp_path / "executed" / name, (0, 1000 - age))
    (tmp_path / "executed" / "02_made-0.ipynb").touch()
    forget_old_results(entry)
    left = {path.name for path in entry.executed.parent.glob("01_made*.ipynb*")}
    assert left == {
        f"01_made-{age}.ipynb{end}" for age in range(RESULTS_KEPT) for end in ("", ".json")
    }
    assert (tmp_path / "executed" / "02_made-0.ipynb").exists()


EXECUTE = """
import os, sys, time
from pathlib import Path
from nbclient import NotebookClient
from plumbing.user_errors import run_command
from cnnlab.report import execution
from cnnlab.report.staleness import make_entry

def pause(call):
    async def slow(*args, **options):
        os.write(1, b"now\\n")  # whole, where two threads print
        time.sleep(1)
        return await call(*args, **options)
    return slow

execution.count_lanes = lambda: 2
if len(sys.argv) > 1:
    setattr(NotebookClient, sys.argv[1], pause(getattr(NotebookClient, sys.argv[1])))
entries = [make_entry(path, "", Path("executed")) for path in sorted(Path().glob("*.ipynb"))]
sys.exit(run_command(lambda: execution.execute_notebooks(entries)))
"""


@pytest.mark.parametrize(
    ("paused", "number"),
    [
        # Before there is a kernel; when it has just been started; while both are busy.
        (["async_start_new_kernel"], signal.SIGTERM),
        (["async_start_new_kernel_client"], signal.SIGINT),
        ([], signal.SIGTERM),
    ],
)
def test_interrupted_notebooks_end_in_one_line_with_their_kernels(tmp_path, paused, number):
    for name in ("01_slow", "02_slow"):
        busy = f"open('{name}', 'w').close()\n{SLOW}"
        nbformat.write(notebook(code(busy)), tmp_path / f"{name}.ipynb")
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE, *paused],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if paused:
        assert process.stdout.readline() == "now\n"
    while not (paused or all((tmp_path / name).exists() for name in ("01_slow", "02_slow"))):
        assert process.poll() is None
        time.sleep(0.02)  # the processors are the kernels'
    kernels = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    *_, last = said.splitlines()
    assert last.startswith(f"Interrupted ({number.name}). Kept: 0 of 2 notebooks.")
    assert "Traceback" not in said
    _, left = psutil.wait_procs(kernels, timeout=10)
    assert not left
