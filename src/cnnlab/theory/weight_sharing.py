r"""What weight sharing buys: one small network, with shared and with unshared kernels.

Both compute ``softmax(V^T mean_p relu(W_p^T x_p + b_p) + c)`` from the patches x_p of an image;
they differ in one thing. With sharing, W_p and b_p are the same at every position p (a
convolution and global average pooling); without, each position has its own (a locally connected
layer). The task is to name the direction of a stroke, wherever in the image it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STROKES = ("horizontal", "vertical", "falling", "rising")
IMAGE_SIDE = 16
STROKE_SIDE = 5
LAST_COLUMN = IMAGE_SIDE - STROKE_SIDE
"""The rightmost column at which a stroke can begin."""

KERNELS = 8
NOISE = 0.2
STEPS, RATE = 120, 0.03
PLACES = ("columns seen in training", "other columns")
TEST_PER_CLASS = 100


@dataclass(frozen=True)
class PatchNetwork:
    """The network of this module, with Q = STROKE_SIDE^2 pixels a patch and C kernels.

    Attributes:
        kernels: (1, Q, C) with weight sharing, (P, Q, C) without, for P positions.
        kernel_bias: (1, C) or (P, C).
        weights: (C, classes).
        bias: (classes,).
    """

    kernels: np.ndarray
    kernel_bias: np.ndarray
    weights: np.ndarray
    bias: np.ndarray


def repeat_measurement(seed: int, repetitions: int, sizes: Sequence[int]) -> np.ndarray:
    """Repeat ``measure_generalisation`` with new images and weights.

    Args:
        seed: each repetition has its own, drawn from this one.
        repetitions: how many.
        sizes: training images of each direction.

    Returns:
        (repetitions, sizes, 2, 2) accuracies.
    """
    seeds = np.random.SeedSequence(seed).spawn(repetitions)
    return np.array([[measure_generalisation(each, size) for size in sizes] for each in seeds])


def measure_generalisation(seed: np.random.SeedSequence, per_class: int) -> np.ndarray:
    """Train with and without sharing on strokes that begin in the left half; test everywhere.

    Args:
        seed: of images and first weights.
        per_class: training images of each direction.

    Returns:
        (2, 2) accuracies: shared, unshared; at each of ``PLACES``.
    """
    generator = np.random.default_rng(seed)
    middle = (LAST_COLUMN + 1) // 2
    seen, unseen = range(middle), range(middle, LAST_COLUMN + 1)
    images, labels = draw_strokes(generator, seen, per_class)
    tests = [draw_strokes(generator, columns, TEST_PER_CLASS) for columns in (seen, unseen)]
    accuracies = []
    for positions in (1, (LAST_COLUMN + 1) ** 2):
        network = train(draw_network(generator, positions), cut_patches(images), labels)
        accuracies.append(
            [np.mean(predict(network, cut_patches(new)) == classes) for new, classes in tests]
        )
    return np.array(accuracies)


def draw_strokes(
    generator: np.random.Generator, columns: Sequence[int], per_class: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw images of one stroke each, at a random place, under normal noise.

    Args:
        generator: gives places and noise.
        columns: where a stroke may begin, each from 0 to ``LAST_COLUMN``; rows are free.
        per_class: images of each direction. A stroke's pixels are 1, the background's 0, and the
            noise has the standard deviation ``NOISE``.

    Returns:
        (n, IMAGE_SIDE, IMAGE_SIDE) images and (n,) labels, indices into ``STROKES``.
    """
    labels = np.repeat(np.arange(len(STROKES)), per_class)
    images = generator.normal(0, NOISE, (len(labels), IMAGE_SIDE, IMAGE_SIDE))
    rows = generator.integers(0, LAST_COLUMN + 1, len(labels))
    starts = generator.choice(columns, len(labels))
    patterns = _stroke_patterns()
    for image, label, row, column in zip(images, labels, rows, starts, strict=True):
        image[row : row + STROKE_SIDE, column : column + STROKE_SIDE] += patterns[label]
    return images.astype(np.float32), labels


def draw_network(generator: np.random.Generator, positions: int) -> PatchNetwork:
    """Draw a network before training (He et al. 2015).

    Args:
        generator: gives the weights.
        positions: 1 for weight sharing; else P = (IMAGE_SIDE - STROKE_SIDE + 1)^2.
    """
    pixels = STROKE_SIDE**2
    parts = (
        generator.normal(0, np.sqrt(2 / pixels), (positions, pixels, KERNELS)),
        np.zeros((positions, KERNELS)),
        generator.normal(0, np.sqrt(1 / KERNELS), (KERNELS, len(STROKES))),
        np.zeros(len(STROKES)),
    )
    return PatchNetwork(*(part.astype(np.float32) for part in parts))


def cut_patches(images: np.ndarray) -> np.ndarray:
    """Cut (n, side, side) images into the (P, n, Q) patches that the networks take."""
    windows = np.lib.stride_tricks.sliding_window_view(
        images, (STROKE_SIDE, STROKE_SIDE), axis=(1, 2)
    )
    patches = windows.reshape(len(images), -1, STROKE_SIDE**2)
    return np.ascontiguousarray(patches.transpose(1, 0, 2))


def predict(network: PatchNetwork, patches: np.ndarray) -> np.ndarray:
    """Return the (n,) most probable classes of images given by their (P, n, Q) patches."""
    return _forward(network, patches)[2].argmax(axis=1)


def loss_gradient(
    network: PatchNetwork, patches: np.ndarray, labels: np.ndarray
) -> tuple[float, PatchNetwork]:
    """Return the mean cross-entropy, and its gradient in the form of a network.

    A shared kernel's gradient is the sum of those that its copies would have.

    Args:
        network: where the gradient is taken.
        patches: (P, n, Q).
        labels: (n,).
    """
    hidden, pooled, logits = _forward(network, patches)
    logits = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    chosen = np.arange(len(labels)), labels
    loss = -log_probabilities[chosen].mean()

    d_logits = np.exp(log_probabilities)
    d_logits[chosen] -= 1
    d_logits /= len(labels)
    # The mean over positions hands each of them an equal part.
    d_hidden = (d_logits @ network.weights.T / len(hidden)) * (hidden > 0)
    d_kernels = patches.transpose(0, 2, 1) @ d_hidden
    d_kernel_bias = d_hidden.sum(axis=1)
    if len(network.kernels) == 1:
        d_kernels, d_kernel_bias = (
            part.sum(axis=0, keepdims=True) for part in (d_kernels, d_kernel_bias)
        )
    gradient = PatchNetwork(d_kernels, d_kernel_bias, pooled.T @ d_logits, d_logits.sum(axis=0))
    return float(loss), gradient


def train(network: PatchNetwork, patches: np.ndarray, labels: np.ndarray) -> PatchNetwork:
    """Take ``STEPS`` steps of Adam (Kingma & Ba 2015) on all (P, n, Q) patches at once."""
    parameters = list(vars(network).values())
    first = [np.zeros_like(part) for part in parameters]
    second = [np.zeros_like(part) for part in parameters]
    for step in range(1, STEPS + 1):
        _, gradient = loss_gradient(PatchNetwork(*parameters), patches, labels)
        for index, slope in enumerate(vars(gradient).values()):
            first[index] = 0.9 * first[index] + 0.1 * slope
            second[index] = 0.999 * second[index] + 0.001 * slope**2
            scale = np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8
            parameters[index] = parameters[index] - RATE * first[index] / (1 - 0.9**step) / scale
    return PatchNetwork(*parameters)


def _stroke_patterns() -> np.ndarray:
    middle = STROKE_SIDE // 2
    horizontal = np.zeros((STROKE_SIDE, STROKE_SIDE))
    horizontal[middle] = 1
    falling = np.eye(STROKE_SIDE)
    return np.stack([horizontal, horizontal.T, falling, falling[::-1]])


def _forward(
    network: PatchNetwork, patches: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hidden units (P, n, C), their mean over positions (n, C), the logits."""
    hidden = np.maximum(patches @ network.kernels + network.kernel_bias[:, None], 0)
    pooled = hidden.mean(axis=0)
    return hidden, pooled, pooled @ network.weights + network.bias
