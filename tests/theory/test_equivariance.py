"""Every proposition of notebook 01 on random cases, and each with its condition violated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cnnlab.theory import equivariance as eq

TOLERANCE = 1e-11

seeds = st.integers(0, 2**32 - 1)
shifts = st.tuples(st.integers(-30, 30), st.integers(-30, 30))
odd_sides = st.sampled_from([1, 3, 5])


def draw_image(seed, height=12, width=8, channels=2):
    return np.random.default_rng(seed).normal(size=(height, width, channels))


def draw_kernels(seed, height=3, width=3, channels=2, filters=3):
    return np.random.default_rng([seed, 1]).normal(size=(height, width, channels, filters))


def draw_biased_layers(seed, depth, side=3):
    generator = np.random.default_rng([seed, 2])
    return eq.draw_layers(generator, (2,) + (3,) * depth, side, bias=0.5)


# Independent implementations ------------------------------------------------------------------


@given(seed=seeds, height=odd_sides, width=odd_sides)
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize(("padding", "mode"), [("circular", "wrap"), ("zero", "constant")])
def test_correlate_agrees_with_ndimage(padding, mode, seed, height, width):
    image, kernels = draw_image(seed), draw_kernels(seed, height, width)
    expected = np.stack(
        [
            sum(
                ndimage.correlate(image[..., k], kernels[..., k, c], mode=mode)
                for k in range(image.shape[2])
            )
            for c in range(kernels.shape[3])
        ],
        axis=2,
    )
    np.testing.assert_allclose(eq.correlate(image, kernels, padding), expected, atol=TOLERANCE)


def test_network_layer_agrees_with_tensorflow():
    import tensorflow as tf  # here, since it takes seconds

    image, kernels = draw_image(5), draw_kernels(5)
    np.testing.assert_allclose(
        eq.correlate(image, kernels, "zero"),
        tf.nn.conv2d(image[None], kernels, strides=1, padding="SAME")[0],
        atol=TOLERANCE,
    )
    # Near the end our circular windows cross the border; TensorFlow has none there. It pools in
    # single precision.
    for size, stride, ours in (
        (3, 1, eq.max_pool(image, 3, 1)[:-2, :-2]),
        (2, 2, eq.max_pool(image, 2, 2)),
    ):
        theirs = tf.nn.max_pool2d(image[None], size, stride, "VALID")[0]
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_correlate_is_the_sum_of_the_definition():
    image, kernels = draw_image(3, 5, 4, 2), draw_kernels(3)
    expected = np.zeros((5, 4, 3))
    for i, j, c in np.ndindex(expected.shape):
        for p, q, k in np.ndindex(5, 4, 2):
            # y - x on the cyclic group, as an offset from the kernel's centre.
            row, column = (p - i + 1) % 5, (q - j + 1) % 4
            if row < 3 and column < 3:
                expected[i, j, c] += image[p, q, k] * kernels[row, column, k, c]
    np.testing.assert_allclose(eq.correlate(image, kernels, "circular"), expected, atol=TOLERANCE)


# Translation ----------------------------------------------------------------------------------


def test_translation_moves_down_and_to_the_right():
    image = np.zeros((4, 5, 1))
    image[0, 0] = 1
    assert eq.translate(image, (1, 2))[1, 2, 0] == 1


@given(seed=seeds, first=shifts, second=shifts)
def test_translations_are_a_group_action(seed, first, second):
    image = draw_image(seed)
    total = (first[0] + second[0], first[1] + second[1])
    np.testing.assert_array_equal(
        eq.translate(eq.translate(image, second), first), eq.translate(image, total)
    )


# Convolution is equivariant, and without sharing it is not ------------------------------------


@given(seed=seeds, shift=shifts, height=odd_sides, width=odd_sides)
@settings(deadline=None)
def test_correlation_is_equivariant(seed, shift, height, width):
    image, kernels = draw_image(seed), draw_kernels(seed, height, width)

    def operator(f):
        return eq.correlate(f, kernels, "circular")

    assert eq.equivariance_error(operator, image, shift) < TOLERANCE


def test_unshared_weights_are_not_equivariant():
    kernels = draw_kernels(0)
    gain = np.random.default_rng(1).uniform(0.5, 1.5, (12, 8, 1))  # another kernel at each x
    error = eq.equivariance_error(
        lambda f: gain * eq.correlate(f, kernels, "circular"), draw_image(0), (1, 0)
    )
    assert error > 0.1


# The converse ---------------------------------------------------------------------------------


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_equivariant_linear_map_is_the_correlation_read_off(seed):
    image, first = draw_image(seed), draw_kernels(seed)
    second = draw_kernels(seed + 1, 5, 1, channels=3, filters=2)

    def operator(f):
        # Linear and equivariant, yet not written as one correlation.
        return eq.correlate(eq.correlate(f, first, "circular"), second, "circular") + 2 * f

    kernels = eq.read_kernels(operator, image.shape)
    np.testing.assert_allclose(
        eq.correlate_on_group(image, kernels), operator(image), atol=TOLERANCE
    )


def test_read_kernels_finds_the_kernel_itself():
    kernels = draw_kernels(2)
    found = eq.read_kernels(lambda f: eq.correlate(f, kernels, "circular"), (12, 8, 2))
    expected = np.zeros((12, 8, 2, 3))
    expected[:3, :3] = kernels
    expected = np.roll(expected, (-1, -1), axis=(0, 1))  # its centre goes to the origin
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    "operator",
    [
        lambda f: f * np.arange(12.0)[:, None, None],  # linear, not equivariant
        lambda f: np.maximum(f, 0),  # equivariant, not linear
    ],
    ids=["not equivariant", "not linear"],
)
def test_converse_needs_both_conditions(operator):
    image = draw_image(4)
    kernels = eq.read_kernels(operator, image.shape)
    assert np.abs(eq.correlate_on_group(image, kernels) - operator(image)).max() > 0.1


# Networks -------------------------------------------------------------------------------------


@given(seed=seeds, shift=shifts, depth=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_layers_with_bias_and_relu_are_equivariant(seed, shift, depth):
    layers = draw_biased_layers(seed, depth)
    output = eq.apply_layers(draw_image(seed), layers, "circular")
    of_shifted = eq.apply_layers(eq.translate(draw_image(seed), shift), layers, "circular")
    np.testing.assert_allclose(of_shifted, eq.translate(output, shift), atol=TOLERANCE)


def test_bias_that_depends_on_position_is_not_equivariant():
    bias = np.arange(96.0).reshape(12, 8, 1)
    assert eq.equivariance_error(lambda f: f + bias, draw_image(0), (0, 1)) > 0.01


@given(seed=seeds, shift=shifts, size=st.integers(1, 4))
def test_max_pooling_with_stride_1_is_equivariant(seed, shift, size):
    assert eq.equivariance_error(lambda f: eq.max_pool(f, size, 1), draw_image(seed), shift) == 0


@given(seed=seeds, shift=shifts, size=odd_sides)
@settings(max_examples=30, deadline=None)
def test_average_pooling_with_stride_1_is_equivariant(seed, shift, size):
    window = np.einsum("ij,kc->ijkc", np.ones((size, size)) / size**2, np.eye(2))

    def average_pool(f):
        return eq.correlate(f, window, "circular")

    image = draw_image(seed)
    expected = np.stack(
        [ndimage.uniform_filter(image[..., k], size, mode="wrap") for k in range(2)], axis=2
    )
    np.testing.assert_allclose(average_pool(image), expected, atol=TOLERANCE)
    assert eq.equivariance_error(average_pool, image, shift) < TOLERANCE


def test_composition_with_one_map_that_is_not_equivariant_is_not():
    bias = np.arange(96.0).reshape(12, 8, 1)
    (layer,) = draw_biased_layers(0, 1)
    error = eq.equivariance_error(
        lambda f: eq.apply_layers(f + bias, [layer], "circular"), draw_image(0), (0, 1)
    )
    assert error > 0.01


# Borders --------------------------------------------------------------------------------------


@given(
    seed=seeds,
    shift=st.tuples(st.integers(-6, 6), st.integers(-6, 6)),
    depth=st.integers(1, 3),
    side=st.sampled_from([3, 5]),
)
@settings(max_examples=40, deadline=None)
def test_zero_padding_errs_only_in_the_predicted_band(seed, shift, depth, side):
    image, layers = draw_image(seed, 24, 20), draw_biased_layers(seed, depth, side)
    output = eq.apply_layers(image, layers, "zero")
    of_shifted = eq.apply_layers(eq.translate(image, shift), layers, "zero")
    error = np.abs(of_shifted - eq.translate(output, shift)).max(axis=2)
    inside = ~eq.reached_by_border((24, 20), depth * (side // 2), shift)
    assert error[inside].max(initial=0) < TOLERANCE


def test_zero_padding_fills_the_predicted_band():
    # Without ReLU nothing is cut to zero, so that each position of the band shows its error.
    image, kernels, shift = draw_image(1, 24, 20), draw_kernels(1, filters=2), (2, 1)

    def operator(f):
        return eq.correlate(eq.correlate(f, kernels, "zero"), kernels, "zero")

    error = np.abs(operator(eq.translate(image, shift)) - eq.translate(operator(image), shift)).max(
        axis=2
    )
    np.testing.assert_array_equal(error > TOLERANCE, eq.reached_by_border((24, 20), 2, shift))


def test_map_error_is_zero_only_where_nothing_is_wrong():
    def operator(f):
        output = f.copy()
        output[2, 3] *= 2  # at one position of its own
        return output

    image = np.ones((6, 8, 2))
    error = eq.map_error(operator, image, (1, 2))
    # Wrong where the operator's own position is, and where the shift has carried it.
    assert set(zip(*np.nonzero(error), strict=True)) == {(2, 3), (3, 5)}
    assert error[2, 3] == 0.5  # 1, relative to the largest output, 2


def test_bias_spoils_zero_padding_of_a_black_border():
    image = np.pad(draw_image(2), ((8, 8), (8, 8), (0, 0)))
    layers = draw_biased_layers(2, 2)
    unbiased = [eq.Layer(layer.kernels, np.zeros(3)) for layer in layers]

    def error_with(stack):
        return eq.equivariance_error(lambda f: eq.apply_layers(f, stack, "zero"), image, (2, 1))

    assert error_with(unbiased) < TOLERANCE
    assert error_with(layers) > 1e-3


# Stride and pooling ---------------------------------------------------------------------------


@given(seed=seeds, unit=st.tuples(st.integers(-6, 6), st.integers(-4, 4)))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize(
    "reduce",
    [eq.subsample, lambda f, s: eq.max_pool(f, s, s), lambda f, s: eq.max_blur_pool(f, 2, s)],
    ids=["subsample", "max_pool", "max_blur_pool"],
)
def test_multiples_of_the_stride_are_exact(reduce, stride, seed, unit):
    kernels = draw_kernels(seed)
    shift = (stride * unit[0], stride * unit[1])

    def operator(f):
        return reduce(eq.correlate(f, kernels, "circular"), stride)

    assert eq.equivariance_error(operator, draw_image(seed), shift, stride) < TOLERANCE


@pytest.mark.parametrize("shift", [(1, 0), (0, 3), (2, 1)])
def test_other_shifts_are_not_exact(shift):
    image = draw_image(7)
    for operator in (lambda f: eq.subsample(f, 2), lambda f: eq.max_pool(f, 2, 2)):
        assert eq.equivariance_error(operator, image, shift, 2) > 0.1


def test_stride_after_a_map_that_is_not_equivariant_is_not_exact_either():
    gain = np.random.default_rng(1).uniform(0.5, 1.5, (12, 8, 1))
    error = eq.equivariance_error(lambda f: eq.subsample(gain * f, 2), draw_image(0), (2, 0), 2)
    assert error > 0.1


def test_blur_lowers_the_error_of_pooling():
    image = np.abs(draw_image(8, 32, 32))
    plain, blurred = (
        eq.equivariance_error(lambda f, pool=pool: pool(f, 2, 2), image, (1, 1), 2)
        for pool in (eq.max_pool, eq.max_blur_pool)
    )
    assert 0 < blurred < plain


def test_error_takes_the_best_shift_of_the_output():
    # Each 2 x 2 block is constant, so that an odd shift to the right still looks like one.
    blocks = np.kron(draw_image(9, 6, 4)[..., 0], np.ones((2, 2)))[..., None]
    assert eq.equivariance_error(lambda f: eq.subsample(f, 2), blocks, (0, 1), 2) == 0
    assert eq.equivariance_error(lambda f: eq.subsample(f, 2), blocks, (0, -1), 2) == 0


# Invariance -----------------------------------------------------------------------------------


@given(seed=seeds, shift=shifts)
@settings(max_examples=30, deadline=None)
def test_global_average_pooling_is_invariant(seed, shift):
    layers = draw_biased_layers(seed, 2)
    image = draw_image(seed)
    pooled = eq.global_average_pool(eq.apply_layers(image, layers, "circular"))
    of_shifted = eq.global_average_pool(
        eq.apply_layers(eq.translate(image, shift), layers, "circular")
    )
    np.testing.assert_allclose(of_shifted, pooled, atol=TOLERANCE)


def test_global_average_pooling_after_a_stride_is_not_invariant_to_all_shifts():
    def operator(f):
        return eq.global_average_pool(eq.subsample(np.maximum(f, 0), 2))

    assert eq.invariance_error(operator, draw_image(3), (2, 4)) < TOLERANCE
    assert eq.invariance_error(operator, draw_image(3), (1, 0)) > 0.01


@given(seed=seeds, shift=shifts)
@settings(max_examples=30, deadline=None)
def test_linear_map_to_numbers_with_equal_weights_everywhere_is_invariant(seed, shift):
    image = draw_image(seed)
    weights = np.tile(np.random.default_rng(seed).normal(size=2), image.size // 2)[None]
    difference = weights @ eq.translate(image, shift).ravel() - weights @ image.ravel()
    assert np.abs(difference).max() < TOLERANCE


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_flatten_and_dense_are_not_invariant(seed):
    image = draw_image(seed)
    dense = np.random.default_rng([seed, 3]).normal(size=(10, image.size))
    assert eq.invariance_error(lambda f: dense @ f.ravel(), image, (1, 0)) > 0.1


# Bad input ------------------------------------------------------------------------------------


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no centre"):
        eq.correlate(draw_image(0), draw_kernels(0, 2, 3), "zero")
    with pytest.raises(ValueError, match="zero everywhere"):
        eq.equivariance_error(lambda f: 0 * f, draw_image(0), (1, 0))
