"""Shadows: sharp under a small light, blurred under a large one."""

from dataclasses import replace

import numpy as np
from numba import njit

from facesynth.head.assets import LASHES
from facesynth.head.mesh import ONE_SIDED, TWO_SIDED, Mesh
from facesynth.picture.rasteriser import rasterise
from facesynth.picture.strand_shading import light_axes

SHADOW_SIZE = 256
SHADOW_WIDTH = 5.2
SHADOW_BIAS = 0.03
# Penumbras end here, decimetres: a larger disc would need more looks to be smooth.
WIDEST_PENUMBRA = 0.35
LOOKS = 16


@njit(cache=True)
def _receive(nearest, column, row, height, slopes, disc, spread, widest, least, bias, out):
    size = nearest.shape[0]
    looks = disc.shape[0]
    for p in range(column.shape[0]):
        # Neighbours look along turned discs, so that what remains is grain and not bands; a
        # point that stays where it is keeps its grain.
        angle = 2.399963 * ((int(3 * column[p]) + 5 * int(3 * row[p])) % 16)
        cosine, sine = np.cos(angle), np.sin(angle)
        gap, blockers = 0.0, 0
        for k in range(looks):
            right = (cosine * disc[k, 0] - sine * disc[k, 1]) * widest
            down = (sine * disc[k, 0] + cosine * disc[k, 1]) * widest
            i, j = int(row[p] + down), int(column[p] + right)
            if i < 0 or j < 0 or i >= size or j >= size:
                continue
            above = nearest[i, j] - height[p] - slopes[p, 0] * right - slopes[p, 1] * down
            if above > bias:
                gap += above
                blockers += 1
        if blockers == 0:
            out[p] = 1.0
            continue
        radius = min(widest, max(least, spread * gap / blockers))
        light = 0.0
        for k in range(looks):
            right = (cosine * disc[k, 0] - sine * disc[k, 1]) * radius
            down = (sine * disc[k, 0] + cosine * disc[k, 1]) * radius
            i, j = int(row[p] + down), int(column[p] + right)
            if i < 0 or j < 0 or i >= size or j >= size:
                light += 1.0
                continue
            above = nearest[i, j] - height[p] - slopes[p, 0] * right - slopes[p, 1] * down
            light += min(1.0, max(0.0, 1.0 - (above - bias) / 0.04))
        out[p] = light / looks


def cast_shadows(
    mesh: Mesh,
    texture: np.ndarray,
    positions: np.ndarray,
    normals: np.ndarray,
    direction: np.ndarray,
    size: float,
) -> np.ndarray:
    """Return (p,) float32 in [0, 1], how much of a light reaches each point.

    A shadow map, the mesh seen from the light orthographically (Williams, "Casting curved
    shadows on curved surfaces", 1978), looked at in a disc as wide as the light makes the
    penumbra at that distance from what blocks it (Fernando, "Percentage-closer soft shadows",
    2005).

    Args:
        mesh: what casts the shadows.
        texture: of the strands.
        positions: (p, 3) points, in the mesh's axes.
        normals: (p, 3) unit vectors; along a tilted surface the disc is tilted alike.
        direction: (3,) unit vector to the light.
        size: angular radius of the light, radians.
    """
    axes = light_axes(direction)
    scale = SHADOW_SIZE / SHADOW_WIDTH

    def look(points):
        seen = points @ axes.T
        column, row = SHADOW_SIZE / 2 + scale * seen[:, 0], SHADOW_SIZE / 2 - scale * seen[:, 1]
        # Any number that grows towards the light serves as inverse depth; it must be positive.
        return np.stack([column, row, seen[:, 2] + 50], axis=1).astype(np.float32)

    casts = mesh.materials != LASHES
    kinds = np.where(mesh.kinds == ONE_SIDED, TWO_SIDED, mesh.kinds)[casts]
    caster = replace(mesh, triangles=mesh.triangles[casts], kinds=kinds)
    nearest = rasterise(look(mesh.positions), caster, texture, SHADOW_SIZE).inverse_depth
    column, row, height = np.ascontiguousarray(look(positions).T)
    facing = normals @ axes.T
    slopes = facing[:, :2] * [-1, 1] / np.maximum(facing[:, 2:], 0.3) / scale
    turn = np.arange(LOOKS) * np.pi * (3 - np.sqrt(5))
    disc = np.sqrt((np.arange(LOOKS) + 0.5) / LOOKS)[:, None] * np.stack(
        [np.cos(turn), np.sin(turn)], axis=1
    )
    light = np.empty(len(positions), np.float32)
    _receive(
        *(nearest, column, row, height, slopes.astype(np.float32), disc.astype(np.float32)),
        *(scale * np.tan(size), WIDEST_PENUMBRA * scale, 0.9, SHADOW_BIAS, light),
    )
    return light
