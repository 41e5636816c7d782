"""Glasses, fitted to a head at rest: rims, bridge and temples as tubes, and two lenses."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facesynth.head.assets import EARS, FRAME, SKIN, load_head
from facesynth.head.eyes import Eye, find_eyes
from facesynth.head.mesh import Mesh, grid_triangles, join_meshes, normalise, plain_mesh

YOUNG_RATE, OLD_RATE = 0.08, 0.28
"""Share of people with glasses at 18 and at 80 years."""
SUNGLASSES_RATE = 0.06
"""Of the glasses."""

# Frames, linear RGB: black, dark and light tortoiseshell, blue, clear; steel, gold, black wire.
ACETATES = np.array(
    [[0.008, 0.008, 0.009], [0.05, 0.022, 0.010], [0.16, 0.08, 0.03], [0.015, 0.025, 0.06]]
)
METALS = np.array([[0.20, 0.20, 0.205], [0.30, 0.20, 0.09], [0.02, 0.02, 0.021]])

# Lenses lean forward at the top and bend back at the sides; decimetres.
TILT, WRAP, BULGE = 0.10, 0.12, 1.3
AROUND = 36
CLEARANCE = 0.012


@dataclass(frozen=True, eq=False)
class Style:
    """A pair of glasses before it is fitted; lengths in decimetres.

    Attributes:
        half_width, half_height: of a lens.
        squareness: exponent of the superellipse, 2 for round lenses.
        thickness: radius of the rims.
        colour: (3,) reflectance of the frame.
        is_metal: metal frames mirror, others shine.
        tint: (3,) share of light that a lens lets through.
    """

    half_width: float
    half_height: float
    squareness: float
    thickness: float
    colour: np.ndarray
    is_metal: bool
    tint: np.ndarray


@dataclass(frozen=True, eq=False)
class Glasses:
    """Glasses on a nose, in the head's axes.

    Attributes:
        style: what they are like.
        frame: rims, bridge and temples.
        lenses: two discs; normals point outwards.
    """

    style: Style
    frame: Mesh
    lenses: Mesh


def choose_glasses(years: float, rng: np.random.Generator) -> Style | None:
    """Draw whether a person wears glasses, and which.

    Args:
        years: age; from 18 to 80 the share of wearers rises linearly.
        rng: source of the choices.
    """
    share = float(np.interp(years, (18, 80), (YOUNG_RATE, OLD_RATE)))
    return draw_style(rng) if rng.random() < share else None


def draw_style(rng: np.random.Generator) -> Style:
    """Draw a pair of glasses: thin wire, usual or thick dark frames, seldom dark lenses."""
    is_metal = rng.random() < 0.35
    colours = METALS if is_metal else ACETATES
    odds = [0.5, 0.2, 0.3] if is_metal else [0.55, 0.25, 0.1, 0.1]
    thick = rng.random() < 0.3
    thickness = rng.uniform(0.008, 0.013) if is_metal else rng.uniform(0.02, 0.028) + 0.012 * thick
    tint, dark = rng.uniform(0.86, 0.95) * np.ones(3), rng.random() < SUNGLASSES_RATE
    if dark:
        tint = rng.uniform(0.06, 0.2) * np.array([1.1, 1.0, rng.uniform(0.7, 1.0)])
    half_width = rng.uniform(0.215, 0.25)
    return Style(
        half_width=float(half_width),
        half_height=float(half_width * rng.uniform(0.75, 0.96)),
        squareness=float(rng.uniform(2.1, 4.0)),
        thickness=float(thickness),
        colour=colours[rng.choice(len(colours), p=odds)],
        is_metal=bool(is_metal),
        tint=tint,
    )


def _sweep(path: np.ndarray, first: np.ndarray, radii: tuple[float, float]) -> Mesh:
    """Return a tube around an (n, 3) path.

    Args:
        path: its middle line.
        first: (3,) direction of the first of its two half axes, nearly at a right angle to it.
        radii: half axes along ``first`` and across it.
    """
    tangent = normalise(np.gradient(path, axis=0))
    across = normalise(np.cross(tangent, first))
    along = np.cross(across, tangent)
    turn = np.linspace(0, 2 * np.pi, 9)[None, :, None]
    offset = radii[0] * np.cos(turn) * along[:, None] + radii[1] * np.sin(turn) * across[:, None]
    normals = np.cos(turn) * along[:, None] / radii[0] + np.sin(turn) * across[:, None] / radii[1]
    positions = (path[:, None] + offset).reshape(-1, 3)
    triangles = grid_triangles(len(path), turn.size)
    return plain_mesh(positions, normalise(normals.reshape(-1, 3)), triangles, FRAME)


def lens_outline(style: Style, turn: np.ndarray) -> np.ndarray:
    """Return (..., 2) points of a superellipse around the lens's middle at these angles."""
    cosine, sine = np.cos(turn), np.sin(turn)
    power = 2 / style.squareness
    x = style.half_width * np.sign(cosine) * np.abs(cosine) ** power
    y = style.half_height * np.sign(sine) * np.abs(sine) ** power
    # Most frames are a little narrower below.
    return np.stack([x * (1 + 0.10 * y / style.half_height), y], axis=-1)


def _middles(style: Style, eyes: tuple[Eye, Eye]) -> list[np.ndarray]:
    """Return where the two lenses have their middle, (2,) each: outside the pupils."""
    apart = max(np.mean([abs(eye.centre[0]) for eye in eyes]) + 0.02, style.half_width + 0.07)
    height = np.mean([eye.centre[1] for eye in eyes]) - 0.03
    return [np.array([apart, height]), np.array([-apart, height])]


def _on_surface(x: np.ndarray, y: np.ndarray, height: float) -> np.ndarray:
    """Return how far forward the lenses' common surface is at x, y, beside its foremost part."""
    return TILT * (y - height) - WRAP * x**2


def _rest_on_face(points: np.ndarray, height: float, vertices: np.ndarray, eyes) -> float:
    """Return how far forward glasses must be that touch neither the skin nor the eyes.

    Args:
        points: (n, 2) of the rims.
        height: of the lenses' middles.
        vertices: (m, 3), the head.
        eyes: its eyeballs.
    """
    model = load_head()
    skin = vertices[model.coarse_vertices_of(SKIN)]
    face = skin[(skin[:, 2] > eyes[0].centre[2] - 0.35)]
    distance, nearest = cKDTree(face[:, :2]).query(points, k=4)
    weight = 1 / (distance + 0.01)
    # Lips and lids have an inner side behind the outer one: the foremost counts most.
    weight *= np.exp(12 * (face[nearest, 2] - face[nearest, 2].max(axis=1, keepdims=True)))
    skin_z = (weight * face[nearest, 2]).sum(axis=1) / weight.sum(axis=1)
    lift = skin_z - _on_surface(points[:, 0], points[:, 1], height)
    front = max(
        eye.centre[2] + eye.radius - _on_surface(eye.centre[0], eye.centre[1], height)
        for eye in eyes
    )
    return float(max(lift.max() + CLEARANCE, front + 0.10))


def _temple(style: Style, hinge: np.ndarray, vertices: np.ndarray, side: int) -> np.ndarray:
    """Return the (n, 3) path of a temple from the hinge over the ear, outside the head's skin.

    Args:
        style: its thickness.
        hinge: (3,), as if on the left.
        vertices: (m, 3), the head.
        side: 1 for the head's left, -1 for its right.
    """
    model = load_head()
    is_ear = (model.masks[:, EARS] > 0.5) & (side * model.vertices[:, 0] > 0)
    ear = vertices[is_ear]
    crest = ear[ear[:, 1] > ear[:, 1].max() - 0.15]
    # Glasses lie where the ear grows out of the head, below the crest of its rim.
    root = np.array(
        [np.quantile(np.abs(crest[:, 0]), 0.25), crest[:, 1].max() - 0.05, crest[:, 2].mean()]
    )
    share = np.linspace(0, 1, 22)[:, None]
    path = hinge + share * (root - hinge)
    coarse_skin = np.setdiff1d(model.coarse_vertices_of(SKIN), np.flatnonzero(is_ear))
    skin = vertices[coarse_skin] * [side, 1, 1]
    skin = skin[(skin[:, 0] > 0.3) & (skin[:, 2] < hinge[2])]
    _, nearest = cKDTree(skin[:, 1:]).query(path[:, 1:], k=4)
    outside = skin[nearest, 0].max(axis=1) + style.thickness + CLEARANCE
    path[1:, 0] = np.maximum(path[:, 0], outside)[1:]
    path[:, 0] = np.maximum.accumulate(path[:, 0])
    behind = path[-1] + np.array([[0.0, -0.06, -0.12], [-0.01, -0.22, -0.2]])
    return np.concatenate([path, behind]) * [side, 1, 1]


def fit_glasses(style: Style, vertices: np.ndarray) -> Glasses:
    """Fit glasses to a head at rest.

    Args:
        style: what they are like.
        vertices: (n, 3), the head (coarse mesh).
    """
    eyes = find_eyes(vertices)
    middles = _middles(style, eyes)
    height = middles[0][1]
    turn = np.linspace(0, 2 * np.pi, AROUND + 1)
    outline = lens_outline(style, turn)
    rims = [middle + outline * [side, 1] for middle, side in zip(middles, (1, -1), strict=True)]
    front = _rest_on_face(np.concatenate(rims), height, vertices, eyes) + style.thickness

    def lift(points):
        z = front + _on_surface(points[:, 0], points[:, 1], height)
        return np.column_stack([points, z])

    thick, forward = style.thickness, np.array([0.0, 0.0, 1.0])
    parts, lenses = [], []
    for side, middle, rim in zip((1, -1), middles, rims, strict=True):
        parts.append(_sweep(lift(rim), forward, (0.8 * thick, thick)))
        aside = side * (style.half_width + 0.5 * thick)
        corner = middle + np.array([aside, 0.45 * style.half_height])
        hinge = lift(corner[None])[0] * [side, 1, 1] - [0, 0, 0.5 * thick]
        path = _temple(style, hinge, vertices, side)
        parts.append(_sweep(path, np.array([0.0, 1.0, 0.0]), (1.3 * thick, 0.7 * thick)))
        radius = np.linspace(0, 1, 6)[:, None, None]
        disc = (middle + radius * outline * [side, 1]).reshape(-1, 2)
        away = disc - middle
        bulge = (style.half_width**2 - (away**2).sum(axis=1)) / (2 * BULGE)
        positions = lift(disc) + np.column_stack([0 * away, bulge])
        slopes = np.column_stack([2 * WRAP * disc[:, 0], np.full(len(disc), -TILT)]) + away / BULGE
        normals = normalise(np.column_stack([slopes, np.ones(len(disc))]))
        lenses.append(plain_mesh(positions, normals, grid_triangles(6, AROUND + 1), FRAME))
    inner = middles[0][0] - style.half_width
    x = np.linspace(-inner, inner, 9)
    arch = 0.3 * style.half_height + 0.05 * (1 - (x / inner) ** 2)
    bridge = lift(np.column_stack([x, height + arch]))
    bridge[:, 2] += 0.04 * (1 - (x / inner) ** 2)
    parts.append(_sweep(bridge, forward, (0.8 * thick, thick)))
    return Glasses(style, join_meshes(parts), join_meshes(lenses))
