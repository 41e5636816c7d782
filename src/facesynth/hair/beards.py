"""Beards and moustaches: where they grow, and their strands."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facesynth.hair.growth import colour_strands
from facesynth.hair.strands import (
    Obstacle,
    Strands,
    curl,
    follow_guides,
    grow_guides,
    scatter_roots,
)
from facesynth.head.assets import INSIDE_MOUTH, LIPS, SKIN, load_head
from facesynth.head.mesh import normalise

STYLES = {"none": 0.48, "stubble": 0.24, "short": 0.1, "full": 0.08, "goatee": 0.06}
STYLES |= {"moustache": 0.04}
# Decimetres of a hair on the cheek and on the chin.
LENGTHS = {"short": (0.04, 0.07), "full": (0.08, 0.24), "goatee": (0.05, 0.12)}
LENGTHS |= {"moustache": (0.07, 0.07)}
COUNTS = {"short": 5000, "full": 5000, "goatee": 1800, "moustache": 700}
GUIDES, POINTS = 400, 5
HAIR_WIDTH = 0.011


@dataclass(frozen=True, eq=False)
class Beard:
    """A beard.

    Attributes:
        style: one of ``STYLES`` but for "none".
        density: in [0, 1], how far it darkens the skin it grows on.
        strands: None for stubble.
    """

    style: str
    density: float
    strands: Strands | None


def beard_cover(canonical: np.ndarray, style: str) -> np.ndarray:
    """Return in [0, 1] where a beard grows, for (..., 3) points of the average head.

    The borders are functions of the angle around the head's vertical axis, so that cheeks and
    jaw are covered alike from the front and from the side.
    """
    x, y, z = canonical[..., 0], canonical[..., 1], canonical[..., 2]
    angle = np.rad2deg(np.arctan2(np.abs(x), z - 0.45))
    top = np.interp(angle, (0, 8, 13, 16, 45, 65, 80), (6.43, 6.44, 6.58, 6.75, 6.80, 6.96, 7.3))
    bottom = np.interp(angle, (0, 30, 50, 70, 90), (6.04, 6.08, 6.22, 6.45, 6.7))
    jaw = np.clip((top - y) / 0.09, 0, 1) * np.clip((y - bottom) / 0.10, 0, 1)
    jaw = jaw * np.clip((96 - angle) / 10, 0, 1)
    if style == "goatee":
        jaw = jaw * np.clip((22 - angle) / 5, 0, 1)
    elif style == "moustache":
        jaw = jaw * 0.0
    lip_line = y - (6.79 - 0.25 * np.abs(x))
    moustache = np.exp(-((lip_line / 0.055) ** 2)) * (np.abs(x) < 0.36) * (z > 1)
    return np.clip(jaw + moustache, 0, 1)


def grow_beard(
    style: str,
    colour: np.ndarray,
    positions: np.ndarray,
    normals: np.ndarray,
    rng: np.random.Generator,
) -> Strands:
    """Grow a beard on a face at rest.

    Args:
        style: one of ``LENGTHS``.
        colour: (3,) reflectance.
        positions: (m, 3), the subdivided head.
        normals: (m, 3), its unit normals.
        rng: source of what differs from strand to strand.

    Raises:
        KeyError: there is no such beard.
    """
    model, count = load_head(), COUNTS[style]
    canonical, masks = model.canonical, model.fine_masks
    mouth = np.maximum(masks[:, LIPS], masks[:, INSIDE_MOUTH])
    density = beard_cover(canonical, style) * (mouth < 0.1)
    skin = model.triangles[model.triangle_materials == SKIN]
    skin = skin[density[skin].min(axis=1) > 0.02]
    roots = scatter_roots(count, skin, density, positions, normals, canonical, rng)

    on_cheek, on_chin = LENGTHS[style]
    size = rng.uniform(0.75, 1.35)
    guides = rng.choice(count, GUIDES, replace=False)
    at = roots.canonical[guides]
    low = np.clip((6.55 - at[:, 1]) / 0.25, 0, 1)
    length = size * (on_cheek + (on_chin - on_cheek) * low) * rng.uniform(0.8, 1.2, GUIDES)
    lip = at[:, 1] > 6.62
    aside = np.sign(at[:, :1]) * np.array([1.0, 0, 0]) * (0.9 * lip + 0.1)[:, None]
    fall = normalise(aside - np.array([0, 1.0, 0]) + 0.25 * rng.standard_normal((GUIDES, 3)))

    def flow(points, share):
        return fall

    start = normalise(roots.normals[guides] + 0.8 * fall)
    # Only what lies around the jaw can be in the way.
    near = np.flatnonzero((model.vertex_materials == SKIN) & (canonical[:, 1] < 7.4))
    obstacle = Obstacle(positions[near], normals[near])
    margin = np.full(GUIDES, 0.015)
    curves = grow_guides(roots.points[guides], start, length, flow, 0.08, margin, obstacle, POINTS)

    owner = cKDTree(at).query(roots.canonical)[1]
    cover = beard_cover(roots.canonical, style)
    reach = rng.uniform(0.6, 1.0, count) * (0.3 + 0.7 * cover)
    points = follow_guides(roots.points, curves, owner, reach, np.full(count, 0.35))
    coil = rng.uniform(0, 0.008, count)
    points = curl(points, coil, np.full(count, 0.7), rng.uniform(0, 2 * np.pi, count))
    taper = 1 - 0.5 * np.linspace(0, 1, POINTS)
    widths = HAIR_WIDTH * taper * (0.4 + 0.6 * cover)[:, None] * rng.uniform(0.6, 1.2, (count, 1))
    outwards = np.repeat(roots.normals[:, None], POINTS, axis=1)
    return Strands(
        points=points,
        outwards=outwards.astype(np.float32),
        roots=roots.vertices,
        weights=roots.weights,
        anchors=roots.points,
        following=np.ones((count, POINTS), np.float32),
        widths=widths.astype(np.float32),
        colours=colour_strands(colour, count, rng),
    )


def draw_beard(
    positions: np.ndarray, normals: np.ndarray, colour: np.ndarray, rng: np.random.Generator
) -> Beard | None:
    """Draw a man's beard; None for a shaven face.

    Args:
        positions: (m, 3), the subdivided head at rest.
        normals: (m, 3), its unit normals.
        colour: (3,) reflectance.
        rng: source of the choices.
    """
    style = str(rng.choice(list(STYLES), p=list(STYLES.values())))
    if style == "none":
        return None
    if style == "stubble":
        return Beard(style, float(rng.uniform(0.12, 0.5)), None)
    return Beard(style, 0.6, grow_beard(style, colour, positions, normals, rng))
