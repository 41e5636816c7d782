"""Processes that share work end with the one that started them."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from facesynth.data.workers import share_out

PARENT = """
import sys
from plumbing.user_errors import run_command
from test_workers import work_slowly
from facesynth.data.workers import share_out

if __name__ == "__main__":
    tasks = [[sys.argv[1]]] * 40
    sys.exit(run_command(lambda: share_out(work_slowly, tasks, "Working", processes=2)))
"""


def work_slowly(task):
    with open(task[0], "ab") as stream:
        stream.write(b"x")
    time.sleep(0.2)


def double(task):
    return [2 * number for number in task]


def test_results_come_in_the_order_of_the_tasks():
    assert share_out(double, [[3], [1, 2]], "Doubling", processes=2) == [[6], [2, 4]]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_parent(tmp_path, number):
    (tmp_path / "parent.py").write_text(PARENT)
    process = subprocess.Popen(
        [sys.executable, "parent.py", "begun"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    limit = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    if number is signal.SIGINT:
        os.killpg(process.pid, number)  # Ctrl-C reaches the workers, too
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=30)
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert not alive
    assert "Traceback" not in said
    assert process.returncode == (-number if number is signal.SIGKILL else 128 + number)
