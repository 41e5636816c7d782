"""How long the networks take to answer: ``python -m cnnlab.studies.latency``.

Writes ``report/studies/latency.csv``. Times differ from machine to machine and from run to
run: they are measured here only, so that the report is the same at every build.
"""

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pandas as pd

from cnnlab.settings import IMAGE_SIZE, SEED
from cnnlab.studies.records import describe_machine, write_study
from plumbing.commands import run_command

BATCHES = (1, 32)
WARM_UP_RUNS = 5
RUNS = 30


def measure_latency(run: Callable[[], object], runs: int = RUNS) -> dict[str, float]:
    """Time a call, after ``WARM_UP_RUNS`` calls that don't count.

    Args:
        run: computes one batch and waits for the result.
        runs: how many times are taken.

    Returns:
        milliseconds (the median), lower_quartile and upper_quartile.
    """
    for _ in range(WARM_UP_RUNS):
        run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    low, median, high = statistics.quantiles(times, n=4)
    return {"milliseconds": median, "lower_quartile": low, "upper_quartile": high}


def measure_networks(threads: int) -> list[dict]:
    """Time the light VGG and VGG16, in float32, in a process that has not started TensorFlow.

    Weights don't change the time: they are those of initialisation.

    Args:
        threads: that TensorFlow may compute with.

    Returns:
        A row for each network and batch size.
    """
    import numpy as np
    import tensorflow as tf

    from cnnlab.networks.light_vgg import build_light_vgg
    from cnnlab.networks.vgg16 import build_vgg16_classifier

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rng = np.random.default_rng(SEED)
    rows = []
    for title, build in (("VGG16", build_vgg16_classifier), ("Light VGG", build_light_vgg)):
        forward = tf.function(build(), reduce_retracing=True)
        for batch in BATCHES:
            images = tf.constant(rng.random((batch, IMAGE_SIZE, IMAGE_SIZE, 3), np.float32))
            print(f"{title}, batch {batch}, {threads} thread(s) ...", flush=True)
            times = measure_latency(lambda f=forward, x=images: f(x, training=False).numpy())
            rows.append({"network": title, "batch": batch, "threads": threads} | times)
    return rows


def record_latency() -> None:
    """Measure with one thread and with all cores, and write the study."""
    spawn = multiprocessing.get_context("spawn")
    rows = []
    for threads in sorted({1, os.cpu_count() or 1}):
        # TensorFlow's threads are set once a process.
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            rows += pool.submit(measure_networks, threads).result()
    table = pd.DataFrame(rows).round(3)
    table = table.assign(precision="float32", runs=RUNS, **describe_machine())
    write_study(table, "latency")


if __name__ == "__main__":
    sys.exit(run_command(record_latency))
