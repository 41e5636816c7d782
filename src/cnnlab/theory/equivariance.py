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

Padding = Literal["circular", "zero", "valid"]
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
    """Return L_t f, with (L_t f)(x) = f(x - t) and x - t taken modulo the image's size.

    Args:
        image: (H, W, K).
        shift: t, in pixels down and to the right; any integers.

    Returns:
        (H, W, K).
    """
    return np.roll(image, shift, axis=(0, 1))


def correlate(image: np.ndarray, kernels: np.ndarray, padding: Padding) -> np.ndarray:
    """Correlate an image with kernels: what deep learning calls a convolution.

    Args:
        image: (H, W, K).
        kernels: (h, w, K, C).
        padding: what lies outside the image: ``"circular"``, its opposite side; ``"zero"``,
            zeros; ``"valid"``, nothing: only positions where the kernel fits in are computed.

    Returns:
        (H, W, C), the kernel's origin being its centre; (H - h + 1, W - w + 1, C) for
        ``"valid"``, the origin being its first entry.

    Raises:
        ValueError: the channels differ; the kernel has no centre, or does not fit.
    """
    height, width, channels = kernels.shape[:3]
    if image.shape[2] != channels:
        raise ValueError(
            f"The image has {image.shape[2]} channels and the kernels have {channels}. "
            "Give both the same number."
        )
    padded = image if padding == "valid" else _pad(image, (height, width), padding)
    if height > padded.shape[0] or width > padded.shape[1]:
        raise ValueError(
            f"A kernel of {height} x {width} does not fit into an image of "
            f"{image.shape[0]} x {image.shape[1]}. Use a smaller kernel."
        )
    rows, columns = padded.shape[0] - height + 1, padded.shape[1] - width + 1
    result = np.zeros((rows, columns, kernels.shape[3]))
    for i in range(height):
        for j in range(width):
            # One term of the sum over y, for all x and all kernels at once.
            result += padded[i : i + rows, j : j + columns] @ kernels[i, j]
    return result


def relu(image: np.ndarray) -> np.ndarray:
    """Return max(0, f), position by position."""
    return np.maximum(image, 0.0)


def apply_layers(image: np.ndarray, layers: Sequence[Layer], padding: Padding) -> np.ndarray:
    """Pass an image through correlation, bias and ReLU of one layer after the other.

    Args:
        image: (H, W, K).
        layers: each takes as many channels as the one before it gives.
        padding: of every layer.

    Returns:
        (H, W, C) of the last layer, smaller for ``"valid"``.
    """
    for layer in layers:
        image = relu(correlate(image, layer.kernels, padding) + layer.bias)
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

    Args:
        image: (H, W, K).
        stride: s; divides H and W, so that the kept positions form a cyclic group too.

    Returns:
        (H / s, W / s, K).

    Raises:
        ValueError: the stride does not divide the image's sides.
    """
    if stride < 1 or image.shape[0] % stride or image.shape[1] % stride:
        raise ValueError(
            f"A stride of {stride} does not divide an image of {image.shape[0]} x "
            f"{image.shape[1]}. Cut the image to a multiple of the stride."
        )
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
    window = product(range(size), repeat=2)
    # Translating by -b brings the value at x + b to x.
    translates = [translate(image, (-row, -column)) for row, column in window]
    return subsample(np.maximum.reduce(translates), stride)


def max_blur_pool(image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Max-pool densely, blur with the binomial 3 x 3 filter, then subsample (Zhang 2019).

    Arguments and result are those of ``max_pool``.
    """
    binomial = np.array([1.0, 2.0, 1.0]) / 4
    channels = image.shape[2]
    # One filter for each channel: the other channels' weights are zero.
    blur = np.einsum("i,j,kc->ijkc", binomial, binomial, np.eye(channels))
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
    """Do what ``equivariance_error`` does, with outputs that are there already.

    Args:
        output: operator(f), (H / s, W / s, C).
        of_shifted: operator(L_t f), of the same shape.
        shift: t.
        stride: s.

    Raises:
        ValueError: ``output`` is zero, so that nothing can be said relative to it.
    """
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
    """Measure how much a shift of the input changes an operator's output.

    Args:
        operator: maps (H, W, K) to an array of any shape.
        image: f.
        shift: t.

    Returns:
        The norm of operator(L_t f) - operator(f) over the norm of operator(f).

    Raises:
        ValueError: the operator's output is zero, so that nothing can be said relative to it.
    """
    return relative_error(operator(translate(image, shift)), operator(image))


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the norm of the difference of two arrays over the norm of the second.

    Raises:
        ValueError: ``expected`` is zero, so that nothing can be said relative to it.
    """
    norm = np.linalg.norm(expected)
    if norm == 0:
        raise ValueError("The operator's output is zero everywhere. Give it another image.")
    return float(np.linalg.norm(actual - expected) / norm)


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
    border = np.ones((*shape, 1), dtype=bool)
    border[reach : shape[0] - reach, reach : shape[1] - reach] = False
    return (border | translate(border, shift))[..., 0]


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
    responses = []
    for channel in range(shape[2]):
        pixel = np.zeros(shape)
        pixel[0, 0, channel] = 1.0
        responses.append(operator(pixel))
    return _reflect(np.stack(responses, axis=2))


def correlate_on_group(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Correlate with kernels as large as the image, on the cyclic group, by Fourier transform.

    Args:
        image: (H, W, K).
        kernels: (H, W, K, C), their origin the first entry.

    Returns:
        (H, W, C).
    """
    spectrum = np.einsum(
        "ijk,ijkc->ijc",
        np.fft.fft2(image, axes=(0, 1)),
        np.fft.fft2(kernels, axes=(0, 1)).conj(),
    )
    return np.fft.ifft2(spectrum, axes=(0, 1)).real


def _pad(image: np.ndarray, kernel_shape: tuple[int, int], padding: str) -> np.ndarray:
    if padding not in _NUMPY_MODES:
        raise ValueError(f"Padding {padding!r} is not known. Choose circular, zero or valid.")
    if any(side % 2 == 0 for side in kernel_shape):
        raise ValueError(
            f"A kernel of {kernel_shape[0]} x {kernel_shape[1]} has no centre. Use odd sides, "
            "or padding='valid'."
        )
    radii = [(side // 2, side // 2) for side in kernel_shape]
    return np.pad(image, [*radii, (0, 0)], mode=_NUMPY_MODES[padding])


def _reflect(array: np.ndarray) -> np.ndarray:
    """Return x -> array(-x) on the cyclic group."""
    return np.roll(array[::-1, ::-1], (1, 1), axis=(0, 1))
