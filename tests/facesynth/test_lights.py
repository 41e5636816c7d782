"""Places, their light, and the shadows that it casts."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.head.mesh import ONE_SIDED, plain_mesh
from facesynth.light.lights import (
    LUMINANCE,
    PLACES,
    aim,
    draw_lighting,
    light_colour,
    mean_on_face,
)
from facesynth.picture.shadows import cast_shadows


def lights_of(place, count=40):
    return [draw_lighting(place, np.random.default_rng(seed)) for seed in range(count)]


def test_black_bodies_have_the_colours_of_the_table():
    # D65's correlated temperature is 6504 K: nearly sRGB's white.
    np.testing.assert_allclose(light_colour(6504), 1, atol=0.06)
    # CIE illuminant A, a bulb at 2856 K, has x = 0.4476, y = 0.4074.
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ light_colour(2856)
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), (0.4476, 0.4074), atol=0.003)
    redness = [light_colour(k)[0] / light_colour(k)[2] for k in (1700, 2500, 4000, 6500, 12000)]
    assert (np.diff(redness) < 0).all()
    with pytest.raises(ValueError, match="1667"):
        light_colour(1000)


@pytest.mark.parametrize("place", PLACES)
def test_a_white_face_is_white_in_every_light(place):
    for light in lights_of(place):
        assert mean_on_face(light) == pytest.approx(1)
        assert np.linalg.norm(light.direction) == pytest.approx(1)
        assert light.direction[2] > 0 > light.rim_direction[2]
        # Neither green nor magenta: green stays between red and blue, or near them.
        total = light.key + light.sky + light.ground
        total = total / (total @ LUMINANCE)
        assert total.min() > 0.7
        assert total.max() < 1.25
        assert abs(total[1] - (total[0] + total[2]) / 2) < 0.08


def test_the_sun_is_smaller_than_a_window_and_a_bulb_is_warmer_than_shade():
    sizes = {place: np.mean([one.size for one in lights_of(place)]) for place in PLACES}
    assert 10 * sizes["sun"] < sizes["window"]
    warmth = {
        place: np.mean([one.key[0] / one.key[2] for one in lights_of(place)]) for place in PLACES
    }
    assert warmth["evening"] > warmth["studio"] > warmth["shade"]


def test_an_unknown_place_is_refused():
    with pytest.raises(KeyError, match="moon"):
        draw_lighting("moon", np.random.default_rng(0))


def roof():
    corners = np.array([[-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1]], np.float32)
    normals = np.tile(np.float32([0, 1, 0]), (4, 1))
    mesh = plain_mesh(corners, normals, np.array([[0, 1, 2], [0, 2, 3]]), 0)
    return replace(mesh, kinds=np.full(2, ONE_SIDED))


def shade(points, size):
    points = np.asarray(points, np.float32)
    up = np.tile(np.float32([0, 1, 0]), (len(points), 1))
    above = np.array([0.05, 1.0, 0.05]) / np.linalg.norm([0.05, 1.0, 0.05])
    return cast_shadows(roof(), np.ones((2, 2), np.float32), points, up, above, size)


def test_a_roof_shades_what_lies_under_it():
    light = shade([[0, 0, 0], [0, 1, 0], [2, 0, 0], [0, 1.5, 0]], 0.02)
    np.testing.assert_allclose(light, [0, 1, 1, 1], atol=1e-3)


def test_the_border_of_a_shadow_is_as_wide_as_the_light():
    x = np.linspace(0.6, 1.4, 81)
    across = np.stack([x, 0 * x, 0 * x], axis=1)
    widths = []
    for size in (0.02, 0.15, 0.3):
        light = shade(across, size)
        assert light[0] < 0.05
        assert light[-1] > 0.95
        widths.append(((light > 0.1) & (light < 0.9)).sum() * 0.01)
    # A disc of angular radius s at a distance of 1 spans 2 tan(s).
    assert widths[0] < 0.08
    np.testing.assert_allclose(widths[1:], 2 * np.tan([0.15, 0.3]), rtol=0.4)


def test_a_slope_does_not_shade_itself():
    wall = roof()
    tilt = np.array([[1, 0, 0], [0, 0.6, -0.8], [0, 0.8, 0.6]], np.float32)
    slope = replace(wall, positions=wall.positions @ tilt.T, normals=wall.normals @ tilt.T)
    spots = np.random.default_rng(0).uniform(-0.8, 0.8, (200, 3))
    spots[:, 1] = 1
    points = (spots @ tilt.T).astype(np.float32)
    normals = np.tile(slope.normals[0], (200, 1))
    light = cast_shadows(slope, np.ones((2, 2), np.float32), points, normals, aim(0, 1.5), 0.6)
    assert light.min() > 0.95
