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

from cnnlab.explain.class_activation import (
    LayerGradients,
    differentiate_targets,
    multiply_maps_by_gradients,
    scale_to_peak,
    weigh_maps,
    weigh_maps_by_positive_gradients,
)
from cnnlab.explain.faithfulness import follow_deletion, follow_insertion, measure_area
from cnnlab.explain.methods import METHODS
from cnnlab.explain.overlay import resize_maps
from cnnlab.explain.plausibility import draw_baselines, play_pointing_game, share_inside
from cnnlab.explain.sanity import compute_cosines, shuffle_weights
from cnnlab.explain.stability import measure_stability
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
BASELINES = ("even", "centre", "edges", "random")

HEAD = ("logits", "fc2", "fc1")
"""Layers of the light VGG whose weights are shuffled to see whether a map notices."""
STAGES = HEAD + tuple(f"conv{block}_{place}" for block in range(5, 0, -1) for place in (2, 1))
"""All its layers with weights, in the order in which the cascade shuffles them."""
STEPS = 6
"""Of deletion and of insertion."""


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
    model: keras.Model, images: np.ndarray, targets: np.ndarray, trial: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the maps of ``CANDIDATES`` and of ``BASELINES``, see ``draw_by_gradients``.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        targets: (n,) int, the class of each image that is explained.
        trial: (m,) int, the images on which ``BY_TRIAL`` is tried, for its cost; its maps of the
            others are not numbers, and so are their scores.
    """
    size = images.shape[1:3]
    by_trial = {}
    for method in BY_TRIAL:
        drawn = np.full(images.shape[:3], np.nan, np.float32)
        drawn[trial] = resize_maps(
            METHODS[method](model, images[trial], LAST, targets[trial]), size
        )
        by_trial[name_candidate(method, LAST)] = drawn
    grid = model.get_layer(LAST).output.shape[1:3]
    baselines = draw_baselines(images, grid, SEED)
    return draw_by_gradients(model, images, targets) | by_trial | baselines


def score_places(maps: dict[str, np.ndarray], moved: np.ndarray) -> dict[str, pd.DataFrame]:
    """Score maps by the pixels that the expression moved.

    Args:
        maps: candidate -> (n, H, W).
        moved: (n, H, W) bool.

    Returns:
        ``inside`` and ``pointing``, each with n rows and a column for each candidate; not a
        number where a map is empty or was not drawn.
    """
    return {
        "inside": pd.DataFrame({name: share_inside(each, moved) for name, each in maps.items()}),
        "pointing": pd.DataFrame(
            {name: play_pointing_game(each, moved) for name, each in maps.items()}
        ),
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
    layers: Sequence[str] = HEAD,
) -> pd.DataFrame:
    """Correlate maps with those of the network whose upper layers' weights are shuffled.

    Adebayo et al. (2018), section 3: a map that stays as it was does not depend on what those
    layers have learned.

    Args:
        model: the light VGG.
        images: (n, H, W, 3) float in [0, 1].
        maps: the maps of ``GRADIENT_CANDIDATES`` of the same images and targets.
        targets: (n,) int.
        layers: what is shuffled.

    Returns:
        n rows and a column for each of ``GRADIENT_CANDIDATES``: Spearman's correlation over the
        pixels; not a number where a map is empty.
    """
    shuffled = draw_by_gradients(shuffle_weights(model, layers, SEED), images, targets)
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


def compare_methods(maps: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the mean rank correlation of all methods with each other, at the last layer."""
    names = {method: maps[name_candidate(method, LAST)] for method in METHODS}
    return pd.DataFrame(
        {
            first: {
                second: np.nanmean(correlate_ranks(one, other)) for second, other in names.items()
            }
            for first, one in names.items()
        }
    )


def correlate_ranks(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the (n,) Spearman correlations of (n, H, W) maps, not a number for even ones."""
    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (first, second)]
    return compute_cosines(*(each - each.mean(axis=1, keepdims=True) for each in ranks))
