"""A head in front of the camera: expression, gaze, hair, pose, and the camera's frame."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from facesynth.hair.strands import Strands, turn_strands
from facesynth.head.action_units import Expression
from facesynth.head.assets import (
    EYES,
    INSIDE_MOUTH,
    LASHES,
    LIPS,
    SKIN,
    TEETH,
    load_head,
)
from facesynth.head.eyes import Eye, find_eyes
from facesynth.head.mesh import (
    CUT_OUT,
    ONE_SIDED,
    TWO_SIDED,
    Mesh,
    join_meshes,
    normalise,
    vertex_normals,
)
from facesynth.light.scene import Scene
from facesynth.person.identity import Identity

# MakeHuman's upper teeth sit so high that smiles would show none (decimetres).
UPPER_TEETH_SHIFT = np.array([0.0, -0.045, 0.0], np.float32)
LOWER_TEETH_SHIFT = np.array([0.0, -0.01, -0.02], np.float32)
# The dental arches are narrower than the model's, whose ends come through closed lips.
UPPER_ARCH, LOWER_ARCH = 0.95, 0.8
MOST_GAZE = (0.42, 0.20)
LID_FOLLOWING = 0.45
UPPER_LASHES = 7.285
LASH_ROOT, LASH_TIP = 0.15, 0.24
WIDEST = 0.88
CHIN_TOP = 6.35
FOREHEAD = 7.75
"""Height of the middle of the forehead, on the average head."""
JAW_DROP = np.array([0.0, -0.18, 0.0])


@dataclass(frozen=True, eq=False)
class PosedHead:
    """A head in the camera's axes (x right, y up, z to the camera), decimetres.

    Attributes:
        mesh: all surfaces that are drawn, turned by ``rotation`` about ``pivot``.
        strands: the hair and the beard, turned likewise.
        pivot: (3,) in the head's axes; the origin of the camera's axes.
        rotation: (3, 3), head to camera.
        eyes: left and right.
        gaze: (3,) unit vector in the head's axes.
    """

    mesh: Mesh
    strands: tuple[Strands, ...]
    pivot: np.ndarray
    rotation: np.ndarray
    eyes: tuple[Eye, Eye]
    gaze: np.ndarray


@dataclass(frozen=True)
class Frame:
    """A pinhole camera's picture: focal length and principal point in pixels."""

    focal: float
    column: float
    row: float
    distance: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return (n, 3) float32 column, row, inverse depth of (n, 3) points in camera axes."""
        inverse_depth = 1 / (self.distance - points[:, 2])
        column = self.column + self.focal * points[:, 0] * inverse_depth
        row = self.row - self.focal * points[:, 1] * inverse_depth
        return np.stack([column, row, inverse_depth], axis=1).astype(np.float32)


@cache
def face_vertices() -> np.ndarray:
    """Return the indices of coarse vertices between chin and hairline, without neck and ears."""
    model = load_head()
    x, y, z = model.vertices.T
    inside = np.zeros(len(x), bool)
    inside[model.coarse_vertices_of(SKIN)] = True
    inside &= (y > 6.12) & (y < 8.05) & (z > 0.6) & (model.masks[:, INSIDE_MOUTH] < 0.1)
    return np.flatnonzero(inside & ((z > 0.95) | (y > 6.5)))


def gaze_direction(scene: Scene) -> np.ndarray:
    """Return where the eyes look: (3,) unit vector in the head's axes."""
    ahead = np.array([0.0, 0.0, 1.0])
    to_camera = scene.rotation.T @ ahead
    gaze = ahead + scene.eye_contact * (to_camera - ahead)
    gaze[:2] = np.clip(gaze[:2] + scene.gaze, np.negative(MOST_GAZE), MOST_GAZE)
    return gaze / np.linalg.norm(gaze)


def mouth_width(vertices: np.ndarray) -> float:
    """Return the distance between the mouth's corners of (n, 3) coarse vertices, decimetres."""
    return float(np.ptp(vertices[load_head().masks[:, LIPS] > 0.5, 0]))


def shape_head(identity: Identity, expression: Expression, gaze: np.ndarray) -> np.ndarray:
    """Return the (n, 3) coarse vertices of an expressive face whose lids follow its gaze."""
    model = load_head()
    look = "Up" if gaze[1] > 0 else "Down"
    lids = {f"unit/eyeLook{look}{side}": abs(gaze[1]) / LID_FOLLOWING for side in ("Left", "Right")}
    weights = expression.target_weights()
    vertices = identity.vertices + model.displace(weights) + model.displace(lids)
    lower, upper = np.split(model.coarse_vertices_of(TEETH), 2)
    # A small mouth has small arches; the teeth themselves do not follow the lips' targets.
    narrow = min(1.0, mouth_width(identity.vertices) / mouth_width(model.vertices))
    vertices[upper, 0] *= UPPER_ARCH * np.sqrt(narrow)
    vertices[lower, 0] *= LOWER_ARCH * narrow
    vertices[lower] += LOWER_TEETH_SHIFT
    vertices[upper] += UPPER_TEETH_SHIFT
    return vertices


def lash_reach(points: np.ndarray) -> np.ndarray:
    """Return in [0, 1] how far (n, 3) points of the average head are out along the lashes."""
    eyes = find_eyes(load_head().vertices)
    apart = np.min([np.linalg.norm(points - eye.centre, axis=1) for eye in eyes], axis=0)
    return np.clip((apart - LASH_ROOT) / (LASH_TIP - LASH_ROOT), 0, 1)


def head_mesh(vertices: np.ndarray, eyes: tuple[Eye, Eye], lashes: float) -> Mesh:
    """Return the subdivided head in its own axes, the eyeballs made round."""
    model = load_head()
    positions = model.refine(vertices)
    canonical = model.canonical
    is_eye = model.vertex_materials == EYES
    for eye, side in zip(eyes, (1, -1), strict=True):
        ball = is_eye & (side * canonical[:, 0] > 0)
        positions[ball] = eye.centre + eye.radius * normalise(positions[ball] - eye.centre)
    kind_of_material = np.full(6, ONE_SIDED)
    kind_of_material[[TEETH, LASHES]] = TWO_SIDED, CUT_OUT
    is_lash = model.vertex_materials == LASHES
    # Lashes are thick at the root and fine at the tip; those of the lower lid are too fine to see.
    upper = canonical[:, 1] > UPPER_LASHES
    reach = lash_reach(canonical)
    thinness = np.where(upper, 1.15 - 1.15 * lashes * (1 - reach), 1.0) * is_lash
    return Mesh(
        positions=positions,
        normals=vertex_normals(positions, model.triangles),
        canonical=canonical,
        masks=model.fine_masks,
        strands=canonical[:, :2] * np.float32(6.0) * is_lash[:, None],
        thinness=thinness.astype(np.float32),
        triangles=model.triangles,
        materials=model.triangle_materials,
        kinds=kind_of_material[model.triangle_materials],
    )


def pose_head(identity: Identity, expression: Expression, scene: Scene) -> PosedHead:
    """Shape a head and turn it as the scene says."""
    eyes = find_eyes(identity.vertices)
    gaze = gaze_direction(scene)
    head = head_mesh(shape_head(identity, expression, gaze), eyes, identity.lashes)
    grooming = identity.grooming
    meshes = [head]
    if grooming.headwear is not None:
        meshes.append(grooming.headwear.mesh)
    if identity.glasses is not None:
        meshes.append(identity.glasses.frame)
    mesh = join_meshes(meshes)
    pivot = np.array([0.0, (eyes[0].centre[1] + eyes[1].centre[1]) / 2 - 0.22, 0.55])
    rotation = scene.rotation
    turned = replace(
        mesh,
        positions=((mesh.positions - pivot) @ rotation.T).astype(np.float32),
        normals=(mesh.normals @ rotation.T).astype(np.float32),
    )
    grown = [part.strands for part in (grooming.hair, grooming.beard) if part is not None]
    strands = tuple(
        turn_strands(one, head.positions, pivot, rotation) for one in grown if one is not None
    )
    return PosedHead(turned, strands, pivot, rotation, eyes, gaze)


def frame_face(identity: Identity, posed: PosedHead, scene: Scene, size: int) -> Frame:
    """Aim the camera at the face at rest, so that an expression doesn't move the frame.

    From the chin of an open mouth to the middle of the forehead the face takes ``scene.fill`` of
    the height, unless it is too wide for that.

    Args:
        identity: whose face.
        posed: the head.
        scene: distance, fill and shift.
        size: side of the picture in pixels.
    """
    face, height_at_rest = face_vertices(), load_head().vertices[:, 1]
    face = face[height_at_rest[face] < FOREHEAD]
    chin = face[height_at_rest[face] < CHIN_TOP]
    points = np.concatenate([identity.vertices[face], identity.vertices[chin] + JAW_DROP])
    points = (points - posed.pivot) @ posed.rotation.T
    plain = Frame(1.0, 0.0, 0.0, scene.distance).project(points)[:, :2]
    low, high = plain.min(axis=0), plain.max(axis=0)
    width, height = high - low
    focal = size * min(scene.fill / height, WIDEST / width)
    column, row = size * (0.5 + scene.shift) - focal * (low + high) / 2
    return Frame(float(focal), float(column), float(row), scene.distance)
