"""How big a run is and on which data: read from what ``make`` or the command line exports.

``make report PROFILE=smoke DATA=faces.zip VGG16=vgg16.h5`` sets ``CNNLAB_PROFILE``,
``CNNLAB_DATA`` and ``CNNLAB_VGG16``; without them a notebook opened alone gets what plain
``make report`` uses.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cnnlab.paths import ROOT
from plumbing.user_errors import UserError

SEED = 1403
IMAGE_SIZE = 128


@dataclass(frozen=True)
class Profile:
    """The size of one run.

    Attributes:
        name: ``smoke``, ``default`` or ``full``.
        train_per_class: rendered training faces a class (used when no data are given).
        validation_per_class: rendered validation faces a class.
        vgg16_copies: augmented copies of each training image whose features are cached.
        vgg16_frozen_epochs: most epochs of the head on frozen features.
        vgg16_block5_epochs: most epochs of block 5 with the head.
        vgg16_block4_epochs: most epochs of block 4 with both.
        light_vgg_epochs: most epochs of the light VGG.
        family_epochs: epochs of each of the authors' three networks (a study).
        regressor_epochs: most epochs of fine-tuning for valence and arousal.
        decoder_epochs: epochs of each small up-convolutional decoder of notebook 02.
        optimisation_steps: steps of each inversion by optimisation there.
        patience: epochs without a better development loss after which training stops.
        bootstrap_resamples: resamples behind each 95% interval.
        must_learn: whether the build fails when a network has not learned.
    """

    name: str
    train_per_class: int
    validation_per_class: int
    vgg16_copies: int
    vgg16_frozen_epochs: int
    vgg16_block5_epochs: int
    vgg16_block4_epochs: int
    light_vgg_epochs: int
    family_epochs: int
    regressor_epochs: int
    decoder_epochs: int
    optimisation_steps: int
    patience: int
    bootstrap_resamples: int
    must_learn: bool


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", 10, 6, 1, 5, 1, 1, 2, 1, 1, 1, 5, 5, 200, must_learn=False),
        Profile("default", 150, 40, 2, 60, 10, 10, 45, 100, 8, 6, 150, 10, 2000, must_learn=True),
        Profile("full", 1200, 200, 3, 60, 15, 6, 40, 30, 16, 8, 150, 8, 2000, must_learn=True),
    )
}


def current_profile() -> Profile:
    """Return the profile of this run.

    Raises:
        UserError: the name is not one of ``PROFILES``.
    """
    name = os.environ.get("CNNLAB_PROFILE") or "default"
    if name not in PROFILES:
        raise UserError(f"PROFILE={name} is not known. Choose one of: {', '.join(PROFILES)}.")
    return PROFILES[name]


def current_data() -> Path | None:
    """Return the folder or .zip of the user's data, or None for the rendered faces.

    A relative path is taken from the project's folder, where ``make`` runs.

    Raises:
        UserError: the path begins with ``~`` and a name that no user has.
    """
    return _path_of("DATA")


def current_vgg16_file() -> Path | None:
    """Return the file of VGG16's weights that the user names, or None to fetch them."""
    return _path_of("VGG16")


def _path_of(option: str) -> Path | None:
    text = os.environ.get(f"CNNLAB_{option}")
    try:
        return ROOT / Path(text).expanduser() if text else None
    except RuntimeError as error:
        raise UserError(f"{option}={text}: there is no such user's folder. Check it.") from error
