"""What covers hair: headscarves, knitted caps and hoods, as a cloth over the head."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import zoom
from scipy.spatial import ConvexHull, cKDTree

from facesynth.head.assets import CLOTH, SKIN, load_head
from facesynth.head.mesh import Mesh, grid_triangles, normalise, plain_mesh, vertex_normals

SHARES_OF_MEN = {"none": 0.90, "cap": 0.06, "hood": 0.04}
SHARES_OF_WOMEN = {"none": 0.86, "headscarf": 0.08, "cap": 0.04, "hood": 0.02}
CENTRE = np.array([0.0, 7.4, 0.5])
RIBS = 44
COARSE = 4


@dataclass(frozen=True, eq=False)
class Headwear:
    """A cloth over the head at rest, in its axes; lengths in decimetres.

    Attributes:
        mesh: its surface.
        colour: (3,) linear RGB reflectance.
    """

    mesh: Mesh
    colour: np.ndarray


def draw_kind(is_male: bool, rng: np.random.Generator) -> str:
    """Draw what covers the head; "none" for most people."""
    shares = SHARES_OF_MEN if is_male else SHARES_OF_WOMEN
    return str(rng.choice(list(shares), p=list(shares.values())))


def hull_distance(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return (k,) distance from ``CENTRE`` to the convex hull of points along unit directions.

    Args:
        points: (p, 3) around ``CENTRE``.
        directions: (k, 3).
    """
    equations = ConvexHull(points - CENTRE).equations
    # A ray from inside leaves the hull where it meets the first of its planes.
    towards = directions @ equations[:, :3].T
    with np.errstate(divide="ignore"):
        distance = np.where(towards > 1e-9, -equations[:, 3] / towards, np.inf)
    return distance.min(axis=1)


def _hull_grid(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the hull's distance along (rows, columns, 3) directions, from every fourth of them."""
    coarse = directions[::COARSE, ::COARSE]
    distance = hull_distance(points, coarse.reshape(-1, 3)).reshape(coarse.shape[:2])
    fine = np.array(directions.shape[:2]) / coarse.shape[:2]
    return zoom(distance, fine, order=1)


def _skin_distance(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return (k,) distance from ``CENTRE`` to the skin along unit directions."""
    apart = points - CENTRE
    reach = np.linalg.norm(apart, axis=1)
    _, nearest = cKDTree(apart / reach[:, None]).query(directions, k=6)
    return reach[nearest].max(axis=1)


def _arcs(starts: np.ndarray, pole: np.ndarray, rows: int) -> np.ndarray:
    """Return (rows, k, 3) unit directions on arcs from (k, 3) starts to a pole."""
    angle = np.arccos(np.clip(starts @ pole, -1, 1))[:, None]
    # The last row would be one point k times.
    share = np.linspace(0, 0.985, rows)[:, None, None]
    return normalise(
        (np.sin((1 - share) * angle) * starts + np.sin(share * angle) * pole) / np.sin(angle)
    )


def _waves(around: np.ndarray, along: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return folds of unit amplitude over (rows, columns) of angle and share of the way back."""
    folds = np.zeros(np.broadcast(around, along).shape)
    for _ in range(6):
        turns, steps = rng.integers(1, 4), rng.uniform(2.5, 7.0)
        bend = 0.35 * np.sin(around * rng.integers(1, 3) + rng.uniform(0, 6.3))
        wave = np.sin(turns * around * rng.choice([-1, 1]) + 2 * np.pi * steps * (along + bend / 4))
        # Cloth hangs in round folds with sharp valleys.
        folds += 1 - np.abs(wave) ** 0.7
    return folds / 3 - 1


def _lie_headscarf(skin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    columns, rows = 97, 57
    turn = np.linspace(0, 2 * np.pi, columns)[None]
    top, width = rng.uniform(7.90, 8.05), rng.uniform(0.60, 0.66)
    middle, half = (top + 6.08) / 2, (top - 6.08) / 2
    edge = np.stack(
        [
            width * np.sin(turn[0]) * (1 + 0.10 * np.cos(turn[0])),
            middle + half * np.cos(turn[0]),
            1.02 + 0.23 * np.cos(2 * turn[0]),
        ],
        axis=1,
    )
    directions = _arcs(normalise(edge - CENTRE), normalise(np.array([0, -0.35, -1.0])), rows)
    chest = np.array([[0, 5.6, 1.0], [0.5, 5.6, 0.9], [-0.5, 5.6, 0.9]])
    draped = np.concatenate([skin[(skin[:, 1] > 5.6) & (np.abs(skin[:, 0]) < 1.3)], chest])
    along = np.linspace(0, 1, rows)[:, None]
    below = np.clip(-np.cos(turn), 0, 1)
    # Tight around the face, loose about the neck.
    outer = _hull_grid(draped, directions) + 0.07 + 0.12 * below
    flat = directions.reshape(-1, 3)
    inner = _skin_distance(skin[skin[:, 1] > 6.0], flat).reshape(rows, columns) + 0.02
    lying = np.clip(along / 0.14, 0, 1) ** 0.7
    folds = (0.035 + 0.085 * below) * np.clip(along / 0.1, 0, 1) * _waves(turn, along, rng)
    # Folds and hull give way to the ears.
    distance = np.maximum(inner[:1] + (outer - inner[:1]) * lying + folds, inner)
    distance[0] -= 0.05
    return CENTRE + distance[..., None] * directions


def _pull_cap(skin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    columns, rows = RIBS * 6 + 1, 41
    turn = np.linspace(0, 2 * np.pi, columns)[None]
    front, back = rng.uniform(7.64, 7.84), rng.uniform(7.0, 7.2)
    ahead = np.cos(turn[0])
    rise = (front - 7.42) * np.abs(ahead) ** 1.5
    brim = 7.42 + np.where(ahead > 0, rise, (7.42 - back) * ahead)
    edge = np.stack([0.85 * np.sin(turn[0]), brim, 0.55 + 0.95 * ahead], axis=1)
    directions = _arcs(normalise(edge - CENTRE), normalise(np.array([0, 1.0, -0.25])), rows)
    # A cap lies on the ears' upper ends only.
    head = skin[(skin[:, 1] > 6.9) & (np.abs(skin[:, 0]) < 0.8)]
    along = np.linspace(0, 1, rows)[:, None]
    distance = _hull_grid(head, directions)
    ribs = np.abs(np.sin(turn * RIBS / 2)) ** 0.8
    band = rng.uniform(0.22, 0.3)
    folded = np.clip((band - along) / 0.02, 0, 1)
    slack = rng.uniform(0.02, 0.12) * np.clip((along - 0.3) / 0.7, 0, 1)
    distance = distance + 0.05 + 0.045 * folded + slack
    distance += (0.022 * folded + 0.014) * (ribs - 0.5) * np.clip((1 - along) / 0.2, 0, 1)
    distance[0] -= 0.1
    return CENTRE + distance[..., None] * directions


def _raise_hood(skin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    columns, rows = 81, 49
    turn = np.linspace(0, 2 * np.pi, columns)[None]
    forward = rng.uniform(0.75, 1.0)
    edge = np.stack(
        [
            0.92 * np.sin(turn[0]) * (1 - 0.12 * np.cos(turn[0])),
            7.3 + 1.38 * np.cos(turn[0]),
            forward + 0.22 * np.cos(turn[0]) ** 2,
        ],
        axis=1,
    )
    apart = edge - CENTRE
    directions = _arcs(normalise(apart), normalise(np.array([0, -0.2, -1.0])), rows)
    draped = skin[(skin[:, 1] > 5.7) & (np.abs(skin[:, 0]) < 1.1)]
    along = np.linspace(0, 1, rows)[:, None]
    outer = _hull_grid(draped, directions) + 0.28
    rim = np.linalg.norm(apart, axis=1)[None]
    backwards = np.clip(along / 0.35, 0, 1)
    distance = rim + (outer - rim) * backwards * backwards * (3 - 2 * backwards)
    distance += 0.035 * np.clip(along / 0.2, 0, 1) * _waves(turn, along, rng)
    # The hem is doubled.
    distance += 0.05 * np.exp(-(((along - 0.04) / 0.03) ** 2))
    return CENTRE + distance[..., None] * directions


def cover_head(kind: str, positions: np.ndarray, rng: np.random.Generator) -> Headwear:
    """Make headwear that fits a head.

    Args:
        kind: "headscarf", "cap" or "hood".
        positions: (m, 3), the subdivided head at rest, at the average head's place.
        rng: source of colour and folds.

    Raises:
        KeyError: there is no such headwear.
    """
    makers = {"headscarf": _lie_headscarf, "cap": _pull_cap, "hood": _raise_hood}
    lightness, tint = rng.uniform(0.02, 0.5), rng.normal(0, 0.42, 3)
    points = makers[kind](positions[load_head().vertex_materials == SKIN], rng)
    rows, columns = points.shape[:2]
    vertices = points.reshape(-1, 3).astype(np.float32)
    triangles = grid_triangles(rows, columns)
    normals = vertex_normals(vertices, triangles).reshape(rows, columns, 3)
    # The first and the last column are the same line.
    seam = normalise(normals[:, 0] + normals[:, -1])
    normals[:, 0], normals[:, -1] = seam, seam
    if ((normals * (points - CENTRE)).sum(axis=-1) > 0).mean() < 0.5:
        normals = -normals
    mesh = plain_mesh(vertices, normals.reshape(-1, 3), triangles, CLOTH)
    return Headwear(mesh, np.clip(lightness * np.exp(tint - tint.mean()), 0.01, 0.8))
