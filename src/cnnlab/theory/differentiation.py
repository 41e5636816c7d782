"""Numerical gradients, and how far a result is from another that it is checked against."""

from collections.abc import Callable

import numpy as np


def central_differences(
    function: Callable[[np.ndarray], float], point: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Approximate a gradient by (f(x + he) - f(x - he)) / 2h for each coordinate e.

    The error is of order h^2 from truncation and of order eps / h from cancellation, so no
    step makes it as small as rounding.

    Args:
        function: from (d,) float64 to a number; smooth within ``step`` of the point.
        point: (d,) float64.
        step: h > 0.

    Returns:
        (d,) float64.
    """
    gradient = np.empty(point.size)
    for index in range(point.size):
        shift = np.zeros(point.size)
        shift[index] = step
        gradient[index] = (function(point + shift) - function(point - shift)) / (2 * step)
    return gradient


def complex_step(
    function: Callable[[np.ndarray], complex], point: np.ndarray, step: float = 1e-30
) -> np.ndarray:
    """Approximate a gradient by Im f(x + ihe) / h (Squire & Trapp 1998).

    There is no difference, hence no cancellation: with a tiny step only rounding remains.

    Args:
        function: from (d,) complex128 to a complex number; real on real vectors and analytic
            near the point.
        point: (d,) float64.
        step: h > 0.

    Returns:
        (d,) float64.
    """
    gradient = np.empty(point.size)
    for index in range(point.size):
        shifted = point.astype(complex)
        shifted[index] += 1j * step
        gradient[index] = function(shifted).imag / step
    return gradient


def relative_error(found: np.ndarray, reference: np.ndarray) -> float:
    """Return the norm of the difference of two arrays over the norm of the second.

    Raises:
        ValueError: ``reference`` is zero, so that nothing can be said relative to it.
    """
    norm = np.linalg.norm(reference)
    if norm == 0:
        raise ValueError("What is compared with is zero everywhere. Choose another case.")
    return float(np.linalg.norm(np.subtract(found, reference)) / norm)
