"""A person's hair: from a haircut to strands on this head."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from facesynth.hair.haircuts import (
    AHEAD,
    LEFT,
    SKULL,
    Haircut,
    comb,
    hair_length,
    over_forehead,
)
from facesynth.hair.strands import (
    Obstacle,
    Roots,
    Strands,
    curl,
    follow_guides,
    grow_guides,
    join_strands,
    scatter_roots,
)
from facesynth.head.assets import EARS, SKIN, load_head
from facesynth.head.mesh import normalise

TEXTURE_SIZE = 512
GUIDES = 500
# Decimetres from the root over which a moving scalp carries hair along.
CARRIED = 0.3
# The hairline of the average head: how far forward (z) hair grows at a height (y), decimetres.
HAIRLINE_Y = (6.3, 6.75, 6.95, 7.1, 7.3, 7.5, 7.7, 7.85, 7.97, 8.05, 8.15, 8.6)
HAIRLINE_Z = (-0.25, -0.2, 0.1, 0.55, 0.72, 0.80, 0.93, 1.15, 1.35, 1.50, 1.85, 2.6)
# Roots, points of a strand, and width in decimetres of a lock that one strand stands for.
COUNTS = {"buzzed": (9000, 3, 0.010), "crew": (7000, 5, 0.013), "afro": (6500, 15, 0.013)}
COUNTS |= {"curls": (4200, 18, 0.016), "long": (4200, 16, 0.017), "wavy": (4000, 20, 0.017)}
COUNTS |= {"bob": (4500, 14, 0.017)}
USUAL_COUNT = (6500, 8, 0.014)


@dataclass(frozen=True, eq=False)
class Hair:
    """What grows on a scalp: the haircut and its strands on the head at rest."""

    cut: Haircut
    strands: Strands


def behind_hairline(canonical: np.ndarray) -> np.ndarray:
    """Return how far (..., 3) points of the average head lie behind the hairline, decimetres."""
    depth = np.interp(canonical[..., 1], HAIRLINE_Y, HAIRLINE_Z) - canonical[..., 2]
    return np.minimum(depth, (canonical[..., 1] - 6.62) * 1.2)


def hair_depth(cut: Haircut, canonical: np.ndarray) -> np.ndarray:
    """Return how far (..., 3) points of the average head lie behind this haircut's hairline."""
    x, y, z = np.moveaxis(canonical, -1, 0)
    upper = np.clip((y - 7.6) / 0.3, 0, 1)
    temples = np.exp(-(((np.abs(x) - 0.4) / 0.2) ** 2))
    depth = behind_hairline(canonical) - cut.recession * upper * (0.55 + 0.9 * temples)
    # A hairline wavers.
    depth = depth + 0.025 * np.sin(9 * x + 3 * cut.top) + 0.015 * np.sin(23 * x + 5 * cut.sides)
    bare = cut.thinning * np.clip(1 - np.hypot(x, z - 0.3) / 0.55, 0, 1) * upper
    return depth - 0.6 * bare


@cache
def strand_texture(curly: bool) -> np.ndarray:
    """Return a (512, 512) float32 texture, uniform in [0, 1], that repeats on all sides."""
    noise = np.random.default_rng(7).standard_normal((TEXTURE_SIZE, TEXTURE_SIZE))
    smooth = gaussian_filter(noise, (3.0, 3.0) if curly else (40.0, 1.8), mode="wrap")
    ranks = smooth.reshape(-1).argsort().argsort()
    return (ranks.reshape(smooth.shape) / ranks.size).astype(np.float32)


def colour_strands(colour: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n, 3) reflectances around a colour; grey hair is dark and white hairs mixed."""
    colour = np.asarray(colour)
    shades = np.exp(rng.normal(0, 0.16, (count, 1))) * np.exp(rng.normal(0, 0.03, (count, 3)))
    plain = colour * shades
    is_grey = colour.min() > 0.12 and np.ptp(colour) < 0.12 * colour.max()
    if not is_grey:
        return np.clip(plain, 0.004, 0.9).astype(np.float32)
    dark, white = np.array([0.05, 0.045, 0.04]), np.array([0.62, 0.61, 0.60])
    share = (colour.mean() - dark.mean()) / (white.mean() - dark.mean())
    mixed = np.where(rng.random((count, 1)) < share, white, dark)
    # A pixel shows several hairs, so that the mixture is softer than the hairs.
    return np.clip((0.35 * mixed + 0.65 * colour) * shades, 0.004, 0.9).astype(np.float32)


def _own_guides(roots: Roots, cut: Haircut, guides: np.ndarray) -> np.ndarray:
    """Return (n,) the guide of each root: the nearest on the same side of the parting."""

    def places(rows):
        canonical = roots.canonical[rows]
        side = np.sign(canonical[:, 0] - cut.parting) * (canonical[:, 1] > 7.7)
        fringe = over_forehead(cut, canonical)
        return np.column_stack([canonical, 0.4 * side, 0.6 * fringe])

    return cKDTree(places(guides)).query(places(slice(None)))[1]


def _end_before_face(curves: np.ndarray, lowest: float) -> np.ndarray:
    """Return (k,) the share of each (k, s, 3) curve before it hangs over the face."""
    x, y, z = np.moveaxis(curves, -1, 0)
    over = (np.abs(x) < 0.52) & (y < lowest) & (y > 5.9) & (z > 0.95)
    last = np.where(over.any(axis=1), np.argmax(over, axis=1) - 1, curves.shape[1] - 1)
    return np.clip(last / (curves.shape[1] - 1), 0.1, 1)


def _outward_normals(points: np.ndarray) -> np.ndarray:
    """Return (n, s, 3) normals of hair around the skull and, below it, around the neck."""
    axis = points - SKULL
    axis[..., 1] = np.maximum(axis[..., 1], 0) + 0.25 * np.minimum(axis[..., 1], 0)
    return normalise(axis).astype(np.float32)


def tie_hair(cut: Haircut, loose: Strands, rng: np.random.Generator) -> Strands:
    """Wind a bun or hang a ponytail where the loose strands meet.

    Args:
        cut: a haircut with a knot.
        loose: the strands that lead there; the tied ones go on as they are.
        rng: source of what differs from strand to strand.
    """
    steps = loose.points.shape[1]
    chosen = rng.choice(len(loose.points), len(loose.points) // 3, replace=False)
    count, along = len(chosen), np.linspace(0, 1, steps)[None]
    # The head may be of another size than the average one.
    near = np.argsort(np.linalg.norm(loose.anchors - cut.knot, axis=1))[:50]
    knot = loose.anchors[near].mean(axis=0)
    outwards = normalise(knot - SKULL)
    aside = normalise(np.cross(outwards, AHEAD + 0.1 * LEFT))
    other = np.cross(outwards, aside)
    if cut.style == "bun":
        radius = rng.uniform(0.2, 0.32)
        centre = knot + 0.6 * radius * outwards
        start, sense = rng.uniform(0, 2 * np.pi, (2, count, 1))
        turn = start + 2.2 * along
        rise = np.arccos(rng.uniform(-0.9, 0.9, (count, 1))) + 0.35 * np.sin(sense + 2 * along)
        normals = (
            (np.sin(rise) * np.cos(turn))[..., None] * aside
            + (np.sin(rise) * np.sin(turn))[..., None] * other
            + np.cos(rise)[..., None] * outwards
        )
        squash = np.where(np.abs(outwards) > 0.5, 0.85, 1.0)
        points = centre + radius * rng.uniform(0.85, 1.04, (count, 1, 1)) * normals * squash
    else:
        length, sway = rng.uniform(1.4, 2.4), rng.normal(0, 0.35)
        angle, apart = rng.uniform(0, 2 * np.pi, (count, 1)), np.sqrt(rng.random((count, 1)))
        spread = 0.15 * apart * (0.35 + np.sin(np.pi * np.clip(along * 0.9, 0, 1)))
        spread = spread * (1 - 0.55 * along)
        reach = length * along * rng.uniform(0.75, 1, (count, 1))
        points = knot + np.stack(
            [
                sway * along + spread * np.cos(angle),
                0.16 * np.sin(np.pi * np.clip(2.5 * along, 0, 1)) - reach,
                -0.28 * np.clip(4 * along, 0, 1) + 0.1 * along + spread * np.sin(angle),
            ],
            axis=-1,
        )
        normals = np.stack([np.cos(angle), 0.2 + 0 * angle, np.sin(angle)], axis=-1)
        normals = np.broadcast_to(normalise(normals), points.shape)
    return Strands(
        points=points.astype(np.float32),
        outwards=normalise(normals).astype(np.float32),
        roots=loose.roots[chosen],
        weights=loose.weights[chosen],
        anchors=loose.anchors[chosen],
        following=np.zeros((count, steps), np.float32),
        widths=loose.widths[chosen],
        colours=loose.colours[chosen],
    )


def grow_hair(
    cut: Haircut,
    colour: np.ndarray,
    positions: np.ndarray,
    normals: np.ndarray,
    below: float,
    rng: np.random.Generator,
) -> Strands:
    """Grow a haircut on a head at rest.

    Args:
        cut: the haircut.
        colour: (3,) reflectance.
        positions: (m, 3), the subdivided head.
        normals: (m, 3), its unit normals.
        below: hair grows only below this height of the average head (a cap covers the rest).
        rng: source of what differs from strand to strand.
    """
    model = load_head()
    canonical = model.canonical
    count, steps, width = COUNTS.get(cut.style, USUAL_COUNT)
    depth = hair_depth(cut, canonical)
    density = np.clip((depth + 0.05) / 0.22, 0, 1) ** 1.5 * (model.fine_masks[:, EARS] < 0.35)
    density *= canonical[:, 1] < below
    skin = model.triangles[model.triangle_materials == SKIN]
    skin = skin[density[skin].min(axis=1) > 0]
    roots = scatter_roots(count, skin, density, positions, normals, canonical, rng)

    guides = rng.choice(count, GUIDES, replace=False)
    at = roots.canonical[guides]
    length = hair_length(cut, at) * rng.uniform(0.85, 1.1, GUIDES)
    flow = comb(cut, at)
    rise = roots.normals[guides] + cut.disorder * rng.standard_normal((GUIDES, 3))
    start = normalise(cut.rise * rise + (1 - cut.rise) * flow(roots.points[guides], 0.0))
    # Hair lies over the ears.
    hard = (model.vertex_materials == SKIN) & (model.fine_masks[:, EARS] < 0.2)
    obstacle = Obstacle(positions[hard], normals[hard])
    on_top = np.clip((at[:, 1] - 7.2) / 0.8, 0, 1)
    margin = cut.lift * rng.uniform(0.6, 1.2, GUIDES) * (0.6 + 0.4 * on_top)
    curves = grow_guides(
        roots.points[guides], start, length, flow, cut.bend, margin, obstacle, steps
    )

    owner = _own_guides(roots, cut, guides)
    inside = np.clip((hair_depth(cut, roots.canonical) + 0.05) / 0.22, 0, 1)
    shortest = 0.85 if cut.style in ("afro", "buzzed") else 0.7
    reach = rng.uniform(shortest, 1.0, count) * (0.25 + 0.75 * inside)
    lowest = cut.fringe or 7.75
    reach = np.minimum(reach, _end_before_face(curves, lowest)[owner])
    fringe = over_forehead(cut, roots.canonical)
    gathering = np.where(fringe, 0.4 * cut.gathering, cut.gathering)
    points = follow_guides(roots.points, curves, owner, reach, gathering)
    # A turn needs four points to look round.
    turns = hair_length(cut, roots.canonical) * reach / cut.curl_length
    turns = np.minimum(turns, steps / 4)
    phase = rng.uniform(0, 2 * np.pi, GUIDES)[owner] + rng.normal(0, 0.6, count)
    points = curl(points, cut.curl_radius * rng.uniform(0.5, 1.4, count), turns, phase)
    stray = rng.normal(0, 0.03 * cut.disorder + 0.004, (count, 1, 3))
    points = points + stray * np.linspace(0, 1, steps)[None, :, None] * reach[:, None, None]

    taper = 1 - 0.55 * np.linspace(0, 1, steps) ** 2
    # Only the hair at the roots goes up with raised brows.
    away = np.linalg.norm(points - roots.points[:, None], axis=2)
    following = np.exp(-((away / CARRIED) ** 2))
    locks = np.exp(rng.normal(0, 0.14, (GUIDES, 1))).astype(np.float32)
    widths = width * taper * (0.35 + 0.65 * inside)[:, None] * rng.uniform(0.7, 1.2, (count, 1))
    loose = Strands(
        points=points.astype(np.float32),
        outwards=_outward_normals(points),
        roots=roots.vertices,
        weights=roots.weights,
        anchors=roots.points,
        following=following.astype(np.float32),
        widths=widths.astype(np.float32),
        colours=colour_strands(colour, count, rng) * locks[owner],
    )
    if cut.knot is None:
        return loose
    return join_strands([loose, tie_hair(cut, loose, rng)])
