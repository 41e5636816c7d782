"""Do pictures of this version still look as they did? Then nobody has to make them again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facesynth.data.folder import RENDERER, Shot, draw_person, draw_shot
from facesynth.head.expressions import EXPRESSIONS
from facesynth.picture.render import render_face

SEED, SHRUNK, FACTOR = 1403, 32, 4


@pytest.fixture(scope="module")
def expected():
    """Eight faces of this version, a column of pixels for 4 x 4 of the picture."""
    with Image.open(Path(__file__).with_name("rendered.png")) as image:
        return np.hsplit(np.asarray(image, dtype=float), len(EXPRESSIONS))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_face_is_that_of_the_version(expected, name):
    number = EXPRESSIONS.index(name)
    shot = Shot("train", number, name, 0)
    picture = render_face(draw_person(shot.identity, SEED), *draw_shot(shot, SEED))
    shrunk = picture.reshape(SHRUNK, FACTOR, SHRUNK, FACTOR, 3).mean(axis=(1, 3))
    # Rounding is another one on other processors: a pixel may be one grey level apart.
    difference = np.abs(shrunk - expected[number]).max()
    assert difference < 1, (
        f"{name} looks otherwise than in version {RENDERER[:12]}: if that is meant, give the "
        "version another name, make rendered.png anew, and record the studies again."
    )
