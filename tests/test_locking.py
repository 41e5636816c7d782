import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from cnnlab.paths import ROOT
from plumbing.locking import hold_lock
from plumbing.user_errors import UserError

# Holds the lock, says so, and keeps it until its input ends.
HOLD = """
import sys
from pathlib import Path
from plumbing.locking import hold_lock
with hold_lock(Path(sys.argv[1]), "renders faces"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    started = []

    def start_holder(name=".lock"):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_holder
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_says_for_whom_it_waits_and_gets_its_turn(start):
    first = start()
    assert first.stdout.readline() == "held\n"
    second = start()
    waiting = second.stderr.readline()
    assert f"Waiting for process {first.pid}, since 20" in waiting
    assert "renders faces" in waiting
    assert first.poll() is None
    first.communicate("")
    assert second.stdout.readline() == "held\n"
    assert second.communicate("")[1] == ""


def test_a_short_wait_leaves_no_word(start, tmp_path, capsys):
    first = start()
    first.stdout.readline()
    end = threading.Timer(0.5, first.communicate, [""])
    end.start()
    with hold_lock(tmp_path / ".lock", "trains"):
        end.join()
        assert first.returncode == 0
    assert capsys.readouterr().err == ""


def test_the_lock_of_a_killed_process_blocks_nobody(start, tmp_path, capsys):
    first = start()
    first.stdout.readline()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert (tmp_path / ".lock.json").exists()
    begun = time.monotonic()
    with hold_lock(tmp_path / ".lock", "trains"):
        holder = json.loads((tmp_path / ".lock.json").read_bytes())
        assert (holder["pid"], holder["task"]) == (os.getpid(), "trains")
    assert time.monotonic() - begun < 1
    assert capsys.readouterr().err == ""


def test_other_folders_share_nothing(start, tmp_path, capsys):
    first = start("one/.lock")
    first.stdout.readline()
    with hold_lock(tmp_path / "two" / ".lock", "trains"):
        assert first.poll() is None
    assert capsys.readouterr().err == ""


def test_an_error_frees_the_lock(tmp_path):
    with pytest.raises(ZeroDivisionError), hold_lock(tmp_path / ".lock", "divides"):
        _ = 1 / 0
    with hold_lock(tmp_path / ".lock", "trains"):
        pass
    assert not (tmp_path / ".lock.json").exists()


@pytest.mark.parametrize("folder", ["file/below", "file", "taken"])
def test_a_folder_in_which_nothing_may_be_written_is_told(tmp_path, folder):
    (tmp_path / "file").touch()
    (tmp_path / "taken" / ".lock").mkdir(parents=True)
    path = tmp_path / folder / ".lock"
    told = pytest.raises(UserError, match=rf"{re.escape(str(path))} can't be written: \w")
    with told, hold_lock(path, "trains"):
        pytest.fail("nothing is held")


def test_a_checkout_that_may_only_be_read_is_told_in_one_line(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    (tmp_path / "data").touch()
    done = subprocess.run(
        [sys.executable, "-m", "cnnlab", "data"],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/data/.lock can't be written: ")
    assert done.stderr.count("\n") == 1
