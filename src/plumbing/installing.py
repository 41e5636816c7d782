"""``python src/plumbing/installing.py LOCK STAMP COMMAND``: install, while nobody else does.

The standard library alone: this runs before there is an environment. A second run waits for the
first, and finds nothing left to do. The lock ends with the process, however that ends.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

# What the environment is made from: it is stale when one of them is newer.
SOURCES = (Path("requirements.txt"), Path("pyproject.toml"))


def is_fresh(stamp: Path) -> bool:
    """Return whether the environment was finished after its sources were last changed."""
    if not stamp.exists():
        return False
    return all(source.stat().st_mtime <= stamp.stat().st_mtime for source in SOURCES)


def install(lock: Path, stamp: Path, command: str) -> int:
    """Run the shell's ``command`` under a lock unless the environment is fresh by then.

    Args:
        lock: the lock's file.
        stamp: touched when the command has succeeded.
        command: makes the environment; from the Makefile, never from the user.

    Returns:
        The command's exit code; 0 where there was nothing to do.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run, which is installing the environment.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        if is_fresh(stamp):
            return 0
        code = _run(command, file.fileno())
        if code == 0:
            stamp.touch()
        return code


def _run(command: str, lock: int) -> int:
    # The command holds the lock, too: were this process killed, the command would go on.
    return subprocess.run(["sh", "-ec", command], pass_fds=[lock], check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(install(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next run installs what is missing.")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}. Allow writing there and run the same again.")
