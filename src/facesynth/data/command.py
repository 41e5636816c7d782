"""``make faces N=1200 OUT=folder``: rendered faces in the course's layout, as many as asked for."""

import argparse
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from facesynth.data.folder import (
    MOST_PER_CLASS,
    explain_write_errors,
    list_shots,
    render_dataset,
)
from facesynth.data.ground_truth import find_missing, write_ground_truth
from plumbing.storage import remove_leftovers
from plumbing.user_errors import UserError, tell_if_interrupted

# Whole blocks of 4 KiB on disk, with room to spare.
IMAGE_BYTES = 12_000
GROUND_TRUTH_BYTES = 60_000
SEED = 1403


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"make faces: {message}. Say it like this: make faces N=1200 OUT=faces")


def follow_order(arguments: Sequence[str]) -> None:
    """Render what a command line asks for; raises as ``make_faces`` does."""
    make_faces(**vars(read_order(arguments)))


def read_order(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command's arguments.

    Args:
        arguments: N and OUT, then options. Without ``--validation`` there is one validation
            image for six of training, rounded up, as in the full profile.

    Returns:
        What ``make_faces`` takes.

    Raises:
        UserError: an argument is missing, unknown or out of range.
    """
    parser = _Parser(prog="python -m facesynth", description=__doc__)
    count = _whole_number(1, MOST_PER_CLASS)
    parser.add_argument("train_per_class", metavar="N", type=count)
    parser.add_argument("folder", metavar="OUT", type=_folder)
    parser.add_argument("--validation", dest="validation_per_class", type=count)
    parser.add_argument("--seed", default=SEED, type=_whole_number(0, 2**32 - 1))
    parser.add_argument("--ground-truth", default="no", choices=("yes", "no"))
    order = parser.parse_args(arguments)
    order.ground_truth = order.ground_truth == "yes"
    if order.validation_per_class is None:
        order.validation_per_class = -(-order.train_per_class // 6)
    return order


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # int() would also take "1_0" and Persian digits; those are more likely slips than wishes.
        if not (re.fullmatch("[0-9]{1,20}", text) and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(
                f"{text or 'nothing'} is not a whole number from {low} to {high:,}"
            )
        return int(text)

    return read


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("the folder is missing")
    return Path(os.path.expanduser(text)).absolute()


def refuse_small_disk(folder: Path, images: int, maps: int, free: int) -> None:
    """Refuse to begin what cannot be finished.

    Args:
        folder: where the faces go.
        images: how many images are missing.
        maps: of how many images the ground truth is missing.
        free: bytes of room.

    Raises:
        UserError: there is not enough room.
    """
    needed = IMAGE_BYTES * images + GROUND_TRUTH_BYTES * maps
    if free < needed:
        truth = f" and the ground truth of {maps:,}" if maps else ""
        raise UserError(
            f"{folder}: {images:,} images{truth} may need {needed / 1e6:,.1f} MB, and "
            f"{free / 1e6:,.1f} MB are free there. Make room, choose another disk or a smaller N."
        )


def make_faces(
    folder: Path, train_per_class: int, validation_per_class: int, seed: int, ground_truth: bool
) -> None:
    """Render faces; those that are there already are kept.

    Args:
        folder: where they go.
        train_per_class: images of each class in Train/.
        validation_per_class: images of each class in Validation/.
        seed: the same seed and version, the same images.
        ground_truth: whether neutral twins and maps of moved pixels are written too.

    Raises:
        UserError: the folder holds other things, cannot be written, or the disk is too small.
    """
    shots = list_shots(train_per_class, validation_per_class)
    with explain_write_errors(folder):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        refuse_small_disk(
            folder,
            images=sum(not (folder / shot.file).exists() for shot in shots),
            maps=len(find_missing(folder, shots)) if ground_truth else 0,
            free=shutil.disk_usage(existing).free,
        )
    render_dataset(folder, train_per_class, validation_per_class, seed)
    if ground_truth:

        def describe_kept() -> str:
            done = len(shots) - len(find_missing(folder, shots))
            return f"all {len(shots)} faces, {done} with their ground truth"

        with tell_if_interrupted(describe_kept):
            write_ground_truth(folder, shots, seed)
    # Runs that were killed may have left temporary files; the folder is known to be ours.
    remove_leftovers(folder)
    print(
        f"{folder}: {len(shots):,} rendered, synthetic faces of seed {seed}, {train_per_class:,} "
        f"of each class in Train and {validation_per_class:,} in Validation, described in "
        f"labels.csv{' and GroundTruth/' if ground_truth else ''}."
    )
