"""``make faces N=1200 OUT=folder``: rendered faces in the course's layout, as many as asked for."""

import argparse
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from facesynth.data.folder import (
    MOST_PER_CLASS,
    explain_write_errors,
    list_shots,
    render_dataset,
)
from facesynth.data.ground_truth import FOLDER as GROUND_TRUTH
from facesynth.data.ground_truth import write_ground_truth
from facesynth.head.expressions import EXPRESSIONS
from plumbing.commands import UserError, tell_if_interrupted
from plumbing.storage import remove_leftovers

# Whole blocks of 4 KiB on disk, with room to spare.
IMAGE_BYTES = 12_000
GROUND_TRUTH_BYTES = 60_000
SEED = 1403
EXAMPLE = "Say it like this: make faces N=1200 OUT=faces"


@dataclass(frozen=True)
class Order:
    """What ``make faces`` was asked for.

    Attributes:
        train_per_class: images of each class in Train/.
        validation_per_class: images of each class in Validation/.
        folder: where they go.
        seed: the same seed and version, the same images.
        with_ground_truth: whether neutral twins and maps of moved pixels are written too.
    """

    train_per_class: int
    validation_per_class: int
    folder: Path
    seed: int
    with_ground_truth: bool

    @property
    def num_images(self) -> int:
        """Images of all classes and both splits."""
        return len(EXPRESSIONS) * (self.train_per_class + self.validation_per_class)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"make faces: {message}. {EXAMPLE}")


def read_order(arguments: Sequence[str]) -> Order:
    """Read the command's arguments.

    Args:
        arguments: N and OUT, then options. Without ``--validation`` there is one validation
            image for six of training, rounded up, as in the full profile.

    Raises:
        UserError: an argument is missing, unknown or out of range.
    """
    parser = _Parser(prog="python -m facesynth", description=__doc__)
    parser.add_argument("n", help=f"training images of each class, 1 to {MOST_PER_CLASS}")
    parser.add_argument("out", help="folder, empty or made by the same command before")
    parser.add_argument("--validation", help="validation images of each class; a sixth of N")
    parser.add_argument("--seed", default=str(SEED), help=f"whole number, {SEED} by default")
    parser.add_argument("--ground-truth", default="no", help="yes: also what each face moved")
    given = parser.parse_args(arguments)
    train = _read_number("N", given.n, 1, MOST_PER_CLASS)
    validation = -(-train // 6)
    if given.validation is not None:
        validation = _read_number("VALIDATION", given.validation, 1, MOST_PER_CLASS)
    if given.ground_truth not in ("yes", "no"):
        raise UserError(f"GROUND_TRUTH={given.ground_truth} is neither yes nor no.")
    return Order(
        train_per_class=train,
        validation_per_class=validation,
        folder=_read_folder(given.out),
        seed=_read_number("SEED", given.seed, 0, 2**32 - 1),
        with_ground_truth=given.ground_truth == "yes",
    )


def _read_folder(text: str) -> Path:
    if not text.strip():
        raise UserError(f"OUT is missing: which folder shall hold the faces? {EXAMPLE}")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise UserError(f"OUT={text}: there is no such user's folder. Check it.") from error


def _read_number(name: str, text: str, low: int, high: int) -> int:
    # int() would also take "1_0" and Persian digits; those are more likely slips than wishes.
    if not (re.fullmatch("[0-9]{1,20}", text) and low <= int(text) <= high):
        shown = f"{name}={text}" if text else f"{name} is missing: it"
        verb = "is not" if text else "has to be"
        raise UserError(f"{shown} {verb} a whole number from {low} to {high:,}. {EXAMPLE}")
    return int(text)


def refuse_small_disk(order: Order, images: int, maps: int, free: int) -> None:
    """Refuse to begin what cannot be finished.

    Args:
        order: what was asked for.
        images: how many of the images are there already.
        maps: how many of the images have their ground truth already.
        free: bytes of room.

    Raises:
        UserError: there is not enough room.
    """
    images_missing = max(order.num_images - images, 0)
    maps_missing = max(order.num_images - maps, 0) * order.with_ground_truth
    needed = IMAGE_BYTES * images_missing + GROUND_TRUTH_BYTES * maps_missing
    if free < needed:
        truth = f" and the ground truth of {maps_missing:,}" if order.with_ground_truth else ""
        raise UserError(
            f"{order.folder}: {images_missing:,} images{truth} may need {needed / 1e6:,.1f} MB, "
            f"and {free / 1e6:,.1f} MB are free there. Make room, choose another disk or a "
            "smaller N."
        )


def _count_maps(folder: Path) -> int:
    return sum(1 for _ in folder.glob(f"{GROUND_TRUTH}/*/*/*-moved.png"))


def make_faces(order: Order) -> None:
    """Render the faces that were asked for; those that are there already are kept.

    Raises:
        UserError: the folder holds other things, cannot be written, or the disk is too small.
    """
    folder = order.folder
    with explain_write_errors(folder):
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        images = sum(1 for _ in folder.glob("*/*/*.jpg"))
        free = shutil.disk_usage(existing).free
        refuse_small_disk(order, images, _count_maps(folder), free)
    render_dataset(folder, order.train_per_class, order.validation_per_class, order.seed)
    if order.with_ground_truth:
        shots = list_shots(order.train_per_class, order.validation_per_class)
        with tell_if_interrupted(
            lambda: f"all {len(shots)} faces, {_count_maps(folder)} with their ground truth"
        ):
            write_ground_truth(folder, shots, order.seed)
    # Runs that were killed may have left temporary files; the folder is known to be ours.
    remove_leftovers(folder)
    print(
        f"{folder}: {order.num_images:,} rendered, synthetic faces of seed {order.seed}, "
        f"{order.train_per_class:,} of each class in Train and "
        f"{order.validation_per_class:,} in Validation, described in labels.csv"
        + (" and GroundTruth/" if order.with_ground_truth else "")
        + "."
    )
