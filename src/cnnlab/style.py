"""The look of every figure: one style sheet, one colour and line for each class."""

from importlib.resources import as_file, files

import matplotlib.pyplot as plt

TEXT_WIDTH = 6.3
"""The width of the report's text in inches: no figure is wider."""

# Okabe & Ito (2008): told apart with any colour vision. The line styles serve in grey.
CLASS_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#CC79A7",
    "#8A8A8A",
    "#D55E00",
    "#000000",
)
CLASS_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))


def apply_style() -> None:
    """Make the project's style sheet matplotlib's own for this process."""
    with as_file(files("cnnlab") / "cnnlab.mplstyle") as sheet:
        plt.style.use(sheet)
