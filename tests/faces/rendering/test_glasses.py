"""Glasses fit every head."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from cnnlab.faces.rendering.action_units import NEUTRAL
from cnnlab.faces.rendering.assets import EARS, SKIN, load_head
from cnnlab.faces.rendering.eyes import find_eyes
from cnnlab.faces.rendering.glasses import draw_glasses, draw_style, fit_glasses, lens_outline
from cnnlab.faces.rendering.grooming import BARE
from cnnlab.faces.rendering.identity import draw_identity
from cnnlab.faces.rendering.lenses import mirrored_light
from cnnlab.faces.rendering.render import render_face
from cnnlab.faces.rendering.scene import draw_scene


@pytest.fixture(scope="module")
def wearers():
    people = [draw_identity(np.random.default_rng([seed, 0])) for seed in range(40)]
    styles = [draw_style(np.random.default_rng([seed, 3])) for seed in range(40)]
    return [
        (one.vertices, fit_glasses(style, one.vertices))
        for one, style in zip(people, styles, strict=True)
    ]


def test_the_pupils_are_inside_the_lenses(wearers):
    for vertices, glasses in wearers:
        half = np.split(glasses.lenses.positions, 2)
        for eye, lens in zip(find_eyes(vertices), half, strict=True):
            low, high = lens[:, :2].min(axis=0), lens[:, :2].max(axis=0)
            # The iris has a radius of 0.06 decimetres.
            assert (eye.centre[:2] - 0.07 > low).all()
            assert (eye.centre[:2] + 0.07 < high).all()


def test_nothing_touches_the_eyes(wearers):
    for vertices, glasses in wearers:
        for part in (glasses.frame, glasses.lenses):
            for eye in find_eyes(vertices):
                apart = np.linalg.norm(part.positions - eye.centre, axis=1)
                assert apart.min() > eye.radius + 0.02


def test_glasses_rest_near_the_nose_and_before_the_face(wearers):
    model = load_head()
    skin = model.coarse_vertices_of(SKIN)
    for vertices, glasses in wearers:
        eye = find_eyes(vertices)[0]
        nose = vertices[skin]
        nose = nose[(np.abs(nose[:, 0]) < 0.06) & (np.abs(nose[:, 1] - eye.centre[1]) < 0.12)]
        bridge = glasses.frame.positions[np.abs(glasses.frame.positions[:, 0]) < 0.01]
        assert -0.03 < bridge[:, 2].min() - nose[nose[:, 2] > 0.9, 2].max() < 0.35


def test_temples_reach_the_ears_and_end_there(wearers):
    model = load_head()
    for vertices, glasses in wearers:
        for side in (1, -1):
            ear = vertices[(model.masks[:, EARS] > 0.5) & (side * model.vertices[:, 0] > 0)]
            temple = glasses.frame.positions[side * glasses.frame.positions[:, 0] > 0]
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


def test_older_people_wear_glasses_more_often():
    vertices = load_head().vertices
    worn = {
        years: np.mean(
            [
                draw_glasses(vertices, years, np.random.default_rng(k)) is not None
                for k in range(150)
            ]
        )
        for years in (20, 75)
    }
    assert 0.03 < worn[20] < 0.15 < worn[75] < 0.4


def test_dark_lenses_darken_the_eyes_and_clear_ones_hardly():
    one = replace(draw_identity(np.random.default_rng([5, 0])), grooming=BARE)
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
