"""Class activation maps by weights and gradients: which places of a layer speak for a class.

Every method has the same signature and returns maps in [0, 1]; those that change the input or
the maps instead of differentiating are in :mod:`~cnnlab.explain.cam.perturbation`. Each method is a
way to combine a layer's maps with what they are worth; the combinations before scaling are
functions of their own, so that they can be compared as they stand.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf


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
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    targets: np.ndarray,
    batch_size: int = 32,
) -> LayerGradients:
    """Differentiate one logit of each image by the output of a layer.

    Args:
        model: a flat functional model that ends in logits, not in a softmax: the softmax would
            mix the evidence against all other classes into the derivative.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of a layer whose output is (n, h, w, k).
        targets: (n,) int, the class of each image that is explained.
        batch_size: images at once; has no influence on the result.

    Raises:
        ValueError: the layer does not exist or has no maps, the targets do not fit the images
            or the classes, or the model ends in a softmax.
    """
    tapped = _tap_layer(model, layer)
    targets = np.asarray(targets)
    classes = model.output.shape[-1]
    if targets.shape != (len(images),):
        raise ValueError(f"{len(images)} images need as many targets; got shape {targets.shape}.")
    if len(targets) == 0:
        raise ValueError("There are no images to explain.")
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(
            f"Targets must be classes from 0 to {classes - 1}; "
            f"got {targets.min()} to {targets.max()}."
        )
    parts = []
    for start in range(0, len(images), batch_size):
        batch = tf.convert_to_tensor(images[start : start + batch_size], tf.float32)
        wanted = tf.convert_to_tensor(targets[start : start + batch_size], tf.int32)
        with tf.GradientTape() as tape:
            tape.watch(batch)  # without trainable weights nothing else would be recorded
            maps, logits = tapped(batch, training=False)
            chosen = tf.gather(logits, wanted, axis=1, batch_dims=1)
        gradients = tape.gradient(chosen, maps)
        parts.append([tf.cast(part, tf.float32).numpy() for part in (maps, gradients, logits)])
    return LayerGradients(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    targets: np.ndarray,
    batch_size: int = 32,
) -> np.ndarray:
    """Return the Grad-CAM of one class for each image.

    The maps of the layer are summed, each weighted by its average gradient, and negative sums
    are set to zero (Selvaraju et al. 2017, equations 1 and 2); every result is scaled to a peak
    of 1.

    Args:
        model: a flat functional model that ends in logits.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of a layer whose output is (n, h, w, k), as a rule the last convolution.
        targets: (n,) int, the class of each image that is explained.
        batch_size: images at once; has no influence on the result.

    Returns:
        (n, h, w) float32 in [0, 1]. A map without positive evidence is zero everywhere.

    Raises:
        ValueError: as ``differentiate_targets``.
    """
    return scale_to_peak(
        weigh_maps(differentiate_targets(model, images, layer, targets, batch_size))
    )


def grad_cam_plus_plus(
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    targets: np.ndarray,
    batch_size: int = 32,
) -> np.ndarray:
    """Return the Grad-CAM++ of one class for each image, scaled to a peak of 1.

    Arguments, result and errors are those of :func:`grad_cam`; see
    :func:`weigh_maps_by_positive_gradients`.
    """
    differentiated = differentiate_targets(model, images, layer, targets, batch_size)
    return scale_to_peak(weigh_maps_by_positive_gradients(differentiated))


def hires_cam(
    model: keras.Model,
    images: np.ndarray,
    layer: str,
    targets: np.ndarray,
    batch_size: int = 32,
) -> np.ndarray:
    """Return the HiResCAM of one class for each image, scaled to a peak of 1.

    Arguments, result and errors are those of :func:`grad_cam`; see
    :func:`multiply_maps_by_gradients`.
    """
    differentiated = differentiate_targets(model, images, layer, targets, batch_size)
    return scale_to_peak(np.maximum(multiply_maps_by_gradients(differentiated), 0))


def weigh_maps(differentiated: LayerGradients) -> np.ndarray:
    """Return Grad-CAM before scaling: (n, h, w) float32, not negative.

    For a head of global average pooling and one linear layer this is the positive part of the
    class activation map of Zhou et al. (2016), divided by h w.
    """
    weights = differentiated.gradients.mean(axis=(1, 2))
    return np.maximum(np.einsum("nhwk,nk->nhw", differentiated.maps, weights), 0)


def weigh_maps_by_positive_gradients(differentiated: LayerGradients) -> np.ndarray:
    r"""Return Grad-CAM++ before scaling: (n, h, w) float32, not negative.

    Chattopadhay et al. (2018), equations 10 to 19, with the exponential of the logit as score, so
    that all derivatives follow from the first: map $k$ has the weight $\sum_{ij}
    \alpha^k_{ij} \max(0, g^k_{ij})$ with $\alpha^k_{ij} = (g^k_{ij})^2 / (2 (g^k_{ij})^2 +
    \sum_{ab} A^k_{ab} (g^k_{ij})^3)$, and 0 where the denominator is 0. The
    alphas are used as the equations give them; some implementations divide them by their sum
    over each map.
    """
    gradients = differentiated.gradients.astype(np.float64)
    totals = differentiated.maps.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    denominator = 2 * gradients**2 + totals * gradients**3
    alpha = np.divide(
        gradients**2, denominator, out=np.zeros_like(gradients), where=denominator != 0
    )
    weights = (alpha * np.maximum(gradients, 0)).sum(axis=(1, 2))
    return np.maximum(np.einsum("nhwk,nk->nhw", differentiated.maps, weights), 0).astype(np.float32)


def multiply_maps_by_gradients(differentiated: LayerGradients) -> np.ndarray:
    """Return HiResCAM before its positive part is taken: (n, h, w) float32, signed.

    Draelos & Carin (2020), equation 5: the product of map and gradient, place by place, summed
    over the maps. Where everything above the layer is linear without a bias, its sum over the
    places is the logit.
    """
    return (differentiated.maps * differentiated.gradients).sum(axis=3)


def scale_to_peak(maps: np.ndarray) -> np.ndarray:
    """Divide each map by its maximum; a map that is zero everywhere stays zero.

    Args:
        maps: (n, h, w), not negative.

    Returns:
        (n, h, w) float32 in [0, 1].
    """
    peaks = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, peaks, out=np.zeros(maps.shape, np.float32), where=peaks > 0)


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


def _tap_layer(model: keras.Model, layer: str) -> keras.Model:
    names = [each.name for each in model.layers]
    if layer not in names:
        raise ValueError(f"{model.name} has no layer {layer!r}. It has: {', '.join(names)}.")
    maps = model.get_layer(layer).output
    if len(maps.shape) != 4:
        raise ValueError(f"Layer {layer!r} gives {maps.shape}, but maps (n, h, w, k) are needed.")
    last = getattr(model.layers[-1], "activation", None)
    if last is keras.activations.softmax or isinstance(model.layers[-1], keras.layers.Softmax):
        raise ValueError(
            f"{model.name} ends in a softmax. Give the model whose output are its logits."
        )
    return keras.Model(model.inputs, [maps, model.output])
