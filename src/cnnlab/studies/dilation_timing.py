"""What zeros in a dilated kernel cost in time: ``python -m cnnlab.studies.dilation_timing``.

Writes ``report/studies/dilation-timing.csv``: the time of one dilated convolution, and of the
convolutions with the same kernel filled up with zeros, which give the same output.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd

from cnnlab.settings import IMAGE_SIZE, SEED
from cnnlab.studies.latency import RUNS, measure_latency
from cnnlab.studies.records import describe_machine, write_study
from plumbing.commands import run_command

STUDY = "dilation-timing"
DILATIONS = (1, 2, 4, 8)
KERNEL_WIDTH = 3
CHANNELS = 32


def stuff_kernel(kernel: np.ndarray, dilation: int) -> np.ndarray:
    """Put D - 1 zeros after each tap: the Kronecker product of each channel's kernel with A.

    Args:
        kernel: (F, G, channels in, channels out).
        dilation: D, at least 1.

    Returns:
        (D F, D G, channels in, channels out).
    """
    rows, columns, *channels = kernel.shape
    stuffed = np.zeros((dilation * rows, dilation * columns, *channels), kernel.dtype)
    stuffed[::dilation, ::dilation] = kernel
    return stuffed


def measure_dilation(
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
    import tensorflow as tf

    rng = np.random.default_rng(SEED)
    image = rng.standard_normal((1, side, side, channels)).astype(np.float32)
    kernel = rng.standard_normal((KERNEL_WIDTH, KERNEL_WIDTH, channels, channels))
    # Outputs of variance about 1, so that rounding has one scale.
    kernel = (kernel / np.sqrt(KERNEL_WIDTH**2 * channels)).astype(np.float32)
    border = dilation - 1
    stuffed = stuff_kernel(kernel, dilation)
    extended = np.pad(image, ((0, 0), (0, border), (0, border), (0, 0)))
    last = stuffed.shape[0] - border
    ways = {
        "dilated": (image, kernel, dilation),
        "trimmed": (image, stuffed[:last, :last], 1),
        "bordered": (extended, stuffed, 1),
    }
    rows, outputs = [], {}
    for way, (pixels, filters, spacing) in ways.items():
        convolve = tf.function(lambda x, w, d=spacing: tf.nn.conv2d(x, w, 1, "VALID", dilations=d))
        pixels, filters = tf.constant(pixels), tf.constant(filters)
        outputs[way] = convolve(pixels, filters).numpy()
        times = measure_latency(lambda f=convolve, x=pixels, w=filters: f(x, w).numpy(), runs)
        rows.append({"dilation": dilation, "kernel": way} | times)
    for way, output in outputs.items():
        if not np.allclose(output, outputs["dilated"], atol=1e-3):
            raise RuntimeError(f"Dilation {dilation}: kernel `{way}` gives another output.")
    sizes = {"side": side, "channels": channels, "kernel_width": KERNEL_WIDTH, "runs": runs}
    return [row | sizes for row in rows]


def time_ratios(study: pd.DataFrame) -> pd.DataFrame:
    """Return how many times as long as the dilated convolution the two others take.

    Args:
        study: rows of ``measure_dilation``.

    Returns:
        Index: dilation; columns ``trimmed`` and ``bordered``: ratios of the medians.
    """
    medians = study.pivot(index="dilation", columns="kernel", values="milliseconds")
    return medians[["trimmed", "bordered"]].div(medians["dilated"], axis="index")


def measure_on_one_thread(dilations: Sequence[int]) -> list[dict]:
    """Measure each dilation, in a process that has not started TensorFlow."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows = []
    for dilation in dilations:
        print(f"Dilation {dilation} ...", flush=True)
        rows += measure_dilation(dilation)
    return rows


def record_dilation_timing() -> None:
    """Measure with one thread, so that arithmetic is compared, and write the study."""
    # TensorFlow's threads are set once a process.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows = pool.submit(measure_on_one_thread, DILATIONS).result()
    table = pd.DataFrame(rows).round(3)
    write_study(table.assign(precision="float32", threads=1, **describe_machine()), STUDY)


if __name__ == "__main__":
    sys.exit(run_command(record_dilation_timing))
