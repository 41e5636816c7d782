"""Times of one thread: how long do the networks take to answer, and what do a kernel's zeros cost?

Times differ from machine to machine and from run to run: they are measured here only, so that the
report is the same at every build.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.vgg16 import build_vgg16_classifier
from cnnlab.settings import IMAGE_SIZE, SEED
from cnnlab.studies.study import Study

WARM_UP_RUNS = 5
RUNS = 30
NETWORKS = {"VGG16": build_vgg16_classifier, "Light VGG": build_light_vgg}
DILATIONS = (1, 2, 4, 8)
KERNEL_WIDTH = 3
CHANNELS = 32


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


def measure_on_one_thread(measure: Callable[..., list[dict]], *arguments: object) -> pd.DataFrame:
    """Return the rows of a measurement in a process whose TensorFlow has one thread.

    Args:
        measure: a function of a module.
        arguments: of the function.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=_use_one_thread) as pool:
        return pd.DataFrame(pool.submit(measure, *arguments).result()).assign(runs=RUNS)


def time_network(network: str) -> list[dict]:
    """Time a network's answer to one image, in float32; its weights don't change the time."""
    forward = tf.function(NETWORKS[network](), reduce_retracing=True)
    image = np.random.default_rng(SEED).random((1, IMAGE_SIZE, IMAGE_SIZE, 3), np.float32)
    image = tf.constant(image)
    return [measure_latency(lambda: forward(image, training=False).numpy())]


def time_dilation(
    dilation: int, side: int = IMAGE_SIZE, channels: int = CHANNELS, runs: int = RUNS
) -> list[dict]:
    """Time one convolution layer in float32 without padding, computed in three ways.

    Args:
        dilation: D.
        side: of the square image; the dilated kernel must fit.
        channels: of the image and of the output.
        runs: how many times are taken.

    Returns:
        A row for each kernel, all with the same output: ``dilated``; ``trimmed``, filled up
        with zeros that end at the last tap; ``bordered``, with its D - 1 last rows and columns
        of zeros, on an image extended by as many.

    Raises:
        RuntimeError: the outputs differ by more than rounding.
    """
    rng = np.random.default_rng(SEED)
    image = rng.standard_normal((1, side, side, channels)).astype(np.float32)
    kernel = rng.standard_normal((KERNEL_WIDTH, KERNEL_WIDTH, channels, channels))
    # Outputs of variance about 1, so that rounding has one scale.
    kernel = (kernel / np.sqrt(KERNEL_WIDTH**2 * channels)).astype(np.float32)
    # D - 1 zeros after each tap: the Kronecker product of each channel's kernel with A.
    width, border = dilation * KERNEL_WIDTH, dilation - 1
    stuffed = np.zeros((width, width, channels, channels), np.float32)
    stuffed[::dilation, ::dilation] = kernel
    extended = np.pad(image, ((0, 0), (0, border), (0, border), (0, 0)))
    last = width - border
    ways = {
        "dilated": (image, kernel, dilation),
        "trimmed": (image, stuffed[:last, :last], 1),
        "bordered": (extended, stuffed, 1),
    }
    rows, outputs = [], []
    for way, (pixels, filters, spacing) in ways.items():
        convolve = tf.function(lambda x, w, d=spacing: tf.nn.conv2d(x, w, 1, "VALID", dilations=d))
        pixels, filters = tf.constant(pixels), tf.constant(filters)
        outputs.append(convolve(pixels, filters).numpy())
        if not np.allclose(outputs[-1], outputs[0], atol=1e-3):
            raise RuntimeError(f"Dilation {dilation}: kernel `{way}` gives another output.")
        times = measure_latency(lambda f=convolve, x=pixels, w=filters: f(x, w).numpy(), runs)
        rows.append({"kernel": way, "channels": channels} | times)
    return rows


def _use_one_thread() -> None:
    # TensorFlow's threads are set once a process.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


LATENCY = Study(
    "latency",
    "How long do the networks take to answer one image?",
    lambda run: [{"network": title, "batch": 1, "threads": 1} for title in NETWORKS],
    lambda run, network, batch, threads: measure_on_one_thread(time_network, network),
    load=None,
)
DILATION = Study(
    "dilation-timing",
    "What do the zeros in a dilated kernel cost in time?",
    lambda run: [{"dilation": dilation, "threads": 1} for dilation in DILATIONS],
    lambda run, dilation, threads: measure_on_one_thread(time_dilation, dilation),
    load=None,
)
