"""Glasses fit every head."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from facesynth.hair.grooming import Grooming
from facesynth.head.action_units import NEUTRAL
from facesynth.head.assets import EARS, SKIN, load_head
from facesynth.head.eyes import find_eyes
from facesynth.light.scene import draw_scene
from facesynth.person.glasses import choose_glasses, draw_style, fit_glasses, lens_outline
from facesynth.picture.render import mirrored_light, render_face


@pytest.fixture(scope="module")
def wearers(people):
    styles = [draw_style(np.random.default_rng([seed, 3])) for seed in range(40)]
    return [
        (one.vertices, fit_glasses(style, one.vertices))
        for one, style in zip(people[:40], styles, strict=True)
    ]


def test_the_pupils_are_inside_the_lenses(wearers):
    for vertices, worn in wearers:
        half = np.split(worn.lenses.positions, 2)
        for eye, lens in zip(find_eyes(vertices), half, strict=True):
            low, high = lens[:, :2].min(axis=0), lens[:, :2].max(axis=0)
            # The iris has a radius of 0.06 decimetres.
            assert (eye.centre[:2] - 0.07 > low).all()
            assert (eye.centre[:2] + 0.07 < high).all()


def test_nothing_touches_the_eyes(wearers):
    for vertices, worn in wearers:
        for part in (worn.frame, worn.lenses):
            for eye in find_eyes(vertices):
                apart = np.linalg.norm(part.positions - eye.centre, axis=1)
                assert apart.min() > eye.radius + 0.02


def test_glasses_rest_near_the_nose_and_before_the_face(wearers):
    model = load_head()
    skin = model.coarse_vertices_of(SKIN)
    for vertices, worn in wearers:
        eye = find_eyes(vertices)[0]
        nose = vertices[skin]
        nose = nose[(np.abs(nose[:, 0]) < 0.06) & (np.abs(nose[:, 1] - eye.centre[1]) < 0.12)]
        bridge = worn.frame.positions[np.abs(worn.frame.positions[:, 0]) < 0.01]
        assert -0.03 < bridge[:, 2].min() - nose[nose[:, 2] > 0.9, 2].max() < 0.35


def test_temples_reach_the_ears_and_end_there(wearers):
    model = load_head()
    for vertices, worn in wearers:
        for side in (1, -1):
            ear = vertices[(model.masks[:, EARS] > 0.5) & (side * model.vertices[:, 0] > 0)]
            temple = worn.frame.positions[side * worn.frame.positions[:, 0] > 0]
            crest = ear[ear[:, 1] > ear[:, 1].max() - 0.15]
            nearest = np.linalg.norm(temple[:, None] - crest, axis=-1).min()
            assert nearest < 0.12
            assert temple[:, 2].min() > ear[:, 2].min() - 0.25


def test_both_sides_are_alike():
    model = load_head()
    style = draw_style(np.random.default_rng(0))
    frame = fit_glasses(style, model.vertices).frame.positions
    # Each point has one on the other side; both temples have their own ear, hardly alike.
    apart = cKDTree(frame).query(frame * [-1, 1, 1])[0]
    assert apart.max() < 0.01


def test_outlines_are_superellipses():
    style = replace(draw_style(np.random.default_rng(1)), squareness=2.0)
    x, y = lens_outline(style, np.linspace(0, 6, 50)).T
    x = x / (1 + 0.10 * y / style.half_height)
    np.testing.assert_allclose((x / style.half_width) ** 2 + (y / style.half_height) ** 2, 1)


def tolerance(share, count):
    """Four standard deviations of the share that a number of draws has."""
    return 4 * np.sqrt(share * (1 - share) / count)


@pytest.mark.parametrize(("years", "share"), [(18, 0.08), (49, 0.18), (80, 0.28)])
def test_older_people_wear_glasses_more_often(years, share):
    rng = np.random.default_rng(years)
    worn = [choose_glasses(years, rng) is not None for _ in range(4000)]
    assert np.mean(worn) == pytest.approx(share, abs=tolerance(share, len(worn)))


def test_few_glasses_are_tinted_and_those_clearly():
    rng = np.random.default_rng(0)
    light = np.array([draw_style(rng).tint.max() for _ in range(4000)])
    dark = light < 0.5
    assert dark.mean() == pytest.approx(0.06, abs=tolerance(0.06, len(dark)))
    # Lenses are dark or clear, and nothing between.
    assert light[dark].max() < 0.25
    assert light[~dark].min() > 0.85


def test_dark_lenses_darken_the_eyes_and_clear_ones_hardly(people):
    one = replace(people[5], grooming=Grooming())
    place = replace(draw_scene(np.random.default_rng(0)), yaw=0.0, pitch=0.0, roll=0.0)
    style = draw_style(np.random.default_rng(0))
    pictures = [
        render_face(
            replace(one, glasses=fit_glasses(replace(style, tint=tint * np.ones(3)), one.vertices)),
            *(NEUTRAL, place),
        ).astype(float)
        for tint in (1.0, 0.9, 0.1)
    ]
    changed = np.abs(pictures[2] - pictures[0]).sum(axis=2) > 30
    assert 0.01 < changed.mean() < 0.15
    darker = [picture[changed].mean() / pictures[0][changed].mean() for picture in pictures]
    assert darker[1] > 0.85
    assert darker[2] < 0.6


def test_a_lens_that_looks_at_the_light_mirrors_it():
    place = draw_scene(np.random.default_rng(0))
    view = np.array([[0.0, 0.0, 1.0]])
    between = view + place.light.direction
    between /= np.linalg.norm(between)
    aside = np.array([[0.0, -1.0, 0.2]]) / np.hypot(1, 0.2)
    at_light, elsewhere = (mirrored_light(n, view, place).sum() for n in (between, aside))
    assert at_light > 1.5 * elsewhere > 0
