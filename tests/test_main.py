"""The commands: what each is called with, and how it ends."""

import os
import subprocess
import sys
from pkgutil import resolve_name

import pytest

from cnnlab.__main__ import COMMANDS, OPTIONS, read_arguments
from cnnlab.paths import ROOT
from cnnlab.settings import current_data, current_profile, current_vgg16_file


@pytest.fixture
def given(monkeypatch):
    """Read arguments; what they export is forgotten after the test."""
    for option in OPTIONS:
        monkeypatch.setenv(f"CNNLAB_{option.upper()}", "from the environment")
    return read_arguments


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "cnnlab", *arguments],
        env=os.environ | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", [name for name, (function, *_) in COMMANDS.items() if function])
def test_every_command_has_its_function(name):
    assert callable(resolve_name(COMMANDS[name][0]))


def test_options_win_over_the_environment_and_reach_kernels_through_it(given):
    found = given(["report", "--profile=smoke", "--data=a b'$(c).zip", "--vgg16", "-w.h5"][:3])
    assert found.command == "report"
    assert current_profile().name == "smoke"
    assert current_data() == ROOT / "a b'$(c).zip"
    assert current_vgg16_file() == ROOT / "from the environment"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["study"], []),
        (["study", "phone", "ablation"], ["phone", "ablation"]),
        (["check", "a.pdf"], ["a.pdf"]),
        (["faces", "--seed=3", "--", "-1", "out"], ["--seed=3", "--", "-1", "out"]),
        (["faces", "--help"], ["--help"]),
    ],
)
def test_further_arguments_are_passed_on(given, arguments, names):
    assert given(arguments).names == names


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["report", "more"], ["check"], ["data", "-x"]]
)
def test_what_is_not_known_is_refused_with_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: python -m cnnlab" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_profile_and_an_order_of_faces_are_told_in_one_line():
    done = run("data", "--profile=huge")
    assert (done.returncode, done.stdout) == (1, "")
    assert "PROFILE=huge is not known" in done.stderr and done.stderr.count("\n") == 1
    done = run("faces", "--", "0", "out")
    assert (done.returncode, done.stdout) == (1, "")
    # It may have waited for somebody else before.
    assert "whole number from 1" in done.stderr.splitlines()[-1]


def test_help_lists_the_commands_and_those_of_the_renderer():
    printed = run("--help").stdout
    assert all(name in printed for name in COMMANDS)
    assert "--ground-truth" in run("faces", "--help").stdout
