"""Hair: shells over the scalp, cut out by a texture of strands, and what hangs or is tied."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from cnnlab.faces.rendering.assets import EARS, HAIR, SKIN, load_head
from cnnlab.faces.rendering.mesh import CUT_OUT, Mesh, grid_triangles

TEXTURE_SIZE = 512
LAYERS = 6
SKULL_CENTRE = np.array([0.0, 7.55, 0.25])
# The hairline of the average head: how far forward (z) hair grows at a height (y), decimetres.
HAIRLINE_Y = (6.3, 6.75, 6.95, 7.1, 7.5, 7.8, 7.95, 8.10, 8.2, 8.6)
HAIRLINE_Z = (-0.25, -0.2, 0.05, 0.50, 0.62, 0.88, 1.05, 1.28, 1.6, 2.2)
STYLES_OF_MEN = {"bald": 0.08, "buzzed": 0.22, "short": 0.48, "full": 0.22}
STYLES_OF_WOMEN = {"short": 0.10, "full": 0.18, "long": 0.50, "tied": 0.22}


@dataclass(frozen=True, eq=False)
class Hair:
    """A haircut; lengths in decimetres.

    Attributes:
        scalp: (s,) indices of the subdivided head's vertices that hair grows on.
        triangles: (t, 3) int64, the scalp's triangles, as indices into ``scalp``.
        depth: (s,) float32, how far behind the hairline a vertex lies.
        length: (s,) float32.
        strands: (s, 2) float32, texture coordinates.
        curly: whether the strands curl.
        sweep: sideways lean of the hair on top, as a share of its length.
        curtain: how far long hair hangs below the ears; 0 for none.
        knot: radius of a knot of tied hair; 0 for none.
    """

    scalp: np.ndarray
    triangles: np.ndarray
    depth: np.ndarray
    length: np.ndarray
    strands: np.ndarray
    curly: bool
    sweep: float
    curtain: float
    knot: float


def behind_hairline(canonical: np.ndarray) -> np.ndarray:
    """Return how far (..., 3) points of the average head lie behind the hairline, decimetres."""
    depth = np.interp(canonical[..., 1], HAIRLINE_Y, HAIRLINE_Z) - canonical[..., 2]
    return np.minimum(depth, (canonical[..., 1] - 6.62) * 1.2)


@cache
def strand_texture(curly: bool) -> np.ndarray:
    """Return a (512, 512) float32 texture, uniform in [0, 1], that repeats on all sides."""
    noise = np.random.default_rng(7).standard_normal((TEXTURE_SIZE, TEXTURE_SIZE))
    smooth = gaussian_filter(noise, (3.0, 3.0) if curly else (40.0, 1.8), mode="wrap")
    ranks = smooth.reshape(-1).argsort().argsort()
    return (ranks.reshape(smooth.shape) / ranks.size).astype(np.float32)


def draw_hair(is_male: bool, melanin: float, age: float, rng: np.random.Generator) -> Hair | None:
    """Draw a haircut; None is a bald head.

    Args:
        is_male: which styles there are.
        melanin: in [0, 1]; above 0.55 most hair is curly.
        age: MakeHuman's age; men's hairlines recede from 0.6 on.
        rng: source of the choices.
    """
    styles = STYLES_OF_MEN if is_male else STYLES_OF_WOMEN
    style = str(rng.choice(list(styles), p=list(styles.values())))
    curly = melanin > 0.55 and rng.random() < 0.8
    offset = rng.uniform(0.04, 0.16) - 0.7 * max(0.0, age - 0.6) * is_male
    fringe = rng.uniform(0.3, 0.6) if rng.random() < (0.15 if is_male else 0.3) else 0.0
    sides, top = rng.uniform(0.07, 0.12), rng.uniform(0.06, 0.2)
    if style == "full":
        sides, top = rng.uniform(0.13, 0.2), rng.uniform(0.12, 0.3) + 0.12 * curly
    elif style == "long":
        sides, top = rng.uniform(0.14, 0.18), rng.uniform(0.06, 0.16)
    elif style == "tied":
        sides, top, fringe = rng.uniform(0.05, 0.08), rng.uniform(0.03, 0.08), 0.0
    waves = rng.uniform(0, 2 * np.pi, 2)
    sweep, curtain = rng.normal(0, 0.3), rng.uniform(0.3, 1.6)
    knot = rng.uniform(0.3, 0.42) if rng.random() < 0.6 else 0.0
    if style == "bald":
        return None

    model = load_head()
    canonical = model.canonical
    upper = np.clip((canonical[:, 1] - 7.6) / 0.3, 0, 1)
    depth = behind_hairline(canonical) + offset * upper
    depth += fringe * np.clip((canonical[:, 1] - 7.60) / 0.14, 0, 1)
    grows = (depth > -0.12) & (model.fine_masks[:, EARS] < 0.35) & (canonical[:, 1] > 6.5)
    skin = model.triangles[model.triangle_materials == SKIN]
    covered = skin[grows[skin].all(axis=1)]
    scalp, local = np.unique(covered, return_inverse=True)

    place = canonical[scalp] - SKULL_CENTRE
    direction = place / np.linalg.norm(place, axis=1, keepdims=True)
    around = np.arctan2(np.abs(place[:, 0]), -(place[:, 2] + 0.35))
    if style == "buzzed":
        length = np.full(len(scalp), 0.035)
    else:
        lumps = 0.08 * np.sin(5 * around + waves[0]) + 0.04 * np.sin(11 * around + waves[1])
        length = (sides + top * np.clip(direction[:, 1], 0, 1)) * (1 + lumps)
    length *= np.clip(depth[scalp] / 0.2, 0, 1) ** 0.6
    tiles = 3.0
    strands = np.stack([around / (2 * np.pi) * tiles, 0.3 * (8.5 - canonical[scalp, 1])], axis=1)
    return Hair(
        scalp=scalp,
        triangles=local.reshape(-1, 3),
        depth=depth[scalp].astype(np.float32),
        length=length.astype(np.float32),
        strands=strands.astype(np.float32),
        curly=bool(curly),
        sweep=float(sweep),
        curtain=float(curtain) if style == "long" else 0.0,
        knot=float(knot) if style == "tied" else 0.0,
    )


def _sheet(positions, normals, canonical, strands, thinness, triangles) -> Mesh:
    return Mesh(
        positions=positions.astype(np.float32),
        normals=normals.astype(np.float32),
        canonical=canonical.astype(np.float32),
        masks=np.zeros((len(positions), 4), np.float32),
        strands=strands.astype(np.float32),
        thinness=np.broadcast_to(thinness, len(positions)).astype(np.float32),
        triangles=triangles,
        materials=np.full(len(triangles), HAIR),
        kinds=np.full(len(triangles), CUT_OUT),
    )


def _grow_shells(hair: Hair, roots: np.ndarray, normals: np.ndarray) -> list[Mesh]:
    canonical = load_head().canonical[hair.scalp]
    # Near the hairline only the densest strands are left, so that it doesn't look cut.
    edge = 0.9 - 18 * hair.depth
    on_top = np.clip((canonical[:, 1] - 7.7) / 0.3, 0, 1)
    shells = []
    for layer in range(1, LAYERS + 1):
        height = layer / LAYERS
        offset = normals * (hair.length * height)[:, None]
        offset[:, 1] -= 0.25 * hair.length * height * (1 - on_top)
        offset[:, 0] += hair.sweep * hair.length * height * on_top
        thinness = np.maximum(0.28 * height**2 - 0.1, edge)
        shells.append(
            _sheet(roots + offset, normals, canonical, hair.strands, thinness, hair.triangles)
        )
    return shells


def _hang_curtain(hair: Hair, roots: np.ndarray) -> list[Mesh]:
    columns, rows = 56, 26
    around, down = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(0, 1, rows))
    angle = 0.70 * np.pi * around
    half_width = np.abs(roots[:, 0]).max() + 0.6 * hair.length.mean()
    top = roots[:, 1].mean() + 0.35
    sheets = []
    for layer in range(4):
        bulge = 0.88 + 0.10 * np.sin(np.pi * np.clip(1.1 * down, 0, 1)) - 0.06 * down
        bulge -= 0.22 * np.clip(1 - down / 0.25, 0, 1)
        radius = (half_width * bulge + 0.04 * layer) * (1 + 0.02 * np.sin(9 * angle))
        x = radius * np.sin(angle)
        y = top - down * (1.15 + hair.curtain) + 0.06 * np.cos(angle)
        z = 0.45 * roots[:, 2].min() + 0.17 - (0.66 + 0.03 * layer) * np.cos(angle)
        positions = np.stack([x, y, z], axis=-1).reshape(-1, 3)
        normals = np.stack([np.sin(angle), 0.15 + 0 * angle, -0.8 * np.cos(angle)], axis=-1)
        normals = (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).reshape(-1, 3)
        thinness = 0.05 * layer - 0.05 + 0.9 * np.clip((down - 0.78) / 0.22, 0, 1) ** 2
        thinness += 0.8 * np.clip((np.abs(around) - 0.9) / 0.1, 0, 1)
        strands = np.stack([1.5 * np.abs(angle) / np.pi, 0.5 * down], axis=-1).reshape(-1, 2)
        triangles = grid_triangles(rows, columns)
        sheets.append(
            _sheet(positions, normals, positions, strands, thinness.reshape(-1), triangles)
        )
    return sheets


def _tie_knot(hair: Hair, roots: np.ndarray) -> Mesh:
    columns, rows = 25, 13
    turn, rise = np.meshgrid(np.linspace(0, 2 * np.pi, columns), np.linspace(0, np.pi, rows))
    normals = np.stack(
        [np.sin(rise) * np.cos(turn), np.cos(rise), np.sin(rise) * np.sin(turn)], axis=-1
    ).reshape(-1, 3)
    centre = np.array([0.0, roots[:, 1].max() + 0.12, -0.05])
    positions = centre + hair.knot * normals
    strands = np.stack([turn / np.pi, rise / 6], axis=-1).reshape(-1, 2)
    triangles = grid_triangles(rows, columns)
    return _sheet(positions, normals, positions, strands, -0.1, triangles)


def grow_hair(hair: Hair, positions: np.ndarray, normals: np.ndarray) -> list[Mesh]:
    """Return the hair of a head.

    Args:
        hair: the haircut.
        positions: (m, 3), the subdivided head.
        normals: (m, 3), its unit normals.
    """
    roots = positions[hair.scalp]
    meshes = _grow_shells(hair, roots, normals[hair.scalp])
    if hair.curtain:
        meshes += _hang_curtain(hair, roots)
    if hair.knot:
        meshes.append(_tie_knot(hair, roots))
    return meshes
