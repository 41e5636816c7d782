"""Every face is inside its picture; scenes in which it would not be are refused."""

from dataclasses import replace

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from facesynth.hair.grooming import Grooming
from facesynth.head.action_units import NEUTRAL
from facesynth.head.assets import load_head
from facesynth.head.expressions import draw_expression
from facesynth.light.scene import draw_scene
from facesynth.picture.posing import frame_face, gaze_direction, pose_head, shape_head

SCENES_OF_A_PERSON = 54
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


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(31)
    return [draw_scene(rng) for _ in range(300)]


def test_every_landmark_is_inside_the_frame_over_thousands_of_draws(people, scenes):
    rest = load_head().vertices
    indices = [int(np.argmin(np.linalg.norm(rest - place, axis=1))) for place in LANDMARKS.values()]
    assert len(set(indices)) == len(LANDMARKS)
    places = np.empty((len(people), SCENES_OF_A_PERSON, len(LANDMARKS), 2))
    rng = np.random.default_rng(32)
    for person, identity in enumerate(people):
        identity = replace(identity, grooming=Grooming())
        posed = pose_head(identity, NEUTRAL, scenes[0])
        for number, choice in enumerate(rng.choice(len(scenes), SCENES_OF_A_PERSON)):
            scene = scenes[choice]
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"yaw": np.deg2rad(100)}, r"yaw must be -1\.05 to 1\.05, not 1\.7"),
        ({"pitch": -1.0}, "pitch"),
        ({"roll": 3.0}, "roll"),
        ({"distance": 1.0}, "distance"),
        ({"fill": 2.0}, r"fill must be 0\.2 to 1, not 2"),
        ({"fill": 0.0}, "fill"),
        ({"shift": np.array([0.0, 0.5])}, "shift"),
        ({"yaw": np.nan}, "not nan"),
    ],
)
def test_scenes_beyond_the_limits_are_refused(changes, message, scenes):
    with pytest.raises(ValueError, match=message):
        replace(scenes[0], **changes)


def test_heads_turn_by_less_than_the_data_card_says(scenes):
    assert all(abs(scene.yaw) < np.deg2rad(45) for scene in scenes)
