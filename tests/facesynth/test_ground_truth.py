"""Neutral twins and maps of moved pixels."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.readers import read_dataset
from facesynth.data.folder import draw_person, draw_shot, list_shots, render_dataset
from facesynth.data.ground_truth import (
    JUST_NOTICEABLE,
    colour_difference,
    ground_truth_files,
    map_moved_pixels,
    measure_difference,
    write_ground_truth,
)
from facesynth.hair.grooming import Grooming
from facesynth.head.action_units import NEUTRAL, Expression, neutral_twin
from facesynth.head.assets import load_head
from facesynth.head.expressions import Difficulty, draw_expression
from facesynth.light.scene import draw_scene
from facesynth.picture.posing import frame_face, pose_head
from facesynth.picture.render import render_face
from plumbing.user_errors import UserError

SEED = 5
CLEAR = Difficulty(weakest=0.85, stray_units=0, talking_rate=0, blink_rate=0)
# Places on the head at rest (decimetres; x is its left) that the units of an expression move:
# brows and the glabella between them, upper lids, sides of the nose, corners of the mouth, lips.
PLACES = {
    "brows": [(-0.3, 7.42, 1.35), (0.3, 7.42, 1.35), (0, 7.42, 1.5)],
    "lids": [(-0.32, 7.31, 1.35), (0.32, 7.31, 1.35)],
    "nose": [(-0.14, 6.95, 1.5), (0.14, 6.95, 1.5)],
    "corners": [(-0.25, 6.58, 1.42), (0.25, 6.58, 1.42)],
    "lips": [(0, 6.52, 1.55), (0, 6.62, 1.6)],
}
MOVED_PLACES = {
    "happiness": ("corners", "lips"),  # 6, 12
    "sadness": ("brows", "corners", "lips"),  # 1, 4, 15
    "surprise": ("brows", "lids", "lips"),  # 1, 2, 5, 26
    "fear": ("brows", "lids", "corners", "lips"),  # 1, 2, 4, 5, 20
    "disgust": ("brows", "nose", "lips"),  # 4, 9, 10
    "anger": ("brows", "lids", "lips"),  # 4, 5, 7, 23
    "contempt": ("corners",),  # 12, 14
}


def sharp(scene):
    """The scene in a still camera's sharp lens."""
    camera = replace(scene.camera, motion=np.zeros(2), blur=0.002, sharpening=0.0)
    return replace(scene, camera=camera)


def quiet_scene(seed):
    """A frontal scene with a sharp lens."""
    drawn = draw_scene(np.random.default_rng([seed, 1]))
    return sharp(replace(drawn, yaw=0.0, pitch=0.0, roll=0.0))


def find_places(identity, scene, places):
    """Pixels (row, column) of the vertices nearest to places on the head at rest."""
    posed = pose_head(identity, NEUTRAL, scene)
    rest = load_head().vertices
    nearest = [int(np.argmin(np.linalg.norm(rest - place, axis=1))) for place in places]
    points = frame_face(identity, posed, scene, 128).project(posed.mesh.positions[nearest])
    return np.round(points[:, 1::-1]).astype(int)


@pytest.mark.parametrize("name", MOVED_PLACES)
def test_every_expression_moves_the_places_of_its_units(name, people):
    # Each expression on a face of its own.
    seed = CLASSES.index(name)
    identity, scene = replace(people[seed], grooming=Grooming()), quiet_scene(seed)
    expression = draw_expression(name, np.random.default_rng(seed), CLEAR)
    moved = measure_difference(identity, expression, scene) >= JUST_NOTICEABLE
    assert 0.01 < moved.mean() < 0.4
    near = ndimage.uniform_filter(moved.astype(float), 11)
    for place in MOVED_PLACES[name]:
        pixels = find_places(identity, scene, PLACES[place])
        shares = [near[row, column] for row, column in pixels]
        assert max(shares) > 0.15, (place, shares)


@pytest.mark.parametrize("seed", range(2))
def test_contempt_moves_one_side_of_the_mouth(seed, people):
    identity, scene = people[seed], quiet_scene(seed)
    corners = find_places(identity, scene, PLACES["corners"])
    for strong in (0, 1):
        sides = (1.0, 0.0) if strong == 0 else (0.0, 1.0)
        smirk = Expression("contempt", 1.0, {12: sides, 14: sides})
        near = ndimage.uniform_filter(measure_difference(identity, smirk, scene), 15)
        # The head's right has negative x: it comes first among the corners. Of a small mouth
        # the window around one corner takes in some of the other half.
        right, left = (near[row, column] for row, column in corners)
        assert (left > 1.6 * right) if strong == 0 else (right > 1.6 * left)


def test_neutral_faces_have_an_empty_map_whatever_distracts(people):
    loud = Difficulty(stray_strength=1.0, talking_rate=1.0, blink_rate=1.0)
    for seed in range(2):
        neutral = draw_expression("neutral", np.random.default_rng(seed), loud)
        assert neutral.units
        assert not measure_difference(people[seed], neutral, quiet_scene(seed), size=48).any()


def test_the_twin_keeps_the_distractors(people):
    identity, scene = people[1], quiet_scene(1)
    talking = Expression("happiness", 1.0, {12: (1.0, 1.0)}, {26: (0.8, 0.8), 43: (1.0, 1.0)})
    moved = measure_difference(identity, talking, scene) >= JUST_NOTICEABLE
    # The blink is on both pictures, so nothing moves at the lids.
    near = ndimage.uniform_filter(moved.astype(float), 5)
    lids = find_places(identity, scene, [(-0.32, 7.27, 1.3), (0.32, 7.27, 1.3)])
    assert max(near[row, column] for row, column in lids) < 0.2
    twin = render_face(identity, neutral_twin(talking), scene)
    shut = colour_difference(twin, render_face(identity, NEUTRAL, scene))
    assert max(shut[row, column] for row, column in lids) > JUST_NOTICEABLE


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "neutral"])
def test_nothing_moves_off_the_head(name, people):
    rng, size = np.random.default_rng([SEED, CLASSES.index(name)]), 64
    identity = people[CLASSES.index(name)]
    expression, scene = draw_expression(name, rng), draw_scene(rng)
    # Blur and sharpening would carry the outline of the head into the background.
    quiet = sharp(scene).without_noise()
    moved = measure_difference(identity, expression, quiet, size) >= JUST_NOTICEABLE
    # The background is where a white wall looks other than a black one, on both pictures.
    walls = [replace(quiet, background=np.full_like(quiet.background, level)) for level in (0, 1)]
    behind = np.ones((size, size), bool)
    for face in (expression, neutral_twin(expression)):
        seen_through = colour_difference(
            *(render_face(identity, face, wall, size) for wall in walls)
        )
        # Where a beard's border lets some of the wall through, hair may move.
        behind &= seen_through > 0.9 * seen_through.max()
    behind = ndimage.binary_erosion(behind, iterations=2)
    assert behind.any()
    assert moved.any()
    assert not (moved & behind).any()


def test_the_sensor_s_noise_is_no_movement(people):
    rng = np.random.default_rng(SEED)
    fear, scene = draw_expression("fear", rng), draw_scene(rng)
    noisy = replace(scene.camera, read_noise=0.05, seed=scene.camera.seed + 1)
    other = replace(scene, camera=noisy)
    first, second = (measure_difference(people[0], fear, place, 48) for place in (scene, other))
    assert first.any()
    np.testing.assert_array_equal(first, second)
    plain, grainy = (render_face(people[0], fear, place, 48) for place in (scene, other))
    assert (plain != grainy).mean() > 0.5


def test_colour_differences_are_cielab_s():
    # White against black is 100; sRGB red has L* 53.24, a* 80.09, b* 67.20.
    white, black, red = (
        np.full((2, 3, 3), colour, np.uint8) for colour in ((255,) * 3, (0,) * 3, (255, 0, 0))
    )
    np.testing.assert_allclose(colour_difference(white, black), 100, atol=0.1)
    expected = np.linalg.norm([53.24, 80.09, 67.20])
    np.testing.assert_allclose(colour_difference(red, black), expected, atol=0.3)
    assert colour_difference(red, red).max() == 0


def test_maps_come_in_the_order_of_the_names_from_another_process():
    fear = next(shot for shot in list_shots(1, 1) if shot.expression == "fear")
    files = ["Validation/neutral/1000000-0.jpg", fear.file]
    maps = map_moved_pixels(files, SEED, processes=1)
    assert maps.shape == (2, 128, 128)
    assert maps.dtype == bool
    assert not maps[0].any()
    difference = measure_difference(draw_person(0, SEED), *draw_shot(fear, SEED))
    np.testing.assert_array_equal(maps[1], difference >= JUST_NOTICEABLE)
    assert map_moved_pixels([], SEED).shape == (0, 128, 128)
    with pytest.raises(UserError, match="not the name of a rendered face"):
        map_moved_pixels(["Train/fear/cat.jpg"], SEED)


def test_ground_truth_lies_beside_the_images_and_the_reader_lets_it_lie(rendered, tmp_path):
    folder, shot = tmp_path / "faces", list_shots(1, 1)[4]
    shutil.copytree(rendered, folder)
    write_ground_truth(folder, [shot], SEED)
    assert len(read_dataset(folder)) == 16
    identity, (expression, scene) = draw_person(shot.identity, SEED), draw_shot(shot, SEED)
    twin, moved = (folder / name for name in ground_truth_files(shot.file))
    expected = render_face(identity, neutral_twin(expression), scene)
    np.testing.assert_array_equal(np.asarray(Image.open(twin)), expected)
    difference = measure_difference(identity, expression, scene)
    np.testing.assert_array_equal(
        np.asarray(Image.open(moved)), np.where(difference < JUST_NOTICEABLE, 0, 255)
    )
    # What is there is kept.
    made = moved.stat().st_mtime_ns
    write_ground_truth(folder, [shot], SEED)
    assert moved.stat().st_mtime_ns == made
    # The faces' own check does not take the ground truth for other pictures.
    render_dataset(folder, 1, 1, SEED)
