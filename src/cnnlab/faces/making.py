"""``make faces N=1200 OUT=folder``: rendered faces in the course's layout, as many as asked for."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cnnlab.commands import UserError, run_command
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.rendering.dataset import (
    MOST_PER_CLASS,
    explain_write_errors,
    list_shots,
    render_dataset,
)
from cnnlab.faces.rendering.ground_truth import write_ground_truth
from cnnlab.paths import ROOT
from cnnlab.settings import SEED

# Whole blocks of 4 KiB on disk, with room to spare.
IMAGE_BYTES = 12_000
GROUND_TRUTH_BYTES = 60_000
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
        return len(CLASSES) * (self.train_per_class + self.validation_per_class)


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
    parser = _Parser(prog="python -m cnnlab.faces.making", description=__doc__)
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
    if not given.out.strip():
        raise UserError(f"OUT is missing: which folder shall hold the faces? {EXAMPLE}")
    if given.ground_truth not in ("yes", "no"):
        raise UserError(f"GROUND_TRUTH={given.ground_truth} is neither yes nor no.")
    return Order(
        train_per_class=train,
        validation_per_class=validation,
        folder=ROOT / Path(given.out).expanduser(),
        seed=_read_number("SEED", given.seed, 0, 2**32 - 1),
        with_ground_truth=given.ground_truth == "yes",
    )


def _read_number(name: str, text: str, low: int, high: int) -> int:
    # int() would also take "1_0" and Persian digits; those are more likely slips than wishes.
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        shown = f"{name}={text}" if text else f"{name} is missing: it"
        verb = "is not" if text else "has to be"
        raise UserError(f"{shown} {verb} a whole number from {low} to {high:,}. {EXAMPLE}")
    return int(text)


def refuse_small_disk(order: Order, made: int, free: int) -> None:
    """Refuse to begin what cannot be finished.

    Args:
        order: what was asked for.
        made: how many of the images are there already.
        free: bytes of room.

    Raises:
        UserError: there is not enough room.
    """
    each = IMAGE_BYTES + GROUND_TRUTH_BYTES * order.with_ground_truth
    missing = max(order.num_images - made, 0)
    if free < missing * each:
        raise UserError(
            f"{order.folder}: {missing:,} images may need {missing * each / 1e6:,.1f} MB, and "
            f"{free / 1e6:,.1f} MB are free there. Make room, choose another disk or a smaller N."
        )


def make_faces(order: Order) -> None:
    """Render the faces that were asked for; those that are there already are kept.

    Raises:
        UserError: the folder holds other things, cannot be written, or the disk is too small.
    """
    with explain_write_errors(order.folder):
        existing = next(p for p in (order.folder, *order.folder.parents) if p.exists())
        made = len(list(order.folder.glob("*/*/*.jpg")))
        refuse_small_disk(order, made, shutil.disk_usage(existing).free)
    render_dataset(order.folder, order.train_per_class, order.validation_per_class, order.seed)
    if order.with_ground_truth:
        shots = list_shots(order.train_per_class, order.validation_per_class)
        write_ground_truth(order.folder, shots, order.seed)
    print(
        f"{order.folder}: {order.num_images:,} rendered, synthetic faces of seed {order.seed}, "
        f"{order.train_per_class:,} of each class in Train and "
        f"{order.validation_per_class:,} in Validation, described in labels.csv"
        + (" and GroundTruth/" if order.with_ground_truth else "")
        + "."
    )


if __name__ == "__main__":
    sys.exit(run_command(lambda: make_faces(read_order(sys.argv[1:]))))
