"""Where does the time of training go, and how far is its arithmetic from the processor's peak?"""

from functools import partial

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.evaluation.layers import count_macs
from cnnlab.networks.devices import detect_policy, use_policy
from cnnlab.networks.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation
from cnnlab.networks.normalisation import FusedBatchNormalization, replace_layers
from cnnlab.networks.vgg16 import build_vgg16_base, build_vgg16_classifier, take_top
from cnnlab.settings import SEED
from cnnlab.studies.study import Run, Study
from cnnlab.studies.timing import measure_latency

BATCH_SIZE = 32
RUNS = 15
MATRIX_SIZE = 4096
"""Of the square matrices whose product gives the processor's peak."""
FORWARD, STEP = "forward", "whole step"


def with_composed_normalisation(model: keras.Model) -> keras.Model:
    """Return an untrained copy with Keras's own batch normalisation."""
    composed = keras.layers.BatchNormalization
    return replace_layers(model, FusedBatchNormalization, composed.from_config)


def without_noise(model: keras.Model) -> keras.Model:
    """Return an untrained copy without Gaussian dropout."""
    return replace_layers(
        model,
        keras.layers.GaussianDropout,
        lambda config: keras.layers.Identity(name=config["name"], dtype=config["dtype"]),
    )


def build_frozen_blocks() -> keras.Model:
    """Return VGG16 up to block 4, which stays frozen while block 5 is fine-tuned."""
    base = build_vgg16_base()
    base.trainable = False
    return keras.Model(base.input, base.get_layer("block4_pool").output)


TABLED, AUTHORS = "Light VGG", "Light VGG, authors' form"
NETWORKS = {
    TABLED: build_light_vgg,
    AUTHORS: build_light_vgg_with_batch_normalisation,
    f"{AUTHORS}, with Keras's batch normalisation": lambda: with_composed_normalisation(
        build_light_vgg_with_batch_normalisation()
    ),
    f"{AUTHORS}, without noise": lambda: without_noise(build_light_vgg_with_batch_normalisation()),
    "VGG16, frozen blocks": build_frozen_blocks,
    "VGG16, block 5 and head": lambda: take_top(build_vgg16_classifier(), "block4_pool"),
    "VGG16, blocks 4, 5 and head": lambda: take_top(build_vgg16_classifier(), "block3_pool"),
}
"""What is timed, by title: networks, and parts of one; what has no trainable weights runs only."""


def count_flop(model: keras.Model, stage: str) -> float:
    """Return the floating-point operations for one image.

    Two for each multiply-accumulate of the forward pass. The way back has as many for the
    gradient of the weights and again for that of the inputs, which the first layer does not
    need. What is not counted takes its time too: normalisation, pools, noise, the optimiser.

    Args:
        model: a flat functional model.
        stage: ``FORWARD`` or ``STEP``.
    """
    forward = 2 * count_macs(model)
    if stage == FORWARD:
        return forward
    first = next(layer for layer in model.layers if layer.count_params())
    return 3 * forward - 2 * count_macs(keras.Model(model.input, first.output))


def measure_peak(dtype: str, size: int = MATRIX_SIZE, runs: int = RUNS) -> float:
    """Return the operations a second of a large matrix product, which reaches the most.

    Args:
        dtype: Keras dtype policy, of whose compute dtype the matrices are.
        size: height and width.
        runs: how many times are taken.
    """
    policy = keras.dtype_policies.get(dtype)
    factors = [tf.cast(tf.random.normal((size, size)), policy.compute_dtype) for _ in range(2)]
    multiply = tf.function(tf.matmul)
    times = measure_latency(lambda: multiply(*factors)[0, 0].numpy(), runs)
    return 2 * size**3 / times["milliseconds"] * 1000


def measure_model(model: keras.Model, peak: float, runs: int = RUNS) -> pd.DataFrame:
    """Time a network's forward pass in training, and a whole step with Adam.

    Args:
        model: without trainable weights it only runs forward, as at inference.
        peak: operations a second.
        runs: how many times are taken.

    Returns:
        Columns: stage, milliseconds (for one image), share_of_peak, batch.
    """
    rng = np.random.default_rng(SEED)
    inputs = tf.constant(rng.random((BATCH_SIZE, *model.input_shape[1:]), np.float32))
    labels = tf.constant(np.arange(BATCH_SIZE) % 8)
    is_trained = bool(model.trainable_weights)
    # What is trained runs with noise and batch statistics.
    forward = tf.function(partial(model, training=is_trained), reduce_retracing=True)
    stages = {FORWARD: lambda: tf.reduce_sum(forward(inputs)).numpy()}
    if is_trained:
        model.compile(
            keras.optimizers.Adam(1e-4),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        stages[STEP] = lambda: model.train_on_batch(inputs, labels)
    rows = []
    for stage, run in stages.items():
        milliseconds = measure_latency(run, runs)["milliseconds"] / BATCH_SIZE
        share = count_flop(model, stage) / milliseconds * 1000 / peak
        rows.append({"stage": stage, "milliseconds": milliseconds, "share_of_peak": share})
    return pd.DataFrame(rows).assign(batch=BATCH_SIZE)


def measure_network(run: Run, network: str, precision: str) -> pd.DataFrame:
    """Time a network beside the product, so that a busy machine slows both."""
    with use_policy(precision):
        model = NETWORKS[network]()
    return measure_model(model, measure_peak(precision))


STUDY = Study(
    "training-speed",
    __doc__,
    lambda run: [{"network": title, "precision": detect_policy()} for title in NETWORKS],
    measure_network,
    load=None,
)
