from dataclasses import astuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.theory import gradients
from notebooks.cells import run_cells

ANSWER = run_cells("03_gradients", "imports", "sizes", "forward", "backward")


@st.composite
def architectures(draw):
    length, width = draw(st.integers(2, 14)), draw(st.integers(1, 4))
    pool = draw(st.integers(1, length + 2 - width + 1))
    return gradients.Architecture(length, 1, width, pool, hidden=draw(st.integers(1, 4)))


@given(architectures(), st.sampled_from([0.0, 1.0]), st.integers(0, 99))
def test_the_notebooks_forward_and_backward_are_the_packages(architecture, label, seed):
    parameters = gradients.initialise(architecture, seed)
    signal = np.random.default_rng(seed).standard_normal(architecture.input_length)
    A = ANSWER["average_matrix"](architecture.convolved_length, architecture.pool)
    passed = gradients.forward(signal[None], parameters, architecture)

    _, *layers, z = ANSWER["forward"](signal, astuple(parameters), A)
    for ours, package in zip(layers, ("u", "c", "p", "v", "h", "s"), strict=True):
        np.testing.assert_allclose(ours, getattr(passed, package)[0], rtol=1e-9, atol=1e-12)
    expected_cost = gradients.cost(passed.s, np.array([label]))
    np.testing.assert_allclose(ANSWER["cost"](z, label), expected_cost, rtol=1e-6, atol=1e-9)

    expected = gradients.backward(passed, np.array([label]), parameters, architecture).parameters
    for name, gradient in ANSWER["backward"](signal, label, astuple(parameters), A).items():
        package = getattr(expected, name)
        assert np.shape(gradient) == np.shape(package)
        np.testing.assert_allclose(gradient, package, rtol=1e-9, atol=1e-12)


def test_the_notebooks_count_is_the_packages():
    parameters = gradients.initialise(gradients.Architecture(), 0)
    assert ANSWER["parameter_count"] == parameters.to_vector().size == 3954
