"""Does a picture depend on what it claims to explain? Comparisons for projections.

After Nie et al. (2018) and Adebayo et al. (2018): a picture that explains a class or a unit must
change when another one is asked about, and when the network's weights are destroyed. It must
show more than the edges of the image.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from cnnlab.explain.deconvolution.deconvnet import RULES, forward_with_switches, trace_back

AT_ONCE = 8
"""Images traced at once: a forward pass of VGG16 keeps 32 MB an image."""


def shuffle_weights(model: keras.Model, prefixes: Sequence[str], seed: int) -> keras.Model:
    """Copy a model and shuffle the values of each weight of some layers.

    Args:
        model: a functional model; left as it is.
        prefixes: how the names of the layers start whose weights are shuffled. A layer is
            shuffled in the same way whichever others are.
        seed: of the shuffling.

    Raises:
        ValueError: no layer with weights has such a name.
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for prefix in prefixes:
        if not any(layer.name.startswith(prefix) and layer.weights for layer in copy.layers):
            raise ValueError(f"No layer of {model.name} with weights starts with {prefix!r}.")
    for index, layer in enumerate(copy.layers):
        if layer.name.startswith(tuple(prefixes)):
            rng = np.random.default_rng([seed, index])
            layer.set_weights(
                [rng.permutation(each.ravel()).reshape(each.shape) for each in layer.get_weights()]
            )
    return copy


def paint_classes(
    model: keras.Model, images: np.ndarray, classes: np.ndarray
) -> dict[str, np.ndarray]:
    """Trace the logit of a class back to the pixels, by each of the ``RULES``.

    Args:
        model: a plain stack as far as its output, the logits.
        images: (n, H, W, 3) float, as the model takes them.
        classes: (n,) int, whose logit, image by image.

    Returns:
        For each rule (n, H, W, 3) float32.
    """
    pictures = {name: [] for name in RULES}
    for start in range(0, len(images), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        forward = forward_with_switches(model, images[part], model.layers[-1].name)
        signal = np.eye(forward.activations.shape[-1], dtype=np.float32)[classes[part]]
        for name, rule in RULES.items():
            pictures[name].append(trace_back(forward, signal, rule))
    return {name: np.concatenate(parts) for name, parts in pictures.items()}


def select_two_units(activations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Select, at the most active place of each image, its two strongest channels.

    Args:
        activations: (n, h, w, k), not negative.

    Returns:
        Two signals (n, h, w, k) float32 for ``trace_back``: 1 at the unit, 0 elsewhere.
    """
    n, height, width, _ = activations.shape
    flat = activations.sum(axis=-1).reshape(n, -1)
    rows, columns = np.unravel_index(flat.argmax(axis=1), (height, width))
    strongest = np.argsort(-activations[np.arange(n), rows, columns], axis=-1, kind="stable")
    signals = np.zeros((2, *activations.shape), np.float32)
    for signal, channels in zip(signals, strongest[:, :2].T, strict=True):
        signal[np.arange(n), rows, columns, channels] = 1
    return signals[0], signals[1]


def find_edges(images: np.ndarray) -> np.ndarray:
    """Return how strong the edges of images are, by Sobel's filter of the mean of the channels.

    Args:
        images: (n, H, W, 3) float.

    Returns:
        (n, H, W) float, not negative.
    """
    slopes = tf.image.sobel_edges(tf.constant(images.mean(axis=-1, keepdims=True)))
    return np.linalg.norm(slopes[..., 0, :], axis=-1)


def compare_with_edges(pictures: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Correlate how strong a picture is, pixel by pixel, with how strong the image's edges are.

    Args:
        pictures: (n, H, W, c) float, signed; a pixel's strength is its length over the channels.
        images: (n, H, W, 3) float.

    Returns:
        (n,) correlation coefficients; not a number where a picture or an image is even.
    """
    # Beyond the border pixels are repeated: were they mirrored, no slope would be seen across it.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    edges = find_edges(padded)[:, 1:-1, 1:-1]
    return compute_correlations(np.linalg.norm(pictures, axis=-1), edges)


def compute_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlate pictures one by one, over their values; see ``compute_cosines``."""
    flat = (each.reshape(len(each), -1).astype(np.float64) for each in (first, second))
    return compute_cosines(*(each - each.mean(axis=1, keepdims=True) for each in flat))


def compute_cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compare pictures one by one.

    Args:
        first: (n, ...) float.
        second: the same shape.

    Returns:
        (n,) cosines in [-1, 1]; not a number where a picture is zero.
    """
    first, second = (each.reshape(len(each), -1).astype(np.float64) for each in (first, second))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = (first * second).sum(axis=1)
    return np.divide(products, lengths, out=np.full(len(products), np.nan), where=lengths > 0)
