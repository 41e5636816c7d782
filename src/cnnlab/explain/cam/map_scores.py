"""Every method at every layer, scored: is its map plausible, faithful, sensitive and stable?

A candidate is a method at a layer. The methods by gradients are tried at ``LAYERS``; those that
take things away, which need a pass for each thing, at the last of them only. Beside them stand
the baselines that know nothing of the network.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from cnnlab.explain.cam.class_activation import (
    LayerGradients,
    differentiate_targets,
    multiply_maps_by_gradients,
    scale_to_peak,
    weigh_maps,
    weigh_maps_by_positive_gradients,
)
from cnnlab.explain.cam.faithfulness import follow_deletion, follow_insertion, measure_area
from cnnlab.explain.cam.methods import METHODS
from cnnlab.explain.cam.overlay import resize_maps
from cnnlab.explain.cam.plausibility import draw_baselines, share_inside
from cnnlab.explain.cam.stability import measure_stability
from cnnlab.explain.shuffling import compute_cosines, shuffle_weights
from cnnlab.settings import SEED

LAYERS = ("conv3_2", "conv4_2", "conv5_2")
LAST = LAYERS[-1]
COMBINATIONS: dict[str, Callable[[LayerGradients], np.ndarray]] = {
    "Grad-CAM": weigh_maps,
    "Grad-CAM++": weigh_maps_by_positive_gradients,
    "HiResCAM": lambda found: np.maximum(multiply_maps_by_gradients(found), 0),
}
"""The methods by gradients: from a layer's maps and gradients to a map that is not negative."""
BY_TRIAL = tuple(name for name in METHODS if name not in COMBINATIONS)

HEAD = ("logits", "fc2", "fc1")
"""Layers of the light VGG whose weights are shuffled to see whether a map notices."""
STAGES = HEAD + tuple(f"conv{block}_{place}" for block in range(5, 0, -1) for place in (2, 1))
"""All its layers with weights, in the order in which the cascade shuffles them."""
STEPS = 6
"""Of deletion and of insertion."""
SHIFT = (0, 8)
"""Rows down and columns right by which images are shifted: half a cell of the last layer."""


def name_candidate(method: str, layer: str) -> str:
    """Return such as ``Grad-CAM, conv5_2``."""
    return f"{method}, {layer}"


GRADIENT_CANDIDATES = tuple(
    name_candidate(method, layer) for method in COMBINATIONS for layer in LAYERS
)
CANDIDATES = GRADIENT_CANDIDATES + tuple(name_candidate(method, LAST) for method in BY_TRIAL)


def draw_by_gradients(
    model: keras.Model, images: np.ndarray, targets: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the maps of ``GRADIENT_CANDIDATES``, each (n, H, W) float32 in [0, 1].

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        targets: (n,) int, the class of each image that is explained.
    """
    size = images.shape[1:3]
    at_layers = {
        layer: differentiate_targets(model, images, layer, targets, batch_size=16)
        for layer in LAYERS
    }
    return {
        name_candidate(method, layer): resize_maps(scale_to_peak(combine(found)), size)
        for method, combine in COMBINATIONS.items()
        for layer, found in at_layers.items()
    }


def draw_candidates(
    model: keras.Model, images: np.ndarray, targets: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the maps of ``CANDIDATES`` and the baselines, see ``draw_by_gradients``."""
    size = images.shape[1:3]
    by_trial = {
        name_candidate(method, LAST): resize_maps(
            METHODS[method](model, images, LAST, targets), size
        )
        for method in BY_TRIAL
    }
    baselines = draw_baselines(images, model.get_layer(LAST).output.shape[1:3], SEED)
    return draw_by_gradients(model, images, targets) | by_trial | baselines


def score_candidates(
    model: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    maps: dict[str, np.ndarray],
    curves: dict[str, dict[str, np.ndarray]],
    moved: np.ndarray | None,
) -> dict[str, pd.DataFrame]:
    """Put every candidate to every test.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        targets: (n,) int, the class of each image that is explained.
        maps: as ``draw_candidates`` makes them.
        curves: as ``follow_use`` makes them.
        moved: (n, H, W) bool, the pixels that the expression moved; None where nobody knows.

    Returns:
        For each test n rows and a column for each candidate. ``inside``: share of the energy in
        the moved pixels, less that of the edges; ``used``: ``score_use``, less that of the random
        map; ``like shuffled`` and ``shifted``: as ``score_shuffled`` and ``score_shifts``.
    """
    # Of an empty mask no share is known.
    masks = np.zeros(images.shape[:3], bool) if moved is None else moved
    inside = pd.DataFrame({name: share_inside(each, masks) for name, each in maps.items()})
    use = score_use(curves)
    names = list(CANDIDATES)
    return {
        "inside": inside[names].sub(inside["edges"], axis=0),
        "used": use[names].sub(use["random"], axis=0),
        "like shuffled": score_shuffled(model, images, maps, targets),
        "shifted": score_shifts(model, images, targets, SHIFT),
    }


def follow_use(
    model: keras.Model, images: np.ndarray, maps: dict[str, np.ndarray], targets: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Insert and delete pixels in the order of each map, in ``STEPS`` steps.

    Args:
        model: ends in logits.
        images: (n, H, W, 3) float in [0, 1].
        maps: candidate -> (n, H, W).
        targets: (n,) int, whose probability is followed.

    Returns:
        ``insertion`` and ``deletion``, each candidate -> (n, STEPS + 1) probabilities.
    """
    return {
        what: {name: follow(model, images, each, targets, STEPS) for name, each in maps.items()}
        for what, follow in (("insertion", follow_insertion), ("deletion", follow_deletion))
    }


def score_use(curves: dict[str, dict[str, np.ndarray]]) -> pd.DataFrame:
    """Score maps by how much earlier insertion finds the class than deletion loses it.

    Args:
        curves: as ``follow_use`` makes them.

    Returns:
        n rows and a column for each candidate: the area under the curve of insertion minus that
        of deletion, higher for maps that rank pixels as the network uses them.
    """
    return pd.DataFrame(
        {
            name: measure_area(inserted) - measure_area(curves["deletion"][name])
            for name, inserted in curves["insertion"].items()
        }
    )


def score_shuffled(
    model: keras.Model,
    images: np.ndarray,
    maps: dict[str, np.ndarray],
    targets: np.ndarray,
) -> pd.DataFrame:
    """Correlate maps with those of the network whose weights in ``HEAD`` are shuffled.

    Adebayo et al. (2018), section 3: a map that stays as it was does not depend on what those
    layers have learned.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        maps: the maps of ``GRADIENT_CANDIDATES`` of the same images and targets.
        targets: (n,) int.

    Returns:
        n rows and a column for each of ``GRADIENT_CANDIDATES``: Spearman's correlation over the
        pixels; not a number where a map is empty.
    """
    shuffled = draw_by_gradients(shuffle_weights(model, HEAD, SEED), images, targets)
    return pd.DataFrame(
        {name: correlate_ranks(maps[name], each) for name, each in shuffled.items()}
    )


def follow_shuffling(
    model: keras.Model,
    images: np.ndarray,
    maps: dict[str, np.ndarray],
    targets: np.ndarray,
    stages: Sequence[str] = STAGES,
) -> dict[str, pd.DataFrame]:
    """Correlate maps of ``LAST`` with those of a network that is shuffled layer after layer.

    The cascading randomisation of Adebayo et al. (2018), section 3.1. A layer is shuffled as
    ``score_shuffled`` does, so that after the head both have the same correlations.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        maps: the maps of ``GRADIENT_CANDIDATES`` of the same images and targets.
        targets: (n,) int.
        stages: names of layers in the order in which they are shuffled; each stage keeps what
            was shuffled before.

    Returns:
        For each of ``COMBINATIONS`` n rows and a column for each stage: Spearman's correlation
        over the pixels; not a number where a map is empty.
    """
    size = images.shape[1:3]
    found = {method: {} for method in COMBINATIONS}
    for count, stage in enumerate(stages, 1):
        shuffled = shuffle_weights(model, stages[:count], SEED)
        gradients = differentiate_targets(shuffled, images, LAST, targets, batch_size=16)
        for method, combine in COMBINATIONS.items():
            after = resize_maps(scale_to_peak(combine(gradients)), size)
            found[method][stage] = correlate_ranks(maps[name_candidate(method, LAST)], after)
    return {method: pd.DataFrame(by_stage) for method, by_stage in found.items()}


def score_shifts(
    model: keras.Model, images: np.ndarray, targets: np.ndarray, shift: tuple[int, int]
) -> pd.DataFrame:
    """Return n rows with the overlap of ``measure_stability`` for each gradient candidate."""
    return pd.DataFrame(
        {
            name_candidate(method, layer): measure_stability(
                METHODS[method], model, images, layer, targets, shift
            )
            for method in COMBINATIONS
            for layer in LAYERS
        }
    )


def correlate_ranks(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (n,) Spearman correlations of (n, H, W) maps, not a number for even ones."""
    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (first, second)]
    return compute_cosines(*(each - each.mean(axis=1, keepdims=True) for each in ranks))
