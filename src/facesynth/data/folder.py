"""A data set of rendered faces on disk, in the course's layout."""

import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from facesynth.data.workers import share_out
from facesynth.head.action_units import ACTION_UNITS, Expression
from facesynth.head.expressions import EXPRESSIONS, draw_expression
from facesynth.light.scene import Scene, draw_scene
from facesynth.person.identity import Identity, draw_identity
from facesynth.picture.render import render_face
from plumbing.locking import hold_lock
from plumbing.storage import cannot_write, write_bytes
from plumbing.user_errors import UserError, tell_if_interrupted

REPETITIONS = 2
"""How often a person shows each expression."""

RENDERER = "c325eb421b637066d904fbdff3d2afe75106f03c9fc15c2bfc0969beea015d9d"
"""The pictures' version, by which records know theirs. Change it with what is drawn: a test
compares pictures of this version with those that are rendered."""

MOST_PER_CLASS = 10_000
"""The most pictures of a class in a split; the people's numbers leave room for many more."""

FIRST_IDENTITY = {"train": 0, "validation": 1_000_000}
LABELS = "labels.csv"
STAMP = "rendering.json"
DIGESTS = "digests.txt"
"""What ``sha256sum --check`` reads: the digest of each picture as it was rendered."""


@dataclass(frozen=True)
class Shot:
    """One picture to be made: who shows which expression for which time.

    Attributes:
        split: ``train`` or ``validation``.
        person: number of the person within the split.
        expression: one of the classes.
        repetition: 0, 1, ...
    """

    split: str
    person: int
    expression: str
    repetition: int

    @property
    def identity(self) -> int:
        """The person's number in the whole data set."""
        return FIRST_IDENTITY[self.split] + self.person

    @property
    def file(self) -> str:
        """Where the picture is, relative to the data set's folder."""
        name = f"{self.identity:07d}-{self.repetition}.jpg"
        return f"{self.split.capitalize()}/{self.expression}/{name}"


def list_shots(train_per_class: int, validation_per_class: int) -> list[Shot]:
    """Return all pictures of a data set, person by person."""
    shots = []
    for split, per_class in (("train", train_per_class), ("validation", validation_per_class)):
        for number in range(per_class):
            person, repetition = divmod(number, REPETITIONS)
            shots += [Shot(split, person, name, repetition) for name in EXPRESSIONS]
    return shots


def find_shot(file: str) -> Shot:
    """Return the picture of this name.

    Args:
        file: relative to the data set's folder, with ``/``, as ``labels.csv`` calls it.

    Raises:
        UserError: the renderer gives no picture this name.
    """
    if match := re.fullmatch(r"(Train|Validation)/(\w+)/(\d{7})-(\d)\.jpg", file):
        split, expression = match[1].lower(), match[2]
        shot = Shot(split, int(match[3]) - FIRST_IDENTITY[split], expression, int(match[4]))
        known = expression in EXPRESSIONS and shot.repetition < REPETITIONS
        if known and 0 <= shot.person < MOST_PER_CLASS:
            return shot
    raise UserError(
        f"{file} is not the name of a rendered face, such as Train/fear/0000012-1.jpg. Ground "
        "truth exists for faces of `make faces` and of the report's own data only."
    )


def draw_person(number: int, seed: int) -> Identity:
    """Draw the person of this number in a data set, such as ``Shot.identity``."""
    return draw_identity(np.random.default_rng((seed, number, 0)))


def draw_shot(shot: Shot, seed: int) -> tuple[Expression, Scene]:
    """Draw a picture's expression and scene; they depend on seed and shot alone."""
    rng = _generator(shot, seed)
    return draw_expression(shot.expression, rng), draw_scene(rng)


def _generator(shot: Shot, seed: int) -> np.random.Generator:
    number = 1 + EXPRESSIONS.index(shot.expression)
    return np.random.default_rng((seed, shot.identity, number, shot.repetition))


def encode(image: np.ndarray, kind: str, **options: int) -> bytes:
    """Return a uint8 picture as a file, with options such as ``quality``."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=kind, **options)
    return buffer.getvalue()


def group_by_person(shots: list[Shot]) -> list[list[Shot]]:
    """Return the pictures of each person, who is then drawn only once."""
    people: dict[int, list[Shot]] = {}
    for shot in shots:
        people.setdefault(shot.identity, []).append(shot)
    return list(people.values())


def renderer_digest() -> str:
    """Return a sha256 over the renderer's source and assets: the same digest, the same faces.

    Other code may draw the same faces, too; it is not trusted to.
    """
    package = Path(__file__).parents[1]
    total = hashlib.sha256((package / "assets" / "head.npz").read_bytes())
    for path in sorted(package.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


@contextmanager
def explain_write_errors(folder: Path) -> Iterator[None]:
    """Say what to do when the disk refuses.

    Raises:
        UserError: an ``OSError`` came up inside.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(error.filename or folder, error) from error


def render_dataset(
    folder: Path,
    train_per_class: int,
    validation_per_class: int,
    seed: int,
    processes: int | None = None,
) -> None:
    """Render faces into ``Train/<class>/`` and ``Validation/<class>/`` and describe them.

    A picture depends on the seed, its split, person, expression and repetition alone: neither
    the number of pictures nor of processes changes its bytes. No person is in both splits; each
    shows every expression ``REPETITIONS`` times. A run that was stopped goes on where it was.

    ``digests.txt`` grows with the pictures; one that has another digest is rendered again.
    ``labels.csv``, written last, has a row per picture: file, label (the class's name), split
    (train or validation), identity, intensity in [0, 1], valence and arousal in [-1, 1] (see
    :class:`~facesynth.head.action_units.Expression`), and the activation of each action
    unit on its stronger side.

    Args:
        folder: made if missing.
        train_per_class: pictures of each class for training, 1 to ``MOST_PER_CLASS``.
        validation_per_class: pictures of each class for validation, likewise.
        seed: at least 0.
        processes: how many work at once; all cores by default.

    Raises:
        ValueError: a number is out of range.
        UserError: the folder holds other things, or cannot be written.
    """
    for name, number in (("train", train_per_class), ("validation", validation_per_class)):
        if not 1 <= number <= MOST_PER_CLASS:
            raise ValueError(f"{name}_per_class must be 1 to {MOST_PER_CLASS:,}, not {number:,}.")
    if seed < 0:
        raise ValueError(f"The seed must be at least 0, not {seed}.")
    folder = Path(folder)
    shots = list_shots(train_per_class, validation_per_class)
    with explain_write_errors(folder):
        _claim_folder(folder, shots, seed)
        with (
            hold_lock(folder / ".lock", "renders faces"),
            tell_if_interrupted(lambda: f"{len(_list_images(folder))} of {len(shots)} faces"),
        ):
            people = group_by_person(_find_missing(folder, shots))
            share_out(partial(_render_person, folder, seed), people, "Rendering faces", processes)
            labels = pd.DataFrame(_label(shot, seed) for shot in shots)
            text = labels.to_csv(index=False, float_format="%.4f", lineterminator="\n")
            write_bytes(folder / LABELS, text.encode())


def _claim_folder(folder: Path, shots: list[Shot], seed: int) -> None:
    """Refuse a folder that holds other things; write the stamp of this data set.

    Raises:
        UserError: it does.
    """
    stamp = json.dumps({"seed": seed, "renderer": renderer_digest()}).encode()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file. Choose a folder.")
    if (folder / STAMP).exists():
        if (folder / STAMP).read_bytes() != stamp:
            raise UserError(
                f"{folder} holds faces of another seed or another version of the renderer, as far "
                f"as {STAMP} can be read. Choose another folder or delete this one."
            )
    elif folder.exists() and any(folder.glob("[!.]*")):
        raise UserError(f"{folder} is not empty and holds no {STAMP}. Choose another folder.")
    extra = sorted(_list_images(folder) - {shot.file for shot in shots})
    if extra:
        raise UserError(
            f"{folder} holds {len(extra)} images beyond those asked for, such as {extra[0]}. "
            "Choose another folder or delete this one."
        )
    write_bytes(folder / STAMP, stamp)
    for split in FIRST_IDENTITY:
        for name in EXPRESSIONS:
            (folder / split.capitalize() / name).mkdir(parents=True, exist_ok=True)


def _list_images(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for split in FIRST_IDENTITY
        for path in folder.glob(f"{split.capitalize()}/*/[!.]*")
    }


def _find_missing(folder: Path, shots: list[Shot]) -> list[Shot]:
    """Return the pictures that are not there as they were rendered; name damaged ones."""
    lines = (folder / DIGESTS).read_text().splitlines() if (folder / DIGESTS).exists() else []
    # The last line of a run that was killed may be cut off: it fits no picture.
    digests = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
    missing, damaged = [], []
    for shot in shots:
        path = folder / shot.file
        if not path.exists():
            missing.append(shot)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digests.get(shot.file):
            damaged.append(shot)
    if damaged:
        print(
            f"{folder}: {len(damaged)} faces do not have the digest in {DIGESTS}, such as "
            f"{damaged[0].file}: they are rendered again.",
            file=sys.stderr,
        )
    return missing + damaged


def _render_person(folder: Path, seed: int, shots: list[Shot]) -> None:
    """Render pictures of one person, and note the digest of each."""
    identity = draw_person(shots[0].identity, seed)
    for shot in shots:
        expression, scene = draw_shot(shot, seed)
        image = render_face(identity, expression, scene)
        content = encode(image, "JPEG", quality=scene.camera.jpeg_quality)
        write_bytes(folder / shot.file, content)
        line = f"{hashlib.sha256(content).hexdigest()}  {shot.file}\n"
        # One write that appends: lines of several processes do not mix.
        with (folder / DIGESTS).open("ab", buffering=0) as stream:
            stream.write(line.encode())


def _label(shot: Shot, seed: int) -> dict:
    """Return a picture's row of ``labels.csv``."""
    shown = draw_expression(shot.expression, _generator(shot, seed))
    row = {"file": shot.file, "label": shot.expression, "split": shot.split}
    row |= {"identity": shot.identity, "intensity": shown.intensity}
    row |= {"valence": shown.valence, "arousal": shown.arousal}
    return row | {f"AU{unit}": shown.strength(unit) for unit in ACTION_UNITS}
