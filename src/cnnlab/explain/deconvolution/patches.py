"""The pictures of Zeiler & Fergus (2014), figure 2: what excites a feature map most."""

from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.explain.deconvolution.deconvnet import (
    forward_with_switches,
    select_strongest_unit,
    trace_back,
)
from cnnlab.explain.deconvolution.plain_stack import compute_receptive_field

BATCH_SIZE = 32
ENERGY_SHARE = 0.9


@dataclass(frozen=True)
class Patch:
    """What one image shows to the strongest unit of a feature map.

    Attributes:
        image: (h, w, 3) float, cut to the unit's receptive field (see ``ReceptiveField.crop``).
        projection: (h, w, 3) float, signed, of the unit; at the same place.
    """

    image: np.ndarray
    projection: np.ndarray


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
    # Called, not ``predict``: that would compile a function anew for every network.
    batches = [
        tapped(images[start : start + BATCH_SIZE], training=False)
        for start in range(0, len(images), BATCH_SIZE)
    ]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in layers}


def choose_images(peaks: np.ndarray, identities: np.ndarray | None, count: int) -> np.ndarray:
    """Choose the images that excite a feature map most, one of each person.

    Args:
        peaks: (n,), the map's largest activation in each image.
        identities: (n,) who is seen, or None where that is not known.
        count: how many at most.

    Returns:
        Rows of the chosen images, the strongest first.
    """
    order = np.argsort(-peaks, kind="stable")
    if identities is None:
        return order[:count]
    _, first = np.unique(identities[order], return_index=True)
    return order[np.sort(first)[:count]]


def choose_channels(
    peaks: np.ndarray, identities: np.ndarray | None, images: int, count: int
) -> np.ndarray:
    """Choose the feature maps that are excited most: by the mean over the images to be shown.

    Args:
        peaks: (n, k), as ``record_peaks`` returns for a layer.
        identities: (n,) who is seen, or None where that is not known.
        images: how many images of each map are shown, as ``choose_images`` chooses them.
        count: how many maps.

    Returns:
        (count,) int64, the strongest first.
    """
    strengths = [column[choose_images(column, identities, images)].mean() for column in peaks.T]
    return np.argsort(-np.array(strengths), kind="stable")[:count]


def collect_patches(
    model: keras.Model, images: np.ndarray, layer: str, channel: int
) -> list[Patch]:
    """Cut out what the strongest unit of a feature map sees in each image, and project it.

    Args:
        model: a plain stack as far as ``layer``.
        images: (n, H, W, 3) float, as the model takes them.
        layer: the layer.
        channel: its feature map.
    """
    forward = forward_with_switches(model, images, layer)
    signal, places = select_strongest_unit(forward.activations.numpy(), channel)
    field = compute_receptive_field(model, layer)
    return [
        Patch(field.crop(image, *place), field.crop(projection, *place))
        for image, projection, place in zip(
            images, trace_back(forward, signal), places, strict=True
        )
    ]


def measure_extent(projection: np.ndarray) -> float:
    """Measure how large the pattern in a projection is.

    Args:
        projection: (h, w, c) float.

    Returns:
        The side in pixels of the smallest square around the energy's centre that holds 90% of
        the energy (the sum of squares); not a number for a projection that is zero.
    """
    energy = np.square(projection, dtype=np.float64).sum(axis=-1)
    if not energy.any():
        return np.nan
    rows, columns = np.indices(energy.shape)
    row, column = (np.average(each, weights=energy) for each in (rows, columns))
    distances = np.maximum(abs(rows - row), abs(columns - column)).ravel()
    order = np.argsort(distances, kind="stable")
    inside = np.cumsum(energy.ravel()[order]) >= ENERGY_SHARE * energy.sum()
    return float(2 * distances[order][inside.argmax()] + 1)
