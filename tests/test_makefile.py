"""What make hands on, and what it removes."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cnnlab import paths
from cnnlab.paths import ROOT

RECORDER = """#!/bin/sh
env -0 > environment
for argument in "$@"; do printf '%s\\0' "$argument"; done > arguments
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The Makefile in a folder with an awkward name, and a python that records how it is called."""
    folder = tmp_path / "a b 'c' چهره‌ها"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(RECORDER)
    python.chmod(0o755)
    for name in ("requirements.txt", "pyproject.toml"):
        (folder / name).touch()
    (folder / ".venv" / "installed").touch()
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def make(folder: Path, *arguments: str) -> None:
    command = ["make", "--silent", "--no-print-directory", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def recorded(folder: Path) -> tuple[dict[str, str], list[str]]:
    variables = (folder / "environment").read_text().split("\0")[:-1]
    environment = dict(variable.partition("=")[::2] for variable in variables)
    return environment, (folder / "arguments").read_text().split("\0")[:-1]


AWKWARD = [
    "my faces.zip",
    "it's",
    'say "faces"',
    "چهره‌ها",
    "$HOME",
    "a$b",
    "$(shell touch hacked)",
    "$(error no)",
    "$(touch hacked)",
    "`touch hacked`",
    "; touch hacked;",
    "&& touch hacked",
    "| touch hacked",
    "'; touch hacked; '",
    '"; touch hacked; "',
    "*",
    "#",
    "-rf",
    "~/faces",
]


@pytest.mark.parametrize("value", AWKWARD)
def test_what_the_user_gives_arrives_letter_by_letter_and_is_never_run(checkout, value):
    make(checkout, "data", f"DATA={value}", f"VGG16={value}", f"PROFILE={value}")
    environment, _ = recorded(checkout)
    assert {environment[f"CNNLAB_{name}"] for name in ("DATA", "VGG16", "PROFILE")} == {value}
    make(checkout, "faces", f"N={value}", f"OUT={value}", f"SEED={value}", f"VALIDATION={value}")
    _, arguments = recorded(checkout)
    assert arguments[-3:] == ["--", value, value]
    assert f"--seed={value}" in arguments
    assert f"--validation={value}" in arguments
    assert not (checkout / "hacked").exists()


def test_texts_are_utf_8_in_any_locale(checkout):
    make(checkout, "data")
    assert recorded(checkout)[0]["PYTHONUTF8"] == "1"


KEPT = (
    "README.md",
    "data/README.md",
    "data/AffectNet.zip",
    "data/photographs/Train/anger/0.jpg",
    "figures/.gitkeep",
    "figures/notes.txt",
    "notebooks/01_equivariance.ipynb",
    "report/published/report.pdf",
    "report/studies/study.csv",
    "report/title.toml",
    "src/cnnlab/paths.py",
    "tests/test_paths.py",
)
CLEANED = (
    "figures/07-confusion.svg",
    "figures/05-faces.png",
    "report/report.pdf",
    "report/report.pdf.json",
    "report/report.fa.pdf.json",
    "report/build/report.typ",
    ".pytest_cache/README.md",
    ".ruff_cache/0/x",
    ".hypothesis/examples/x",
)
DISTCLEANED = (
    "data/.lock",
    "data/.lock.json",
    "data/.install.lock",
    "data/rendered/10x6/Train/anger/0.jpg",
    "data/decoded/x.npy",
    "data/features/x.npy",
    "data/trained/x/model.keras",
    "data/weights/vgg16.npz",
    "data/executed/x.ipynb",
    "src/cnnlab.egg-info/PKG-INFO",
    "src/cnnlab/__pycache__/paths.pyc",
    "src/cnnlab/faces/__pycache__/x.nbi",
    "tests/__pycache__/x.pyc",
)


@pytest.fixture
def used(checkout) -> Path:
    for name in (*KEPT, *CLEANED, *DISTCLEANED):
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(name))
    # A link in a folder that is removed: what it leads to is not the project's.
    photographs = checkout.parent / "photographs"
    photographs.mkdir()
    (photographs / "0.jpg").touch()
    (checkout / "data" / "rendered" / "link").symlink_to(photographs)
    return checkout


def files_of(folder: Path) -> set[str]:
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if not name.startswith(".venv/")} - {
        "Makefile",
        "requirements.txt",
        "pyproject.toml",
    }


def test_clean_removes_what_the_report_made_and_nothing_else(used):
    make(used, "clean")
    assert files_of(used) == {*KEPT, *DISTCLEANED}
    assert (used / ".venv" / "installed").exists()


def test_distclean_removes_all_that_was_made_and_nothing_else(used):
    make(used, "distclean")
    assert files_of(used) == set(KEPT)
    assert not (used / ".venv").exists()
    assert (used.parent / "photographs" / "0.jpg").exists()


def test_no_folder_of_made_things_is_forgotten():
    made = {path.name for path in vars(paths).values() if is_below(path, paths.DATA)}
    assert made >= {"rendered", "trained", ".lock"}
    assert made <= {Path(name).parts[1] for name in DISTCLEANED if name.startswith("data/")}


def is_below(path: object, folder: Path) -> bool:
    return isinstance(path, Path) and path.parent == folder


@pytest.mark.parametrize("target", ["bench", "race"])
def test_benchmarks_measure_the_profile_that_is_named(target, checkout):
    """The settings of the tests, which hold for all below them, must not reach the benchmarks."""
    make(checkout, target, "PROFILE=full")
    environment, arguments = recorded(checkout)
    assert environment["CNNLAB_PROFILE"] == "full"
    assert "--confcutdir=tests/benchmarks" in arguments
    assert not (ROOT / "tests" / "benchmarks" / "conftest.py").exists()


@pytest.mark.parametrize("command", ["report", "publish", "data", "translation", "card", "lab"])
def test_make_only_passes_on(checkout, command):
    make(checkout, command)
    assert recorded(checkout)[1] == ["-m", "cnnlab", command]
