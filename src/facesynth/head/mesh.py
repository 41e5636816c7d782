"""What the rasteriser draws: triangles whose vertices carry what shading needs."""

from dataclasses import dataclass, fields

import numpy as np

ONE_SIDED, TWO_SIDED, CUT_OUT = range(3)
"""How a triangle is drawn: its front only, both sides, or both sides where strands are."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with attributes at their n vertices; lengths in decimetres.

    Attributes:
        positions: (n, 3) float32.
        normals: (n, 3) float32, unit vectors.
        canonical: (n, 3) float32, the same places on the average head.
        masks: (n, 4) float32 in [0, 1], see :mod:`~facesynth.head.assets`.
        strands: (n, 2) float32, coordinates in the strand texture, which repeats every 1.
        thinness: (n,) float32, strands above this level of the texture are drawn (cut-out only).
        triangles: (t, 3) int64.
        materials: (t,) int64.
        kinds: (t,) int64, ``ONE_SIDED``, ``TWO_SIDED`` or ``CUT_OUT``.
    """

    positions: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray
    masks: np.ndarray
    strands: np.ndarray
    thinness: np.ndarray
    triangles: np.ndarray
    materials: np.ndarray
    kinds: np.ndarray


def plain_mesh(
    positions: np.ndarray, normals: np.ndarray, triangles: np.ndarray, material: int
) -> Mesh:
    """Return a mesh of one material that is seen from both sides and is no part of the head."""
    count = len(positions)
    return Mesh(
        positions=np.asarray(positions, np.float32),
        normals=np.asarray(normals, np.float32),
        canonical=np.zeros((count, 3), np.float32),
        masks=np.zeros((count, 4), np.float32),
        strands=np.zeros((count, 2), np.float32),
        thinness=np.zeros(count, np.float32),
        triangles=triangles,
        materials=np.full(len(triangles), material),
        kinds=np.full(len(triangles), TWO_SIDED),
    )


def join_meshes(meshes: list[Mesh]) -> Mesh:
    """Return one mesh of all triangles."""
    starts = np.cumsum([0] + [len(mesh.positions) for mesh in meshes])
    joined = {
        field.name: np.concatenate([getattr(mesh, field.name) for mesh in meshes])
        for field in fields(Mesh)
        if field.name != "triangles"
    }
    triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(triangles=np.concatenate(triangles), **joined)


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Return (..., 3) unit vectors; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def vertex_normals(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return (n, 3) float32 unit normals, each the area-weighted mean of its triangles'."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    normals = np.stack(
        [
            sum(np.bincount(triangles[:, k], facing[:, axis], len(positions)) for k in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.maximum(lengths, 1e-9)).astype(np.float32)


def grid_triangles(rows: int, columns: int) -> np.ndarray:
    """Return the (2 (rows - 1)(columns - 1), 3) triangles of a grid of vertices."""
    index = np.arange(rows * columns).reshape(rows, columns)
    corners = (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    a, b, c, d = (corner.reshape(-1) for corner in corners)
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
