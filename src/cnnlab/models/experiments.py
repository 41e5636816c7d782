"""The networks of the report, each trained once for the data, the profile and the seed.

``python -m cnnlab.models.experiments`` trains them all, with progress, as ``make report`` does
before it executes the notebooks; a notebook that is opened alone trains what is missing.
"""

import sys

from cnnlab.commands import run_command
from cnnlab.faces.loading import load_faces
from cnnlab.models.regressor import train_known_affect
from cnnlab.models.scratch import train_light_vgg
from cnnlab.models.transfer import train_vgg16


def train_all() -> None:
    """Train every network of the report, one after the other."""
    faces = load_faces()
    for train_network in (train_vgg16, train_light_vgg):
        network = train_network(faces)
        chosen = network.history.loc[network.chosen_epoch]
        print(
            f"{network.title}: epoch {network.chosen_epoch} of {len(network.history)}, "
            f"development loss {chosen['val_loss']:.3f}, accuracy {chosen['val_accuracy']:.3f}"
        )
    train_known_affect(faces)


if __name__ == "__main__":
    sys.exit(run_command(train_all))
