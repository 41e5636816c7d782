"""Build the smoke report in two fresh clones, each with an environment of its own, and compare.

``PYTHONPATH=tests python -m torture.compare_clones``: some minutes, 7 GB of disk while it runs, and
the package index. What is committed is cloned. Exit code 0 means that both clones hold the same
faces, pixels, features, weights, predictions, figures and report.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from torture.kill_runs import TortureError, compare
from torture.record import record

from cnnlab.paths import ROOT
from cnnlab.studies.stage_costs import copy_weights

# Nothing may depend on where a clone lies, or what the folder is called.
NAMES = ("one", "the other, چهره‌ها")


def build_clone(source: Path, folder: Path) -> Path:
    """Clone a repository of the project and make its report."""
    subprocess.run(["git", "clone", "--quiet", str(source), str(folder)], check=True)
    copy_weights(folder)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith("CNNLAB_")
    }
    subprocess.run(["make", "report", "PROFILE=smoke"], cwd=folder, env=environment, check=True)
    return folder


def main() -> int:
    """Build both and say whether they are equal."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # The second is a clone of the first: meanwhile somebody may have committed something.
        one = build_clone(ROOT, Path(folder) / NAMES[0])
        other = build_clone(one, Path(folder) / NAMES[1])
        try:
            count = compare(one, other)
        except TortureError as error:
            print(error, file=sys.stderr)
            return 1
    record("compare_clones", count, "equal results of two clones", time.monotonic() - begun)
    print(f"Two fresh clones: {count} results are equal, report.pdf byte for byte.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
