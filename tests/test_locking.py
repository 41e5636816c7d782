import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cnnlab.locking import hold_lock

# Holds the lock, says so, and keeps it until its input ends.
HOLD = """
import sys
from pathlib import Path
from cnnlab.locking import hold_lock
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
