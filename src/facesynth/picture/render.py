"""From a person, an expression and a scene to a picture."""

import cv2
import numpy as np

from facesynth.hair.growth import strand_texture
from facesynth.hair.strands import Strands
from facesynth.head.action_units import Expression
from facesynth.light.camera import meter, take_photograph
from facesynth.light.scene import Scene
from facesynth.person.identity import Identity
from facesynth.picture.lenses import look_through
from facesynth.picture.limits import check_expression, check_scene
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
        share = cast_shadows(
            *(posed.mesh, texture, points.positions, points.normals), direction, light.size
        )
        share *= pass_hair(look_from_light(hair, direction), points.positions)
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
    if not posed.strands:
        return
    blockers = np.concatenate([hair_points(posed.strands), posed.mesh.positions])
    for strands in posed.strands:
        count, steps = strands.points.shape[:2]
        lines = frame.project(strands.points.reshape(-1, 3)).reshape(count, steps, 3)
        widths = (strands.widths * frame.focal * lines[..., 2]).astype(np.float32)
        colours = light_strands(strands.points, strands.outwards, strands.colours, blockers, scene)
        draw_strands(lines, colours, widths, STRAND_OPACITY, found.inverse_depth, picture)


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
        ValueError: size is not positive, or expression or scene are beyond what can be shown.
    """
    if size < 1:
        raise ValueError(f"A picture's side must be at least 1 pixel, not {size}.")
    check_expression(expression)
    check_scene(scene)
    side = size * SUPERSAMPLING
    posed = pose_head(identity, expression, scene)
    mesh = posed.mesh
    frame = frame_face(identity, posed, scene, side)
    texture = strand_texture(curly=False)
    found = rasterise(
        frame.project(mesh.positions),
        *(mesh.triangles, mesh.kinds, mesh.strands, mesh.thinness, texture),
        size=side,
    )
    attributes = [mesh.positions, mesh.normals, mesh.canonical, mesh.masks, mesh.strands]
    blended = interpolate(found, mesh.triangles, np.concatenate(attributes, axis=1))
    seen = found.triangle >= 0
    ends = np.cumsum([part.shape[1] for part in attributes])[:-1]
    materials = mesh.materials[found.triangle[seen]]
    points = Points(*np.split(blended[seen], ends, axis=1), materials)

    surface = describe_surface(points, identity, expression, posed)
    picture = cv2.resize(scene.background, (side, side), interpolation=cv2.INTER_LINEAR)
    picture[seen] = light_points(
        *(surface, points.positions),
        *(_let_light_arrive(points, found, posed, texture, scene), seen, scene),
    )
    if identity.glasses is not None:
        look_through(picture, found, identity.glasses, posed, frame, scene)
    draw_hair_over(picture, found, posed, frame, scene)
    linear = picture.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3).mean(axis=(1, 3))
    return take_photograph(linear, meter(identity.skin), scene.camera)
