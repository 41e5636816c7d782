r"""Dilated convolution: its output size, its kernel by Kronecker product, its receptive field.

The convolution is that of question 4, written as in deep learning (a correlation):
``(k * I)(i, j) = sum_mn K(m, n) I(i + D m, j + D n)``, with indices from 0 and only where the
kernel lies inside the image. Yu & Koltun (2016) introduced it for dense prediction. The proofs
are in notebook 04.
"""

from collections.abc import Sequence

import numpy as np


def kernel_extent(width: int, dilation: int) -> int:
    """Return D (F - 1) + 1, the samples from the first tap to the last, both included.

    Raises:
        ValueError: an argument is below 1.
    """
    _check_positive("The kernel's width", width)
    _check_positive("The dilation", dilation)
    return dilation * (width - 1) + 1


def output_size(
    image_shape: tuple[int, int], kernel_shape: tuple[int, int], dilation: int
) -> tuple[int, int]:
    """Return the number of positions of full overlap, (M - D F + D) x (N - D G + D).

    Args:
        image_shape: (M, N).
        kernel_shape: (F, G).
        dilation: D, at least 1.

    Raises:
        ValueError: the dilated kernel does not fit into the image.
    """
    size = tuple(
        length - kernel_extent(width, dilation) + 1
        for length, width in zip(image_shape, kernel_shape, strict=True)
    )
    if min(size) < 1:
        raise ValueError(
            f"A kernel of shape {kernel_shape} with dilation {dilation} does not fit into an "
            f"image of shape {image_shape}. Use a larger image, or a smaller kernel or dilation."
        )
    return size


def correlate_dilated(image: np.ndarray, kernel: np.ndarray, dilation: int = 1) -> np.ndarray:
    """Correlate an image with a dilated kernel, where the two overlap fully.

    Args:
        image: (M, N).
        kernel: (F, G).
        dilation: D, at least 1; 1 is the ordinary correlation.

    Returns:
        (M - D (F - 1), N - D (G - 1)).

    Raises:
        ValueError: an argument is not a matrix, or the dilated kernel does not fit.
    """
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(
            f"Expected two matrices, got shapes {image.shape} (image) and {kernel.shape} (kernel)."
        )
    rows, columns = output_size(image.shape, kernel.shape, dilation)
    output = np.zeros((rows, columns), np.result_type(image, kernel))
    for (m, n), weight in np.ndenumerate(kernel):
        i, j = dilation * m, dilation * n
        output += weight * image[i : i + rows, j : j + columns]
    return output


def selector_matrix(dilation: int) -> np.ndarray:
    """Return A: (D, D), 1 in its top-left corner and 0 elsewhere."""
    _check_positive("The dilation", dilation)
    selector = np.zeros((dilation, dilation))
    selector[0, 0] = 1
    return selector


def dilate_kernel(kernel: np.ndarray, dilation: int) -> np.ndarray:
    """Return K' = K (x) A, the Kronecker product of a kernel with the selector matrix.

    Args:
        kernel: (F, G).
        dilation: D, at least 1.

    Returns:
        (D F, D G); its last D - 1 rows and columns are zero.
    """
    return np.kron(kernel, selector_matrix(dilation))


def trim_zero_border(dilated: np.ndarray, dilation: int) -> np.ndarray:
    """Cut the last D - 1 rows and columns from K': what remains ends at the last tap.

    Args:
        dilated: (D F, D G), as ``dilate_kernel`` returns it.
        dilation: D.

    Returns:
        (D (F - 1) + 1, D (G - 1) + 1).

    Raises:
        ValueError: a side of the matrix is no multiple of D, or the border is not zero.
    """
    if any(side % dilation for side in dilated.shape):
        raise ValueError(f"Shape {dilated.shape} is not that of a kernel dilated by {dilation}.")
    rows, columns = (side - dilation + 1 for side in dilated.shape)
    if np.any(dilated[rows:]) or np.any(dilated[:, columns:]):
        raise ValueError(f"The last {dilation - 1} rows and columns are not zero.")
    return dilated[:rows, :columns]


def receptive_field(
    kernel_sizes: Sequence[int],
    dilations: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
) -> int:
    """Return the receptive field's width of one output of a stack of layers, first layer first.

    The width is that of the smallest interval which holds every input sample that the output
    depends on: 1 + sum_l d_l (K_l - 1) prod_{j<l} s_j (Araujo et al. 2019, eq. 2, with
    dilated kernels).

    Args:
        kernel_sizes: K_l of each layer.
        dilations: d_l of each layer; 1 by default.
        strides: s_l of each layer; 1 by default.

    Raises:
        ValueError: the lengths differ, or a value is below 1.
    """
    layers = _layers(kernel_sizes, dilations, strides)
    return 1 + sum(spacing * (width - 1) for width, spacing in layers)


def receptive_positions(
    kernel_sizes: Sequence[int],
    dilations: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
) -> np.ndarray:
    """Return the input samples on which output 0 of the stack depends, along one axis.

    They are the sums of one tap's offset from each layer. Holes between them are what is called
    gridding.

    Args:
        kernel_sizes: K_l of each layer.
        dilations: d_l of each layer; 1 by default.
        strides: s_l of each layer; 1 by default.

    Returns:
        sorted distinct offsets, from 0 to the receptive field's width less 1.

    Raises:
        ValueError: the lengths differ, or a value is below 1.
    """
    positions = np.zeros(1, int)
    for width, spacing in _layers(kernel_sizes, dilations, strides):
        positions = np.unique(np.add.outer(positions, spacing * np.arange(width)))
    return positions


def gradient_spread(
    kernel_sizes: Sequence[int],
    dilations: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
) -> float:
    """Return the standard deviation of the gradient of one output, read as a distribution.

    Holds for linear layers whose weights are all equal (Luo et al. 2016, section 2): then the
    gradient counts paths, and its variance is sum_l (S_l d_l)^2 (K_l^2 - 1) / 12 with S_l the
    product of the strides before layer l.

    Args:
        kernel_sizes: K_l of each layer.
        dilations: d_l of each layer; 1 by default.
        strides: s_l of each layer; 1 by default.

    Returns:
        in input samples.

    Raises:
        ValueError: the lengths differ, or a value is below 1.
    """
    layers = _layers(kernel_sizes, dilations, strides)
    return float(np.sqrt(sum(spacing**2 * (width**2 - 1) / 12 for width, spacing in layers)))


def _layers(
    kernel_sizes: Sequence[int], dilations: Sequence[int] | None, strides: Sequence[int] | None
) -> list[tuple[int, int]]:
    """Return for each layer its taps and their distance in input samples."""
    dilations = [1] * len(kernel_sizes) if dilations is None else dilations
    strides = [1] * len(kernel_sizes) if strides is None else strides
    if not len(kernel_sizes) == len(dilations) == len(strides):
        raise ValueError(
            f"There are {len(kernel_sizes)} kernels, {len(dilations)} dilations and "
            f"{len(strides)} strides. Give one of each for every layer."
        )
    layers, jump = [], 1
    for width, dilation, stride in zip(kernel_sizes, dilations, strides, strict=True):
        _check_positive("A kernel's width", width)
        _check_positive("A dilation", dilation)
        _check_positive("A stride", stride)
        layers.append((width, dilation * jump))
        jump *= stride
    return layers


def _check_positive(what: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{what} is {value}; it must be at least 1.")
