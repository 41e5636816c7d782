"""Memory grows with the batch, not with the data: part of ``make bench``; some minutes.

Each stage runs in a process of its own, on as many images as its name says, made of a few by
repeating them. What the process itself occupies is limited; pages of mapped files are not, since
the system takes them back when they are needed elsewhere.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cnnlab.paths import DATA
from cnnlab.settings import current_profile

AFFECTNET = 287_000
"""Images of AffectNet's full training set."""

MOST_BYTES = 4e9
MOST_BYTES_AN_IMAGE = 5_000
"""Names, labels, digests and logits are kept of every image; its 49,152 bytes of pixels are not."""

COUNTS = {"smoke": (200, 800), "default": (4_000, 16_000), "full": (4_000, 40_000)}


def measure(stage, count):
    """Peak memory in bytes, ``own`` and ``mapped``."""
    script = Path(__file__).with_name("memory_stages.py")
    # On the disk of the caches: elsewhere it may be memory itself.
    with tempfile.TemporaryDirectory(dir=DATA) as folder:
        command = [sys.executable, str(script), stage, str(count), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    peak = json.loads(done.stdout.splitlines()[-1])
    print(
        f"\n  {stage}, {count} images: {peak['own'] / 1e9:.2f} GB of its own, "
        f"{peak['mapped'] / 1e9:.2f} GB of mapped files"
    )
    return peak["own"]


def test_affectnet_streams_through():
    count = AFFECTNET if current_profile().must_learn else AFFECTNET // 100
    assert measure("streaming", count) < MOST_BYTES


@pytest.mark.parametrize("stage", ["decoding", "features", "predictions"])
def test_memory_does_not_grow_with_the_images(stage):
    few, many = COUNTS[current_profile().name]
    growth = (measure(stage, many) - measure(stage, few)) / (many - few)
    print(f"  {stage}: {growth:.0f} bytes more an image")
    # In a small run the allocator's own pools decide.
    assert growth < MOST_BYTES_AN_IMAGE or not current_profile().must_learn
