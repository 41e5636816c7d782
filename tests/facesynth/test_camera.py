"""The camera and what it does to light."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.light.camera import draw_camera, film_curve, meter, take_photograph

PLAIN = replace(
    draw_camera(0.0, np.random.default_rng(0)),
    exposure=1.0,
    white_balance=np.ones(3),
    vignetting=0.0,
    blur=0.0005,
    motion=np.zeros(2),
    noise=0.0,
    read_noise=0.0,
    sharpening=0.0,
    is_grey=False,
)


def photograph(level, **changes):
    picture = np.full((64, 64, 3), level, np.float32)
    return take_photograph(picture, 1.0, replace(PLAIN, **changes)).astype(float)


def test_the_film_curve_rises_from_black_to_white():
    values = film_curve(np.linspace(0, 20, 400))
    assert values[0] == 0
    assert (np.diff(values) >= 0).all()
    assert 0.95 < values[-1] <= 1
    # Middle grey comes out as middle grey.
    assert 0.35 < film_curve(np.array(0.25)) < 0.6


def test_cameras_are_drawn_within_their_limits():
    cameras = [draw_camera(0.5, np.random.default_rng(seed)) for seed in range(600)]
    assert all(70 <= one.jpeg_quality <= 95 for one in cameras)
    assert all(0.6 < one.exposure < 1.6 for one in cameras)
    assert 0.02 < np.mean([one.is_grey for one in cameras]) < 0.07
    assert 0.06 < np.mean([one.motion.any() for one in cameras]) < 0.2
    # The picture keeps its detail: a face is 100 pixels of 128 high.
    assert max(np.hypot(*one.motion) for one in cameras) < 0.025
    assert max(one.blur for one in cameras) < 0.01


def test_noise_grows_as_the_root_of_the_light():
    # The curve is undone by its own slope.
    shot = {"noise": 4e-4, "read_noise": 0.0}
    deviations = []
    for level in (0.1, 0.4):
        slope = (film_curve(np.array(level + 0.01)) - film_curve(np.array(level - 0.01))) / 0.02
        deviations.append(photograph(level, **shot).std() / slope)
    assert deviations[1] / deviations[0] == pytest.approx(2, rel=0.15)
    assert photograph(0.0, **shot).std() == 0
    assert photograph(0.3).std() == 0


def test_a_black_and_white_photograph_has_no_colour():
    picture = np.random.default_rng(0).random((16, 16, 3)).astype(np.float32)
    grey = take_photograph(picture, 1.0, replace(PLAIN, is_grey=True))
    assert (grey.max(axis=2) == grey.min(axis=2)).all()


def test_corners_are_darker_under_vignetting():
    image = photograph(0.4, vignetting=0.25)
    assert image[0, 0, 0] < image[0, 32, 0] < image[32, 32, 0]


def test_shaking_smears_along_its_path_only():
    picture = np.zeros((65, 65, 3), np.float32)
    picture[32, 32] = 5
    image = take_photograph(picture, 1.0, replace(PLAIN, motion=np.array([6 / 65, 0])))
    rows, columns = np.nonzero(image[..., 0])
    assert set(rows) == {32}
    assert np.ptp(columns) == pytest.approx(6, abs=1)
    assert columns.mean() == pytest.approx(32)


def test_darker_skin_is_photographed_darker_but_less_so_than_it_is():
    light, dark = np.array([0.7, 0.5, 0.4]), np.array([0.12, 0.07, 0.05])
    ratio = (meter(light) * light).sum() / (meter(dark) * dark).sum()
    assert 1.5 < ratio < 0.5 * light.sum() / dark.sum()
