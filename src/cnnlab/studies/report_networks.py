"""The networks of the report, each trained once for the data, the profile and the seed.

``python -m cnnlab.studies.report_networks`` trains them all, with progress, as ``make report`` does
before it executes the notebooks; a notebook that is opened alone trains what is missing.
"""

import sys

from cnnlab.faces.loading import load_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.regressor import train_known_affect
from cnnlab.networks.transfer import train_vgg16
from plumbing.commands import run_command


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
