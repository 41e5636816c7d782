"""Light on and in hair."""

from typing import NamedTuple

import cv2
import numpy as np
from numba import njit

from facesynth.light.scene import Scene

GRID = 112
GRID_WIDTH = 5.2
# Decimetres of hair that let through 1 / e of the light.
FREE_PATH = 0.16
# Share of the light that one strand takes from what lies behind its grid cell.
STRAND_SHADE = 0.035
# Share of the light that reaches the skin under any amount of hair.
DEEPEST = 0.15
HIGHLIGHTS = ((-0.10, 60.0), (0.14, 14.0))
"""Shift towards the root and exponent of the white and of the coloured highlight."""


class HairShadow(NamedTuple):
    """Hair seen from a light, orthographically.

    Attributes:
        axes: (3, 3) float32, rows are the directions of columns, of rows (up) and to the light.
        height: (g, g) float32, decimetres towards the light of the first strand; low for none.
        count: (g, g) float32, points of strands in the cell.
    """

    axes: np.ndarray
    height: np.ndarray
    count: np.ndarray


@njit(cache=True)
def _see_from_light(axes, size, x, y, z):
    """Return column and row in the grid, not rounded, and height towards the light."""
    scale = size / GRID_WIDTH
    column = size / 2 + scale * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z)
    row = size / 2 - scale * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z)
    return column, row, axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z


@njit(cache=True)
def _fill_grid(points, axes, height, count):
    size = height.shape[0]
    for i in range(points.shape[0]):
        u, v, tall = _see_from_light(axes, size, points[i, 0], points[i, 1], points[i, 2])
        column, row = int(u), int(v)
        if 0 <= column < size and 0 <= row < size:
            height[row, column] = max(height[row, column], tall)
            count[row, column] += 1


def light_axes(direction: np.ndarray) -> np.ndarray:
    """Return (3, 3) float32, rows to the right, up and to the light, which is at ``direction``."""
    across = np.cross([0.0, 1.0, 0.0], direction)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(direction, across), direction]).astype(np.float32)


def look_from_light(points: np.ndarray, direction: np.ndarray) -> HairShadow:
    """Return what the light sees of (p, 3) float32 points of strands, ``direction`` (3,) to it."""
    axes = light_axes(direction)
    height = np.full((GRID, GRID), -99, np.float32)
    count = np.zeros((GRID, GRID), np.float32)
    _fill_grid(points, axes, height, count)
    height = cv2.dilate(height, np.ones((3, 3), np.uint8))
    return HairShadow(axes, height, cv2.GaussianBlur(count, (0, 0), 2.2))


@njit(cache=True)
def _reach_skin(points, axes, height, count, out):
    size = height.shape[0]
    for i in range(points.shape[0]):
        u, v, tall = _see_from_light(axes, size, points[i, 0], points[i, 1], points[i, 2])
        u, v = u - 0.5, v - 0.5
        column, row = int(np.floor(u)), int(np.floor(v))
        if column < 0 or row < 0 or column >= size - 1 or row >= size - 1:
            continue
        shade = 0.0
        for a in range(2):
            for b in range(2):
                weight = (u - column if b else 1 - u + column) * (v - row if a else 1 - v + row)
                above = min(1.0, max(0.0, (height[row + a, column + b] - tall - 0.02) / 0.2))
                shade += weight * above * count[row + a, column + b]
        out[i] = DEEPEST + (1 - DEEPEST) * np.exp(-STRAND_SHADE * shade)


def pass_hair(shadow: HairShadow, points: np.ndarray) -> np.ndarray:
    """Return (p,) float32 in [0, 1], the share of light that gets past hair to (p, 3) points."""
    out = np.ones(len(points), np.float32)
    _reach_skin(points, *shadow, out)
    return out


@njit(cache=True)
def _depth(shadow, x, y, z):
    """Return how far a point lies below the first strand or skin that the light meets."""
    size = shadow.height.shape[0]
    u, v, tall = _see_from_light(shadow.axes, size, x, y, z)
    column, row = int(u), int(v)
    if 0 <= column < size and 0 <= row < size:
        return max(0.0, shadow.height[row, column] - tall - 0.02)
    return 0.0


@njit(cache=True)
def _shade(points, outwards, colours, lit, overhead, view, lights, out):
    count, steps = points.shape[0], points.shape[1]
    light, key, sky, ground = lights[0], lights[1], lights[2], lights[3]
    fill_directions, fills = lights[4:6], lights[6:8]
    for i in range(count):
        for j in range(steps):
            x, y, z = points[i, j, 0], points[i, j, 1], points[i, j, 2]
            before, after = max(j - 1, 0), min(j + 1, steps - 1)
            tx = points[i, after, 0] - points[i, before, 0]
            ty = points[i, after, 1] - points[i, before, 1]
            tz = points[i, after, 2] - points[i, before, 2]
            norm = max(np.sqrt(tx * tx + ty * ty + tz * tz), 1e-6)
            tx, ty, tz = tx / norm, ty / norm, tz / norm
            nx, ny, nz = outwards[i, j, 0], outwards[i, j, 1], outwards[i, j, 2]

            pass_key = np.exp(-_depth(lit, x, y, z) / FREE_PATH)
            pass_sky = 0.25 + 0.75 * np.exp(-_depth(overhead, x, y, z) / FREE_PATH)
            along = tx * light[0] + ty * light[1] + tz * light[2]
            facing = nx * light[0] + ny * light[1] + nz * light[2]
            wrapped = max(0.0, (facing + 0.4) / 1.4)
            diffuse = 0.95 * np.sqrt(max(0.0, 1 - along * along)) * wrapped * pass_key
            upward = 0.5 + 0.5 * ny
            # A light behind the head grazes the hair at its outline, however thick it is.
            beside = [0.0, 0.0]
            for k in range(2):
                direction = fill_directions[k]
                cosine = nx * direction[0] + ny * direction[1] + nz * direction[2]
                beside[k] = max(0.0, (cosine + 0.2 * k) / (1 + 0.2 * k)) * pass_sky

            hx, hy, hz = view[0] - x, view[1] - y, view[2] - z
            far = np.sqrt(hx * hx + hy * hy + hz * hz)
            hx, hy, hz = hx / far + light[0], hy / far + light[1], hz / far + light[2]
            norm = max(np.sqrt(hx * hx + hy * hy + hz * hz), 1e-6)
            hx, hy, hz = hx / norm, hy / norm, hz / norm
            glints = [0.0, 0.0]
            for k in range(2):
                shift, power = HIGHLIGHTS[k]
                sx, sy, sz = tx + shift * nx, ty + shift * ny, tz + shift * nz
                norm = max(np.sqrt(sx * sx + sy * sy + sz * sz), 1e-6)
                cosine = (sx * hx + sy * hy + sz * hz) / norm
                glints[k] = max(0.0, 1 - cosine * cosine) ** (power / 2)
            shine = min(1.0, max(0.0, facing + 0.25)) * pass_key
            for c in range(3):
                base = colours[i, c]
                white = 0.08 * glints[0] * shine * key[c]
                tinted = 1.3 * base * glints[1] * shine * key[c]
                around = (ground[c] + (sky[c] - ground[c]) * upward) * pass_sky
                around += beside[0] * fills[0, c] + 1.6 * beside[1] * fills[1, c]
                body = base * (diffuse * key[c] + around) + 0.03 * beside[1] * fills[1, c]
                out[i, j, c] = body + white + tinted


def light_strands(
    points: np.ndarray,
    outwards: np.ndarray,
    colours: np.ndarray,
    blockers: np.ndarray,
    scene: Scene,
) -> np.ndarray:
    """Return the (n, s, 3) float32 radiance of strands.

    Diffuse light and two highlights of a thin cylinder (Kajiya and Kay, "Rendering fur with
    three dimensional textures", 1989, section 3; shifted along the strand as in Scheuermann,
    "Practical real-time hair rendering and shading", 2004). Light fades exponentially behind
    the first strand or skin that it meets, as with one layer of a deep shadow map.

    Args:
        points: (n, s, 3) float32 in the camera's axes.
        outwards: (n, s, 3) float32 unit vectors.
        colours: (n, 3) float32 reflectances.
        blockers: (p, 3) float32 points of hair and head that keep the light off.
        scene: the lights.
    """
    light = scene.light
    lit = look_from_light(blockers, light.direction)
    overhead = look_from_light(blockers, np.array([0.0, 0.6, 0.8]))
    lights = [light.direction, light.key, light.sky, light.ground]
    lights += [light.fill_direction, light.rim_direction, light.fill, light.rim]
    view = np.array([0, 0, scene.distance], np.float32)
    out = np.empty_like(points)
    _shade(points, outwards, colours, lit, overhead, view, np.float32(lights), out)
    return out
