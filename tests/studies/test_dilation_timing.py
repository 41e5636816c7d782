from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pytest

from cnnlab.studies import dilation_timing
from cnnlab.studies.dilation_timing import (
    STUDY,
    measure_dilation,
    record_dilation_timing,
    stuff_kernel,
    time_ratios,
)
from cnnlab.studies.records import read_studies, write_study


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_stuffed_kernel_is_the_kronecker_product_of_each_channel(dilation):
    kernel = np.random.default_rng(0).standard_normal((3, 2, 2, 4))
    selector = np.zeros((dilation, dilation))
    selector[0, 0] = 1
    stuffed = stuff_kernel(kernel, dilation)
    for c in range(2):
        for d in range(4):
            expected = np.kron(kernel[..., c, d], selector)
            np.testing.assert_array_equal(stuffed[..., c, d], expected)


def test_ways_that_compute_something_else_are_not_timed(monkeypatch):
    monkeypatch.setattr(dilation_timing, "stuff_kernel", lambda *a: 2 * stuff_kernel(*a))
    with pytest.raises(RuntimeError, match=r"Dilation 2: kernel `trimmed`"):
        measure_dilation(2, side=8, channels=1, runs=2)


def test_the_study_is_written_signed_and_read_as_ratios(monkeypatch, tmp_path):
    def measure(dilations):
        return [row for d in dilations for row in measure_dilation(d, side=20, channels=2, runs=2)]

    # In this process, and small: what is tested is the table, not the times.
    monkeypatch.setattr(dilation_timing, "measure_on_one_thread", measure)
    monkeypatch.setattr(
        dilation_timing, "ProcessPoolExecutor", lambda n, mp_context: ThreadPoolExecutor(n)
    )
    monkeypatch.setattr(dilation_timing, "write_study", partial(write_study, folder=tmp_path))
    record_dilation_timing()
    study = read_studies(STUDY, tmp_path)
    assert len(study) == 3 * len(dilation_timing.DILATIONS)
    assert (study[["threads", "runs", "side"]] == [1, 2, 20]).all(axis=None)
    ratios = time_ratios(study)
    assert ratios.index.tolist() == list(dilation_timing.DILATIONS)
    assert (ratios > 0).all(axis=None)


def test_ratios_are_over_the_dilated_convolution():
    study = pd.DataFrame(
        {
            "dilation": [2, 2, 2],
            "kernel": ["bordered", "dilated", "trimmed"],
            "milliseconds": [12.0, 2.0, 6.0],
        }
    )
    assert time_ratios(study).loc[2].to_dict() == {"trimmed": 3.0, "bordered": 6.0}
