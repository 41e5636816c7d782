"""Decoded images on disk: made once for each data set, then mapped into memory."""

import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from tqdm.auto import tqdm

from cnnlab.faces.dataset import FaceDataset, read_files
from cnnlab.faces.images import UnreadableImageError, decode_image
from plumbing.commands import tell_if_interrupted
from plumbing.storage import new_path, read_seal, seal

BLOCK = 256
"""Images that are decoded side by side."""

BLOCK_BYTES = 2**26
"""A block ends when its files reach this size: those of a camera are larger than faces."""


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be decoded.

    Attributes:
        name: what the data set calls it.
        reason: what is wrong with it.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class DecodedImages:
    """The pixels of a data set.

    Attributes:
        images: (m, size, size, 3) uint8 RGB, mapped from disk; the m readable images in order.
        readable: (m,) int64, their rows in the data set.
        unreadable: the others.
    """

    images: np.ndarray
    readable: np.ndarray
    unreadable: tuple[Unreadable, ...]


def decode_dataset(dataset: FaceDataset, size: int, folder: Path) -> DecodedImages:
    """Decode all images, or take them from disk where that was done before.

    An entry is kept under the data set's digest and the size; one that is incomplete or
    damaged is made again.

    Args:
        dataset: n images.
        size: height and width in pixels.
        folder: where entries are kept.
    """
    pixels = folder / f"{dataset.digest[:32]}-{size}.npy"
    known = read_seal(pixels, dataset.digest)
    if known is None:
        unreadable = _write_pixels(dataset, size, pixels)
        seal(pixels, dataset.digest, unreadable=[asdict(image) for image in unreadable])
    else:
        unreadable = tuple(Unreadable(**image) for image in known["unreadable"])
    names = {image.name for image in unreadable}
    readable = [row for row, file in enumerate(dataset.files) if file.name not in names]
    return DecodedImages(
        images=np.load(pixels, mmap_mode="r"),
        readable=np.array(readable, np.int64),
        unreadable=unreadable,
    )


def _write_pixels(dataset: FaceDataset, size: int, pixels: Path) -> tuple[Unreadable, ...]:
    def decode(content: bytes) -> np.ndarray | str:
        try:
            return decode_image(content, size)
        except UnreadableImageError as error:
            return str(error)

    unreadable = []
    with (
        tell_if_interrupted(lambda: "the images; decoding them begins anew"),
        new_path(pixels) as temporary,
        temporary.open("wb") as stream,
        warnings.catch_warnings(),
        ThreadPoolExecutor() as threads,
        tqdm(total=len(dataset), desc="decode images", unit="image") as progress,
    ):
        # Of odd tags in images that can be read, without the file's name.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        _write_header(stream, len(dataset), size)
        files = iter(dataset.files)
        for block in group_contents(read_files(dataset.files)):
            # The block is the shorter one: it comes first, so that no file is taken in vain.
            for result, file in zip(threads.map(decode, block), files, strict=False):
                if isinstance(result, str):
                    unreadable.append(Unreadable(file.name, result))
                else:
                    stream.write(result.tobytes())
            progress.update(len(block))
        # NumPy pads headers so that the first axis may change in place.
        stream.seek(0)
        _write_header(stream, len(dataset) - len(unreadable), size)
    return tuple(unreadable)


def group_contents(contents: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the contents in their order, in blocks that fit into memory.

    A block has at most ``BLOCK`` files, and without its last one less than ``BLOCK_BYTES``.
    """
    block: list[bytes] = []
    size = 0
    for content in contents:
        block.append(content)
        size += len(content)
        if len(block) == BLOCK or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _write_header(stream: BinaryIO, count: int, size: int) -> None:
    description = npy.dtype_to_descr(np.dtype(np.uint8))
    shape = (count, size, size, 3)
    npy.write_array_header_1_0(
        stream, {"descr": description, "fortran_order": False, "shape": shape}
    )
