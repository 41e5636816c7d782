"""From a person, an expression and a scene to a picture."""

import cv2
import numpy as np

from facesynth.hair.growth import strand_texture
from facesynth.hair.strands import Strands
from facesynth.head.action_units import Expression
from facesynth.head.mesh import normalise
from facesynth.light.camera import meter, take_photograph
from facesynth.light.scene import Scene
from facesynth.person.glasses import Glasses
from facesynth.person.identity import Identity
from facesynth.picture.posing import Frame, PosedHead, frame_face, pose_head
from facesynth.picture.rasteriser import Fragments, ambient_occlusion, interpolate, rasterise
from facesynth.picture.shading import Arriving, light_points, spread
from facesynth.picture.shadows import cast_shadows
from facesynth.picture.strand_rasteriser import draw_strands
from facesynth.picture.strand_shading import light_strands, look_from_light, pass_hair
from facesynth.picture.surfaces import Points, describe_surface

PICTURE_SIZE = 128
"""Rows and columns of a picture, in pixels, where nothing else is asked for."""

SUPERSAMPLING = 2
OCCLUSION_REACH = 0.055
STRAND_OPACITY = 0.85
# Both faces of coated glass send back this share of the light that comes straight.
STRAIGHT = 0.02
BRIGHTEST = 6.0


def hair_points(strands: tuple[Strands, ...]) -> np.ndarray:
    """Return (p, 3) float32, all points of all strands."""
    return np.concatenate(
        [np.zeros((0, 3), np.float32)] + [one.points.reshape(-1, 3) for one in strands]
    )


def _let_light_arrive(
    points: Points, found: Fragments, posed: PosedHead, texture: np.ndarray, scene: Scene
) -> Arriving:
    """Say which lights reach the visible points."""
    seen, light = found.triangle >= 0, scene.light
    hair = hair_points(posed.strands)

    def reaching(direction):
        positions, normals = points.positions, points.normals
        share = cast_shadows(posed.mesh, texture, positions, normals, direction, light.size)
        share *= pass_hair(look_from_light(hair, direction), positions)
        return spread(share, seen, 0.8 * SUPERSAMPLING)

    openness = ambient_occlusion(found, OCCLUSION_REACH * len(seen))[seen]
    return Arriving(
        key=reaching(light.direction),
        rim=reaching(light.rim_direction) if light.rim.any() else np.zeros_like(openness),
        openness=spread(openness, seen, 0.6 * SUPERSAMPLING),
    )


def draw_hair_over(
    picture: np.ndarray, found: Fragments, posed: PosedHead, frame: Frame, scene: Scene
) -> None:
    """Draw hair and beard over the (h, w, 3) picture of the head, which is changed."""
    blockers = np.concatenate([hair_points(posed.strands), posed.mesh.positions])
    for strands in posed.strands:
        count, steps = strands.points.shape[:2]
        lines = frame.project(strands.points.reshape(-1, 3)).reshape(count, steps, 3)
        widths = (strands.widths * frame.focal * lines[..., 2]).astype(np.float32)
        colours = light_strands(strands.points, strands.outwards, strands.colours, blockers, scene)
        draw_strands(lines, colours, widths, STRAND_OPACITY, found.inverse_depth, picture)


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
    lens = rasterise(frame.project(positions), mesh, np.ones((1, 1), np.float32), len(picture))
    is_lens = lens.inverse_depth > found.inverse_depth
    blended = interpolate(lens, mesh.triangles, np.concatenate([positions, normals], axis=1))
    points, facing = np.split(blended[is_lens], 2, axis=1)
    view = normalise(np.array([0, 0, scene.distance], np.float32) - points)
    picture[is_lens] *= glasses.style.tint.astype(np.float32)
    picture[is_lens] += mirrored_light(normalise(facing), view, scene)


def render_face(
    identity: Identity, expression: Expression, scene: Scene, size: int = PICTURE_SIZE
) -> np.ndarray:
    """Render a picture; the same arguments give the same picture.

    Args:
        identity: who is seen.
        expression: what the face shows.
        scene: how it is photographed.
        size: side in pixels.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        ValueError: size is not positive.
    """
    if size < 1:
        raise ValueError(f"A picture's side must be at least 1 pixel, not {size}.")
    side = size * SUPERSAMPLING
    posed = pose_head(identity, expression, scene)
    mesh = posed.mesh
    frame = frame_face(identity, posed, scene, side)
    texture = strand_texture(curly=False)
    found = rasterise(frame.project(mesh.positions), mesh, texture, side)
    attributes = [mesh.positions, mesh.normals, mesh.canonical, mesh.masks]
    blended = interpolate(found, mesh.triangles, np.concatenate(attributes, axis=1))
    seen = found.triangle >= 0
    parts = np.split(blended[seen], (3, 6, 9), axis=1)
    points = Points(*parts, mesh.materials[found.triangle[seen]])

    surface = describe_surface(points, identity, expression, posed)
    picture = cv2.resize(scene.background, (side, side), interpolation=cv2.INTER_LINEAR)
    arriving = _let_light_arrive(points, found, posed, texture, scene)
    picture[seen] = light_points(surface, points.positions, arriving, seen, scene)
    if identity.glasses is not None:
        look_through(picture, found, identity.glasses, posed, frame, scene)
    draw_hair_over(picture, found, posed, frame, scene)
    linear = picture.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3).mean(axis=(1, 3))
    return take_photograph(linear, meter(identity.skin), scene.camera)
