"""Which images are explained, and which of their pixels the expression moved."""

import hashlib

import numpy as np

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.paths import RENDERED
from cnnlab.settings import SEED
from plumbing.storage import make_sealed

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
    kinds = []
    for is_kind in (predicted == label, predicted != label):
        positions = np.flatnonzero((labels == label) & is_kind)
        chosen = []
        for part in np.split(positions, [np.sum(positions < spare_from)]):
            if len(part):
                surest = part[sureness[part].argmax()]
                rest = random.permutation(part[part != surest])
                chosen += [int(surest), *map(int, rest[: SHOWN - 1])]
        kinds.append(tuple(chosen[:SHOWN]))
    right, wrong = kinds
    return right, wrong


def choose_located(faces: Faces, rows: np.ndarray, per_class: int) -> np.ndarray:
    """Choose images of every class but neutral, whose maps can be judged.

    Args:
        faces: the data.
        rows: (m,) which of their images to choose from.
        per_class: most images of a class.

    Returns:
        (n,) rows, ascending within each class.
    """
    shown = rows[faces.labels[rows] != CLASSES.index("neutral")]
    return np.concatenate(choose_per_class(faces.labels, shown, per_class, SEED))


def find_moved_pixels(faces: Faces, rows: np.ndarray) -> np.ndarray:
    """Return which pixels the expression moved on some images: found once, then read.

    Args:
        faces: the run's rendered faces.
        rows: (n,) which of them.

    Returns:
        (n, 128, 128) bool; all False for neutral images.

    Raises:
        ValueError: the faces are photographs, of which nobody knows.
    """
    if not faces.dataset.rendered:
        raise ValueError(
            f"{faces.dataset.title}: only of rendered faces it is known what the expression moved."
        )
    # Imported here: who brings photographs does not wait for the renderer's compiled loops.
    from facesynth.data.folder import renderer_digest
    from facesynth.data.ground_truth import map_moved_pixels

    names = [faces.dataset.files[row].name for row in rows]
    key = hashlib.sha256("\n".join([renderer_digest(), str(SEED), *names]).encode()).hexdigest()
    file = RENDERED / f"moved-{key[:32]}.npy"
    make_sealed(file, key, lambda temporary: np.save(temporary, map_moved_pixels(names, SEED)))
    return np.load(file)
