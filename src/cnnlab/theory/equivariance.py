r"""Translation equivariance: of what operators it is true, and by how much others miss it.

Images are arrays (H, W, K): a position on the grid, then a channel. Kernels are arrays
(h, w, K, C), C of them, as in Keras. Correlation is that of Cohen & Welling (2016), equation 2:
``(f * Psi)(x) = sum_y sum_k f_k(y) Psi_k(y - x)``. The translation is cyclic, so that it is a
group action on finite images: what leaves on one side comes back on the other. The proofs are in
notebook 01.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

import numpy as np

from cnnlab.theory.differentiation import relative_error

Padding = Literal["circular", "zero"]
Shift = tuple[int, int]
Operator = Callable[[np.ndarray], np.ndarray]

_NUMPY_MODES = {"circular": "wrap", "zero": "constant"}


@dataclass(frozen=True)
class Layer:
    """A convolutional layer with ReLU.

    Attributes:
        kernels: (h, w, K, C).
        bias: (C,), one value a kernel, the same at every position.
    """

    kernels: np.ndarray
    bias: np.ndarray


def translate(image: np.ndarray, shift: Shift) -> np.ndarray:
    """Return L_t f, with (L_t f)(x) = f(x - t): t pixels down and to the right, any integers."""
    return np.roll(image, shift, axis=(0, 1))


def correlate(image: np.ndarray, kernels: np.ndarray, padding: Padding) -> np.ndarray:
    """Correlate an image with kernels: what deep learning calls a convolution.

    Args:
        image: (H, W, K).
        kernels: (h, w, K, C), h and w odd; their origin is their centre.
        padding: what lies outside the image: its opposite side, or zeros.

    Returns:
        (H, W, C).

    Raises:
        ValueError: the channels differ, or the kernel has no centre.
    """
    height, width = kernels.shape[:2]
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError(f"A kernel of {height} x {width} has no centre. Use odd sides.")
    radii = [(side // 2, side // 2) for side in (height, width)]
    padded = np.pad(image, [*radii, (0, 0)], mode=_NUMPY_MODES[padding])
    rows, columns = image.shape[:2]
    result = np.zeros((rows, columns, kernels.shape[3]))
    for i, j in np.ndindex(height, width):
        # One term of the sum over y, for all x and all kernels at once.
        result += padded[i : i + rows, j : j + columns] @ kernels[i, j]
    return result


def apply_layers(image: np.ndarray, layers: Sequence[Layer], padding: Padding) -> np.ndarray:
    """Pass an (H, W, K) image through correlation, bias and ReLU of one layer after the other."""
    for layer in layers:
        image = np.maximum(correlate(image, layer.kernels, padding) + layer.bias, 0)
    return image


def draw_layers(
    generator: np.random.Generator, channels: Sequence[int], side: int, bias: float
) -> list[Layer]:
    """Draw layers with the weights of He et al. (2015), normal with variance 2 / (side^2 K).

    Args:
        generator: gives the weights.
        channels: of the image, then of each layer's output.
        side: of the kernels.
        bias: standard deviation of the biases.
    """
    return [
        Layer(
            generator.normal(0, np.sqrt(2 / (side**2 * before)), (side, side, before, after)),
            generator.normal(0, bias, after),
        )
        for before, after in pairwise(channels)
    ]


def subsample(image: np.ndarray, stride: int) -> np.ndarray:
    """Keep the positions whose coordinates the stride divides, (S_s f)(x) = f(s x).

    For these to form a cyclic group too, s must divide H and W of the (H, W, K) image.
    """
    return image[::stride, ::stride]


def max_pool(image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Take the maximum over windows of size x size pixels, circularly, and subsample.

    Args:
        image: (H, W, K).
        size: of the window, whose first pixel is the output's position.
        stride: as for ``subsample``.

    Returns:
        (H / s, W / s, K).
    """
    # Translating by -b brings the value at x + b to x.
    translates = [translate(image, (-i, -j)) for i, j in np.ndindex(size, size)]
    return subsample(np.maximum.reduce(translates), stride)


def max_blur_pool(image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Max-pool densely, blur with the binomial 3 x 3 filter, then subsample (Zhang 2019).

    Arguments and result are those of ``max_pool``.
    """
    binomial = np.array([1.0, 2.0, 1.0]) / 4
    # One filter for each channel: the other channels' weights are zero.
    blur = np.einsum("i,j,kc->ijkc", binomial, binomial, np.eye(image.shape[2]))
    return subsample(correlate(max_pool(image, size, 1), blur, "circular"), stride)


def global_average_pool(image: np.ndarray) -> np.ndarray:
    """Return the mean of each channel over all positions, (K,)."""
    return image.mean(axis=(0, 1))


def equivariance_error(
    operator: Operator, image: np.ndarray, shift: Shift, stride: int = 1
) -> float:
    """Measure how far an operator is from turning a shift of its input into one of its output.

    An operator of stride s should turn the shift t into t / s. Where that is not an integer, the
    best of the integer shifts around it is taken: the error that remains is of no translation's
    making.

    Args:
        operator: maps (H, W, K) to (H / s, W / s, C).
        image: f.
        shift: t.
        stride: s.

    Returns:
        The smallest norm of operator(L_t f) - L_u operator(f) over the norm of operator(f); 0 is
        perfect equivariance, sqrt(2) what two unrelated (orthogonal) outputs give.

    Raises:
        ValueError: the operator's output is zero, so that nothing can be said relative to it.
    """
    return compare_outputs(operator(image), operator(translate(image, shift)), shift, stride)


def compare_outputs(
    output: np.ndarray, of_shifted: np.ndarray, shift: Shift, stride: int = 1
) -> float:
    """Do what ``equivariance_error`` does, with operator(f) and operator(L_t f) there already."""
    candidates = product(*({t // stride, -(-t // stride)} for t in shift))
    return min(relative_error(of_shifted, translate(output, u)) for u in candidates)


def map_error(operator: Operator, image: np.ndarray, shift: Shift) -> np.ndarray:
    """Show where an operator of stride 1 misses equivariance.

    Args:
        operator: maps (H, W, K) to (H, W, C).
        image: f.
        shift: t.

    Returns:
        (H, W), the absolute value of operator(L_t f) - L_t operator(f), largest over the channels,
        relative to the largest absolute value of operator(f).
    """
    output = operator(image)
    difference = operator(translate(image, shift)) - translate(output, shift)
    return np.abs(difference).max(axis=2) / np.abs(output).max()


def invariance_error(operator: Operator, image: np.ndarray, shift: Shift) -> float:
    """Return the norm of operator(L_t f) - operator(f) over the norm of operator(f)."""
    return relative_error(operator(translate(image, shift)), operator(image))


def reached_by_border(shape: tuple[int, int], reach: int, shift: Shift) -> np.ndarray:
    """Return where zero padding can break equivariance: the border, and the shifted border.

    Args:
        shape: (H, W).
        reach: number of layers times the kernel's radius: how far the padding's effect gets.
        shift: t.

    Returns:
        (H, W) bool; false at x where neither x nor x - t is among the ``reach`` outermost rows
        and columns.
    """
    border = np.ones(shape, dtype=bool)
    border[reach : shape[0] - reach, reach : shape[1] - reach] = False
    return border | translate(border, shift)


def read_kernels(operator: Operator, shape: tuple[int, int, int]) -> np.ndarray:
    """Read off the kernels with which a linear, equivariant operator correlates.

    The converse's proof as a computation: Psi_kc(x) is the output's channel c at -x when the
    input is one pixel at the origin, in channel k.

    Args:
        operator: maps (H, W, K) to (H, W, C).
        shape: (H, W, K).

    Returns:
        (H, W, K, C), kernels as large as the image, their origin the first entry.
    """
    pixels = np.zeros((shape[2], *shape))
    pixels[:, 0, 0] = np.eye(shape[2])
    responses = np.stack([operator(pixel) for pixel in pixels], axis=2)
    # From x to -x on the cyclic group.
    return translate(responses[::-1, ::-1], (1, 1))


def correlate_on_group(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Correlate with kernels as large as the image, on the cyclic group, by Fourier transform.

    Args:
        image: (H, W, K).
        kernels: (H, W, K, C), their origin the first entry.

    Returns:
        (H, W, C).
    """
    of_image, of_kernels = (np.fft.fft2(each, axes=(0, 1)) for each in (image, kernels))
    spectrum = np.einsum("ijk,ijkc->ijc", of_image, of_kernels.conj())
    return np.fft.ifft2(spectrum, axes=(0, 1)).real
