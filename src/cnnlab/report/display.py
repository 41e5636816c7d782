"""What notebooks call to show figures, tables and longer code, in Jupyter and in the PDF alike.

A figure's or table's label travels in the output's metadata; what it shows is said by the Markdown
cell after it, tagged ``caption``.
"""

import inspect
import io
from typing import Any

import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from cnnlab.paths import FIGURES
from cnnlab.report.pages.svg import (
    DOTS_PER_INCH,
    compress_photographs,
    limit_pixels,
    number_clips,
)
from cnnlab.report.text.values import set_powers
from plumbing.storage import write_bytes

SOURCE = "source"
"""The role of an output that is code."""


def show_figure(figure: Figure, name: str, *, pixels: bool = False) -> None:
    """Write a figure to ``figures/`` and show it.

    Args:
        figure: the figure; it is closed.
        name: notebook and content, such as ``07-confusion-matrix``. Refer to it as
            ``[Figure](#fig-07-confusion-matrix)``.
        pixels: the figure is made of photographs, which are embedded as JPEGs.
    """
    if pixels:
        limit_pixels(figure, DOTS_PER_INCH)
    buffer = io.StringIO()
    # Without a date the same figure has the same bytes.
    figure.savefig(buffer, format="svg", dpi=DOTS_PER_INCH, metadata={"Date": None})
    plt.close(figure)
    svg = number_clips(buffer.getvalue())
    if pixels:
        svg = compress_photographs(svg)
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


def show_source(shown: Any) -> None:
    """Show the source of a function or class of the package, where it is too long for a cell."""
    code = f"```python\n{inspect.getsource(shown).rstrip()}\n```"
    display({"text/markdown": code}, metadata={"role": SOURCE}, raw=True)


def _is_numeric(column: pd.Series) -> bool:
    """Say whether each cell is a number, its interval or unit with it, or a dash for none."""
    number = r"(?!.*[A-Za-z]{3})[-−+±<>≤≥≈~]?\s*\$?[-−]?\.?\d[^=]*"
    return bool(column.str.fullmatch(rf"[-−–—]?|{number}").all())
