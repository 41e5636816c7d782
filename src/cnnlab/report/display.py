"""What notebooks call to show figures and tables, in Jupyter and in the PDF alike.

A figure's or table's label travels in the output's metadata; what it shows is said by the Markdown
cell after it, tagged ``caption``. The same figure has the same bytes every time.
"""

import base64
import io
import re

import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from cnnlab.paths import FIGURES
from cnnlab.report.text.values import set_powers
from plumbing.storage import write_bytes

DOTS_PER_INCH = 200
"""Most pixels of a picture an inch of the printed page."""
QUALITY = 85
"""Of the JPEGs, of 100."""
_CLIP = re.compile(r'(?<=<clipPath id=")p[0-9a-f]{10}(?=")|(?<=url\(#)p[0-9a-f]{10}(?=\))')
_EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def show_figure(figure: Figure, name: str, *, pixels: bool = False) -> None:
    """Write a figure to ``figures/`` and show it.

    Args:
        figure: the figure; it is closed.
        name: notebook and content, such as ``07-confusion-matrix``. Refer to it as
            ``[Figure](#fig-07-confusion-matrix)``.
        pixels: the figure is made of photographs, which are embedded as JPEGs.
    """
    svg = draw_svg(figure, pixels=pixels)
    plt.close(figure)
    write_bytes(FIGURES / f"{name}.svg", svg.encode())
    display({"image/svg+xml": svg}, metadata={"label": f"fig-{name}"}, raw=True)


def show_table(table: pd.DataFrame, name: str) -> None:
    """Show a DataFrame, its index as first column.

    Args:
        table: cells are shown as they are: format numbers first (``Styler`` is not needed).
            Columns of numbers, such as ``"0.91 (0.88 to 0.94)"``, stand at the right. The
            Persian edition translates its words by ``report/glossary.toml``.
        name: notebook and content, such as ``07-layers``. Refer to it as
            ``[Table](#tbl-07-layers)``.
    """
    cells = table.map(str).replace(r"(?<!\\)\|", r"\|", regex=True)
    sides = ["left", *("right" if _is_numeric(column) else "left" for _, column in cells.items())]
    markdown = cells.to_markdown(disable_numparse=True, colalign=sides)
    data = {"text/markdown": set_powers(markdown), "text/html": table.to_html()}
    display(data, metadata={"label": f"tbl-{name}"}, raw=True)


def draw_svg(figure: Figure, *, pixels: bool) -> str:
    """Return a figure as SVG.

    Args:
        figure: the figure.
        pixels: photographs in it have no more pixels than are printed, and become JPEGs.
    """
    if pixels:
        _limit_pixels(figure)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", dpi=DOTS_PER_INCH, metadata={"Date": None})
    svg = buffer.getvalue()
    # Matplotlib names clipping areas by their corners to the last bit. That bit is the layout
    # engine's, which solves for the axes' places by iteration, and not the same in every process.
    numbers = {name: f"clip{n}" for n, name in enumerate(dict.fromkeys(_CLIP.findall(svg)), 1)}
    svg = _CLIP.sub(lambda found: numbers[found[0]], svg)
    return _EMBEDDED.sub(_compress, svg) if pixels else svg


def _limit_pixels(figure: Figure) -> None:
    """Let each picture be drawn from its own pixels, or from averages where it has too many."""
    figure.draw_without_rendering()  # only then is known how large the pictures are
    for axes in figure.axes:
        for image in axes.images:
            inches = image.get_window_extent().width / figure.dpi
            fits = image.get_array().shape[1] <= DOTS_PER_INCH * inches
            image.set_interpolation("none" if fits else "antialiased")


def _compress(embedded: re.Match[str]) -> str:
    """Return an embedded PNG as a JPEG where that saves more than half.

    So it does with photographs, but not with maps of few colours or with transparent pictures.
    """
    kind, content = "png", base64.b64decode(embedded[1])
    picture = Image.open(io.BytesIO(content))
    if picture.mode != "RGBA" or picture.getchannel("A").getextrema() == (255, 255):
        jpeg = io.BytesIO()
        picture.convert("RGB").save(jpeg, "JPEG", quality=QUALITY, optimize=True)
        if len(jpeg.getvalue()) < len(content) / 2:
            kind, content = "jpeg", jpeg.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _is_numeric(column: pd.Series) -> bool:
    """Return whether each cell is a number, its interval or unit with it, or a dash for none."""
    number = r"(?!.*[A-Za-z]{3})[-−+±<>≤≥≈~]?\s*\$?[-−]?\.?\d[^=]*"
    return bool(column.str.fullmatch(rf"[-−–—]?|{number}").all())
