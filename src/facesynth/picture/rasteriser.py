"""A z-buffer rasteriser for the CPU, compiled by Numba.

Pixel (column, row) has its centre at (column + 0.5, row + 0.5); y points down. Attributes are
interpolated with perspective correction: linear in the plane are inverse depth and attribute
times inverse depth (Heckbert and Moreton, "Interpolation for polygon texture mapping and
shading", 1991).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from facesynth.head.mesh import CUT_OUT, ONE_SIDED, Mesh


class Fragments(NamedTuple):
    """What is nearest at each pixel, each (h, w).

    Attributes:
        inverse_depth: float32, 0 where nothing is.
        triangle: int32, -1 where nothing is.
        second, third: float32, perspective-correct barycentric weights of the triangle's second
            and third vertex; the first's is the rest to 1.
    """

    inverse_depth: np.ndarray
    triangle: np.ndarray
    second: np.ndarray
    third: np.ndarray


@njit(cache=True)
def _fill(points, triangles, kinds, strands, thinness, texture, found):
    x, y, inverse_depth = points[0], points[1], points[2]
    height, width = found.triangle.shape
    for t in range(triangles.shape[0]):
        v0, v1, v2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, x1, y1, x2, y2 = x[v0], y[v0], x[v1], y[v1], x[v2], y[v2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0 or (kinds[t] == ONE_SIDED and area > 0.0):
            continue
        scale = 1.0 / area
        left = max(0, int(np.floor(min(x0, x1, x2) - 0.5)))
        right = min(width - 1, int(np.ceil(max(x0, x1, x2) - 0.5)))
        top = max(0, int(np.floor(min(y0, y1, y2) - 0.5)))
        bottom = min(height - 1, int(np.ceil(max(y0, y1, y2) - 0.5)))
        for row in range(top, bottom + 1):
            py = row + 0.5 - y0
            for column in range(left, right + 1):
                px = column + 0.5 - x0
                w1 = (px * (y2 - y0) - (x2 - x0) * py) * scale
                w2 = ((x1 - x0) * py - px * (y1 - y0)) * scale
                w0 = 1.0 - w1 - w2
                if w0 < 0.0 or w1 < 0.0 or w2 < 0.0:
                    continue
                z = w0 * inverse_depth[v0] + w1 * inverse_depth[v1] + w2 * inverse_depth[v2]
                if z <= found.inverse_depth[row, column]:
                    continue
                if kinds[t] == CUT_OUT:
                    u = w0 * strands[v0, 0] + w1 * strands[v1, 0] + w2 * strands[v2, 0]
                    v = w0 * strands[v0, 1] + w1 * strands[v1, 1] + w2 * strands[v2, 1]
                    level = w0 * thinness[v0] + w1 * thinness[v1] + w2 * thinness[v2]
                    i = int(np.floor(v * texture.shape[0])) % texture.shape[0]
                    j = int(np.floor(u * texture.shape[1])) % texture.shape[1]
                    if texture[i, j] < level:
                        continue
                found.inverse_depth[row, column] = z
                found.triangle[row, column] = t
                found.second[row, column] = w1 * inverse_depth[v1] / z
                found.third[row, column] = w2 * inverse_depth[v2] / z


def rasterise(points: np.ndarray, mesh: Mesh, texture: np.ndarray, size: int) -> Fragments:
    """Find the nearest triangle at each pixel of a square picture.

    Args:
        points: (n, 3) float32, where the mesh's vertices are seen: column and row in pixels, and
            inverse depth (> 0).
        mesh: its triangles; a front counts its vertices anticlockwise on the screen.
        texture: (a, b) float32, repeats: of the strands.
        size: side in pixels.
    """
    found = Fragments(
        inverse_depth=np.zeros((size, size), np.float32),
        triangle=np.full((size, size), -1, np.int32),
        second=np.zeros((size, size), np.float32),
        third=np.zeros((size, size), np.float32),
    )
    columns = np.ascontiguousarray(points.T)
    _fill(columns, mesh.triangles, mesh.kinds, mesh.strands, mesh.thinness, texture, found)
    return found


@njit(cache=True)
def _blend(found, triangles, attributes, out):
    height, width = found.triangle.shape
    for row in range(height):
        for column in range(width):
            t = found.triangle[row, column]
            if t < 0:
                continue
            v0, v1, v2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            w1, w2 = found.second[row, column], found.third[row, column]
            w0 = 1.0 - w1 - w2
            for k in range(attributes.shape[1]):
                value = w0 * attributes[v0, k] + w1 * attributes[v1, k] + w2 * attributes[v2, k]
                out[row, column, k] = value


def interpolate(found: Fragments, triangles: np.ndarray, attributes: np.ndarray) -> np.ndarray:
    """Return (h, w, k) float32, the (n, k) vertex attributes at each pixel; 0 where nothing is."""
    out = np.zeros((*found.triangle.shape, attributes.shape[1]), np.float32)
    _blend(found, triangles, attributes, out)
    return out


@njit(cache=True)
def _occlude(depth, triangle, radius, directions, out):
    height, width = depth.shape
    count = directions.shape[0]
    for row in range(height):
        for column in range(width):
            if triangle[row, column] < 0:
                continue
            turn = (column * 7 + row * 13) % 4
            total = 0.0
            for k in range(count):
                reach = radius * (0.35 + 0.65 * ((k * 5 + turn * 3) % count) / count)
                i = int(row + directions[(k + turn) % count, 1] * reach)
                j = int(column + directions[(k + turn) % count, 0] * reach)
                if i < 0 or j < 0 or i >= height or j >= width or triangle[i, j] < 0:
                    continue
                nearer = depth[row, column] - depth[i, j]
                if 0.012 < nearer < 0.6:
                    total += min(1.0, (nearer - 0.012) * 9.0) * (1 - nearer / 0.6)
            out[row, column] = max(0.0, 1 - 1.15 * total / count)


def ambient_occlusion(found: Fragments, radius: float) -> np.ndarray:
    """Return (h, w) float32 in [0, 1], how open each pixel is to light from all around.

    Screen-space: of 16 neighbours within ``radius`` pixels those nearer to the camera by 0.12 to
    6 cm close the pixel (Mittring, "Finding next gen", 2007, section 8.5.4.3).
    """
    angles = np.arange(16) * 2 * np.pi / 16
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    seen = found.triangle >= 0
    depth = np.where(seen, 1 / np.maximum(found.inverse_depth, 1e-6), 99).astype(np.float32)
    out = np.ones_like(depth)
    _occlude(depth, found.triangle, radius, directions, out)
    return out
