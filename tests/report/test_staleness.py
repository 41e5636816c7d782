"""What makes a notebook stale, and what does not."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.paths import NOTEBOOKS
from cnnlab.report import staleness
from cnnlab.report.staleness import (
    SRC,
    TRAINING,
    digest_files,
    digest_state,
    find_modules,
    make_entry,
    read_code,
)

from .made_faces import make_faces

STATEMENTS = ("a = 1", "b = a + 2", "def f(x):\n    return x", "class C:\n    y: int = 3", "f(b)")
NOTHING = ("# a comment", "", '"""A docstring of an attribute."""', "#", "   ")


@given(st.lists(st.sampled_from(STATEMENTS)), st.data())
def test_comments_docstrings_and_layout_are_no_code(statements, data):
    between = data.draw(st.lists(st.sampled_from(NOTHING), max_size=6))
    lines = list(statements)
    for each in between:
        lines.insert(data.draw(st.integers(0, len(lines))), each)
    assert read_code("\n".join(lines)) == read_code("\n".join(statements))


@given(
    st.lists(st.sampled_from(STATEMENTS), max_size=4),
    st.lists(st.sampled_from(STATEMENTS), max_size=4),
)
def test_other_statements_are_other_code(one, other):
    codes = [read_code("\n".join(statements)) for statements in (one, other)]
    assert (codes[0] == codes[1]) == (one == other)


def test_docstrings_of_functions_and_text_in_use():
    plain = "def f():\n    return 'x'"
    documented = 'def f():\n    """Say what."""\n    return "x"  # why'
    assert read_code(plain) == read_code(documented) != read_code(plain.replace("x", "y"))
    assert read_code("x = 'a'") != read_code("x = 'b'")


@pytest.mark.parametrize("magic", ["%time f()", "!ls", "  %matplotlib inline", "def broken(:"])
def test_what_only_ipython_understands_counts_as_it_is(magic):
    assert read_code(f"a = 1\n{magic}") == read_code(f"a = 1\n{magic}")
    assert read_code(f"a = 1\n{magic}") != read_code(f"a = 1\n{magic}x")


@pytest.fixture
def src(tmp_path):
    """A small tree of sources: a uses b within a function, b uses c; d stands alone."""
    folder = tmp_path / "src"
    (folder / "room" / "inner").mkdir(parents=True)
    files = {
        "room/__init__.py": "",
        "room/a.py": "def f():\n    from room.inner import b\n    return b.x\n",
        "room/inner/__init__.py": "",
        "room/inner/b.py": "import numpy as np\nfrom room.c import y as x\n",
        "room/c.py": "import room.a\ny = 1\n",
        "room/d.py": "import room.c\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy", set()),
        ("from room import d", {"__init__", "d", "c", "a", "inner/__init__", "inner/b"}),
        ("from room.inner import b", {"__init__", "inner/__init__", "inner/b", "c", "a"}),
        ("%time\nimport room.inner as i", {"__init__", "inner/__init__"}),
        ("from room.inner.b import x", {"__init__", "inner/__init__", "inner/b", "c", "a"}),
    ],
)
def test_modules_are_found_through_all_that_import_them(src, code, expected):
    found = find_modules([code], src)
    assert found == {src / "room" / f"{name}.py" for name in expected}


def write_notebook(path, *cells):
    made = [{"cell_type": kind, "source": source} for kind, source in cells]
    path.write_text(json.dumps({"cells": made}))
    return path


def key_of(path, *cells, state="state"):
    return make_entry(write_notebook(path, *cells), state, path.parent).key


def test_code_values_and_state_make_a_notebook_stale_and_prose_does_not(tmp_path):
    path = tmp_path / "01_made.ipynb"
    cells = [("markdown", "# Old"), ("code", "x = 1"), ("markdown", "It is {eval}`x`.")]
    key = key_of(path, *cells)
    same = [
        [("code", ["x = ", "1  # why"]), ("markdown", "Now {eval}`x`!")],
        [*cells, ("markdown", "More."), ("raw", "x")],
    ]
    for others in same:
        assert key_of(path, *others) == key
    stale = [
        [("code", "x = 2"), cells[2]],
        [cells[1], ("markdown", "It is {eval}`x + 1`.")],
        [cells[2], cells[1]],
        [cells[1]],
        [("code", "from cnnlab import style\nx = 1"), cells[2]],
    ]
    keys = {key_of(path, *others) for others in stale} | {key_of(path, *cells, state="other")}
    assert len(keys | {key}) == len(stale) + 2


def test_only_imported_modules_make_a_notebook_stale(tmp_path):
    path = write_notebook(tmp_path / "01_made.ipynb", ("code", "import cnnlab.theory.dilation"))
    assert not make_entry(path, "", tmp_path).uses_networks
    of_dilation = find_modules(["import cnnlab.theory.dilation"])
    assert SRC / "cnnlab" / "theory" / "dilation.py" in of_dilation
    assert SRC / "cnnlab" / "theory" / "gradients.py" not in of_dilation


def test_the_notebooks_that_show_networks_have_them_trained_before(tmp_path):
    entries = {path.stem[:2]: make_entry(path, "", tmp_path) for path in NOTEBOOKS.glob("*.ipynb")}
    assert TRAINING.is_file()
    assert all(entries[number].uses_networks for number in ("02", "06", "07", "08"))
    assert not any(entries[number].uses_networks for number in ("03", "04"))


def test_the_state_follows_profile_data_and_files(tmp_path, monkeypatch):
    studies = tmp_path / "studies"
    studies.mkdir()
    monkeypatch.setattr(staleness, "STUDIES", studies)
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    faces = make_faces(tmp_path)
    others = [
        replace(faces, digest="f" * 64),
        replace(faces, dataset=replace(faces.dataset, title="renamed")),
        replace(faces, dataset=replace(faces.dataset, notes=("A folder was not read.",))),
    ]
    states = [digest_state(each) for each in (faces, *others)]
    assert digest_state(faces) == states[0]
    for text in ("a,b\n", "a,c\n"):
        (studies / "a.csv").write_text(text)
        states.append(digest_state(faces))
    monkeypatch.setenv("CNNLAB_PROFILE", "default")
    states.append(digest_state(faces))
    assert len(set(states)) == 7


@given(st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3)), st.sampled_from("abc"))
def test_a_digest_of_files_follows_names_and_contents_in_any_order(tmp_path_factory, files, name):
    folder = tmp_path_factory.mktemp("files")
    for each, content in files.items():
        (folder / each).write_bytes(content)
    before = digest_files(folder.iterdir())
    assert before == digest_files(sorted(folder.iterdir(), reverse=True))
    (folder / name).write_bytes(files.get(name, b"") + b"x")
    assert digest_files(folder.iterdir()) != before
