"""What is painted on the skin: brows, redness, freckles, wrinkles.

Maps cover the front of the average head, seen along z, in the canonical coordinates x in
[-0.85, 0.85] and y in [5.75, 8.6] decimetres; row 0 is the lowest y.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from facesynth.head.action_units import Expression
from facesynth.head.assets import LASHES, load_head

MAP_SIZE = 512
X_RANGE = (-0.85, 0.85)
Y_RANGE = (5.75, 8.6)

# Creases of the average face as curves (x, y) in decimetres, their half width, and whether
# they are mirrored. "left" is the side of positive x.
Curve = tuple[tuple[float, float], ...]


def _forehead_line(half_width: float, height: float) -> Curve:
    wave = 40 * height
    return tuple(
        (half_width * s, height - 0.02 * s**2 + 0.008 * np.sin(2.2 * s + wave))
        for s in np.linspace(-1, 1, 5)
    )


CREASES: dict[str, tuple[float, bool, tuple[Curve, ...]]] = {
    "nasolabial_left": (0.032, False, (((0.20, 6.98), (0.27, 6.86), (0.34, 6.72), (0.37, 6.58)),)),
    "forehead": (0.014, False, tuple(_forehead_line(0.5, y) for y in (7.68, 7.78, 7.88))),
    "forehead_middle": (0.014, False, tuple(_forehead_line(0.24, y) for y in (7.68, 7.77, 7.86))),
    "glabella": (0.012, True, (((0.055, 7.43), (0.058, 7.48), (0.07, 7.54)),)),
    "nose": (
        0.012,
        True,
        (((0.03, 7.30), (0.09, 7.34), (0.13, 7.40)), ((0.04, 7.24), (0.10, 7.27), (0.15, 7.32))),
    ),
    "crow_feet": (
        0.010,
        True,
        (
            ((0.52, 7.29), (0.60, 7.32), (0.66, 7.36)),
            ((0.52, 7.26), (0.60, 7.25), (0.67, 7.25)),
            ((0.51, 7.23), (0.58, 7.19), (0.63, 7.15)),
        ),
    ),
    "under_eye": (0.012, True, (((0.19, 7.20), (0.28, 7.12), (0.38, 7.12), (0.46, 7.18)),)),
    "marionette": (0.014, True, (((0.30, 6.58), (0.32, 6.50), (0.31, 6.42)),)),
    "lid_fold": (
        0.009,
        True,
        (((0.17, 7.335), (0.24, 7.405), (0.32, 7.425), (0.40, 7.405), (0.47, 7.335)),),
    ),
    "dimple_left": (0.016, False, (((0.36, 6.66), (0.375, 6.61), (0.36, 6.56)),)),
}
AGEING = {"forehead": 0.5, "nasolabial_left": 0.8, "crow_feet": 0.6, "under_eye": 0.6}
AGEING |= {"marionette": 0.6, "glabella": 0.35}


@dataclass(frozen=True)
class Brows:
    """Eyebrows: thickness and density relative to 1, arch relative to 0."""

    thickness: float
    density: float
    arch: float


@dataclass(frozen=True, eq=False)
class SkinMaps:
    """A person's maps, each (512, 512) float32.

    Attributes:
        brows: cover of the eyebrows in [0, 1].
        redness: blood near the surface, about [-0.3, 1.2].
        darkness: optical depth of pigment, about [-0.1, 1].
        creases: permanent creases, >= 0, 1 being as deep as a fully active unit's.
        grain: height of pores, decimetres.
        wrinkling: how readily the skin creases, in [0, 1].
    """

    brows: np.ndarray
    redness: np.ndarray
    darkness: np.ndarray
    creases: np.ndarray
    grain: np.ndarray
    wrinkling: float


def map_coordinates(canonical: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the map's column and row (float32, pixel centres at integers) of (..., 3) points."""
    column = (canonical[..., 0] - X_RANGE[0]) / (X_RANGE[1] - X_RANGE[0]) * MAP_SIZE - 0.5
    row = (canonical[..., 1] - Y_RANGE[0]) / (Y_RANGE[1] - Y_RANGE[0]) * MAP_SIZE - 0.5
    return column.astype(np.float32), row.astype(np.float32)


def _grid() -> tuple[np.ndarray, np.ndarray]:
    centres = (np.arange(MAP_SIZE, dtype=np.float32) + 0.5) / MAP_SIZE
    return np.meshgrid(
        X_RANGE[0] + centres * (X_RANGE[1] - X_RANGE[0]),
        Y_RANGE[0] + centres * (Y_RANGE[1] - Y_RANGE[0]),
    )


def _spot(distance: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distance / width) ** 2)).astype(np.float32)


def _noise(rng: np.random.Generator, texels: float) -> np.ndarray:
    """Smooth noise of unit variance whose features are ``texels`` wide, and as high on the skin."""
    columns = max(4, int(MAP_SIZE / texels))
    rows = int(columns * (Y_RANGE[1] - Y_RANGE[0]) / (X_RANGE[1] - X_RANGE[0]))
    coarse = rng.standard_normal((min(rows, MAP_SIZE), columns)).astype(np.float32)
    noise = cv2.resize(coarse, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_CUBIC)
    return noise / noise.std()


def _draw_curves(curves: tuple[Curve, ...], half_width: float) -> np.ndarray:
    """Draw soft curves that fade towards their ends, 1 at their deepest."""
    image = np.zeros((MAP_SIZE, MAP_SIZE), np.uint8)
    for curve in curves:
        points = np.array(curve)
        # A polynomial through the points bends as skin does; straight pieces would show.
        steps, fine = np.linspace(0, 1, len(points)), np.linspace(0, 1, 30)
        degree = min(3, len(points) - 1)
        x, y = (np.polyval(np.polyfit(steps, points[:, k], degree), fine) for k in (0, 1))
        column, row = map_coordinates(np.stack([x, y, np.zeros_like(x)], axis=-1))
        line = np.round(np.stack([column, row], axis=-1) * 16).astype(np.int32)
        depth = 255 * np.sin(np.pi * (fine[1:] + fine[:-1]) / 2) ** 0.7
        for start, end, level in zip(line[:-1], line[1:], depth, strict=True):
            cv2.line(image, start.tolist(), end.tolist(), int(level), 1, cv2.LINE_AA, 4)
    sigma = half_width / (X_RANGE[1] - X_RANGE[0]) * MAP_SIZE
    soft = cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma)
    return soft / soft.max()


@cache
def crease_maps() -> Mapping[str, np.ndarray]:
    """Return each crease of ``CREASES``, and the right-hand ones, as a (512, 512) map in [0, 1]."""
    maps = {}
    for name, (half_width, mirrored, curves) in CREASES.items():
        one = _draw_curves(curves, half_width)
        maps[name] = np.maximum(one, one[:, ::-1]) if mirrored else one
    for name in ("nasolabial", "dimple"):
        maps[f"{name}_right"] = np.ascontiguousarray(maps[f"{name}_left"][:, ::-1])
    x, y = _grid()
    bumps = np.clip(_noise(np.random.default_rng(5), 9), -1, 1)
    maps["chin"] = bumps * _spot(x, 0.16) * _spot(y - 6.30, 0.12)
    return maps


@cache
def lash_line() -> np.ndarray:
    """Return a (512, 512) map in [0, 1] of where the upper lashes grow."""
    model = load_head()
    points = model.canonical[model.vertex_materials == LASHES]
    column, row = map_coordinates(points[points[:, 1] > 7.28])
    line = np.zeros((MAP_SIZE, MAP_SIZE), np.float32)
    line[np.round(row).astype(int), np.round(column).astype(int)] = 1
    line = cv2.GaussianBlur(cv2.dilate(line, np.ones((3, 5))), (0, 0), 2.0)
    return line / line.max()


@cache
def eyeshadow_cover() -> np.ndarray:
    """Return a (512, 512) map in [0, 1] of the upper lids, from the lashes up to the brows."""
    x, y = _grid()
    side = (np.abs(x) - 0.32) / 0.17
    low, high = 7.31 + 0.03 * (1 - side**2), 7.43 + 0.02 * side
    above, below = np.clip((y - low) / 0.02, 0, 1), np.clip((high - y) / 0.09, 0, 1)
    return (above * below * np.clip(1.4 - side**2, 0, 1)).astype(np.float32)


def draw_brows(brows: Brows, rng: np.random.Generator) -> np.ndarray:
    """Draw the eyebrows hair by hair: (512, 512) float32 cover in [0, 1]."""
    scale = 2
    image = np.zeros((MAP_SIZE * scale, MAP_SIZE * scale), np.uint8)
    count = int(330 * brows.density)
    for side in (-1, 1):
        along = rng.beta(1.25, 1.15, count)
        across = np.clip(rng.normal(-0.1, 0.55, count), -1.1, 1.1)
        angle = np.deg2rad(70 - 72 * np.sqrt(along) - 18 * across + rng.normal(0, 10, count))
        length = 0.055 * (1 - 0.35 * along) * rng.uniform(0.7, 1.2, count)
        rise = 0.045 * np.sin(np.pi * np.minimum(1, along * 1.05) ** 1.2) * (1 + brows.arch)
        droop = 0.035 * np.maximum(0, along - 0.5) ** 2 / 0.25 * (1 + 0.5 * brows.arch)
        taper = 1 - 0.75 * np.maximum(0, along - 0.35) / 0.65
        half = 0.047 * brows.thickness * taper * (0.75 + 0.25 * np.minimum(1, along / 0.15))
        x = 0.14 + 0.38 * along
        y = 7.450 + rise - droop + across * half
        tip = np.stack([x + np.cos(angle) * length, y + np.sin(angle) * length * 0.8], axis=-1)
        ends = np.stack([np.stack([x, y], axis=-1), tip], axis=1) * [side, 1]
        column, row = map_coordinates(np.concatenate([ends, ends[..., :1]], axis=-1))
        pixels = np.round(np.stack([column, row], axis=-1) * 16 * scale).astype(np.int32)
        cv2.polylines(image, list(pixels), False, 255, 1, cv2.LINE_AA, 4)
    cover = cv2.GaussianBlur(image.astype(np.float32) / 255, (0, 0), 2.5)
    cover = cv2.resize(cover, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    return 0.9 * (1 - np.exp(-3.4 * brows.density * cover))


def _draw_spots(count: int, width: float, rng: np.random.Generator) -> np.ndarray:
    """Draw round spots somewhere on the face, 1 at their middle: (512, 512) float32."""
    image = np.zeros((MAP_SIZE, MAP_SIZE), np.float32)
    for column, row in rng.integers((110, 90), (400, 370), (count, 2)):
        cv2.circle(image, (int(column), int(row)), 1, float(rng.uniform(0.4, 1)), -1)
    if not count:
        return image
    # A texel is wider than high by less than twice; spots come out round enough.
    soft = cv2.GaussianBlur(image, (0, 0), width)
    return soft / soft.max()


def draw_skin_maps(
    brows: Brows, age: float, melanin: float, blush: float, rng: np.random.Generator
) -> SkinMaps:
    """Draw a person's skin.

    Args:
        brows: the eyebrows.
        age: MakeHuman's age, 0.5 being 25 years and 1 being 90.
        melanin: in [0, 1]; fair skin may have freckles, and age spots when old.
        blush: redness put on the cheeks, in [0, 1].
        rng: source of the choices.
    """
    x, y = _grid()
    side = np.abs(x)
    wrinkling = float(np.clip((age - 0.50) * 2.0, 0, 1))
    flush = rng.uniform(0.4, 1.2)
    redness = 0.75 * flush * _spot(np.hypot((side - 0.36) / 1.2, y - 6.95), 0.20)
    redness += 0.7 * flush * _spot(np.hypot(x, y - 6.98), 0.13)
    redness += 0.35 * flush * _spot(np.hypot(x, y - 6.3), 0.14)
    redness += 0.13 * _noise(rng, 40) + 0.07 * _noise(rng, 16) + 0.03 * _noise(rng, 8)
    redness += 1.2 * blush * _spot(np.hypot((side - 0.44) / 1.4, y - 7.0), 0.16)
    # The sockets are darker, the more so in age; forehead and jaw tan more than the cheeks.
    darkness = 0.34 * (0.5 + wrinkling) * _spot(np.hypot((side - 0.27) / 1.7, y - 7.15), 0.055)
    darkness += 0.16 * _spot(np.hypot((side - 0.30) / 1.6, y - 7.30), 0.12)
    darkness += 0.04 * _noise(rng, 60) + 0.02 * _noise(rng, 20) + 0.02 * _noise(rng, 7)
    freckles = cv2.GaussianBlur((_noise(rng, 4) > 1.9).astype(np.float32), (0, 0), 1.0)
    if rng.random() < 0.25 and melanin < 0.3:
        darkness += 0.45 * freckles * _spot(np.hypot(side - 0.25, (y - 7.05) * 1.2), 0.3)
    darkness += 0.9 * _draw_spots(int(rng.poisson(1.2)), 1.6, rng)
    darkness += 0.22 * _draw_spots(int(rng.poisson(14 * wrinkling * (1 - melanin))), 4.0, rng)
    creases = np.zeros_like(x)
    for name, depth in AGEING.items():
        one = crease_maps()[name]
        both = one + crease_maps()["nasolabial_right"] if name == "nasolabial_left" else one
        shifted = np.roll(both, int(rng.integers(-5, 6)), axis=0)
        creases += depth * wrinkling * rng.uniform(0.6, 1.2) * shifted
    creases += 0.55 * crease_maps()["lid_fold"]
    rough = 1 + 0.6 * wrinkling
    return SkinMaps(
        brows=draw_brows(brows, rng),
        redness=redness,
        darkness=darkness,
        creases=creases,
        grain=rough * (0.0003 * _noise(rng, 3) + 0.0004 * _noise(rng, 7)),
        wrinkling=wrinkling,
    )


def crease_depths(expression: Expression) -> dict[str, float]:
    """Return how deep the expression presses each crease, 0 to about 1.3.

    Which unit presses which crease follows the FACS manual's appearance changes [@ekman2002].
    """
    level = expression.strength
    raised, inner = min(level(1), level(2)), max(0.0, level(1) - level(2))
    depths = {
        "forehead": raised,
        "forehead_middle": 0.9 * inner,
        "glabella": level(4),
        "nose": 1.1 * level(9),
        "crow_feet": 0.9 * level(6) + 0.3 * level(7),
        "under_eye": 0.6 * level(6) + 0.3 * level(7),
        "chin": 0.5 * level(17),
        "marionette": 0.8 * level(15),
    }
    for k, side in enumerate(("left", "right")):
        smile, sneer, lift, dimple = (
            expression.units.get(unit, (0.0, 0.0))[k] for unit in (12, 9, 10, 14)
        )
        depths[f"nasolabial_{side}"] = max(smile + 0.3 * dimple, 0.8 * lift, 0.75 * sneer)
        depths[f"dimple_{side}"] = dimple
    return depths


def draw_creases(maps: SkinMaps, expression: Expression) -> np.ndarray:
    """Return all creases of a face that shows an expression: (512, 512) float32, >= about 0."""
    ease = 0.42 + 0.65 * maps.wrinkling
    creases = maps.creases.copy()
    for name, depth in crease_depths(expression).items():
        if depth > 0.03:
            creases += np.float32(ease * depth) * crease_maps()[name]
    return creases
