"""People whom the tests of rendering share, for drawing one takes a tenth of a second."""

import numpy as np
import pytest

from facesynth.person.identity import draw_identity


@pytest.fixture(scope="session")
def people():
    return tuple(draw_identity(np.random.default_rng([seed, 0])) for seed in range(60))
