"""What TensorFlow's tuning of a pipeline costs when its iterator ends: part of ``make bench``.

The same batches go through the frozen blocks of VGG16, made with tuning and without; what is timed
is from the last batch's features to the end of the loop. The two take turns in one process.
"""

import time

import numpy as np
import tensorflow as tf

from cnnlab.faces.pipeline import disable_autotuning
from cnnlab.networks.devices import detect_policy, use_policy
from cnnlab.networks.vgg16 import build_vgg16_base

BATCHES, BATCH_SIZE = 9, 32
"""About three seconds' work on two cores."""

ROUNDS = 8
MOST_SECONDS = 0.1


def make_batches():
    def load(number):
        pixels = tf.numpy_function(lambda _: np.zeros(shape, np.float32), [number], tf.float32)
        return tf.ensure_shape(pixels, shape)

    shape = (BATCH_SIZE, 128, 128, 3)
    return tf.data.Dataset.range(BATCHES).map(load).prefetch(2)


def time_end(batches, forward):
    """Seconds from the last batch's features to the end of the loop."""
    for batch in batches:
        forward(batch).numpy()
        last = time.perf_counter()
    return time.perf_counter() - last


def test_an_iterator_ends_at_once():
    with use_policy(detect_policy()):
        forward = tf.function(build_vgg16_base())
    pipelines = {"tuned": make_batches(), "not tuned": disable_autotuning(make_batches())}
    ends = {name: [] for name in pipelines}
    for _ in range(ROUNDS):
        for name, batches in pipelines.items():
            ends[name].append(time_end(batches, forward))
    for name, seconds in ends.items():
        print(f"\n  {name}: ended after {np.round(seconds, 2).tolist()} s", end="")
    assert max(ends["not tuned"]) < MOST_SECONDS
