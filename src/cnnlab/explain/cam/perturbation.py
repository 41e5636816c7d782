"""Class activation maps by trying it out: what the logit loses when something is taken away.

They need no gradient, and one pass for each thing that is taken away.
"""

import keras
import numpy as np

from cnnlab.explain.cam.class_activation import BATCH_SIZE, differentiate_targets, scale_to_peak

OCCLUDER_CELLS = 2
"""Side of the square that hides a part of the image, in cells of the layer's grid."""


def ablation_cam(
    model: keras.Model, images: np.ndarray, layer: str, targets: np.ndarray
) -> np.ndarray:
    """Return the Ablation-CAM of one class for each image, scaled to a peak of 1.

    Each map of the layer is weighted by what the logit loses when the map is set to zero; the
    positive part of the sum is kept. Desai & Ramaswamy (2020), equations 3 and 4, but for their
    division by the logit: it would turn the map around where the logit is negative, and scales
    it otherwise.

    Args:
        model: a flat functional model that ends in logits and passes through ``layer``.
        images: (n, H, W, c) float, as the model takes them.
        layer: name of a layer whose output is (n, h, w, k).
        targets: (n,) int, the class of each image that is explained.

    Returns:
        (n, h, w) float32 in [0, 1]. A map without positive evidence is zero everywhere.

    Raises:
        ValueError: as ``differentiate_targets``.
    """
    found = differentiate_targets(model, images, layer, targets)
    head = keras.Model(model.get_layer(layer).output, model.output)
    without_map = 1 - np.eye(found.maps.shape[3], dtype=np.float32)
    evidence = []
    for maps, logits, target in zip(found.maps, found.logits, targets, strict=True):
        ablated = maps * without_map[:, None, None, :]
        evidence.append(maps @ (logits - run_in_batches(head, ablated))[:, target])
    return scale_to_peak(np.maximum(evidence, 0))


def occlusion(
    model: keras.Model, images: np.ndarray, layer: str, targets: np.ndarray
) -> np.ndarray:
    """Return what hiding each part of the image takes from the logit, scaled to a peak of 1.

    Zeiler & Fergus (2014), section 4.2. A square in the image's mean colour is centred on each
    cell of the layer's grid, ``OCCLUDER_CELLS`` cells wide; only the grid is taken from the
    layer. Arguments, result and errors are those of :func:`ablation_cam`; zero where hiding does
    not lower the logit.
    """
    found = differentiate_targets(model, images, layer, targets)
    grid = found.maps.shape[1:3]
    hidden = cover_cells(grid, images.shape[1:3])[..., None]
    drops = []
    for image, logits, target in zip(images, found.logits, targets, strict=True):
        occluded = np.where(hidden, image.mean(axis=(0, 1)), image)
        drops.append((logits - run_in_batches(model, occluded))[:, target].reshape(grid))
    return scale_to_peak(np.maximum(drops, 0))


def cover_cells(grid: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Return a (h w, H, W) bool mask for each cell of a grid: the square that hides it.

    Args:
        grid: h and w, cells along the axes.
        size: H and W of the image in pixels.
    """
    spans = []
    for cells, pixels in zip(grid, size, strict=True):
        centres = (np.arange(cells) + 0.5) * pixels / cells
        distance = np.abs(np.arange(pixels) + 0.5 - centres[:, None])
        spans.append(distance < OCCLUDER_CELLS * pixels / cells / 2)
    rows, columns = spans
    return (rows[:, None, :, None] & columns[None, :, None, :]).reshape(-1, *size)


def run_in_batches(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Return a model's outputs: without the second that ``predict`` takes to begin with.

    Args:
        model: any model.
        inputs: (n, ...) what it takes.
    """
    starts = range(0, len(inputs), BATCH_SIZE)
    return np.concatenate(
        [np.asarray(model(inputs[start : start + BATCH_SIZE], training=False)) for start in starts]
    )
