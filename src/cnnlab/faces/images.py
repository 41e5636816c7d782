"""From the bytes of an image file to pixels: whatever the file holds, the network gets RGB."""

import io

import numpy as np
from PIL import Image, ImageOps

BACKGROUND = (128, 128, 128)
"""Mid-grey: shows through transparent pixels and fills the bars beside oblong images."""

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are read.

Pillow knows others that no photographs come in, and one (EPS) would start another program.
"""


class UnreadableImageError(ValueError):
    """The bytes are no image that can be read; the message says why."""


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
            _refuse_huge(image)
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


def _refuse_huge(image: Image.Image) -> None:
    """Pillow itself only warns below twice its limit."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise UnreadableImageError(
            f"{image.width} x {image.height} pixels are more than the limit of {limit}"
        )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray(_to_8_bit(np.asarray(image))).convert("RGB")
    if image.mode in ("I", "F"):
        raise UnreadableImageError("32-bit grey values: what is white is not known")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, BACKGROUND)
        return Image.alpha_composite(background, image).convert("RGB")
    return image.convert("RGB")


def _to_8_bit(grey: np.ndarray) -> np.ndarray:
    """Map 0..65535 to 0..255: 65535 / 255 = 257."""
    return np.round(grey / 257).astype(np.uint8)
