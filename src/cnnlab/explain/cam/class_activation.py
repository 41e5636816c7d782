"""Class activation maps by weights and gradients: which places of a layer speak for a class.

A method is a way to combine a layer's maps with what they are worth: a function of
``LayerGradients``. Those that take something away instead are in
:mod:`~cnnlab.explain.cam.perturbation`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 32


@dataclass(frozen=True)
class LayerGradients:
    """A layer's maps and what each of their values is worth to a class.

    Attributes:
        maps: (n, h, w, k) float32, the layer's output.
        gradients: (n, h, w, k) float32, the derivative of the target's logit by ``maps``.
        logits: (n, c) float32, the network's output.
    """

    maps: np.ndarray
    gradients: np.ndarray
    logits: np.ndarray


def differentiate_targets(
    model: keras.Model, images: np.ndarray, layer: str, targets: np.ndarray
) -> LayerGradients:
    """Differentiate one logit of each image by the output of a layer.

    Args:
        model: a flat functional model that ends in logits, not in a softmax: the softmax would
            mix the evidence against all other classes into the derivative.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of a layer whose output is (n, h, w, k).
        targets: (n,) int, the class of each image that is explained.

    Raises:
        ValueError: there is no such layer, not one target for each image, or the model ends in
            a softmax.
    """
    if len(targets) != len(images):
        raise ValueError(f"{len(images)} images need as many targets; got {len(targets)}.")
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    if isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax:
        raise ValueError(
            f"{model.name} ends in a softmax. Give the model whose output are its logits."
        )
    tapped = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])
    parts = []
    for start in range(0, len(images), BATCH_SIZE):
        rows = slice(start, start + BATCH_SIZE)
        batch = tf.convert_to_tensor(images[rows], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(batch)  # without trainable weights nothing else would be recorded
            maps, logits = tapped(batch, training=False)
            chosen = tf.gather(logits, targets[rows], axis=1, batch_dims=1)
        gradients = tape.gradient(chosen, maps)
        parts.append([tf.cast(part, tf.float32).numpy() for part in (maps, gradients, logits)])
    return LayerGradients(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def grad_cam(found: LayerGradients) -> np.ndarray:
    """Return Grad-CAM: (n, h, w) float32, not negative.

    The maps of the layer are summed, each weighted by its average gradient, and negative sums
    are set to zero (Selvaraju et al. 2017, equations 1 and 2). For a head of global average
    pooling and one linear layer this is the positive part of the class activation map of Zhou
    et al. (2016), divided by h w.
    """
    return _weigh(found.maps, found.gradients.mean(axis=(1, 2)))


def grad_cam_plus_plus(found: LayerGradients) -> np.ndarray:
    r"""Return Grad-CAM++: (n, h, w) float32, not negative.

    Chattopadhay et al. (2018), equations 10 to 19, with the exponential of the logit as score, so
    that all derivatives follow from the first: map $k$ has the weight $\sum_{ij}
    \alpha^k_{ij} \max(0, g^k_{ij})$ with $\alpha^k_{ij} = (g^k_{ij})^2 / (2 (g^k_{ij})^2 +
    \sum_{ab} A^k_{ab} (g^k_{ij})^3)$, and 0 where the denominator is 0. The
    alphas are used as the equations give them; some implementations divide them by their sum
    over each map.
    """
    gradients = found.gradients.astype(np.float64)
    totals = found.maps.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    denominator = 2 * gradients**2 + totals * gradients**3
    alpha = np.divide(
        gradients**2, denominator, out=np.zeros_like(gradients), where=denominator != 0
    )
    return _weigh(found.maps, (alpha * np.maximum(gradients, 0)).sum(axis=(1, 2)))


def hires_cam(found: LayerGradients) -> np.ndarray:
    """Return HiResCAM: (n, h, w) float32, not negative.

    Draelos & Carin (2020), equation 5: the product of map and gradient, place by place, summed
    over the maps; of it the positive part. Where everything above the layer is linear, the
    product is what the place adds to the logit.
    """
    return np.maximum((found.maps * found.gradients).sum(axis=3), 0)


COMBINATIONS: dict[str, Callable[[LayerGradients], np.ndarray]] = {
    "Grad-CAM": grad_cam,
    "Grad-CAM++": grad_cam_plus_plus,
    "HiResCAM": hires_cam,
}


def scale_to_peak(maps: np.ndarray) -> np.ndarray:
    """Divide each map by its maximum; a map that is zero everywhere stays zero.

    Args:
        maps: (n, h, w), not negative.

    Returns:
        (n, h, w) float32 in [0, 1].
    """
    peaks = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, peaks, out=np.zeros(maps.shape, np.float32), where=peaks > 0)


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge maps to the size of the image, bilinearly and without a shift.

    Pixel centres lie at half pixels, so that the middle of a cell of the map comes to lie on
    the middle of the square of image pixels that it stands for. Aligning the corners instead
    would move what is near the border by up to half a cell.

    Args:
        maps: (n, h, w) float.
        size: height and width of the result in pixels.

    Returns:
        (n, height, width) float32, within the range of ``maps``.
    """
    return tf.image.resize(maps[..., None], size).numpy()[..., 0]


def measure_coherence(gradients: np.ndarray) -> np.ndarray:
    r"""Measure how much of the gradient survives the averaging that Grad-CAM does.

    Args:
        gradients: (n, h, w, k), derivatives of a logit by a layer's maps.

    Returns:
        (n,) float32, $\sum_k |\operatorname{mean}_{ij} g_{ijk}| / \sum_k
        \operatorname{mean}_{ij} |g_{ijk}|$: 1 when every map has one weight for all places, as
        with global average pooling; near 0 when the weights of places cancel. Not a number
        where all gradients are zero.
    """
    kept = np.abs(gradients.mean(axis=(1, 2))).sum(axis=1)
    total = np.abs(gradients).mean(axis=(1, 2)).sum(axis=1)
    return np.divide(kept, total, out=np.full(len(total), np.nan, np.float32), where=total > 0)


def _weigh(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.maximum(np.einsum("nhwk,nk->nhw", maps, weights), 0).astype(np.float32)
