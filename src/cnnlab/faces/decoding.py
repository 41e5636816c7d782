"""From the bytes of image files to pixels: made once for each data set, then mapped into memory.

Whatever a file holds, the network gets RGB.
"""

import io
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.files import read_files
from plumbing.storage import make_sealed
from plumbing.user_errors import tell_if_interrupted

BACKGROUND = (128, 128, 128)
"""Mid-grey: shows through transparent pixels and fills the bars beside oblong images."""

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are read.

Pillow knows others that no photographs come in, and one (EPS) would start another program.
"""

BLOCK = 256
"""Images that are decoded side by side."""

BLOCK_BYTES = 2**26
"""A block ends when its files reach this size: those of a camera are larger than faces."""


class UnreadableImageError(ValueError):
    """The bytes are no image that can be read; the message says why."""


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be decoded.

    Attributes:
        name: what the data set calls it.
        reason: what is wrong with it.
    """

    name: str
    reason: str


def decode_image(content: bytes, size: int) -> np.ndarray:
    """Decode one image to square RGB.

    Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparent ones are laid on
    mid-grey; the rotation that EXIF asks for is carried out. Colour profiles are not applied.
    Of an animation the first frame is taken.

    The whole image is kept with its aspect ratio: it is resized (bicubic, antialiased) to fit
    the square, and an oblong one gets bars of mid-grey. Cropping in place of the bars could
    cut off a chin or a brow, which is where expressions are.

    Args:
        content: a file's bytes, in one of ``FORMATS``.
        size: height and width of the result in pixels.

    Returns:
        (size, size, 3) uint8.

    Raises:
        UnreadableImageError: no image, damaged, cut off, of unknown brightness range, or with
            more pixels than ``PIL.Image.MAX_IMAGE_PIXELS``.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            # Pillow itself only warns below twice its limit.
            limit = Image.MAX_IMAGE_PIXELS
            if limit is not None and image.width * image.height > limit:
                raise UnreadableImageError(
                    f"{image.width} x {image.height} pixels are more than the limit of {limit}"
                )
            image = _to_rgb(ImageOps.exif_transpose(image))
            square = ImageOps.pad(image, (size, size), Image.Resampling.BICUBIC, BACKGROUND)
    except MemoryError:
        raise
    except Exception as error:
        # Pillow's many decoders raise many kinds of error on damaged bytes, and all mean the
        # same here. The address of the buffer says nothing to the user.
        reason = str(error).partition(" <_io.BytesIO")[0]
        raise UnreadableImageError(reason or type(error).__name__) from error
    return np.asarray(square)


def decode_dataset(
    dataset: FaceDataset, size: int, folder: Path
) -> tuple[np.ndarray, tuple[Unreadable, ...]]:
    """Decode all images, or take them from disk where that was done before.

    An entry is kept under the data set's digest and the size; one that is incomplete or
    damaged is made again.

    Args:
        dataset: n images.
        size: height and width in pixels.
        folder: where entries are kept.

    Returns:
        (m, size, size, 3) uint8 RGB, mapped from disk, the m readable images in order; and the
        others.
    """
    pixels = folder / f"{dataset.digest[:32]}-{size}.npy"
    known = make_sealed(pixels, dataset.digest, partial(_write_pixels, dataset, size))
    unreadable = tuple(Unreadable(**image) for image in known["unreadable"])
    return np.load(pixels, mmap_mode="r"), unreadable


def group_contents(contents: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the contents in their order, in blocks that fit into memory.

    A block has at most ``BLOCK`` files, and without its last one less than ``BLOCK_BYTES``.
    """
    block: list[bytes] = []
    for content in contents:
        block.append(content)
        if len(block) == BLOCK or sum(map(len, block)) >= BLOCK_BYTES:
            yield block
            block = []
    if block:
        yield block


def _write_pixels(dataset: FaceDataset, size: int, file: Path) -> dict[str, Any]:
    """Write the pixels of the readable images, and return which are not."""

    def decode(content: bytes) -> np.ndarray | str:
        try:
            return decode_image(content, size)
        except UnreadableImageError as error:
            return str(error)

    unreadable = []
    with (
        tell_if_interrupted(lambda: "the images; decoding them begins anew"),
        file.open("wb") as stream,
        warnings.catch_warnings(),
        ThreadPoolExecutor() as threads,
        tqdm(total=len(dataset), desc="decode images", unit="image") as progress,
    ):
        # Of odd tags in images that can be read, without the file's name.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        _write_header(stream, len(dataset), size)
        names = (file.name for file in dataset.files)
        for block in group_contents(read_files(dataset.files)):
            # The block is the shorter one: it comes first, so that no name is taken in vain.
            for result, name in zip(threads.map(decode, block), names, strict=False):
                if isinstance(result, str):
                    unreadable.append({"name": name, "reason": result})
                else:
                    stream.write(result.tobytes())
            progress.update(len(block))
        # NumPy pads headers so that the first axis may change in place.
        stream.seek(0)
        _write_header(stream, len(dataset) - len(unreadable), size)
    return {"unreadable": unreadable}


def _write_header(stream: BinaryIO, count: int, size: int) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
    npy.write_array_header_1_0(stream, header)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # 65535 / 255 = 257.
        return Image.fromarray(np.round(np.asarray(image) / 257).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise UnreadableImageError("32-bit grey values: what is white is not known")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, BACKGROUND)
        return Image.alpha_composite(background, image).convert("RGB")
    return image.convert("RGB")
