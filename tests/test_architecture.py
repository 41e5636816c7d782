"""Who may import whom, read from the sources."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from cnnlab.paths import ROOT

PACKAGE = ROOT / "src" / "cnnlab"
SHARED = {
    "commands",
    "downloads",
    "installing",
    "locking",
    "paths",
    "quoting",
    "settings",
    "storage",
    "style",
}

# Data flows one way: each room, and what it may import besides itself and the shared modules.
ROOMS = {
    "theory": set(),
    "faces": set(),
    "models": {"faces"},
    "evaluation": {"faces", "models"},
    # Explanations are measured too, with evaluation's intervals; never the other way round.
    "explain": {"faces", "models", "evaluation"},
    "report": {"faces", "models", "evaluation", "explain", "theory"},
}
HEAVY = {"tensorflow", "keras"}

# Declared, though no module imports them: notebooks' kernel, Jupyter itself, what pandas writes
# Markdown with.
NOT_IMPORTED = {"ipykernel", "jupyter", "jupyterlab-myst", "tabulate"}


def imports_of(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("cnnlab.")}


def test_every_folder_is_a_room_and_every_other_module_is_shared():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ROOMS)
    assert {path.stem for path in PACKAGE.glob("*.py")} == SHARED | {"__init__", "__main__"}


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_imported_backwards(room):
    paths = list((PACKAGE / room).rglob("*.py"))
    assert paths
    for path in paths:
        assert rooms_of(imports_of(path)) <= ROOMS[room] | SHARED | {room}, path


def test_theory_imports_nothing_of_ours_and_no_tensorflow():
    for path in (PACKAGE / "theory").rglob("*.py"):
        names = imports_of(path)
        own = {name for name in names if name.startswith("cnnlab")}
        assert all(name.startswith("cnnlab.theory") for name in own), path
        assert not HEAVY & {name.split(".")[0] for name in names}, path


def test_shared_modules_import_no_room():
    for name in SHARED:
        assert rooms_of(imports_of(PACKAGE / f"{name}.py")) <= SHARED


def test_dependencies_are_those_that_are_imported():
    distributions = packages_distributions()
    used = {
        name.split(".")[0] for path in PACKAGE.rglob("*.py") for name in imports_of(path)
    } - set(sys.stdlib_module_names)
    used = {
        distribution.lower().replace("_", "-")
        for module in used - {"cnnlab"}
        for distribution in distributions[module]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    assert used | NOT_IMPORTED == declared
