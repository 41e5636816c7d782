"""Catmull-Clark against its textbook values."""

import itertools

import numpy as np
import pytest

from facesynth.head.subdivision import subdivide

CUBE = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
CUBE_QUADS = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
)


def test_a_cube_becomes_24_quads_at_the_known_places():
    matrix, quads = subdivide(8, CUBE_QUADS)
    points = matrix @ CUBE
    assert points.shape == (8 + 12 + 6, 3)
    assert quads.shape == (24, 4)
    # (F + 2 E) / 3 with mean face point 1/3 and mean edge midpoint 2/3.
    np.testing.assert_allclose(np.abs(points[:8]), 5 / 9)
    np.testing.assert_allclose(np.sort(np.abs(points[8:20]), axis=1), [[0, 0.75, 0.75]] * 12)
    np.testing.assert_allclose(np.sort(np.abs(points[20:]), axis=1), [[0, 0, 1]] * 6)


def test_the_refined_cube_is_closed_and_turned_as_before():
    matrix, quads = subdivide(8, CUBE_QUADS)
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    there = {tuple(side) for side in sides}
    assert len(there) == len(sides)
    assert {side[::-1] for side in there} == there

    def volume(points, faces):
        a, b, c, d = (points[faces[:, k]] for k in range(4))
        return (np.cross(b - a, c - a) * a + np.cross(c - a, d - a) * a).sum() / 6

    before, after = volume(CUBE, CUBE_QUADS), volume(matrix @ CUBE, quads)
    assert abs(before) == pytest.approx(8)
    assert 0.3 < after / before < 1


def test_an_open_border_follows_the_spline_rule():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    matrix, _ = subdivide(4, np.array([[0, 1, 2, 3]]))
    points = matrix @ square
    np.testing.assert_allclose(points[0], [0.125, 0.125])
    middles = {tuple(point) for point in points[4:8]}
    assert middles == {(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)}
    np.testing.assert_allclose(points[8], [0.5, 0.5])


def test_affine_maps_commute_with_it():
    matrix, _ = subdivide(8, CUBE_QUADS)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
