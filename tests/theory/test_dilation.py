"""The propositions on dilated convolution against SciPy, TensorFlow and plain counting."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from cnnlab.theory.dilation import (
    correlate_dilated,
    dilate_kernel,
    gradient_spread,
    output_size,
    receptive_field,
    trim_zero_border,
)


@st.composite
def cases(draw):
    """An image, a kernel and a dilation such that K' with its zero border fits."""
    dilation, F, G = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    M = dilation * F + draw(st.integers(0, 6))
    N = dilation * G + draw(st.integers(0, 6))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    return random.standard_normal((M, N)), random.standard_normal((F, G)), dilation


layers = st.lists(st.tuples(st.integers(2, 4), st.integers(1, 6)), min_size=1, max_size=5)


@given(cases())
def test_equals_scipy_with_the_trimmed_dilated_kernel(case):
    image, kernel, dilation = case
    trimmed = trim_zero_border(dilate_kernel(kernel, dilation), dilation)
    ours, other = correlate_dilated(image, kernel, dilation), correlate2d(image, trimmed, "valid")
    assert ours.shape == other.shape
    np.testing.assert_allclose(ours, other, atol=1e-12)


@given(cases())
def test_kernel_with_zero_border_loses_exactly_the_last_positions(case):
    image, kernel, dilation = case
    full = correlate_dilated(image, kernel, dilation)
    bordered = correlate2d(image, dilate_kernel(kernel, dilation), "valid")
    rows, columns = bordered.shape
    assert full.shape == (rows + dilation - 1, columns + dilation - 1)
    np.testing.assert_allclose(full[:rows, :columns], bordered, atol=1e-12)


@given(cases(), st.floats(-5, 5))
def test_any_extension_of_the_image_gives_the_lost_positions_back(case, value):
    image, kernel, dilation = case
    extended = np.pad(image, (0, dilation - 1), constant_values=value)
    bordered = correlate2d(extended, dilate_kernel(kernel, dilation), "valid")
    np.testing.assert_allclose(correlate_dilated(image, kernel, dilation), bordered, atol=1e-12)


@given(cases())
def test_an_extension_on_the_other_side_does_not_give_them_back(case):
    image, kernel, dilation = case
    assume(dilation > 1)
    extended = np.pad(image, ((dilation - 1, 0), (dilation - 1, 0)))
    bordered = correlate2d(extended, dilate_kernel(kernel, dilation), "valid")
    assert not np.allclose(correlate_dilated(image, kernel, dilation), bordered)


@given(st.integers(2, 4), st.integers(1, 4), st.data())
def test_the_dilated_kernel_may_fit_though_its_zero_border_does_not(dilation, width, data):
    side = dilation * width - data.draw(st.integers(1, dilation - 1))
    image, kernel = np.ones((side, side)), np.ones((width, width))
    bordered = dilate_kernel(kernel, dilation)
    ours = correlate_dilated(image, kernel, dilation)
    np.testing.assert_allclose(
        ours, correlate2d(image, trim_zero_border(bordered, dilation), "valid")
    )
    with pytest.raises(ValueError, match="does not fit"):
        correlate_dilated(image, bordered)


@settings(deadline=None, max_examples=30)
@given(cases())
def test_equals_tensorflow(case):
    import tensorflow as tf

    image, kernel, dilation = case
    other = tf.nn.conv2d(
        image[None, ..., None], kernel[..., None, None], 1, "VALID", dilations=dilation
    )[0, ..., 0].numpy()
    ours = correlate_dilated(image, kernel, dilation)
    assert ours.shape == other.shape
    np.testing.assert_allclose(ours, other, atol=1e-12)


@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)
)
def test_output_size_counts_the_positions_of_full_overlap(M, N, F, G, dilation):
    def count(length, width):
        return sum(all(0 <= i + dilation * m < length for m in range(width)) for i in range(length))

    counted = (count(M, F), count(N, G))
    if min(counted) == 0:
        with pytest.raises(ValueError, match="does not fit"):
            output_size((M, N), (F, G), dilation)
    else:
        assert output_size((M, N), (F, G), dilation) == counted
        assert counted == (M - dilation * F + dilation, N - dilation * G + dilation)


@given(cases())
def test_kronecker_product_puts_zeros_between_the_taps(case):
    _, kernel, dilation = case
    stuffed = np.zeros((dilation * kernel.shape[0], dilation * kernel.shape[1]))
    stuffed[::dilation, ::dilation] = kernel
    np.testing.assert_array_equal(dilate_kernel(kernel, dilation), stuffed)


@given(st.integers(2, 4), st.integers(0, 3), st.integers(0, 3))
def test_no_other_selector_serves(dilation, a, b):
    assume(max(a, b) < dilation and (a, b) != (0, 0))
    other = np.zeros((dilation, dilation))
    other[a, b] = 1
    image = np.random.default_rng(0).standard_normal((12, 12))
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]])
    bordered = correlate2d(image, np.kron(kernel, other), "valid")
    rows, columns = bordered.shape
    ours = correlate_dilated(image, kernel, dilation)[:rows, :columns]
    assert not np.allclose(ours, bordered)


def test_dilation_one_is_ordinary_correlation():
    random = np.random.default_rng(1)
    image, kernel = random.standard_normal((7, 9)), random.standard_normal((3, 2))
    np.testing.assert_allclose(
        correlate_dilated(image, kernel), correlate2d(image, kernel, "valid"), atol=1e-12
    )


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 9))
def test_receptive_field_of_equal_layers(depth, width, dilation):
    assert receptive_field([width], [1]) == width
    assert receptive_field([width] * depth, [1] * depth) == depth * (width - 1) + 1
    assert receptive_field([width], [dilation]) == dilation * (width - 1) + 1
    doubled = [2**layer for layer in range(depth)]
    assert receptive_field([width] * depth, doubled) == (2**depth - 1) * (width - 1) + 1


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4
    )
)
def test_receptive_field_spans_the_samples_that_reach_the_output(stack):
    sizes, dilations, strides = zip(*stack, strict=True)
    width = receptive_field(sizes, dilations, strides)
    # Each row is one unit impulse; output 0 sees it exactly if the sample is in its field.
    signals = np.eye(width + 3)
    for size, dilation, stride in stack:
        kernel = np.ones((1, size))
        signals = correlate_dilated(signals, _sparse(kernel, dilation))[:, ::stride]
    reached = np.flatnonzero(signals[:, 0])
    np.testing.assert_array_equal(reached, reached_samples(stack))
    assert reached[-1] - reached[0] + 1 == width


def _sparse(kernel, dilation):
    stuffed = np.zeros((1, dilation * (kernel.shape[1] - 1) + 1))
    stuffed[:, ::dilation] = kernel
    return stuffed


@given(layers)
def test_no_holes_exactly_under_the_condition_on_dilations(stack):
    sizes, dilations = zip(*stack, strict=True)
    reached = reached_samples([(size, dilation, 1) for size, dilation in stack])
    filled = reached.size == receptive_field(sizes, dilations)
    reach, condition = 1, True
    for size, dilation in sorted(stack, key=lambda layer: layer[1]):
        condition &= dilation <= reach
        reach += dilation * (size - 1)
    assert filled == condition


@pytest.mark.parametrize(
    ("sizes", "dilations", "strides", "condition", "filled"),
    [
        ((2, 2), (1, 2), (2, 1), True, False),  # a stride spreads the second layer's taps
        ((1, 3), (6, 1), (1, 1), False, True),  # a kernel of width 1 has no taps to spread
    ],
)
def test_beyond_the_assumptions_on_gridding_its_condition_does_not_decide(
    sizes, dilations, strides, condition, filled
):
    order = np.argsort(dilations)
    sizes_sorted, dilations_sorted = np.array(sizes)[order], np.array(dilations)[order]
    reach = np.cumsum([1, *(dilations_sorted * (sizes_sorted - 1))])[:-1]
    assert np.all(dilations_sorted <= reach) == condition
    reached = reached_samples(zip(sizes, dilations, strides, strict=True))
    assert (reached.size == receptive_field(sizes, dilations, strides)) == filled


strided_layers = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=4
)


def path_counts(stack, weights=np.ones):
    """The gradient of output 0 of linear layers, by putting taps where the strides lead."""
    gradient, jump = np.ones(1), 1
    for size, dilation, stride in stack:
        taps = np.zeros(jump * dilation * (size - 1) + 1)
        taps[:: jump * dilation] = weights(size)
        gradient = np.convolve(gradient, taps)
        jump *= stride
    return gradient


def reached_samples(stack):
    """The input samples on which output 0 of the stack depends."""
    return np.flatnonzero(path_counts(stack))


def spread_of(gradient):
    positions = np.arange(gradient.size)
    mean = np.average(positions, weights=gradient)
    return np.sqrt(np.average((positions - mean) ** 2, weights=gradient))


@given(strided_layers)
def test_spread_of_the_gradient_is_that_of_the_paths(stack):
    assert gradient_spread(*zip(*stack, strict=True)) == pytest.approx(
        spread_of(path_counts(stack)), abs=1e-9
    )


def test_unequal_weights_have_another_spread():
    stack = [(3, 1, 1)] * 4
    peaked = spread_of(path_counts(stack, weights=lambda size: np.array([1.0, 2.0, 1.0])))
    assert peaked < 0.9 * gradient_spread([3] * 4, [1] * 4)


def test_equal_dilations_leave_holes_and_doubled_ones_do_not():
    equal, doubled = ([(3, d, 1) for d in dilations] for dilations in ((2, 2, 2), (1, 2, 4)))
    np.testing.assert_array_equal(reached_samples(equal), [0, 2, 4, 6, 8, 10, 12])
    np.testing.assert_array_equal(reached_samples(doubled), np.arange(15))


def gradient_support(stack, signal_length, least=0.1, greatest=1.0):
    """The samples by which output 0 of a Keras network with ReLU has a derivative."""
    import keras
    import tensorflow as tf

    signal = tf.ones((1, signal_length, 1))
    network = keras.Sequential([keras.Input((signal_length, 1))])
    for size, dilation, stride in stack:
        network.add(
            keras.layers.Conv1D(
                1,
                size,
                strides=stride,
                dilation_rate=dilation,
                activation="relu",
                kernel_initializer=keras.initializers.RandomUniform(least, greatest, seed=0),
            )
        )
    with tf.GradientTape() as tape:
        tape.watch(signal)
        output = network(signal)[0, 0, 0]
    return np.flatnonzero(tape.gradient(output, signal).numpy()[0, :, 0])


# Keras allows a stride or a dilation in one layer, not both.
keras_layers = st.tuples(st.integers(1, 4), st.integers(1, 3), st.booleans()).map(
    lambda layer: (layer[0], layer[1], 1) if layer[2] else (layer[0], 1, layer[1])
)


@settings(deadline=None, max_examples=15)
@given(st.lists(keras_layers, min_size=1, max_size=3))
def test_receptive_field_is_the_support_of_a_networks_gradient(stack):
    sizes, dilations, strides = zip(*stack, strict=True)
    width = receptive_field(sizes, dilations, strides)
    reached = gradient_support(stack, signal_length=width + 5)
    np.testing.assert_array_equal(reached, reached_samples(stack))
    assert reached[-1] - reached[0] + 1 == width


def test_weights_that_are_not_positive_can_reach_less_than_the_field():
    stack = ((3, 2, 1), (2, 1, 2), (3, 3, 1))
    # All weights are negative: the first ReLU is off, and the output depends on nothing.
    assert gradient_support(stack, least=-1.0, greatest=-0.1, signal_length=40).size == 0


def test_ignored_strides_count_too_little():
    stack = ((3, 2, 1), (2, 1, 2), (3, 3, 1))
    reached = gradient_support(stack, signal_length=40)
    sizes, dilations, _ = zip(*stack, strict=True)
    assert receptive_field(sizes, dilations) < reached[-1] - reached[0] + 1


def test_integer_images_stay_integers():
    output = correlate_dilated(np.arange(16).reshape(4, 4), np.array([[1, -1], [0, 2]]), 2)
    assert output.dtype.kind == "i"
    np.testing.assert_array_equal(output, [[18, 20], [26, 28]])


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        correlate_dilated(np.zeros((4, 9)), np.zeros((3, 3)), 2)
    with pytest.raises(ValueError, match="shorter"):
        receptive_field([3, 3], [1])
    with pytest.raises(ValueError, match="below 1"):
        receptive_field([3], [1], [0])
