r"""Dilated convolution: its output size, its kernel by Kronecker product, its receptive field.

The convolution is that of question 4, written as in deep learning (a correlation):
``(k * I)(i, j) = sum_mn K(m, n) I(i + D m, j + D n)``, with indices from 0 and only where the
kernel lies inside the image. Yu & Koltun (2016) introduced it for dense prediction. The proofs
are in notebook 04.
"""

from collections.abc import Sequence

import numpy as np


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
    (M, N), (F, G) = image_shape, kernel_shape
    rows, columns = M - dilation * (F - 1), N - dilation * (G - 1)
    if rows < 1 or columns < 1:
        raise ValueError(
            f"A kernel of shape {kernel_shape} with dilation {dilation} does not fit into an "
            f"image of shape {image_shape}. Use a larger image, or a smaller kernel or dilation."
        )
    return rows, columns


def correlate_dilated(image: np.ndarray, kernel: np.ndarray, dilation: int = 1) -> np.ndarray:
    """Correlate an image with a dilated kernel, where the two overlap fully.

    Args:
        image: (M, N).
        kernel: (F, G).
        dilation: D, at least 1; 1 is the ordinary correlation.

    Returns:
        (M - D (F - 1), N - D (G - 1)).

    Raises:
        ValueError: the dilated kernel does not fit.
    """
    rows, columns = output_size(image.shape, kernel.shape, dilation)
    output = np.zeros((rows, columns), np.result_type(image, kernel))
    for (m, n), weight in np.ndenumerate(kernel):
        i, j = dilation * m, dilation * n
        output += weight * image[i : i + rows, j : j + columns]
    return output


def selector_matrix(dilation: int) -> np.ndarray:
    """Return A: (D, D), 1 in its top-left corner and 0 elsewhere."""
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
    """Cut the last D - 1 rows and columns from K', (D F, D G): what remains ends at its last tap.

    Returns:
        (D (F - 1) + 1, D (G - 1) + 1).
    """
    rows, columns = dilated.shape
    return dilated[: rows - dilation + 1, : columns - dilation + 1]


def receptive_field(
    kernel_sizes: Sequence[int], dilations: Sequence[int], strides: Sequence[int] | None = None
) -> int:
    """Return the receptive field's width of one output of a stack of layers, first layer first.

    The width is that of the smallest interval which holds every input sample that the output
    depends on: 1 + sum_l d_l (K_l - 1) prod_{j<l} s_j (Araujo et al. 2019, eq. 2, with
    dilated kernels).

    Args:
        kernel_sizes: K_l of each layer.
        dilations: d_l of each layer.
        strides: s_l of each layer; 1 by default.

    Raises:
        ValueError: the lengths differ, or a value is below 1.
    """
    layers = _layers(kernel_sizes, dilations, strides)
    return 1 + sum(spacing * (width - 1) for width, spacing in layers)


def gradient_spread(
    kernel_sizes: Sequence[int], dilations: Sequence[int], strides: Sequence[int] | None = None
) -> float:
    """Return the standard deviation of the gradient of one output, read as a distribution.

    Holds for linear layers whose weights are all equal (Luo et al. 2016, section 2): then the
    gradient counts paths, and its variance is sum_l (S_l d_l)^2 (K_l^2 - 1) / 12 with S_l the
    product of the strides before layer l. Arguments and errors are those of ``receptive_field``.

    Returns:
        in input samples.
    """
    layers = _layers(kernel_sizes, dilations, strides)
    return float(np.sqrt(sum(spacing**2 * (width**2 - 1) / 12 for width, spacing in layers)))


def _layers(
    kernel_sizes: Sequence[int], dilations: Sequence[int], strides: Sequence[int] | None
) -> list[tuple[int, int]]:
    """Return for each layer its taps and their distance in input samples."""
    strides = [1] * len(kernel_sizes) if strides is None else strides
    if min(*kernel_sizes, *dilations, *strides) < 1:
        raise ValueError("A kernel's width, a dilation or a stride is below 1.")
    jumps = np.cumprod([1, *strides])[:-1].tolist()
    layers = zip(kernel_sizes, dilations, jumps, strict=True)
    return [(width, dilation * jump) for width, dilation, jump in layers]
