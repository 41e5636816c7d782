"""Every face is inside its picture; what could not be is refused."""

from dataclasses import replace

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from facesynth.hair.grooming import BARE
from facesynth.head.action_units import NEUTRAL, Expression
from facesynth.head.assets import load_head
from facesynth.head.expressions import draw_expression
from facesynth.light.scene import draw_scene
from facesynth.person.identity import draw_identity
from facesynth.picture.limits import check_expression, check_scene
from facesynth.picture.posing import (
    frame_face,
    gaze_direction,
    pose_head,
    shape_head,
)
from facesynth.picture.render import render_face

SCENES = 54
# Places on the head at rest, decimetres.
LANDMARKS = {
    "chin": (0, 6.2, 1.4),
    "left brow": (0.45, 7.45, 1.25),
    "right brow": (-0.45, 7.45, 1.25),
    "between the brows": (0, 7.45, 1.5),
    "left eye": (0.32, 7.22, 1.3),
    "right eye": (-0.32, 7.22, 1.3),
    "tip of the nose": (0, 6.95, 1.8),
    "left corner of the mouth": (0.25, 6.58, 1.42),
    "right corner of the mouth": (-0.25, 6.58, 1.42),
}


def test_every_landmark_is_inside_the_frame_over_thousands_of_draws(people):
    rest = load_head().vertices
    indices = [int(np.argmin(np.linalg.norm(rest - place, axis=1))) for place in LANDMARKS.values()]
    assert len(set(indices)) == len(LANDMARKS)
    places = np.empty((len(people), SCENES, len(LANDMARKS), 2))
    for person, identity in enumerate(people):
        rng = np.random.default_rng([31, person])
        identity = replace(identity, grooming=BARE)
        posed = pose_head(identity, NEUTRAL, draw_scene(rng))
        for number in range(SCENES):
            scene = draw_scene(rng)
            expression = draw_expression(CLASSES[number % len(CLASSES)], rng)
            turned = replace(posed, rotation=scene.rotation)
            vertices = shape_head(identity, expression, gaze_direction(scene))[indices]
            frame = frame_face(identity, turned, scene, 1)
            points = (vertices - posed.pivot) @ scene.rotation.T
            places[person, number] = frame.project(points)[:, :2]
    assert places.shape[0] * places.shape[1] >= 3000
    for name, where in zip(LANDMARKS, np.moveaxis(places, 2, 0), strict=True):
        assert where.min() > 0.05, name
        assert where.max() < 0.98, name
    # The face fills the picture: from brow to chin it takes a good part of the height.
    height = places[:, :, 0, 1] - places[:, :, 3, 1]
    assert height.min() > 0.4
    assert 0.55 < np.median(height) < 0.7


def scene(**changes):
    return replace(draw_scene(np.random.default_rng(1)), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"yaw": np.deg2rad(100)}, "yaw in degrees must be from -60 to 60, not 100"),
        ({"pitch": -1.0}, "pitch"),
        ({"roll": 3.0}, "roll"),
        ({"distance": 1.0}, "distance"),
        ({"fill": 2.0}, "fill must be from 0.2 to 1, not 2"),
        ({"fill": 0.0}, "fill"),
        ({"shift": np.array([0.0, 0.5])}, "shift"),
        ({"yaw": np.nan}, "not nan"),
    ],
)
def test_scenes_beyond_the_limits_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        check_scene(scene(**changes))


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({12: (1.0, 1.6)}, "AU12 on the right must be from 0 to 1.5, not 1.6"),
        ({4: (-0.1, 0.0)}, "AU4 on the left"),
        ({26: (np.nan, 0.0)}, "not nan"),
        ({3: (1.0, 1.0)}, "AU3 is none of the action units"),
    ],
)
def test_impossible_action_units_are_refused(units, message):
    with pytest.raises(ValueError, match=message):
        check_expression(Expression("happiness", 1.0, units))


def test_the_renderer_asks_for_the_limits():
    identity = draw_identity(np.random.default_rng(0))
    with pytest.raises(ValueError, match="yaw"):
        render_face(identity, NEUTRAL, scene(yaw=2.0))
    with pytest.raises(ValueError, match="AU12"):
        render_face(identity, Expression("happiness", 1.0, {12: (9, 9)}), scene())


def test_all_that_is_drawn_is_within_the_limits():
    rng = np.random.default_rng(2)
    for number in range(500):
        drawn = draw_scene(rng)
        check_scene(drawn)
        # The data card says so.
        assert abs(drawn.yaw) < np.deg2rad(45)
        check_expression(draw_expression(CLASSES[number % len(CLASSES)], rng))
