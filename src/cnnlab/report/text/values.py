"""What stands in a sentence: numbers that print themselves, and claims that must hold.

A text cell asks for them with ``{eval}`accuracy` ``, ``{eval}`holds(accuracy > 0.5)` ``.
JupyterLab fills them in after *Run All*, the report when it executes the notebook.
"""

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

import numpy as np

from cnnlab.evaluation.formatting import format_number

EXPRESSION = re.compile(r"\{eval\}`([^`]+)`")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NOT_BORNE_OUT = "(not borne out by this run)"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile(r"([\d.]+) × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def find_expressions(source: str) -> list[str]:
    """Return the expressions of a Markdown cell, in their order."""
    return EXPRESSION.findall(CODE_BLOCK.sub("", source))


@total_ordering
@dataclass(frozen=True, eq=False, repr=False)
class Number:
    """A number that prints itself: ``Number(3744664, 0)`` as 3,744,664.

    It compares as its value does. It is no float, so that tables keep how it prints.

    Attributes:
        value: the number.
        digits: after the point.
    """

    value: float
    digits: int = 2

    def __float__(self) -> float:
        return float(self.value)

    def __eq__(self, other: object) -> bool:
        return float(self) == float(other)

    def __lt__(self, other: object) -> bool:
        return float(self) < float(other)

    def __hash__(self) -> int:
        return hash(float(self))

    def __repr__(self) -> str:
        return format_number(self.value, self.digits)


class Percent(Number):
    """A share that prints itself as a percentage: ``Percent(0.163, 0)`` as 16%."""

    def __repr__(self) -> str:
        return f"{format_number(100 * self.value, self.digits)}%"


class Power(Number):
    """A number that prints itself with a power of ten: ``Power(4.5e-16, 1)`` as 4.5 × 10⁻¹⁶."""

    def __repr__(self) -> str:
        if self.value == 0:
            return "0"
        mantissa, exponent = f"{self.value:.{self.digits}e}".split("e")
        return f"{float(mantissa):g} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def set_powers(markdown: str) -> str:
    """Return Markdown in which powers of ten such as 4.5 × 10⁻¹⁶ are formulae."""
    return _POWER.sub(
        lambda power: rf"${power[1]} \times 10^{{{power[2].translate(_PLAIN_DIGITS)}}}$", markdown
    )


class Claim:
    """What must be true for its paragraph to stand; prints nothing if it is."""

    def __init__(self, is_true: bool) -> None:
        self.is_true = is_true

    def __repr__(self) -> str:
        return "" if self.is_true else NOT_BORNE_OUT

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, bool]]:
        data = {"text/plain": repr(self)}
        if not self.is_true:
            data["text/html"] = f'<b style="color:#b00">{NOT_BORNE_OUT}</b>'
        return data, {"holds": self.is_true}


def holds(condition: bool) -> Claim:
    """Return the claim that a condition is true.

    Raises:
        TypeError: it is no truth value.
    """
    if not isinstance(condition, bool | np.bool_):
        raise TypeError(f"holds takes a truth value, as in holds(a > b), and not {condition!r}")
    return Claim(bool(condition))
