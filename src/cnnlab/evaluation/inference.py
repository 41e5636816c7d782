"""From a trained network and the data of a run to its predictions."""

from cnnlab.evaluation.predictions import Predictions
from cnnlab.faces.loading import Faces
from cnnlab.models.experiments import TrainedNetwork
from cnnlab.models.prediction import predict_logits


def predict_validation(network: TrainedNetwork, faces: Faces) -> Predictions:
    """Return a network's answers on Validation/, which nothing was chosen by."""
    rows = faces.split.validation
    identities = faces.dataset.identities
    return Predictions(
        labels=faces.labels[rows],
        logits=predict_logits(network, faces, rows),
        title=network.title,
        data_title=faces.dataset.title,
        split="Validation/",
        identities=None if identities is None else identities[rows],
    )
