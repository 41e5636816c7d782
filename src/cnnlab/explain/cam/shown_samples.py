"""Which images are shown: chosen by a rule and a seed, not by hand."""

import numpy as np

SHOWN = 2
"""Images of a class and kind that are shown."""


def choose_samples(
    labels: np.ndarray, probabilities: np.ndarray, label: int, spare_from: int, seed: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Choose two rightly and two wrongly classified images of a class.

    Of each kind: the one that the network was surest of, and one drawn at random from the rest.
    Spare images stand in only where the others are too few.

    Args:
        labels: (n,) int, true classes.
        probabilities: (n, c) float, the network's.
        label: the class.
        spare_from: position at which the spare images begin.
        seed: of the draw.

    Returns:
        Positions of the right ones and of the wrong ones, at most ``SHOWN`` each.
    """
    random = np.random.default_rng([seed, label])
    predicted, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)

    def choose(positions: np.ndarray) -> list[int]:
        if len(positions) == 0:
            return []
        surest = positions[sureness[positions].argmax()]
        return [surest, *random.permutation(positions[positions != surest])[: SHOWN - 1]]

    kinds = []
    for is_kind in (predicted == label, predicted != label):
        found = np.flatnonzero((labels == label) & is_kind)
        own, spare = (choose(part) for part in np.split(found, [np.sum(found < spare_from)]))
        kinds.append(tuple(int(position) for position in [*own, *spare][:SHOWN]))
    return kinds[0], kinds[1]
