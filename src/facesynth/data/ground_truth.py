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

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from facesynth.data.folder import (
    Shot,
    draw_person,
    draw_shot,
    encode,
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
    """Return how far an expression changes each pixel: (size, size) float32, in CIELAB.

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


def map_moved_pixels(files: Sequence[str], seed: int, processes: int | None = None) -> np.ndarray:
    """Return which pixels the expression moved on each picture of a data set.

    Args:
        files: n names of pictures, in any order.
        seed: of the data set.
        processes: how many work at once; all cores by default.

    Returns:
        (n, 128, 128) bool; all False for neutral pictures.

    Raises:
        UserError: no rendered picture has one of the names.
    """
    people = group_by_person([find_shot(file) for file in files])
    maps = share_out(partial(_map_person, seed), people, "Mapping moved pixels", processes)
    by_file = {file: moved for of_person in maps for file, moved in of_person.items()}
    moved = np.zeros((len(files), PICTURE_SIZE, PICTURE_SIZE), bool)
    for row, file in enumerate(files):
        moved[row] = by_file[file]
    return moved


def _map_person(seed: int, shots: list[Shot]) -> dict[str, np.ndarray]:
    identity = draw_person(shots[0].identity, seed)
    return {
        shot.file: measure_difference(identity, *draw_shot(shot, seed)) >= JUST_NOTICEABLE
        for shot in shots
    }


def ground_truth_files(file: str) -> tuple[str, str]:
    """Return where a picture's twin and its map of moved pixels lie in the data set's folder."""
    stem = PurePosixPath("GroundTruth", file).with_suffix("")
    return f"{stem}-neutral.png", f"{stem}-moved.png"


def find_missing(folder: Path, shots: Sequence[Shot]) -> list[Shot]:
    """Return the pictures of a data set that have no ground truth yet."""
    # The map is written last: where it is, the twin is.
    return [shot for shot in shots if not (folder / ground_truth_files(shot.file)[1]).exists()]


def write_ground_truth(
    folder: Path, shots: Sequence[Shot], seed: int, processes: int | None = None
) -> None:
    """Write the twin and the map of each picture as PNG files below ``GroundTruth/``.

    ``GroundTruth/Train/fear/0000012-1-neutral.png`` is the neutral twin of
    ``Train/fear/0000012-1.jpg``, with the picture's own sensor noise; ``...-moved.png`` is white
    where the expression moved pixels and black elsewhere. A run that was stopped goes on where
    it was.

    Args:
        folder: of the data set.
        shots: its pictures.
        seed: of the data set.
        processes: how many work at once; all cores by default.

    Raises:
        UserError: the folder cannot be written.
    """
    with explain_write_errors(folder):
        people = group_by_person(find_missing(folder, shots))
        share_out(partial(_write_person, folder, seed), people, "Ground truth", processes)


def _write_person(folder: Path, seed: int, shots: list[Shot]) -> None:
    identity = draw_person(shots[0].identity, seed)
    for shot in shots:
        expression, scene = draw_shot(shot, seed)
        twin = render_face(identity, neutral_twin(expression), scene)
        moved = measure_difference(identity, expression, scene) >= JUST_NOTICEABLE
        for name, image in zip(
            ground_truth_files(shot.file), (twin, np.uint8(255) * moved), strict=True
        ):
            write_bytes(folder / name, encode(image, "PNG"))
