"""Rotations by 90 degrees: where ordinary correlation fails, and that p4 repairs it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.theory import equivariance as eq
from cnnlab.theory import group_equivariance as p4
from cnnlab.theory.differentiation import relative_error

TOLERANCE = 1e-11
SIDE = 9

seeds = st.integers(0, 2**32 - 1)
turns = st.integers(-5, 5)
shifts = st.tuples(st.integers(-12, 12), st.integers(-12, 12))
odd_sides = st.sampled_from([1, 3, 5])


def draw(seed, *shape):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def symmetrise(kernels):
    return sum(p4.rotate(kernels, q) for q in range(4))


def correlate(image, kernels):
    return eq.correlate(image, kernels, "circular")


def move_image(image, shift, q):
    return eq.translate(p4.rotate(image, q), shift)


def move_maps(maps, shift, q):
    return eq.translate(p4.rotate_on_group(maps, q), shift)


def two_layers(image, first, second):
    lifted = np.maximum(p4.lift(image, first) + 0.3, 0)
    return np.maximum(p4.correlate_on_p4(lifted, second) - 0.2, 0)


# The action -----------------------------------------------------------------------------------


def test_a_turn_is_anticlockwise_and_raises_the_orientation():
    maps = np.zeros((3, 3, 4, 1))
    maps[1, 2, 3] = 1  # to the right of the centre, at the last orientation
    moved = p4.rotate_on_group(maps, 1)
    assert moved[0, 1, 0, 0] == 1  # above it, at the first
    assert moved.sum() == 1


@given(seed=seeds, first=turns, second=turns)
def test_turns_are_a_group_action(seed, first, second):
    maps = draw(seed, SIDE, SIDE, 4, 2)
    np.testing.assert_array_equal(
        p4.rotate_on_group(p4.rotate_on_group(maps, second), first),
        p4.rotate_on_group(maps, first + second),
    )
    np.testing.assert_array_equal(p4.rotate_on_group(maps, 4), maps)


# An ordinary correlation ----------------------------------------------------------------------


@given(seed=seeds, side=odd_sides)
@settings(max_examples=30, deadline=None)
def test_correlating_a_turned_image_is_correlating_with_the_kernel_turned_back(seed, side):
    image, kernels = draw(seed, SIDE, SIDE, 2), draw(seed, side, side, 2, 3)
    np.testing.assert_allclose(
        correlate(p4.rotate(image, 1), kernels),
        p4.rotate(correlate(image, p4.rotate(kernels, -1)), 1),
        atol=TOLERANCE,
    )


@given(seed=seeds, q=turns)
@settings(max_examples=30, deadline=None)
def test_ordinary_correlation_is_equivariant_to_turns_with_a_symmetric_kernel(seed, q):
    image, kernels = draw(seed, SIDE, SIDE, 2), symmetrise(draw(seed, 3, 3, 2, 3))
    np.testing.assert_allclose(
        correlate(p4.rotate(image, q), kernels),
        p4.rotate(correlate(image, kernels), q),
        atol=TOLERANCE,
    )


@given(seed=seeds, q=st.sampled_from([1, 2, 3]))
@settings(max_examples=30, deadline=None)
def test_ordinary_correlation_is_not_equivariant_to_turns_with_another_kernel(seed, q):
    image, kernels = draw(seed, SIDE, SIDE, 2), draw(seed, 3, 3, 2, 3)
    turned = correlate(p4.rotate(image, q), kernels)
    assert relative_error(turned, p4.rotate(correlate(image, kernels), q)) > 0.1


# Correlation on p4 ----------------------------------------------------------------------------


def test_correlation_on_p4_is_the_sum_of_the_definition():
    side = 5
    maps, kernels = draw(0, side, side, 4, 2), draw(1, 3, 3, 4, 2, 3)
    turn = np.array([[0, -1], [1, 0]])  # right, (0, 1), to up, (-1, 0)
    expected = np.zeros((side, side, 4, 3))
    for row, column, q, p, i, j in np.ndindex(side, side, 4, 4, 3, 3):
        # The kernel's argument r^-q (y - x) is (i - 1, j - 1) at this y.
        y = ((row, column) + np.linalg.matrix_power(turn, q) @ (i - 1, j - 1)) % side
        expected[row, column, q] += maps[*y, p] @ kernels[i, j, (p - q) % 4]
    np.testing.assert_allclose(p4.correlate_on_p4(maps, kernels), expected, atol=TOLERANCE)


@given(seed=seeds, shift=shifts, q=turns, side=odd_sides)
@settings(max_examples=40, deadline=None)
def test_lifting_is_equivariant(seed, shift, q, side):
    image, kernels = draw(seed, SIDE, SIDE, 2), draw(seed, side, side, 2, 3)
    np.testing.assert_allclose(
        p4.lift(move_image(image, shift, q), kernels),
        move_maps(p4.lift(image, kernels), shift, q),
        atol=TOLERANCE,
    )


@given(seed=seeds, shift=shifts, q=turns, side=odd_sides)
@settings(max_examples=40, deadline=None)
def test_correlation_on_p4_is_equivariant(seed, shift, q, side):
    maps, kernels = draw(seed, SIDE, SIDE, 4, 2), draw(seed, side, side, 4, 2, 3)
    np.testing.assert_allclose(
        p4.correlate_on_p4(move_maps(maps, shift, q), kernels),
        move_maps(p4.correlate_on_p4(maps, kernels), shift, q),
        atol=TOLERANCE,
    )


@given(seed=seeds, q=st.sampled_from([1, 2, 3]))
@settings(max_examples=30, deadline=None)
def test_the_action_without_the_cycling_is_not_that_of_lifting(seed, q):
    image, kernels = draw(seed, SIDE, SIDE, 2), draw(seed, 3, 3, 2, 3)
    turned = p4.lift(p4.rotate(image, q), kernels)
    assert relative_error(turned, p4.rotate(p4.lift(image, kernels), q)) > 0.1


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_a_layer_that_turns_its_kernels_without_cycling_is_not_equivariant(seed):
    maps, kernels = draw(seed, SIDE, SIDE, 4, 2), draw(seed, 3, 3, 4, 2, 3)

    def layer(f):
        flat = f.reshape(SIDE, SIDE, 8)
        return np.stack(
            [correlate(flat, p4.rotate(kernels, q).reshape(3, 3, 8, 3)) for q in range(4)], axis=2
        )

    turned = layer(p4.rotate_on_group(maps, 1))
    assert relative_error(turned, p4.rotate_on_group(layer(maps), 1)) > 0.1


# Networks -------------------------------------------------------------------------------------


@given(seed=seeds, shift=shifts, q=turns)
@settings(max_examples=30, deadline=None)
def test_pooled_orientations_move_like_an_image_and_their_average_is_invariant(seed, shift, q):
    image, first, second = (
        draw(seed, *shape) for shape in ((SIDE, SIDE, 2), (3, 3, 2, 3), (3, 3, 4, 3, 2))
    )
    pooled, of_moved = (
        p4.pool_orientations(two_layers(f, first, second))
        for f in (image, move_image(image, shift, q))
    )
    np.testing.assert_allclose(of_moved, move_image(pooled, shift, q), atol=TOLERANCE)
    np.testing.assert_allclose(
        eq.global_average_pool(of_moved), eq.global_average_pool(pooled), atol=TOLERANCE
    )


def test_average_of_one_orientation_is_not_invariant():
    image, first, second = draw(3, SIDE, SIDE, 2), draw(3, 3, 3, 2, 3), draw(3, 3, 3, 4, 3, 2)
    one, of_turned = (
        eq.global_average_pool(two_layers(f, first, second)[:, :, 0])
        for f in (image, p4.rotate(image, 1))
    )
    assert relative_error(of_turned, one) > 0.01


# Bad input ------------------------------------------------------------------------------------


def test_correlation_on_p4_refuses_an_image():
    with pytest.raises(ValueError, match="lift the image first"):
        p4.correlate_on_p4(draw(0, SIDE, SIDE, 1, 2), draw(0, 3, 3, 4, 2, 3))


def test_kernels_without_a_centre_are_refused():
    with pytest.raises(ValueError, match="no centre"):
        p4.lift(draw(0, SIDE, SIDE, 2), draw(0, 2, 2, 2, 3))
