"""Which pixels the expression moved, for rendered faces of a run: found once, then read."""

import hashlib

import numpy as np

from cnnlab.faces.loading import Faces
from cnnlab.paths import RENDERED
from cnnlab.settings import SEED
from plumbing.storage import new_path, read_seal, seal


def find_moved_pixels(faces: Faces, rows: np.ndarray) -> np.ndarray:
    """Return which pixels the expression moved on some images, see ``faces.rendering``.

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
    if read_seal(file, key) is None:
        moved = map_moved_pixels(names, SEED)
        with new_path(file) as temporary:
            np.save(temporary, moved)
        seal(file, key)
    return np.load(file)
