"""A data set of rendered faces on disk, in the course's layout."""

import csv
import hashlib
import io
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION
from cnnlab.faces.rendering.action_units import ACTION_UNITS, Expression
from cnnlab.faces.rendering.assets import HEAD_DIGEST
from cnnlab.faces.rendering.expressions import draw_expression
from cnnlab.faces.rendering.identity import draw_identity
from cnnlab.faces.rendering.render import render_face
from cnnlab.faces.rendering.scene import Scene, draw_scene

REPETITIONS = 2
"""How often a person shows each expression."""

FOLDERS = {TRAIN: "Train", VALIDATION: "Validation"}
FIRST_IDENTITY = {TRAIN: 0, VALIDATION: 1_000_000}
LABELS = "labels.csv"
STAMP = "rendering.json"
JPEG_QUALITY = 90
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


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
        return f"{FOLDERS[self.split]}/{self.expression}/{name}"


def list_shots(train_per_class: int, validation_per_class: int) -> list[Shot]:
    """Return all pictures of a data set, person by person."""
    shots = []
    for split, per_class in ((TRAIN, train_per_class), (VALIDATION, validation_per_class)):
        for number in range(per_class):
            person, repetition = divmod(number, REPETITIONS)
            shots += [Shot(split, person, name, repetition) for name in CLASSES]
    return shots


def draw_shot(shot: Shot, seed: int) -> tuple[Expression, Scene]:
    """Draw a picture's expression and scene; they depend on seed and shot alone."""
    key = (seed, shot.identity, 1 + CLASSES.index(shot.expression), shot.repetition)
    rng = np.random.default_rng(key)
    return draw_expression(shot.expression, rng), draw_scene(rng)


def encode_jpeg(image: np.ndarray) -> bytes:
    """Return the (h, w, 3) uint8 picture as a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(content)
    temporary.replace(path)


def _prepare_worker() -> None:
    cv2.setNumThreads(1)


def _render_shots(folder: Path, shots: list[Shot], seed: int) -> int:
    """Render pictures of one person and return how many."""
    identity = draw_identity(np.random.default_rng((seed, shots[0].identity, 0)))
    for shot in shots:
        expression, scene = draw_shot(shot, seed)
        _write(folder / shot.file, encode_jpeg(render_face(identity, expression, scene)))
    return len(shots)


def _by_person(shots: list[Shot]) -> list[list[Shot]]:
    people: dict[int, list[Shot]] = {}
    for shot in shots:
        people.setdefault(shot.identity, []).append(shot)
    return list(people.values())


def renderer_digest() -> str:
    """Return a sha256 over the renderer's source and assets: the same digest, the same faces."""
    total = hashlib.sha256(HEAD_DIGEST.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def _check_folder(folder: Path, shots: list[Shot], seed: int) -> None:
    """Refuse a folder that holds other pictures; write the stamp of this data set."""
    stamp = {"seed": seed, "renderer": renderer_digest()}
    found = {path.relative_to(folder).as_posix() for path in folder.glob("*/*/[!.]*")}
    path = folder / STAMP
    if path.exists() and json.loads(path.read_text()) != stamp:
        raise ValueError(
            f"{folder} holds faces of another seed or another version of the renderer "
            f"({STAMP} says so). Choose another folder or delete this one."
        )
    if found and not path.exists():
        raise ValueError(f"{folder} is not empty and holds no {STAMP}. Choose another folder.")
    extra = sorted(found - {shot.file for shot in shots})
    if extra:
        raise ValueError(
            f"{folder} holds {len(extra)} images beyond those asked for, such as {extra[0]}. "
            "Choose another folder or delete this one."
        )
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, json.dumps(stamp).encode())


def _label_rows(shots: list[Shot], seed: int) -> Iterator[list]:
    yield ["file", "label", "split", "identity", "intensity", "valence", "arousal"] + [
        f"AU{unit}" for unit in ACTION_UNITS
    ]
    for shot in shots:
        expression, _ = draw_shot(shot, seed)
        numbers = [expression.intensity, expression.valence, expression.arousal]
        numbers += [expression.strength(unit) for unit in ACTION_UNITS]
        row = [shot.file, shot.expression, shot.split, shot.identity]
        yield row + [f"{number:.4f}" for number in numbers]


def _write_labels(folder: Path, shots: list[Shot], seed: int) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_label_rows(shots, seed))
    _write(folder / LABELS, text.getvalue().encode())


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

    ``labels.csv``, written last, has a row per picture: file, label (the class's name), split
    (train or validation), identity, intensity in [0, 1], valence and arousal in [-1, 1] (see
    :class:`~cnnlab.faces.rendering.action_units.Expression`), and the activation of each action
    unit on its stronger side.

    Args:
        folder: made if missing.
        train_per_class: pictures of each class for training, at least 1.
        validation_per_class: pictures of each class for validation, at least 1.
        seed: at least 0.
        processes: how many work at once; all cores by default.

    Raises:
        ValueError: a number is out of range, or the folder holds other pictures.
    """
    for name, number in (("train", train_per_class), ("validation", validation_per_class)):
        if number < 1:
            raise ValueError(f"{name}_per_class must be at least 1, not {number}.")
    if seed < 0:
        raise ValueError(f"The seed must be at least 0, not {seed}.")
    processes = processes or os.cpu_count() or 1
    folder = Path(folder)
    shots = list_shots(train_per_class, validation_per_class)
    _check_folder(folder, shots, seed)
    for split_folder in FOLDERS.values():
        for name in CLASSES:
            (folder / split_folder / name).mkdir(parents=True, exist_ok=True)
    missing = [shot for shot in shots if not (folder / shot.file).exists()]
    people = _by_person(missing)
    if people:
        _render_people(folder, people, seed, min(processes, len(people)))
    _write_labels(folder, shots, seed)


def _render_people(folder: Path, people: list[list[Shot]], seed: int, processes: int) -> None:
    # Each worker computes on one core; its libraries read these when they are first loaded.
    saved = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    context = multiprocessing.get_context("spawn")
    try:
        with (
            ProcessPoolExecutor(processes, context, initializer=_prepare_worker) as pool,
            tqdm(total=sum(map(len, people)), desc="Rendering faces", unit="image") as bar,
        ):
            jobs = [pool.submit(_render_shots, folder, shots, seed) for shots in people]
            try:
                for job in as_completed(jobs):
                    bar.update(job.result())
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
