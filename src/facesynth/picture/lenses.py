"""Lenses of glasses over the picture: they darken a little and mirror the lights."""

import numpy as np

from facesynth.light.scene import Scene
from facesynth.person.glasses import Glasses
from facesynth.picture.posing import Frame, PosedHead
from facesynth.picture.rasteriser import Fragments, interpolate, rasterise

# Both faces of coated glass send back this share of the light that comes straight.
STRAIGHT = 0.02
BRIGHTEST = 6.0


def mirrored_light(normals: np.ndarray, view: np.ndarray, scene: Scene) -> np.ndarray:
    """Return (p, 3) what smooth glass mirrors: sky and ground, and the key light if in line.

    Args:
        normals: (p, 3) unit vectors, in the camera's axes.
        view: (p, 3) unit vectors to the camera.
        scene: the lights.
    """
    light = scene.light
    facing = np.clip((normals * view).sum(axis=1, keepdims=True), 0, 1)
    ray = 2 * facing * normals - view
    around = light.ground + (light.sky - light.ground) * np.clip(0.5 + ray[:, 1:2], 0, 1)
    angle = np.arccos(np.clip(ray @ light.direction, -1, 1))
    inside = np.clip((1.15 * light.size - angle) / (0.3 * light.size), 0, 1)[:, None]
    # A uniform disc of angular radius s lights a white surface that faces it with
    # sin^2(s) of its own radiance.
    source = light.key / np.sin(max(light.size, 0.05)) ** 2
    fresnel = STRAIGHT + (1 - STRAIGHT) * (1 - facing) ** 5
    return np.minimum(fresnel * (around + inside * source), BRIGHTEST).astype(np.float32)


def look_through(
    picture: np.ndarray,
    found: Fragments,
    glasses: Glasses,
    posed: PosedHead,
    frame: Frame,
    scene: Scene,
) -> None:
    """Lay the lenses over the (h, w, 3) picture of the head, which is changed."""
    mesh = glasses.lenses
    positions = ((mesh.positions - posed.pivot) @ posed.rotation.T).astype(np.float32)
    normals = (mesh.normals @ posed.rotation.T).astype(np.float32)
    lens = rasterise(
        frame.project(positions),
        *(mesh.triangles, mesh.kinds, mesh.strands, mesh.thinness, np.ones((1, 1), np.float32)),
        size=len(picture),
    )
    is_lens = lens.inverse_depth > found.inverse_depth
    blended = interpolate(lens, mesh.triangles, np.concatenate([positions, normals], axis=1))
    points, facing = np.split(blended[is_lens], 2, axis=1)
    facing = facing / np.linalg.norm(facing, axis=1, keepdims=True)
    view = np.array([0, 0, scene.distance], np.float32) - points
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    picture[is_lens] *= glasses.style.tint.astype(np.float32)
    picture[is_lens] += mirrored_light(facing, view, scene)
