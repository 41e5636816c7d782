"""Decoders of two sizes: the small ones of notebook 02, and larger ones, trained longer.

The study asks what survives of an image in each layer when the decoder is larger.
"""

import numpy as np
import pandas as pd

from cnnlab.explain.upconvolution.checkerboard import CHECKED, RESIZED, TRANSPOSED, WAYS
from cnnlab.explain.upconvolution.decoders import (
    LEARNING_RATE,
    Budget,
    choose_training_rows,
    train_decoder,
)
from cnnlab.explain.upconvolution.inversion import (
    DECODED,
    LAYERS,
    choose_unseen,
    fix_networks,
    invert_layer,
    measure_inversions,
)
from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.settings import current_profile
from cnnlab.studies.accuracy import VGG16, describe_training
from cnnlab.studies.study import Run, Study

UNSEEN_PER_CLASS = 40
SLOW_RATE = 5e-4
"""For pool5 of the light VGG: at ``LEARNING_RATE`` its decoder's rectifiers may all fall silent."""
INVERTED = [(network, layer) for network, layers in LAYERS.items() for layer in layers]
SMALL = [
    *((*each, RESIZED, LEARNING_RATE) for each in INVERTED),
    (*INVERTED[-1], RESIZED, SLOW_RATE),
    (VGG16, CHECKED, TRANSPOSED, LEARNING_RATE),
]
"""Network, layer, way to enlarge and learning rate of the decoders of notebook 02."""


def train_small_decoders(faces: Faces) -> None:
    """Train the decoders of ``SMALL`` and print how it went."""
    networks = {each.title: each for each in fix_networks(train_light_vgg(faces))}
    budget = Budget(current_profile().decoder_epochs, 120_000)
    for title, layer, way, rate in SMALL:
        decoder = train_decoder(faces, networks[title], layer, budget, WAYS[way], rate)
        error = 255 * np.sqrt(decoder.history["val_loss"].min())
        print(
            f"Decoder of {layer} ({title}) by {way}, learning rate {rate:g}: epoch"
            f" {decoder.chosen_epoch} of {len(decoder.history)}, development error {error:.1f}"
            " grey levels"
        )


def measure_layer(run: Run, network: str, layer: str) -> pd.DataFrame:
    """Train the larger decoder of a layer; return what survives in its pictures of unseen faces."""
    faces, profile = run.faces, run.profile
    # Five times as long as the report's, and two and a half times as large.
    light_vgg, budget = train_light_vgg(faces, profile), Budget(5 * profile.decoder_epochs, 300_000)
    fixed = next(each for each in fix_networks(light_vgg) if each.title == network)
    unseen = choose_unseen(faces, UNSEEN_PER_CLASS)
    decoder = train_decoder(faces, fixed, layer, budget)
    inversion = invert_layer(faces, fixed, layer, decoder, unseen)
    table = measure_inversions([inversion], unseen, light_vgg, profile.bootstrap_resamples)
    return table[table["picture"] == DECODED].assign(
        parameters=decoder.model.count_params(),
        train_n=len(choose_training_rows(faces)),
        **describe_training(decoder),
    )


STUDY = Study(
    "inversion",
    "What survives of an image in each layer, by decoders larger than the report's?",
    lambda run: [{"network": network, "layer": layer} for network, layer in INVERTED],
    measure_layer,
)
