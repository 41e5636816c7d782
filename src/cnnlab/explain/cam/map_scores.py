"""Every method at every layer, scored: is its map plausible, faithful, sensitive and stable?

A candidate is a method at a layer, such as ``Grad-CAM, conv5_2``. The methods by gradients are
tried at ``LAYERS``; those that take things away, which need a pass for each thing, at the last of
them only. Beside them stand two baselines that know nothing of the network.
"""

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from scipy.special import softmax
from scipy.stats import rankdata

from cnnlab.explain.cam.class_activation import (
    COMBINATIONS,
    differentiate_targets,
    resize_maps,
    scale_to_peak,
)
from cnnlab.explain.cam.perturbation import ablation_cam, occlusion, run_in_batches
from cnnlab.explain.cam.regions import measure_overlap, share_inside
from cnnlab.explain.shuffling import compute_correlations, find_edges, shuffle_weights
from cnnlab.settings import SEED

LAYERS = ("conv3_2", "conv4_2", "conv5_2")
LAST = LAYERS[-1]
BY_TRIAL = {"Ablation-CAM": ablation_cam, "occlusion": occlusion}
CANDIDATES = (
    *(f"{method}, {layer}" for method in COMBINATIONS for layer in LAYERS),
    *(f"{method}, {LAST}" for method in BY_TRIAL),
)

HEAD = ("logits", "fc2", "fc1")
"""Layers of the light VGG whose weights are shuffled to see whether a map notices."""
STEPS = 6
"""Of deletion and of insertion."""
BLUR = 10.0
"""Standard deviation in pixels of the blurred image that insertion starts from."""
SHIFT = 8
"""Columns by which images are shifted to the right: half a cell of the last layer."""

Curves = dict[str, dict[str, np.ndarray]]
"""Way to exchange pixels -> candidate -> (n, STEPS + 1) probabilities."""


def draw_by_gradients(
    model: keras.Model, images: np.ndarray, targets: np.ndarray, layers: Sequence[str] = LAYERS
) -> dict[str, np.ndarray]:
    """Return the maps by gradients, each (n, H, W) float32 in [0, 1].

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        targets: (n,) int, the class of each image that is explained.
        layers: those of ``LAYERS`` that are explained.

    Returns:
        By the candidates' names.
    """
    maps = {}
    for layer in layers:
        found = differentiate_targets(model, images, layer, targets)
        for method, combine in COMBINATIONS.items():
            scaled = scale_to_peak(combine(found))
            maps[f"{method}, {layer}"] = resize_maps(scaled, images.shape[1:3])
    return maps


def draw_candidates(
    model: keras.Model, images: np.ndarray, targets: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the maps of ``CANDIDATES``, see ``draw_by_gradients``, and the baselines.

    The baselines are ``edges`` of the image and ``random``, noise as coarse as the last layer's
    maps.
    """
    size, grid = images.shape[1:3], model.get_layer(LAST).output.shape[1:3]
    maps = draw_by_gradients(model, images, targets)
    for method, draw in BY_TRIAL.items():
        maps[f"{method}, {LAST}"] = resize_maps(draw(model, images, LAST, targets), size)
    noise = np.random.default_rng(SEED).random((len(images), *grid)).astype(np.float32)
    return maps | {"edges": find_edges(images), "random": resize_maps(noise, size)}


def follow_use(
    model: keras.Model, images: np.ndarray, maps: dict[str, np.ndarray], targets: np.ndarray
) -> Curves:
    """Insert and delete pixels in the order of each map, and follow the class's probability.

    Petsiuk, Das & Saenko (2018), "RISE", section 4.1. Pixels are put into a blurred image, or
    replaced by the image's mean colour, the highest of the map first.

    Args:
        model: ends in logits.
        images: (n, H, W, c) float, as the model takes them.
        maps: candidate -> (n, H, W); equal values are taken in the order of the pixels.
        targets: (n,) int, whose probability is followed.

    Returns:
        ``insertion`` and ``deletion``, from no pixel to all of them.
    """
    blurred = gaussian_filter(images, (0, BLUR, BLUR, 0), mode="mirror")
    means = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    return {
        way: {
            name: _exchange_pixels(model, before, after, each, targets)
            for name, each in maps.items()
        }
        for way, before, after in (("insertion", blurred, images), ("deletion", images, means))
    }


def score_candidates(
    model: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    maps: dict[str, np.ndarray],
    curves: Curves,
    moved: np.ndarray | None,
) -> dict[str, pd.DataFrame]:
    """Put every candidate to every test; the last two only those by gradients.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        targets: (n,) int, the class of each image that is explained.
        maps: as ``draw_candidates`` makes them.
        curves: as ``follow_use`` makes them.
        moved: (n, H, W) bool, the pixels that the expression moved; None where nobody knows.

    Returns:
        For each test n rows and a column for each candidate, not a number where a map is empty.
        ``inside``: share of the energy in the moved pixels, less that of the edges. ``used``: area
        under the curve of insertion minus that of deletion, higher for maps that rank pixels as
        the network uses them, less that of the random map. ``like shuffled``: rank correlation
        with the map of the network whose weights in ``HEAD`` are shuffled; a map that stays as it
        was does not depend on what those layers have learned (Adebayo et al. 2018, section 3).
        ``shifted``: overlap with the map of the image moved by ``SHIFT``, moved back.
    """
    # Of an empty mask no share is known.
    masks = np.zeros(images.shape[:3], bool) if moved is None else moved
    inside, used = {}, {}
    for name, each in maps.items():
        inside[name] = share_inside(each, masks)
        gained = curves["insertion"][name] - curves["deletion"][name]
        used[name] = np.trapezoid(gained, dx=1 / STEPS, axis=1)
    shuffled = draw_by_gradients(shuffle_weights(model, HEAD, SEED), images, targets)
    # The border's pixels are repeated.
    padded = np.pad(images, ((0, 0), (0, 0), (SHIFT, 0), (0, 0)), mode="edge")
    shifted = draw_by_gradients(model, padded[:, :, :-SHIFT], targets)
    return {
        "inside": pd.DataFrame({name: inside[name] - inside["edges"] for name in CANDIDATES}),
        "used": pd.DataFrame({name: used[name] - used["random"] for name in CANDIDATES}),
        "like shuffled": correlate_ranks(maps, shuffled),
        "shifted": pd.DataFrame(
            {
                # Columns that left the image do not count.
                name: measure_overlap(maps[name][..., :-SHIFT], each[..., SHIFT:])
                for name, each in shifted.items()
            }
        ),
    }


def follow_shuffling(
    model: keras.Model, images: np.ndarray, maps: dict[str, np.ndarray], targets: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Correlate maps of ``LAST`` with those of a network that is shuffled layer after layer.

    The cascading randomisation of Adebayo et al. (2018), section 3.1, from the output down; each
    stage keeps what was shuffled before. After the head the correlations are those of
    ``score_candidates``.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        maps: the maps by gradients of the same images and targets.
        targets: (n,) int.

    Returns:
        For each layer with weights, the last first, n rows and a column for each candidate by
        gradients at ``LAST``: rank correlations, not a number where a map is empty.
    """
    stages = [layer.name for layer in model.layers[::-1] if layer.weights]
    found = {}
    for count, stage in enumerate(stages, 1):
        shuffled = shuffle_weights(model, stages[:count], SEED)
        found[stage] = correlate_ranks(maps, draw_by_gradients(shuffled, images, targets, [LAST]))
    return found


def correlate_ranks(maps: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> pd.DataFrame:
    """Correlate maps with others of the same name by Spearman's coefficient over the pixels.

    Args:
        maps: name -> (n, H, W).
        others: name -> (n, H, W); some of the names.

    Returns:
        n rows and a column for each of ``others``; not a number where a map is even.
    """
    columns = {}
    for name, each in others.items():
        pair = (rankdata(one.reshape(len(one), -1), axis=1) for one in (maps[name], each))
        columns[name] = compute_correlations(*pair)
    return pd.DataFrame(columns)


def _exchange_pixels(
    model: keras.Model,
    before: np.ndarray,
    after: np.ndarray,
    maps: np.ndarray,
    targets: np.ndarray,
) -> np.ndarray:
    """Exchange the pixels of ``before`` for those of ``after`` in the order of the maps."""
    n, height, width = maps.shape
    order = np.argsort(-maps.reshape(n, -1), axis=1, kind="stable")
    ranks = order.argsort(axis=1).reshape(n, 1, height, width, 1)
    ends = np.round(np.linspace(0, height * width, STEPS + 1)).reshape(-1, 1, 1, 1)
    stages = np.where(ranks < ends, after[:, None], before[:, None])
    logits = run_in_batches(model, stages.reshape(-1, *before.shape[1:]))
    probabilities = softmax(logits, axis=1).reshape(n, STEPS + 1, -1)
    return probabilities[np.arange(n), :, targets]
