"""Which images are shown: chosen by a rule and a seed, not by hand."""

from dataclasses import dataclass

import numpy as np

SHOWN = 2
"""Images of a class and kind that are shown."""


@dataclass(frozen=True)
class Samples:
    """Images of one class that are shown.

    Attributes:
        right: positions of at most ``SHOWN`` images that were classified rightly.
        wrong: positions of at most as many that were not.
    """

    right: tuple[int, ...]
    wrong: tuple[int, ...]


def choose_samples(labels: np.ndarray, probabilities: np.ndarray, label: int, seed: int) -> Samples:
    """Choose two rightly and two wrongly classified images of a class.

    Of each kind: the one that the network was surest of, and one drawn at random from the
    rest. Where there are fewer, all there are.

    Args:
        labels: (n,) int, true classes.
        probabilities: (n, c) float, the network's.
        label: the class.
        seed: of the draw.
    """
    rng = np.random.default_rng([seed, label])
    predicted = probabilities.argmax(axis=1)
    sureness = probabilities.max(axis=1)

    def choose(rows: np.ndarray) -> tuple[int, ...]:
        if len(rows) == 0:
            return ()
        surest = rows[sureness[rows].argmax()]
        rest = rows[rows != surest]
        return (int(surest), *(int(row) for row in rng.permutation(rest)[: SHOWN - 1]))

    members = labels == label
    return Samples(
        right=choose(np.flatnonzero(members & (predicted == label))),
        wrong=choose(np.flatnonzero(members & (predicted != label))),
    )


def complete_samples(samples: Samples, spare: Samples, offset: int) -> Samples:
    """Fill up with images of another split where there are too few.

    Args:
        samples: of one class.
        spare: of the same class in the other split.
        offset: where the other split's positions begin.
    """

    def fill(chosen: tuple[int, ...], others: tuple[int, ...]) -> tuple[int, ...]:
        return chosen + tuple(offset + each for each in others)[: SHOWN - len(chosen)]

    return Samples(fill(samples.right, spare.right), fill(samples.wrong, spare.wrong))
