import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plumbing.user_errors import UserError, run_command


def test_what_the_user_can_mend_is_told_without_a_traceback(capsys):
    def refuse():
        raise UserError("faces.zip is cut off. Copy it again.")

    assert run_command(refuse) == 1
    assert capsys.readouterr().err == "faces.zip is cut off. Copy it again.\n"


def test_our_own_faults_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 / 0)


def test_an_interrupted_command_says_that_nothing_is_lost(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert run_command(interrupt) == 130
    assert "Run the same again" in capsys.readouterr().err


def test_success_is_silent(capsys):
    assert run_command(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


SLEEP = """
import sys, time
from plumbing.user_errors import run_command, tell_if_interrupted

def hold():
    try:
        yield
    finally:
        raise RuntimeError("tidied half done work")

held = hold()

def work():
    with tell_if_interrupted(lambda: "3 epochs of light-vgg"):
        try:
            print("ready", flush=True)
            while True:  # a signal that comes just before a sleep is seen after it
                time.sleep(0.1)
        except KeyboardInterrupt as interruption:
            {reaction}

sys.exit(run_command(work))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("reaction", "kept"),
    [
        ("raise", "3 epochs of light-vgg"),
        # As TensorFlow's graphs do when a step was cut off: the error comes at the very end.
        ("next(held); raise", "3 epochs of light-vgg"),
        # As libraries do that are interrupted while they are loaded.
        ("raise ImportError('half loaded') from interruption", "what was finished before"),
    ],
)
def test_a_signal_ends_in_one_line_that_says_what_is_kept(number, reaction, kept):
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEP.format(reaction=reaction)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert said == f"Interrupted ({number.name}). Kept: {kept}. Run the same again to go on.\n"


def test_handlers_of_signals_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run_command(lambda: None)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_full_disk_is_told_and_other_faults_of_files_keep_their_traceback(capsys):
    def fill():
        raise OSError(errno.ENOSPC, "No space left on device", "a.npy")

    assert run_command(fill) == 1
    assert "a.npy can't be written: No space left on device" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        run_command(Path("/nowhere/at/all").read_bytes)
