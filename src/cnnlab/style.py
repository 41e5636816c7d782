"""The look of every figure: one style sheet, and colours that any eye tells apart."""

from importlib.resources import as_file, files

import matplotlib.pyplot as plt

TEXT_WIDTH = 6.3
"""The width of the report's text in inches: no figure is wider."""

# Okabe & Ito (2008): told apart with any colour vision. Lines and markers serve in grey.
BLUE, ORANGE, SKY, GREEN, PINK, GREY, RED, BLACK = CLASS_COLOURS = (
    *("#0072B2", "#E69F00", "#56B4E9", "#009E73"),
    *("#CC79A7", "#8A8A8A", "#D55E00", "#000000"),
)
PALE = "#CFE3F1"
MARKERS = "os^vDPX*"
DOTTED = {"color": GREY, "ls": ":", "lw": 0.8, "zorder": 0}
"""A line that others are compared with, such as chance."""


def apply_style() -> None:
    """Make the project's style sheet matplotlib's own for this process."""
    with as_file(files("cnnlab") / "cnnlab.mplstyle") as sheet:
        plt.style.use(sheet)
