"""What a trained network answers, computed once and kept beside its weights."""

import hashlib

import numpy as np
from tqdm import tqdm

from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.regressor import TrainedRegressor
from plumbing.locking import hold_lock
from plumbing.storage import new_path, read_seal, seal

BATCH_SIZE = 32


def predict_logits(network: TrainedNetwork, faces: Faces, indices: np.ndarray) -> np.ndarray:
    """Return a classifier's logits for some images, in the order of ``indices``.

    Args:
        network: the trained network.
        faces: the data.
        indices: (n,) rows of ``faces``.

    Returns:
        (n, 8) float32.
    """
    return _predict(network, faces, indices, "logits")


def predict_affect(network: TrainedRegressor, faces: Faces, indices: np.ndarray) -> np.ndarray:
    """Return a regressor's valence and arousal for some images, in the order of ``indices``.

    Args:
        network: the trained network.
        faces: the data.
        indices: (n,) rows of ``faces``.

    Returns:
        (n, 2) float32, not confined to [-1, 1].
    """
    return _predict(network, faces, indices, "affect")


def _predict(
    network: TrainedNetwork | TrainedRegressor, faces: Faces, indices: np.ndarray, what: str
) -> np.ndarray:
    rows = hashlib.sha256(np.ascontiguousarray(indices, "<i8").tobytes()).hexdigest()
    file = network.folder / f"{what}-{faces.digest[:12]}-{rows[:12]}.npy"
    key = f"{network.folder.name} {faces.digest} {rows}"
    title = f"{network.title}: predictions"
    # Two notebooks may ask at once.
    with hold_lock(file.with_suffix(".lock"), title):
        if read_seal(file, key) is None:
            batches = evaluation_batches(faces.images, indices, BATCH_SIZE)
            outputs = np.concatenate(
                [
                    np.asarray(network.model(batch, training=False))
                    for batch in tqdm(batches, desc=title, unit="batch")
                ]
            )
            with new_path(file) as temporary:
                np.save(temporary, outputs)
            seal(file, key)
        return np.load(file)
