"""Figures as SVG: photographs in them no larger than they look, and the same bytes every time."""

import base64
import io
import re

from matplotlib.figure import Figure
from PIL import Image

DOTS_PER_INCH = 200
"""Most pixels of a picture an inch of the printed page."""
QUALITY = 85
"""Of the JPEGs, of 100."""
_CLIP = re.compile(r'(?<=<clipPath id=")p[0-9a-f]{10}(?=")|(?<=url\(#)p[0-9a-f]{10}(?=\))')
_EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def limit_pixels(figure: Figure, dots_per_inch: float) -> None:
    """Let each picture of a figure be drawn from its own pixels, or from fewer.

    Args:
        figure: whose pictures are set to be drawn; where one has more pixels than are printed,
            they are averaged.
        dots_per_inch: most pixels an inch of the printed page.
    """
    figure.draw_without_rendering()  # only then is known how large the pictures are
    for axes in figure.axes:
        for image in axes.images:
            inches = image.get_window_extent().width / figure.dpi
            fits = image.get_array().shape[1] <= dots_per_inch * inches
            image.set_interpolation("none" if fits else "antialiased")


def number_clips(svg: str) -> str:
    """Return a figure of matplotlib with its clipping areas named in their order.

    Matplotlib names them by their corners to the last bit. That bit is the layout engine's, which
    solves for the axes' places by iteration, and not the same in every process.
    """
    found = dict.fromkeys(_CLIP.findall(svg))
    numbers = {name: f"clip{number}" for number, name in enumerate(found, 1)}
    return _CLIP.sub(lambda match: numbers[match[0]], svg)


def compress_photographs(svg: str) -> str:
    """Return an SVG whose embedded PNGs are JPEGs where that saves more than half.

    So it does with photographs, but not with maps of few colours or with transparent pictures.
    """
    return _EMBEDDED.sub(lambda match: _embed(base64.b64decode(match[1])), svg)


def _embed(png: bytes) -> str:
    jpeg = _compress(png)
    kind, content = ("png", png) if jpeg is None else ("jpeg", jpeg)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _compress(png: bytes) -> bytes | None:
    picture = Image.open(io.BytesIO(png))
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        return None
    jpeg = io.BytesIO()
    picture.convert("RGB").save(jpeg, "JPEG", quality=QUALITY, optimize=True)
    return jpeg.getvalue() if len(jpeg.getvalue()) < len(png) / 2 else None
