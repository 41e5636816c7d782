"""The rasteriser against slow geometry written another way."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.head.mesh import CUT_OUT, ONE_SIDED, TWO_SIDED, plain_mesh
from facesynth.picture.rasteriser import ambient_occlusion, interpolate, rasterise

WHITE = np.ones((2, 2), np.float32)


def draw(points, triangles, kinds=None, strands=None, thinness=None, texture=WHITE, size=64):
    points = np.asarray(points, np.float32)
    mesh = plain_mesh(points, points, np.asarray(triangles, np.int64).reshape(-1, 3), 0)
    given = {"kinds": kinds, "strands": strands, "thinness": thinness}
    changes = {name: np.asarray(value) for name, value in given.items() if value is not None}
    return rasterise(points, replace(mesh, **changes), texture, size)


def test_a_triangle_covers_its_area():
    corners = np.array([[5.2, 7.1, 0.1], [58.3, 20.4, 0.1], [17.7, 60.9, 0.1]])
    edges = np.diff(np.vstack([corners, corners[:1]])[:, :2], axis=0)
    area = abs(np.cross(np.r_[edges[0], 0], np.r_[edges[1], 0])[2]) / 2
    covered = (draw(corners, [0, 1, 2]).triangle == 0).sum()
    assert abs(covered - area) < 0.25 * np.linalg.norm(edges, axis=1).sum()


def test_two_triangles_that_share_an_edge_leave_no_hole_and_cover_the_square():
    square = [[8, 8, 0.1], [40, 8, 0.1], [40, 40, 0.1], [8, 40, 0.1]]
    seen = draw(square, [[0, 1, 2], [0, 2, 3]]).triangle >= 0
    assert seen[8:40, 8:40].all()
    assert seen.sum() == 32 * 32


@pytest.mark.parametrize("seed", range(5))
def test_random_triangles_agree_with_solving_for_each_pixel(seed):
    rng = np.random.default_rng(seed)
    size, count = 24, 8
    points = np.column_stack([rng.uniform(-5, 29, (3 * count, 2)), rng.uniform(0.1, 1, 3 * count)])
    triangles = np.arange(3 * count).reshape(count, 3)
    found = draw(points, triangles, size=size)

    points = points.astype(np.float32).astype(np.float64)
    centres = np.stack(np.meshgrid(*2 * [np.arange(size) + 0.5]), axis=-1).reshape(-1, 2)
    best = np.zeros(len(centres))
    nearest, doubtful = np.full(len(centres), -1), np.zeros(len(centres), bool)
    for t, corners in enumerate(triangles):
        system = np.vstack([points[corners, :2].T, np.ones(3)])
        weights = np.linalg.solve(system, np.column_stack([centres, np.ones(len(centres))]).T)
        doubtful |= np.abs(weights).min(axis=0) < 1e-4
        depth = np.where((weights >= 0).all(axis=0), points[corners, 2] @ weights, 0)
        nearest = np.where(depth > best, t, nearest)
        best = np.maximum(best, depth)
    sure = ~doubtful
    assert sure.mean() > 0.95
    np.testing.assert_array_equal(found.triangle.reshape(-1)[sure], nearest[sure])
    np.testing.assert_allclose(found.inverse_depth.reshape(-1)[sure], best[sure], rtol=1e-4)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_nearer_triangle_wins_in_any_order(order):
    points = [[0, 0, 0.2], [64, 0, 0.2], [0, 64, 0.2], [0, 0, 0.5], [64, 0, 0.5], [0, 64, 0.5]]
    triangles = np.array([[0, 1, 2], [3, 4, 5]])[order]
    found = draw(points, triangles)
    assert found.inverse_depth[10, 10] == pytest.approx(0.5)
    assert order[found.triangle[10, 10]] == 1


def test_attributes_are_those_of_the_point_on_the_plane_that_the_pixel_sees():
    size, focal, distance = 64, 80.0, 5.0
    corners = np.array([[-1.5, -1.2, 1.5], [1.6, -1.0, -2.0], [0.1, 1.7, 0.5]])
    depth = distance - corners[:, 2]
    image = np.column_stack(
        [size / 2 + focal * corners[:, 0] / depth, size / 2 - focal * corners[:, 1] / depth]
    )
    found = draw(np.column_stack([image, 1 / depth]), [0, 1, 2], size=size)
    blended = interpolate(found, np.array([[0, 1, 2]]), corners.astype(np.float32))

    rows, columns = np.nonzero(found.triangle >= 0)
    assert len(rows) > 300
    rays = np.column_stack(
        [(columns + 0.5 - size / 2) / focal, -(rows + 0.5 - size / 2) / focal, -np.ones(len(rows))]
    )
    camera = np.array([0, 0, distance])
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    reach = (corners[0] - camera) @ normal / (rays @ normal)
    np.testing.assert_allclose(blended[rows, columns], camera + reach[:, None] * rays, atol=2e-3)


def test_a_back_is_drawn_only_where_both_sides_are():
    front = [[0, 60, 0.1], [60, 60, 0.1], [0, 0, 0.1]]
    assert (draw(front, [0, 1, 2], [ONE_SIDED]).triangle >= 0).any()
    assert not (draw(front, [0, 2, 1], [ONE_SIDED]).triangle >= 0).any()
    assert (draw(front, [0, 2, 1], [TWO_SIDED]).triangle >= 0).any()


def test_cut_out_triangles_keep_the_texels_above_their_thinness():
    texture = np.array([[0.2, 0.8]], np.float32)
    points = [[0, 0, 0.1], [64, 0, 0.1], [0, 64, 0.1]]
    strands = np.array([[0, 0], [1, 0], [0, 0]], np.float32)
    thinness = np.full(3, 0.5, np.float32)
    seen = draw(points, [0, 1, 2], [CUT_OUT], strands, thinness, texture).triangle >= 0
    assert not seen[:, :31].any()
    assert seen[5, 33:50].all()


def test_a_step_is_dark_at_its_foot_and_light_on_its_top():
    far, near = 1 / 10.0, 1 / 9.8
    points = [[0, 0, far], [64, 0, far], [64, 64, far], [0, 64, far]]
    points += [[0, 0, near], [32, 0, near], [32, 64, near], [0, 64, near]]
    triangles = [[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]
    openness = ambient_occlusion(draw(points, triangles), radius=6)
    assert openness[32, 33] < 0.8
    assert openness[32, 60] == pytest.approx(1)
    assert openness[32, 10] == pytest.approx(1)
