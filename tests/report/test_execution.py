"""Executed when the code, the package or the data have changed, and only then."""

import copy
import os
from dataclasses import replace

import nbformat
import pytest

from cnnlab.report import execution
from cnnlab.report.errors import ReportError

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


def test_values_come_from_the_cache_and_a_new_expression_executes_again(runs):
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
    with pytest.raises(ReportError, match=rf"01_counted.ipynb, cell .*It is .*{fault}"):
        runs(made)


def test_a_damaged_entry_is_named_and_executed_again(runs, tmp_path, capsys):
    made = notebook(code(COUNT))
    runs(made)
    [file] = (tmp_path / "cache").glob("*.ipynb")
    file.write_bytes(file.read_bytes()[:-20])
    executed, count = runs(made)
    assert count == 2
    assert executed.cells[0].outputs[0].text == "result 42\n"
    assert f"{file.name} has" in capsys.readouterr().err


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A small project whose state is digested."""
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    monkeypatch.setattr(execution, "STUDIES", tmp_path / "report" / "studies")
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    (tmp_path / "src" / "cnnlab" / "__pycache__").mkdir(parents=True)
    (tmp_path / "report" / "studies").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("numpy==2.0")
    for name in ("__init__.py", "paths.py"):
        (tmp_path / "src" / "cnnlab" / name).write_text("A = 1")
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
