"""People, scenes and pictures."""

from dataclasses import replace

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from facesynth.hair.grooming import Grooming
from facesynth.head.action_units import NEUTRAL, Expression
from facesynth.head.assets import load_head
from facesynth.head.expressions import draw_expression
from facesynth.light.scene import draw_scene
from facesynth.person.identity import draw_identity
from facesynth.person.skin import crease_depths, map_coordinates
from facesynth.picture.posing import face_vertices, frame_face, pose_head
from facesynth.picture.render import render_face


def scene(seed):
    return draw_scene(np.random.default_rng([seed, 1]))


def straight(seed):
    """A scene that looks straight at the face."""
    ahead = replace(scene(seed), yaw=0.0, pitch=0.0, roll=0.0, gaze=np.zeros(2))
    return replace(ahead, camera=replace(ahead.camera, motion=np.zeros(2))).without_noise()


def test_people_differ_in_shape_and_colour(people):
    shapes = np.stack([one.vertices[face_vertices()] for one in people])
    # Tall people's heads are higher up; that is no difference of shape.
    shapes -= shapes.mean(axis=1, keepdims=True)
    spread = np.linalg.norm(shapes - shapes.mean(axis=0), axis=-1).mean()
    assert 0.02 < spread < 0.3
    assert {one.is_male for one in people} == {True, False}
    assert np.ptp([one.melanin for one in people]) > 0.4
    for one in people:
        for colour in (one.skin, one.lips, one.hair_colour, one.brow_colour, one.iris):
            assert colour.shape == (3,)
            assert (colour > 0).all()
            assert (colour <= 1).all()
        assert one.brow_colour.max() < one.skin.max()
        assert one.is_male or one.grooming.beard is None
        assert 0 <= one.oiliness <= 1


def test_the_same_seed_is_the_same_person(people):
    first, second = people[3], draw_identity(np.random.default_rng([3, 0]))
    np.testing.assert_array_equal(first.vertices, second.vertices)
    np.testing.assert_array_equal(first.maps.brows, second.maps.brows)


def test_brows_are_painted_above_the_eyes(people):
    rows = np.array([map_coordinates(np.array([0.3, y, 1.0]))[1] for y in (7.3, 7.4, 7.6)])
    low, brow_start, brow_end = rows.astype(int)
    for one in people[:5]:
        painted = one.maps.brows.sum(axis=1)
        assert painted[brow_start:brow_end].sum() > 0.95 * painted.sum() > 0
        assert painted[:low].sum() == pytest.approx(0, abs=1e-3)


def test_creases_follow_the_units_side_by_side():
    smirk = Expression("contempt", 1.0, {12: (0.0, 0.8), 14: (0.0, 1.0)})
    depths = crease_depths(smirk)
    assert depths["nasolabial_right"] > 0.8
    assert depths["nasolabial_left"] == 0
    assert all(depth == 0 for depth in crease_depths(NEUTRAL).values())


def test_scenes_turn_the_head_without_bending_it():
    for seed in range(30):
        rotation = scene(seed).rotation
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)
    turned = replace(straight(0), yaw=0.5).rotation @ [0, 0, 1]
    assert turned[0] > 0.4


def test_every_face_lies_inside_the_frame_and_fills_it(people):
    canonical = load_head().vertices
    face = face_vertices()
    below_forehead = face[canonical[face, 1] < 7.6]
    for seed, one in enumerate(people[:20]):
        bald = replace(one, grooming=Grooming())
        rng = np.random.default_rng(seed)
        for name in ("neutral", "surprise", "happiness"):
            place = draw_scene(rng)
            posed = pose_head(bald, draw_expression(name, rng), place)
            frame = frame_face(bald, posed, place, 128)
            # Subdivision puts the coarse vertices first.
            points = frame.project(posed.mesh.positions[below_forehead])[:, :2]
            assert points.min() > 0
            assert points.max() < 128
            assert np.ptp(points[:, 1]) > 0.5 * 128


def test_a_picture_is_a_function_of_its_arguments(people):
    one, place = people[1], scene(1)
    smile = draw_expression("happiness", np.random.default_rng(0))
    first = render_face(one, smile, place)
    assert first.shape == (128, 128, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, render_face(one, smile, place))
    assert (first != render_face(one, smile, scene(2))).mean() > 0.5


# Rows of a picture of 128 that hold the upper and the lower face.
@pytest.mark.parametrize(
    ("name", "units", "half"),
    [
        ("surprise", {1: (1, 1), 2: (1, 1), 5: (1, 1)}, "upper"),
        ("anger", {4: (1, 1)}, "upper"),
        ("surprise", {26: (1, 1)}, "lower"),
        ("happiness", {12: (1, 1)}, "lower"),
        ("sadness", {15: (1, 1)}, "lower"),
    ],
)
def test_only_the_pixels_of_the_moved_part_change(name, units, half, people):
    one, place = replace(people[8], grooming=Grooming()), straight(4)
    rest = render_face(one, NEUTRAL, place).astype(int)
    change = np.abs(render_face(one, Expression(name, 1.0, units), place) - rest).sum(axis=-1)
    posed = pose_head(one, NEUTRAL, place)
    nose = load_head().vertices[face_vertices()]
    tip = posed.mesh.positions[face_vertices()[np.argmax(nose[:, 2])]][None]
    row = round(float(frame_face(one, posed, place, 128).project(tip)[0, 1]))
    upper, lower = change[:row].sum(), change[row:].sum()
    assert (upper if half == "upper" else lower) > 2 * (lower if half == "upper" else upper)
    assert change.max() > 40
    # The frame stays: nothing changes at the picture's border, above the shoulders on which the
    # chin throws its shadow.
    assert change[:100, [0, 1, -2, -1]].max() <= 1


def test_pictures_come_in_other_sizes(people):
    assert render_face(people[0], NEUTRAL, scene(0), size=40).shape == (40, 40, 3)
    with pytest.raises(ValueError, match="at least 1 pixel"):
        render_face(people[0], NEUTRAL, scene(0), size=0)


@pytest.mark.parametrize("name", CLASSES)
def test_pictures_are_well_exposed(name, people):
    seed = CLASSES.index(name)
    drawn = draw_expression(name, np.random.default_rng(seed))
    image = render_face(people[10 + seed], drawn, scene(seed))
    assert 45 < image[40:90, 40:90].mean() < 215
