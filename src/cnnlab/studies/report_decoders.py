"""The decoders of notebook 02: ``python -m cnnlab.studies.report_decoders`` trains them.

``make report`` does so, with progress, before it executes the notebooks. A notebook that is
opened alone trains what is missing.
"""

import sys

import numpy as np

from cnnlab.explain.upconvolution.checkerboard import CHECKED, RESIZED, TRANSPOSED, WAYS
from cnnlab.explain.upconvolution.decoders import (
    LEARNING_RATE,
    SLOW_RATE,
    small_budget,
    train_decoder,
)
from cnnlab.explain.upconvolution.inversion import LAYERS, fix_networks
from cnnlab.faces.loading import load_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.settings import SEED, current_profile
from plumbing.commands import run_command


def train_small_decoders() -> None:
    """Train the decoders of ``LAYERS``, a slow one of the last, and the checkerboard's."""
    faces, budget = load_faces(), small_budget(current_profile())
    networks = fix_networks(train_light_vgg(faces))
    layers = [(network, layer) for network in networks for layer in LAYERS[network.title]]
    wanted = [(*each, RESIZED, LEARNING_RATE) for each in layers]
    wanted.append((*layers[-1], RESIZED, SLOW_RATE))
    wanted.append((networks[0], CHECKED, TRANSPOSED, LEARNING_RATE))
    for network, layer, way, rate in wanted:
        decoder = train_decoder(faces, network, layer, budget, WAYS[way], SEED, rate)
        error = 255 * np.sqrt(decoder.history["val_loss"].min())
        print(
            f"Decoder of {layer} ({network.title}) by {way}, learning rate {rate:g}: epoch"
            f" {decoder.chosen_epoch} of {len(decoder.history)}, development error {error:.1f}"
            " grey levels"
        )


if __name__ == "__main__":
    sys.exit(run_command(train_small_decoders))
