import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from cnnlab.faces.dataset import CLASSES

EXPRESSIONS = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)
"""What AffectNet's numbers mean (Mollahosseini et al. 2019, section 3)."""


def encode(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def course_files(
    train: int = 3, validation: int = 2, names=CLASSES, splits=("Train", "Validation")
) -> dict[str, bytes]:
    """Small distinct images under their names in the course's layout."""
    generator = np.random.default_rng(0)
    return {
        f"{split}/{name}/{number}.png": encode(
            generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        )
        for split, count in zip(splits, (train, validation), strict=True)
        for name in names
        for number in range(count)
    }


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
