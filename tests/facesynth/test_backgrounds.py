"""What is behind the head."""

import numpy as np
import pytest

from facesynth.light.backgrounds import BACKGROUND_SIZE, blur_disc, draw_background
from facesynth.light.lights import LUMINANCE, PLACES, draw_lighting


def backgrounds_of(place, count=25):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield draw_background(place, draw_lighting(place, rng), rng)


@pytest.mark.parametrize("place", PLACES)
def test_backgrounds_are_light(place):
    for image in backgrounds_of(place):
        assert image.shape == (BACKGROUND_SIZE, BACKGROUND_SIZE, 3)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() < 16


def test_it_is_darker_at_night_than_outdoors():
    level = {
        place: np.median([np.median(image @ LUMINANCE) for image in backgrounds_of(place)])
        for place in ("flash", "sun")
    }
    assert 3 * level["flash"] < level["sun"]


def test_a_point_becomes_a_disc_of_the_same_light():
    image = np.zeros((64, 64, 3), np.float32)
    image[32, 32] = 1
    disc = blur_disc(image, 6.0)[..., 0]
    assert disc.sum() == pytest.approx(1, rel=1e-4)
    assert (disc > 0.5 * disc.max()).sum() == pytest.approx(np.pi * 36, rel=0.1)
    inside = disc[30:35, 30:35]
    assert inside.max() == pytest.approx(inside.min())
    np.testing.assert_allclose(blur_disc(image, 0.2), image, atol=1e-6)
