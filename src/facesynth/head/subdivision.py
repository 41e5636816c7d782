"""Catmull-Clark subdivision of a quad mesh, as a sparse matrix."""

import numpy as np
import scipy.sparse as sparse


def subdivide(vertex_count: int, quads: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return the matrix and the quads of one subdivision step.

    The limit rules are those of Catmull and Clark, "Recursively generated B-spline surfaces on
    arbitrary topological meshes" (1978); an edge that bounds the mesh follows the cubic B-spline
    rule, so that open borders stay where they are.

    Args:
        vertex_count: n, the vertices of the coarse mesh; each belongs to a quad.
        quads: (f, 4) int, indices of corners in order around the quad.

    Returns:
        A (n + edges + f, n) matrix that maps coarse vertex attributes to fine ones, and the
        (4 f, 4) fine quads: the k-th block of f rows holds the k-th corner of every coarse quad.
    """
    quad_count = len(quads)
    corners = quads.reshape(-1)
    sides = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, edge_of_side = np.unique(sides, axis=0, return_inverse=True)
    edge_of_side = edge_of_side.reshape(-1)
    edge_count = len(edges)
    on_border = np.bincount(edge_of_side, minlength=edge_count) != 2
    quad_of_corner = np.repeat(np.arange(quad_count), 4)

    def matrix(values, rows, columns, shape):
        return sparse.csr_matrix((np.broadcast_to(values, len(rows)), (rows, columns)), shape=shape)

    face_points = matrix(0.25, quad_of_corner, corners, (quad_count, vertex_count))
    edge_rows = np.repeat(np.arange(edge_count), 2)
    midpoints = matrix(0.5, edge_rows, edges.reshape(-1), (edge_count, vertex_count))
    faces_beside = matrix(0.5, edge_of_side, quad_of_corner, (edge_count, quad_count)) @ face_points
    inner = sparse.diags((~on_border).astype(float))
    edge_points = midpoints + inner @ (0.5 * faces_beside - 0.5 * midpoints)

    border = edges[on_border]
    at_border = np.zeros(vertex_count, bool)
    at_border[border.reshape(-1)] = True
    face_valence = np.bincount(corners, minlength=vertex_count)
    edge_valence = np.bincount(edges.reshape(-1), minlength=vertex_count)
    shape = (vertex_count, quad_count)
    mean_face = matrix(1 / face_valence[corners], corners, quad_of_corner, shape) @ face_points
    shape = (vertex_count, edge_count)
    ends = edges.reshape(-1)
    mean_edge = matrix(1 / edge_valence[ends], ends, edge_rows, shape) @ midpoints
    inverse = sparse.diags(1 / edge_valence)
    keep = sparse.diags((edge_valence - 3) / edge_valence)
    inner_points = inverse @ mean_face + 2 * inverse @ mean_edge + keep
    both_ways = np.concatenate([border, border[:, ::-1]])
    shape = (vertex_count, vertex_count)
    neighbours = matrix(0.125, both_ways[:, 0], both_ways[:, 1], shape)
    border_points = 0.75 * sparse.identity(vertex_count) + neighbours
    selected = sparse.diags(at_border.astype(float))
    vertex_points = inner_points + selected @ (border_points - inner_points)

    edge_index = edge_of_side.reshape(quad_count, 4) + vertex_count
    face_index = np.arange(quad_count) + vertex_count + edge_count
    fine = [
        np.stack([quads[:, k], edge_index[:, k], face_index, edge_index[:, k - 1]], axis=1)
        for k in range(4)
    ]
    return sparse.vstack([vertex_points, edge_points, face_points]).tocsr(), np.concatenate(fine)
