"""The trainings of the report, each done once for the data, the profile and the seed.

``make report`` does them, with progress, before it executes the notebooks; a notebook that is
opened alone trains what is missing.
"""

from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.from_scratch import TrainedNetwork, train_light_vgg
from cnnlab.networks.regressor import read_affect, train_light_vgg_regressor
from cnnlab.networks.transfer import train_vgg16
from cnnlab.studies.decoder_sizes import train_small_decoders


def _tell(network: TrainedNetwork) -> None:
    chosen = network.history.loc[network.chosen_epoch]
    accuracy = f", accuracy {chosen['val_accuracy']:.3f}" if "val_accuracy" in chosen else ""
    print(
        f"{network.title}: epoch {network.chosen_epoch} of {len(network.history)}, "
        f"development loss {chosen['val_loss']:.3f}{accuracy}"
    )


def _train_affect(faces: Faces) -> None:
    if read_affect(faces) is None:
        print(f"{faces.dataset.title}: valence and arousal are not known, and not learned.")
    else:
        _tell(train_light_vgg_regressor(faces))


TRAININGS = {
    "VGG16": lambda faces: _tell(train_vgg16(faces)),
    "light VGG": lambda faces: _tell(train_light_vgg(faces)),
    "valence and arousal": _train_affect,
    "small decoders": train_small_decoders,
}
"""What trains on the data, and says how it went, in the order of the report."""


def train_report_networks() -> None:
    """Train every network of the report, one after the other; what is trained is found again."""
    faces = load_faces()
    for train in TRAININGS.values():
        train(faces)
