"""People and faces that the tests share, for drawing one person takes a tenth of a second."""

import numpy as np
import pytest

from facesynth.data.folder import render_dataset
from facesynth.person.identity import draw_identity


@pytest.fixture(scope="session")
def people():
    return tuple(draw_identity(np.random.default_rng([seed, 0])) for seed in range(60))


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """One training and one validation picture a class of seed 5, made by one process.

    Who changes the folder does so to a copy.
    """
    folder = tmp_path_factory.mktemp("rendered")
    render_dataset(folder, 1, 1, seed=5, processes=1)
    return folder
