import os

import pytest
import tensorflow as tf

from cnnlab.studies.timing import (
    RUNS,
    WARM_UP_RUNS,
    measure_latency,
    measure_on_one_thread,
    time_dilation,
)


def test_latency_runs_warm_up_and_counts_the_others():
    calls = []
    times = measure_latency(lambda: calls.append(1))
    assert len(calls) == WARM_UP_RUNS + RUNS
    assert 0 <= times["lower_quartile"] <= times["milliseconds"] <= times["upper_quartile"]


def describe_process():
    threads = tf.config.threading
    numbers = (
        threads.get_intra_op_parallelism_threads(),
        threads.get_inter_op_parallelism_threads(),
    )
    return [{"process": os.getpid(), "threads": numbers}]


def test_a_process_of_its_own_has_one_thread():
    (row,) = measure_on_one_thread(describe_process).to_dict("records")
    assert row["process"] != os.getpid() and row["threads"] == (1, 1)


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_three_ways_with_the_same_output_are_timed(dilation):
    """An output that differs would be an error."""
    rows = time_dilation(dilation, side=20, channels=2, runs=2)
    assert [row["kernel"] for row in rows] == ["dilated", "trimmed", "bordered"]
    assert all(row["milliseconds"] > 0 and row["channels"] == 2 for row in rows)
