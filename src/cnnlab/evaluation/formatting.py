"""Numbers and estimates as the report prints them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from cnnlab.faces.dataset import CLASSES


@dataclass(frozen=True, repr=False)
class Estimate:
    """A figure with its interval; prints itself as ``0.57 [0.52, 0.62]``.

    Attributes:
        value: the figure; not a number where it is undefined, which prints as a dash.
        low: lower end of the interval; not a number where there is none.
        high: upper end.
    """

    value: float
    low: float = np.nan
    high: float = np.nan

    @classmethod
    def of(cls, row: pd.Series) -> "Estimate":
        """Return a row of a summary: estimate, low, high."""
        return cls(float(row["estimate"]), float(row["low"]), float(row["high"]))

    def format(self, digits: int = 2) -> str:
        """Return the figure with its interval, all with so many digits after the point."""
        value, low, high = (
            format_number(each, digits) for each in (self.value, self.low, self.high)
        )
        has_interval = np.isfinite(self.value) and np.isfinite(self.low)
        return f"{value} [{low}, {high}]" if has_interval else value

    def __repr__(self) -> str:
        return self.format()


def format_number(value: float, digits: int) -> str:
    """Return a number with a fixed number of digits after the point; halves go away from zero.

    Shares of 40 images often end in a half of the last digit. Python's own formatting would
    round some of these up and some down, and 37 of 40 images be 0.93 in one place and 92% in
    another.
    """
    if not np.isfinite(value):
        return "–"
    # Ten digits are kept first, so that 0.575 is what it says and not 0.57499999...
    exact = Decimal(f"{value:.10f}")
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:,}".replace("-", "\N{MINUS SIGN}")


def format_interval(row: pd.Series) -> str:
    """Return a row of a summary (estimate, low, high) such as ``0.57 [0.52, 0.62]``."""
    return Estimate.of(row).format()


def format_summaries(summaries: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a table of text: a row for each figure of merit, a column for each network.

    Args:
        summaries: for each network what ``metrics.summarise`` returns.
    """
    return pd.DataFrame(
        {title: table.apply(format_interval, axis="columns") for title, table in summaries.items()}
    )


def format_classes(classes: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Return a table of text: a row for each class, a column for each figure of merit.

    Args:
        classes: what ``metrics.summarise_classes`` returns.
        labels: of the images from which it was computed; they are counted.
    """
    cells = classes.apply(format_interval, axis="columns")
    table = cells.unstack("figure of merit").loc[list(CLASSES)]
    table = table[["recall", "precision", "F1", "AUC"]]
    table.insert(0, "images", np.bincount(labels, minlength=len(CLASSES)).astype(str))
    return table.rename_axis(columns=None)
