"""From a trained network and the data of a run to its predictions."""

import numpy as np

from cnnlab.faces.duplicates import find_copies
from cnnlab.faces.loading import Faces
from cnnlab.networks.answers import predict_logits
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.predictions import Predictions


def predict_validation(network: TrainedNetwork, faces: Faces) -> Predictions:
    """Return a network's answers on Validation/, which nothing was chosen by."""
    return _predict(network, faces, faces.split.validation, "Validation/")


def predict_development(network: TrainedNetwork, faces: Faces) -> Predictions:
    """Return a network's answers on the development split, which chose its epoch."""
    return _predict(network, faces, faces.split.development, "development split")


def _predict(network: TrainedNetwork, faces: Faces, rows: np.ndarray, split: str) -> Predictions:
    identities = faces.dataset.identities
    return Predictions(
        labels=faces.labels[rows],
        logits=predict_logits(network, faces, rows),
        title=network.title,
        data_title=faces.dataset.title,
        split=split,
        identities=None if identities is None else identities[rows],
    )


def mark_copies(faces: Faces) -> np.ndarray:
    """Return (v,) bool: which images of Validation/ Train holds too, or nearly."""
    return np.isin(faces.split.validation, find_copies(faces.dataset, faces.images))
