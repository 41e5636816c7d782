"""What no photograph can tell: the same moment without the expression, and what it moved.

A picture's *neutral twin* shows the same person in the same scene with every distractor (stray
units, talking mouth, blink, gaze) but without the units of the expression. A pixel is *moved* if
the two differ there visibly. They are compared as the lens forms them: after exposure, blur and
the camera's curve, for that is what is seen; but before the sensor's noise and JPEG, which are no
work of the expression. Where the camera shook, movement is smeared as all else is, so the map is
that of the blurred picture and reaches past the sharp outline by up to half the path of the shake.
Visible is what a person would just see: a colour difference of at least
``JUST_NOTICEABLE`` in CIELAB, where a step means the same on dark and on light skin. So shadows
and folds that the expression makes count as moved, and the rounding to 256 values does not.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from PIL import Image

from facesynth.data.folder import (
    Shot,
    draw_person,
    draw_shot,
    explain_write_errors,
    find_shot,
    group_by_person,
)
from facesynth.data.workers import share_out
from facesynth.head.action_units import Expression, neutral_twin
from facesynth.light.scene import Scene
from facesynth.person.identity import Identity
from facesynth.picture.render import PICTURE_SIZE, render_face
from plumbing.storage import write_bytes

JUST_NOTICEABLE = 2.3
"""Least visible colour difference in CIELAB (Mahy, Van Eycken & Oosterlinck 1994)."""

FOLDER = "GroundTruth"


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """What is known of a picture beyond its labels.

    Attributes:
        neutral: (h, w, 3) uint8 RGB, the neutral twin, with the picture's own sensor noise.
        difference: (h, w) float32 >= 0, colour difference between picture and twin without
            noise: Euclidean in CIELAB (CIE 1976).
    """

    neutral: np.ndarray
    difference: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """(h, w) bool, the pixels that the expression visibly changed."""
        return self.difference >= JUST_NOTICEABLE


def colour_difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (h, w) float32 CIE 1976 difference of two (h, w, 3) uint8 sRGB pictures."""
    first, second = (
        cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        for picture in (first, second)
    )
    return np.linalg.norm(first - second, axis=-1)


def measure_difference(
    identity: Identity, expression: Expression, scene: Scene, size: int = PICTURE_SIZE
) -> np.ndarray:
    """Return how far an expression changes each pixel: see ``GroundTruth.difference``.

    Args:
        identity: who is seen.
        expression: what the face shows.
        scene: how it is photographed; its noise is left out.
        size: side in pixels.
    """
    quiet = scene.without_noise()
    shown, twin = (
        render_face(identity, face, quiet, size) for face in (expression, neutral_twin(expression))
    )
    return colour_difference(shown, twin)


def render_ground_truth(
    identity: Identity, expression: Expression, scene: Scene, size: int = PICTURE_SIZE
) -> GroundTruth:
    """Render the neutral twin of a picture and measure what the expression moved.

    Args:
        identity: who is seen.
        expression: what the face shows.
        scene: how it is photographed.
        size: side in pixels.
    """
    return GroundTruth(
        neutral=render_face(identity, neutral_twin(expression), scene, size),
        difference=measure_difference(identity, expression, scene, size),
    )


def render_ground_truth_of(file: str, seed: int) -> GroundTruth:
    """Return the ground truth of one picture of a data set.

    Args:
        file: the picture's name, such as ``Train/fear/0000012-1.jpg``.
        seed: of the data set.

    Raises:
        FolderError: no rendered picture has this name.
    """
    shot = find_shot(file)
    return render_ground_truth(draw_person(shot.identity, seed), *draw_shot(shot, seed))


def map_moved_pixels(files: Sequence[str], seed: int, processes: int | None = None) -> np.ndarray:
    """Return which pixels the expression moved on each picture of a data set.

    Args:
        files: n names of pictures, in any order.
        seed: of the data set.
        processes: how many work at once; all cores by default.

    Returns:
        (n, 128, 128) bool; all False for neutral pictures.

    Raises:
        FolderError: no rendered picture has one of the names.
    """
    people = group_by_person([find_shot(file) for file in files])
    work = partial(_map_person, seed)
    maps = share_out(work, people, "Mapping moved pixels", processes)
    by_file = {
        shot.file: moved
        for shots, of_person in zip(people, maps, strict=True)
        for shot, moved in zip(shots, of_person, strict=True)
    }
    moved = np.zeros((len(files), PICTURE_SIZE, PICTURE_SIZE), bool)
    for row, file in enumerate(files):
        moved[row] = by_file[file]
    return moved


def _map_person(seed: int, shots: list[Shot]) -> list[np.ndarray]:
    identity = draw_person(shots[0].identity, seed)
    return [
        measure_difference(identity, *draw_shot(shot, seed)) >= JUST_NOTICEABLE for shot in shots
    ]


def ground_truth_files(file: str) -> tuple[str, str]:
    """Return where a picture's twin and its map of moved pixels lie in the data set's folder."""
    stem = PurePosixPath(FOLDER, file).with_suffix("")
    return f"{stem}-neutral.png", f"{stem}-moved.png"


def write_ground_truth(
    folder: Path, shots: Sequence[Shot], seed: int, processes: int | None = None
) -> None:
    """Write the twin and the map of each picture as PNG files below ``GroundTruth/``.

    ``GroundTruth/Train/fear/0000012-1-neutral.png`` is the twin of
    ``Train/fear/0000012-1.jpg``; ``...-moved.png`` is white where the expression moved pixels
    and black elsewhere. A run that was stopped goes on where it was.

    Args:
        folder: of the data set.
        shots: its pictures.
        seed: of the data set.
        processes: how many work at once; all cores by default.

    Raises:
        FolderError: the folder cannot be written.
    """
    with explain_write_errors(folder):
        for parent in sorted({(folder / FOLDER / shot.file).parent for shot in shots}):
            parent.mkdir(parents=True, exist_ok=True)
        # The map is written last: where it is, the twin is.
        missing = [s for s in shots if not (folder / ground_truth_files(s.file)[1]).exists()]
        people = group_by_person(missing)
        share_out(partial(_write_person, folder, seed), people, "Ground truth", processes)


def _write_person(folder: Path, seed: int, shots: list[Shot]) -> None:
    identity = draw_person(shots[0].identity, seed)
    for shot in shots:
        truth = render_ground_truth(identity, *draw_shot(shot, seed))
        moved = Image.fromarray(np.uint8(255) * truth.moved)
        for name, image in zip(
            ground_truth_files(shot.file), (Image.fromarray(truth.neutral), moved), strict=True
        ):
            buffer = io.BytesIO()
            image.save(buffer, format="PNG")
            write_bytes(folder / name, buffer.getvalue())
