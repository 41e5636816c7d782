"""``python -m facesynth N OUT``: rendered faces in a folder, as ``make faces`` asks for them."""

import sys

from facesynth.data.command import follow_order
from plumbing.user_errors import run_command

if __name__ == "__main__":
    sys.exit(run_command(lambda: follow_order(sys.argv[1:])))
