"""Strands of hair: curves that grow from triangles of the head, in locks."""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.spatial import cKDTree

from facesynth.head.mesh import normalise


@dataclass(frozen=True, eq=False)
class Strands:
    """n strands of s points each, grown on a head at rest; lengths in decimetres.

    Attributes:
        points: (n, s, 3) float32, root first, in the axes of the head at rest.
        outwards: (n, s, 3) float32 unit vectors, the normal of the hair as a whole.
        roots: (n, 3) int64, the three vertices of the triangle that a strand grows on.
        weights: (n, 3) float32, where in the triangle.
        anchors: (n, 3) float32, that place on the head at rest.
        following: (n, s) float32 in [0, 1], how far a point goes along when the skin moves.
        widths: (n, s) float32, what a strand stands for across: many hairs.
        colours: (n, 3) float32, linear RGB reflectance.
    """

    points: np.ndarray
    outwards: np.ndarray
    roots: np.ndarray
    weights: np.ndarray
    anchors: np.ndarray
    following: np.ndarray
    widths: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True, eq=False)
class Roots:
    """Places on a head from which hair grows.

    Attributes:
        vertices: (n, 3) int64, the triangle's vertices.
        weights: (n, 3) float32, barycentric.
        points, normals: (n, 3) float32, on this head.
        canonical: (n, 3) float32, on the average head.
    """

    vertices: np.ndarray
    weights: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray


def scatter_roots(
    count: int,
    triangles: np.ndarray,
    density: np.ndarray,
    positions: np.ndarray,
    normals: np.ndarray,
    canonical: np.ndarray,
    rng: np.random.Generator,
) -> Roots:
    """Scatter roots over triangles, evenly by area times density.

    Args:
        count: how many.
        triangles: (t, 3) indices of vertices.
        density: (v,) relative density at the vertices, >= 0.
        positions: (v, 3), this head.
        normals: (v, 3), its unit normals.
        canonical: (v, 3), the average head.
        rng: source of the places.

    Raises:
        ValueError: the density is nowhere positive.
    """
    a, b, c = (canonical[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    share = area * density[triangles].mean(axis=1)
    total = np.cumsum(share.astype(float))
    if not len(total) or total[-1] <= 0:
        raise ValueError("Hair has nowhere to grow: the density is zero on all triangles.")
    chosen = np.searchsorted(total, rng.random(count) * total[-1], side="right")
    vertices = triangles[np.minimum(chosen, len(triangles) - 1)]
    u, v = rng.random((2, count))
    folded = u + v > 1
    u, v = np.where(folded, 1 - u, u), np.where(folded, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1).astype(np.float32)

    def blend(values):
        return np.einsum("nk,nkc->nc", weights, values[vertices]).astype(np.float32)

    return Roots(vertices, weights, blend(positions), normalise(blend(normals)), blend(canonical))


class Obstacle:
    """A surface that strands stay outside of: its vertices (v, 3) and unit normals (v, 3)."""

    def __init__(self, positions: np.ndarray, normals: np.ndarray):
        self._tree = cKDTree(positions)
        self._positions, self._normals = positions, normals

    def push_out(self, points: np.ndarray, margin: np.ndarray) -> np.ndarray:
        """Move (k, 3) points that are nearer than their (k,) margin out along the normal."""
        _, nearest = self._tree.query(points)
        normals = self._normals[nearest]
        height = ((points - self._positions[nearest]) * normals).sum(axis=1)
        return points + normals * np.maximum(margin - height, 0)[:, None]


def grow_guides(
    starts: np.ndarray,
    directions: np.ndarray,
    lengths: np.ndarray,
    flow,
    bend: float,
    margin: np.ndarray,
    obstacle: Obstacle,
    steps: int,
) -> np.ndarray:
    """Grow curves that follow a flow and stay outside of the head.

    Args:
        starts: (k, 3) roots.
        directions: (k, 3) unit vectors in which they leave the skin.
        lengths: (k,).
        flow: function of (k, 3) points and the share of the length grown, to (k, 3) directions.
        bend: length over which a curve takes the flow's direction.
        margin: (k,) least height over the skin at the tip; it grows from 0 at the root.
        obstacle: the head.
        steps: points of each curve, the root included.

    Returns:
        (k, steps, 3).
    """
    points, heading = starts.astype(float), directions.astype(float)
    curves = [points]
    stride = (lengths / (steps - 1))[:, None]
    bending = 1 - np.exp(-stride / bend)
    for step in range(1, steps):
        share = step / (steps - 1)
        heading = normalise(heading + bending * (flow(points, share) - heading))
        moved = points + stride * heading
        kept = obstacle.push_out(moved, margin * min(1.0, 3 * share))
        # A curve that is pushed keeps its length.
        heading = normalise(kept - points)
        points = points + stride * heading
        curves.append(points)
    return np.stack(curves, axis=1)


def follow_guides(
    roots: np.ndarray,
    guides: np.ndarray,
    owner: np.ndarray,
    reach: np.ndarray,
    gathering: np.ndarray,
) -> np.ndarray:
    """Return (n, s, 3) strands that run beside their guides and gather towards the tips.

    Args:
        roots: (n, 3).
        guides: (k, s, 3).
        owner: (n,) each strand's guide.
        reach: (n,) in (0, 1], a strand's length as a share of its guide's.
        gathering: (n,) in [0, 1], how far the tips of a lock come together.
    """
    steps = guides.shape[1]
    along = np.linspace(0, 1, steps)
    place = reach[:, None] * along * (steps - 1)
    low = np.minimum(place.astype(int), steps - 2)
    part = (place - low)[..., None]
    rows = owner[:, None]
    curve = guides[rows, low] * (1 - part) + guides[rows, low + 1] * part
    apart = (roots - guides[owner, 0])[:, None] * (1 - gathering[:, None] * along**0.8)[..., None]
    return (curve + apart).astype(np.float32)


def curl(
    strands: np.ndarray, radius: np.ndarray, turns: np.ndarray, phase: np.ndarray
) -> np.ndarray:
    """Wind strands around themselves.

    Args:
        strands: (n, s, 3).
        radius: (n,) of the coil, reached a third of the way along.
        turns: (n,) from root to tip.
        phase: (n,) radians.
    """
    tangent = normalise(np.gradient(strands, axis=1))
    aside = normalise(np.cross(tangent, np.array([0.31, 0.52, 0.79])))
    other = np.cross(tangent, aside)
    along = np.linspace(0, 1, strands.shape[1])
    angle = phase[:, None] + 2 * np.pi * turns[:, None] * along
    size = radius[:, None] * np.minimum(3 * along, 1)
    wound = np.cos(angle)[..., None] * aside + np.sin(angle)[..., None] * other
    return (strands + size[..., None] * wound).astype(np.float32)


def turn_strands(
    strands: Strands, positions: np.ndarray, pivot: np.ndarray, rotation: np.ndarray
) -> Strands:
    """Carry strands along with a head that moves its skin and turns.

    Args:
        strands: on the head at rest.
        positions: (m, 3), the subdivided head before it turns.
        pivot: (3,) the point about which it turns, the new origin.
        rotation: (3, 3).
    """
    roots = np.einsum("nk,nkc->nc", strands.weights, positions[strands.roots])
    shift = (roots - strands.anchors).astype(np.float32)
    moved = strands.points + strands.following[..., None] * shift[:, None]
    moved -= np.asarray(pivot, np.float32)
    turn = rotation.T.astype(np.float32)
    return replace(strands, points=moved @ turn, outwards=strands.outwards @ turn)


def join_strands(parts: list[Strands]) -> Strands:
    """Return all strands of parts that have the same number of points along a strand."""
    return Strands(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Strands)
        }
    )
