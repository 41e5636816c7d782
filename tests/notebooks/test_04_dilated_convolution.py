from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.theory import dilation
from notebooks.cells import run_cells

ANSWER = run_cells(
    "04_dilated_convolution", "imports", "correlate-dilated", "dilate-kernel", "receptive-field"
)


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 6), st.integers(0, 99)
)
def test_the_notebooks_functions_are_the_packages(f, g, d, extra, seed):
    random = np.random.default_rng(seed)
    image, kernel = random.normal(size=(d * f + extra, d * g + extra)), random.normal(size=(f, g))
    np.testing.assert_allclose(
        ANSWER["correlate_dilated"](image, kernel, d),
        dilation.correlate_dilated(image, kernel, d),
        atol=1e-12,
    )
    dilated = ANSWER["dilate_kernel"](kernel, d)
    np.testing.assert_array_equal(dilated, dilation.dilate_kernel(kernel, d))
    np.testing.assert_array_equal(
        ANSWER["trim_zero_border"](dilated, d), dilation.trim_zero_border(dilated, d)
    )


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_notebooks_reached_samples_are_the_sums_of_one_tap_of_each_layer(dilations):
    expected = {sum(taps) for taps in product(*([0, d, 2 * d] for d in dilations))}
    assert ANSWER["reached_samples"](dilations) == sorted(expected)
