"""The pictures of Zeiler & Fergus (2014), figure 2: what excites a feature map most."""

import keras
import numpy as np

from cnnlab.explain.deconvnet import (
    forward_with_switches,
    locate_strongest_unit,
    select_strongest_unit,
    trace_back,
)
from cnnlab.explain.receptive_field import compute_receptive_field

BATCH_SIZE = 32


def record_peaks(
    model: keras.Model, images: np.ndarray, layers: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Return the largest activation of every feature map in every image.

    Args:
        model: a flat functional model.
        images: (n, H, W, c) float, as the model takes them.
        layers: names of layers with maps.

    Returns:
        For each layer (n, k) float32.
    """
    peaks = [keras.ops.max(model.get_layer(name).output, axis=(1, 2)) for name in layers]
    tapped = keras.Model(model.input, dict(zip(layers, peaks, strict=True)))
    return tapped.predict(images, batch_size=BATCH_SIZE, verbose=0)


def choose_channels(peaks: np.ndarray, count: int) -> np.ndarray:
    """Choose the feature maps whose largest activation varies most from image to image.

    Args:
        peaks: (n, k), as ``record_peaks`` returns for a layer.
        count: how many.

    Returns:
        (count,) int64, the most variable first.
    """
    return np.argsort(-peaks.std(axis=0), kind="stable")[:count]


def collect_patches(
    model: keras.Model, images: np.ndarray, layer: str, channel: int, peaks: np.ndarray, count: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the patches that excite a feature map most, with the deconvnet's projections.

    Args:
        model: a plain stack as far as ``layer``.
        images: (n, H, W, 3) float, as the model takes them.
        layer: the layer.
        channel: its feature map.
        peaks: (n, k), as ``record_peaks`` returns for the layer.
        count: how many images; the strongest come first.

    Returns:
        Pairs of patch and projection, both cut to the receptive field of the image's strongest
        unit.
    """
    rows = np.argsort(-peaks[:, channel], kind="stable")[:count]
    forward = forward_with_switches(model, images[rows], layer)
    activations = forward.activations.numpy()
    projections = trace_back(forward, select_strongest_unit(activations, channel))
    places = zip(*locate_strongest_unit(activations, channel), strict=True)
    field = compute_receptive_field(model, layer)
    return [
        (field.crop(image, *place), field.crop(projection, *place))
        for image, projection, place in zip(images[rows], projections, places, strict=True)
    ]
