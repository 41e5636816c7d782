"""Who may import whom, read from the sources."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from cnnlab.paths import ROOT

SRC = ROOT / "src"
PACKAGE = SRC / "cnnlab"
SHARED = {"drawing", "environment", "paths", "quoting", "settings", "style"}

# Data flows one way: each room, and what it may import besides itself and the shared modules.
ROOMS = {
    "theory": set(),
    "faces": set(),
    "networks": {"faces"},
    "evaluation": {"faces", "networks"},
    # Explanations are measured too, with evaluation's intervals; never the other way round.
    "explain": {"faces", "networks", "evaluation"},
    "studies": {"faces", "networks", "evaluation", "explain"},
    "report": {"faces", "networks", "evaluation", "explain", "studies", "theory"},
}
# The packages that each package may import besides itself.
PACKAGES = {"plumbing": set(), "facesynth": {"plumbing"}, "cnnlab": {"plumbing", "facesynth"}}
# The renderer's own rooms, in the order in which one may import another.
RENDERER_ROOMS = ("head", "hair", "person", "light", "picture", "data")
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


def rooms_of(names: set[str], package: str = "cnnlab") -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_each_other_one_way(package):
    paths = list((SRC / package).rglob("*.py"))
    assert paths
    for path in paths:
        own = {name.split(".")[0] for name in imports_of(path)} & set(PACKAGES)
        assert own <= PACKAGES[package] | {package}, path


def test_the_renderer_is_built_room_upon_room():
    folders = {path.parent.name for path in (SRC / "facesynth").glob("*/__init__.py")}
    assert folders == set(RENDERER_ROOMS)
    for number, room in enumerate(RENDERER_ROOMS, start=1):
        for path in (SRC / "facesynth" / room).glob("*.py"):
            assert rooms_of(imports_of(path), "facesynth") <= set(RENDERER_ROOMS[:number]), path


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
    used = {name.split(".")[0] for path in SRC.rglob("*.py") for name in imports_of(path)} - set(
        sys.stdlib_module_names
    )
    used = {
        distribution.lower().replace("_", "-")
        for module in used - set(PACKAGES)
        for distribution in distributions[module]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    assert used | NOT_IMPORTED == declared
