"""The gradients by hand against TensorFlow, central differences and the complex step."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from cnnlab.theory.differentiation import central_differences, complex_step, relative_error
from cnnlab.theory.gradients import (
    Architecture,
    Parameters,
    backward,
    cost,
    forward,
    initialise,
    kernel_gradients,
    kink_distance,
    learn,
    parameters_from_vector,
    sigmoid,
    softplus,
)

NAMES = [field.name for field in fields(Parameters)]


@st.composite
def architectures(draw):
    length = draw(st.integers(4, 14))
    padding = draw(st.integers(0, 2))
    width = draw(st.integers(1, 4))
    pool = draw(st.integers(1, length + 2 * padding - width + 1))
    return Architecture(length, padding, width, pool, hidden=draw(st.integers(1, 4)))


def draw_problem(architecture, seed, samples=3):
    random = np.random.default_rng(seed)
    parameters = initialise(architecture, seed)
    # Biases off zero, so that their gradients are checked at an ordinary point.
    parameters = replace(
        parameters,
        b_C=np.asarray(random.standard_normal()),
        b_F=random.standard_normal(architecture.hidden),
        b_Z=np.asarray(random.standard_normal()),
    )
    signals = random.standard_normal((samples, architecture.input_length))
    return parameters, signals, random.integers(0, 2, samples).astype(float)


def gradient_vector(parameters, signals, labels, architecture):
    passed = forward(signals, parameters, architecture)
    return backward(passed, labels, parameters, architecture).parameters.to_vector()


def cost_function(signals, labels, architecture):
    def function(vector):
        parameters = parameters_from_vector(vector, architecture)
        return cost(forward(signals, parameters, architecture).s, labels)

    return function


def keras_network(architecture):
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((architecture.input_length, 1), dtype="float64"),
            layers.ZeroPadding1D(architecture.padding, dtype="float64"),
            layers.Conv1D(1, architecture.kernel_width, activation="relu", dtype="float64"),
            layers.AveragePooling1D(architecture.pool, dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(architecture.hidden, activation="relu", dtype="float64"),
            layers.Dense(1, dtype="float64"),
        ]
    )


def set_parameters(network, parameters):
    values = [getattr(parameters, name) for name in NAMES]
    network.set_weights(
        [v.reshape(w.shape) for v, w in zip(values, network.get_weights(), strict=True)]
    )


def tape_gradient(parameters, signals, labels, architecture):
    """The network written in TensorFlow's own operations, differentiated by its tape."""
    import tensorflow as tf

    values = [tf.Variable(getattr(parameters, name)) for name in NAMES]
    ends = [[0, 0], [architecture.padding] * 2, [0, 0]]
    with tf.GradientTape() as tape:
        W_C, b_C, W_F, b_F, W_Z, b_Z = values
        x = tf.pad(signals[..., None], ends)
        c = tf.nn.relu(tf.nn.conv1d(x, W_C[:, None, None], 1, "VALID") + b_C)
        p = tf.nn.avg_pool1d(c, architecture.pool, architecture.pool, "VALID")[..., 0]
        s = tf.linalg.matvec(tf.nn.relu(p @ W_F + b_F), W_Z) + b_Z
        total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, s))
    return np.concatenate([np.ravel(g) for g in tape.gradient(total, values)])


@settings(deadline=None, max_examples=30)
@given(architectures(), st.integers(0, 10_000))
def test_gradients_equal_the_tape(architecture, seed):
    parameters, signals, labels = draw_problem(architecture, seed)
    assume(kink_distance(forward(signals, parameters, architecture)) > 1e-9)
    by_hand = gradient_vector(parameters, signals, labels, architecture)
    by_tape = tape_gradient(parameters, signals, labels, architecture)
    np.testing.assert_allclose(by_hand, by_tape, rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(architectures(), st.integers(0, 10_000))
def test_gradients_equal_complex_step_and_central_differences(architecture, seed):
    parameters, signals, labels = draw_problem(architecture, seed)
    assume(kink_distance(forward(signals, parameters, architecture)) > 1e-3)
    by_hand = gradient_vector(parameters, signals, labels, architecture)
    function = cost_function(signals, labels, architecture)
    vector = parameters.to_vector()
    # Central differences cancel to about eps cost / step, which a tiny gradient would drown in.
    assume(np.linalg.norm(by_hand) > 1e-2 * function(vector))
    assert relative_error(by_hand, complex_step(function, vector)) < 1e-12
    assert relative_error(by_hand, central_differences(function, vector)) < 1e-6


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(),
        Architecture(21, padding=0, kernel_width=3, pool=4, hidden=5),  # 19 = 4 * 4 + 3
        Architecture(16, padding=2, kernel_width=1, pool=3, hidden=1),
    ],
)
def test_forward_and_gradients_equal_tensorflow(architecture):
    import tensorflow as tf

    parameters, signals, labels = draw_problem(architecture, seed=5, samples=4)
    network = keras_network(architecture)
    set_parameters(network, parameters)
    with tf.GradientTape() as tape:
        logits = network(signals[..., None])[:, 0]
        total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
    by_tape = np.concatenate(
        [np.ravel(g) for g in tape.gradient(total, network.trainable_variables)]
    )
    passed = forward(signals, parameters, architecture)
    np.testing.assert_allclose(passed.s, logits.numpy(), rtol=1e-10)
    np.testing.assert_allclose(cost(passed.s, labels), total.numpy(), rtol=1e-10)
    by_hand = gradient_vector(parameters, signals, labels, architecture)
    assert relative_error(by_hand, by_tape) < 1e-9
    assert parameters.to_vector().size == network.count_params()


def test_steps_of_descent_follow_keras_sgd():
    import keras

    architecture = Architecture(20, hidden=3)
    parameters, signals, labels = draw_problem(architecture, seed=2, samples=6)
    network = keras_network(architecture)
    set_parameters(network, parameters)
    network.compile(
        keras.optimizers.SGD(0.05),
        keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum"),
    )
    learned, costs = learn(parameters, signals, labels, architecture, 0.05, 5)
    for step in range(5):
        # Keras returns the cost before its step, and stores the learning rate as float32.
        by_keras = network.train_on_batch(signals[..., None], labels[:, None])
        np.testing.assert_allclose(costs[step], by_keras, rtol=1e-6)
    by_keras = np.concatenate([w.ravel() for w in network.get_weights()])
    assert relative_error(learned.to_vector(), by_keras) < 1e-7
    assert costs.shape == (6,) and costs[-1] < costs[0]
    assert costs[-1] == cost(forward(signals, learned, architecture).s, labels)


def test_learning_without_a_step_changes_nothing():
    architecture = Architecture(6, hidden=2)
    parameters, signals, labels = draw_problem(architecture, seed=0)
    same, costs = learn(parameters, signals, labels, architecture, 0.1, 0)
    np.testing.assert_array_equal(same.to_vector(), parameters.to_vector())
    assert costs == [cost(forward(signals, parameters, architecture).s, labels)]


def test_lengths_and_count_of_the_homework():
    architecture = Architecture()
    assert architecture.convolved_length == 786
    assert architecture.pooled_length == 393
    assert initialise(architecture, 0).to_vector().size == (2 + 1) + (393 * 10 + 10) + (10 + 1)


@given(architectures(), st.integers(0, 10_000))
def test_delta_of_the_output_is_z_minus_y_and_gradients_add_up(architecture, seed):
    parameters, signals, labels = draw_problem(architecture, seed)
    passed = forward(signals, parameters, architecture)
    gradients = backward(passed, labels, parameters, architecture)
    np.testing.assert_allclose(gradients.delta_Z, expit(passed.s) - labels, rtol=0, atol=1e-14)
    one_by_one = [
        gradient_vector(parameters, signals[n : n + 1], labels[n : n + 1], architecture)
        for n in range(len(labels))
    ]
    np.testing.assert_allclose(
        gradients.parameters.to_vector(), np.sum(one_by_one, axis=0), rtol=1e-9, atol=1e-12
    )
    width = architecture.kernel_width
    np.testing.assert_allclose(
        kernel_gradients(gradients.delta_C, passed.padded),
        np.array(one_by_one)[:, :width],
        rtol=1e-9,
        atol=1e-12,
    )


@given(st.floats(-15, 15), st.sampled_from([0.0, 1.0]))
def test_with_a_squared_error_delta_keeps_the_sigmoids_slope(logit, label):
    delta = complex_step(lambda s: (sigmoid(s[0]) - label) ** 2, np.array([logit]))[0]
    z = expit(logit)
    assert delta == pytest.approx(2 * (z - label) * z * (1 - z), rel=1e-9)
    # z (1 - z) is at most 1/4: delta is never z - y, but at most half of it.
    assert abs(delta) <= abs(z - label) / 2 * (1 + 1e-9)


@settings(deadline=None, max_examples=40)
@given(architectures(), st.integers(0, 10_000))
def test_gradient_of_the_shared_kernel_is_the_sum_over_untied_weights(architecture, seed):
    parameters, signals, labels = draw_problem(architecture, seed, samples=1)
    passed = forward(signals, parameters, architecture)
    assume(kink_distance(passed) > 1e-9)
    T, k = architecture.convolved_length, architecture.kernel_width
    M, P = architecture.pooled_length, architecture.pool

    def untied_cost(weights):
        taps = weights.reshape(T, k)
        u = np.array([passed.padded[0, t : t + k] @ taps[t] for t in range(T)]) + parameters.b_C
        p = np.array([np.sum((u * (u.real > 0))[m * P : m * P + P]) / P for m in range(M)])
        v = p @ parameters.W_F + parameters.b_F
        return cost(np.array([(v * (v.real > 0)) @ parameters.W_Z + parameters.b_Z]), labels)

    untied = complex_step(untied_cost, np.tile(parameters.W_C, T)).reshape(T, k)
    gradients = backward(passed, labels, parameters, architecture)
    windows = np.lib.stride_tricks.sliding_window_view(passed.padded[0], k)
    np.testing.assert_allclose(untied, gradients.delta_C[0][:, None] * windows, atol=1e-12)
    np.testing.assert_allclose(untied.sum(axis=0), gradients.parameters.W_C, atol=1e-12)


@given(architectures(), st.integers(0, 10_000))
def test_gradient_of_the_kernel_is_the_correlation_of_input_and_delta(architecture, seed):
    parameters, signals, labels = draw_problem(architecture, seed, samples=1)
    passed = forward(signals, parameters, architecture)
    gradients = backward(passed, labels, parameters, architecture)
    correlated = np.correlate(passed.padded[0], gradients.delta_C[0], mode="valid")
    np.testing.assert_allclose(gradients.parameters.W_C, correlated, rtol=1e-9, atol=1e-12)


def test_gradient_of_the_kernel_is_not_the_flipped_convolution():
    architecture = Architecture(12, kernel_width=3, hidden=3)
    parameters, signals, labels = draw_problem(architecture, seed=6, samples=1)
    passed = forward(signals, parameters, architecture)
    gradients = backward(passed, labels, parameters, architecture)
    flipped = np.convolve(passed.padded[0], gradients.delta_C[0], mode="valid")
    assert relative_error(flipped, gradients.parameters.W_C) > 0.1


@given(architectures(), st.integers(0, 10_000), st.floats(0.01, 10))
def test_a_factor_on_the_later_weights_enters_squared(architecture, seed, factor):
    parameters, signals, labels = draw_problem(architecture, seed)
    parameters = replace(parameters, b_F=np.zeros(architecture.hidden))
    scaled = replace(parameters, W_F=factor * parameters.W_F, W_Z=factor * parameters.W_Z)
    assume(kink_distance(forward(signals, parameters, architecture)) > 1e-9)

    def kernel_and_output(current):
        passed = forward(signals, current, architecture)
        gradients = backward(passed, labels, current, architecture)
        return kernel_gradients(gradients.delta_C, passed.padded), gradients.delta_Z[:, None]

    (kernel, delta), (scaled_kernel, scaled_delta) = map(kernel_and_output, (parameters, scaled))
    # Beside the factor only the output's delta differs; either may be rounded to 0.
    np.testing.assert_allclose(
        scaled_kernel * delta, factor**2 * kernel * scaled_delta, rtol=1e-9, atol=1e-12
    )


def test_a_bias_of_fc1_breaks_the_square_of_the_factor():
    architecture = Architecture(8, hidden=1)
    parameters, signals, labels = draw_problem(architecture, seed=1, samples=1)
    v = forward(signals, replace(parameters, b_F=np.zeros(1)), architecture).v[0]
    # The unit is on at the start; with smaller weights the bias shuts it.
    parameters = replace(parameters, W_F=parameters.W_F * np.sign(v), b_F=-np.abs(v) / 2)
    smaller = replace(parameters, W_F=parameters.W_F / 4, W_Z=parameters.W_Z / 4)
    k = architecture.kernel_width
    assert np.any(gradient_vector(parameters, signals, labels, architecture)[:k] != 0)
    assert np.all(gradient_vector(smaller, signals, labels, architecture)[:k] == 0)


def test_positions_beyond_the_last_full_window_have_no_influence():
    architecture = Architecture(11, padding=0, kernel_width=2, pool=4, hidden=2)  # 10 = 2 * 4 + 2
    parameters, signals, labels = draw_problem(architecture, seed=1)
    changed = signals.copy()
    changed[:, 9:] += 1.0
    before, after = (forward(x, parameters, architecture) for x in (signals, changed))
    np.testing.assert_array_equal(before.s, after.s)
    assert np.all(backward(before, labels, parameters, architecture).delta_C[:, 8:] == 0)


def test_at_the_kink_the_methods_disagree():
    architecture = Architecture(8, hidden=2)
    parameters, signals, labels = draw_problem(architecture, seed=0, samples=1)
    parameters = replace(parameters, b_C=np.asarray(0.0), b_F=np.full(2, 0.1))
    blank = np.zeros_like(signals)
    assert kink_distance(forward(blank, parameters, architecture)) == 0
    by_hand = gradient_vector(parameters, blank, labels, architecture)
    numerical = central_differences(
        cost_function(blank, labels, architecture), parameters.to_vector()
    )
    assert by_hand[architecture.kernel_width] == 0
    assert abs(numerical[architecture.kernel_width]) > 1e-3


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 1.0]))
def test_cost_and_output_are_finite_and_right_for_every_logit(logit, label):
    s, y = np.array([logit]), np.array([label])
    assert 0 <= cost(s, y) < np.inf
    np.testing.assert_allclose(cost(s, y), np.logaddexp(0, -s if label else s)[0], rtol=1e-12)
    np.testing.assert_allclose(sigmoid(s), expit(s), rtol=1e-10, atol=1e-300)


@given(st.floats(38, 700))
def test_the_cost_as_written_is_no_number_where_the_stable_one_is_right(logit):
    with np.errstate(all="ignore"):
        z = 1 / (1 + np.exp(-logit))
        naive = -1 * np.log(z) - 0 * np.log(1 - z)
    assert np.isnan(naive)
    stable = cost(np.array([logit]), np.array([1.0]))
    assert stable == pytest.approx(softplus(np.array(-logit)), rel=1e-12)
    assert 0 < stable < 1e-16


@given(architectures(), st.integers(0, 100))
def test_vector_and_parameters_are_inverse(architecture, seed):
    vector = initialise(architecture, seed).to_vector()
    np.testing.assert_array_equal(parameters_from_vector(vector, architecture).to_vector(), vector)


def test_a_wrong_gradient_is_found():
    architecture = Architecture(12, hidden=2)
    parameters, signals, labels = draw_problem(architecture, seed=4)
    wrong = gradient_vector(parameters, signals, labels, architecture)
    wrong[0] *= 1.001
    right = complex_step(cost_function(signals, labels, architecture), parameters.to_vector())
    assert relative_error(wrong, right) > 1e-6


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"padding": -1}, "padding must be at least 0"),
        ({"hidden": 0}, "all other sizes 1"),
        ({"kernel_width": 9}, "wider than its input"),
        ({"pool": 7}, "wider than its input"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        Architecture(**({"input_length": 5} | sizes))


def test_wrong_shapes_are_refused():
    architecture = Architecture(6, hidden=2)
    parameters, signals, labels = draw_problem(architecture, seed=0)
    passed = forward(signals, parameters, architecture)
    with pytest.raises(ValueError, match=r"Expected signals of shape \(n, 6\)"):
        forward(signals[:, :5], parameters, architecture)
    with pytest.raises(ValueError, match="There are 1 labels for 3 signals"):
        backward(passed, labels[:1], parameters, architecture)
    with pytest.raises(ValueError, match="Expected a vector of"):
        parameters_from_vector(np.zeros(3), architecture)


def test_relative_error_says_nothing_of_a_zero_reference():
    with pytest.raises(ValueError, match="zero everywhere"):
        relative_error(np.zeros(2), np.zeros(2))
