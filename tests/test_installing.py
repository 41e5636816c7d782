import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnlab.paths import ROOT

SCRIPT = ROOT / "src" / "plumbing" / "installing.py"


@pytest.fixture
def install(tmp_path):
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text("")

    def run(command):
        # Isolated: the standard library has to suffice.
        return subprocess.run(
            [sys.executable, "-I", "-S", SCRIPT, "lock", "stamp", command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def test_two_runs_install_once_and_the_second_says_why_it_waits(install, tmp_path):
    with ThreadPoolExecutor(2) as threads:
        runs = list(threads.map(install, ["echo x >> installed; sleep 2"] * 2))
    assert [run.returncode for run in runs] == [0, 0]
    assert (tmp_path / "installed").read_text() == "x\n"
    assert sorted(run.stdout for run in runs) == [
        "",
        "Waiting for another run, which is installing the environment.\n",
    ]


def test_changed_requirements_and_failed_installations_install_again(install, tmp_path):
    assert install("echo x >> installed; false; true").returncode == 1
    assert not (tmp_path / "stamp").exists()
    for _ in range(2):
        assert install("echo x >> installed").returncode == 0
    assert (tmp_path / "installed").read_text() == "x\n" * 2
    after = (tmp_path / "stamp").stat().st_mtime + 1
    os.utime(tmp_path / "requirements.txt", (after, after))
    assert install("echo x >> installed").returncode == 0
    assert (tmp_path / "installed").read_text() == "x\n" * 3


def test_a_checkout_that_may_only_be_read_is_told_in_one_line(install, tmp_path):
    (tmp_path / "lock").mkdir()
    run = install("true")
    assert run.returncode == 1
    assert run.stderr == "lock: Is a directory. Allow writing there and run the same again.\n"
