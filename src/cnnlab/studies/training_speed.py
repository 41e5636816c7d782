"""Where the time of training goes: ``python -m cnnlab.studies.training_speed``.

Writes ``report/studies/training-speed.csv``: the time of each stage for one image, and how far
its arithmetic is from what the processor reaches in a large matrix product.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from cnnlab.evaluation.cost import count_macs
from cnnlab.evaluation.formatting import format_number
from cnnlab.faces.augmentation import Augmentation, augment
from cnnlab.faces.dataset import read_files
from cnnlab.faces.images import decode_image
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation
from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.networks.precision import FLOAT32, detect_policy, use_policy
from cnnlab.networks.vgg16 import build_vgg16_base, build_vgg16_classifier, take_top
from cnnlab.settings import IMAGE_SIZE, SEED
from cnnlab.studies.latency import measure_latency
from cnnlab.studies.records import describe_machine, write_study
from plumbing.commands import run_command

STUDY = "training-speed"
BATCH_SIZE = 32
RUNS = 15
MATRIX_SIZE = 4096
"""Of the square matrices whose product gives the processor's peak."""

DECODING, AUGMENTATION, PRODUCT = "decoding", "augmentation", "matrix product"
FORWARD, STEP = "forward", "whole step"


@dataclass(frozen=True)
class Subject:
    """A network, or a part of one, whose training is timed.

    Attributes:
        title: how tables call it.
        build: makes it for a Keras dtype policy.
        trained: whether it is trained, not only run forward.
    """

    title: str
    build: Callable[[str], keras.Model]
    trained: bool = True


def replace_layers(
    model: keras.Model, kind: type, replacement: Callable[[keras.Layer], keras.Layer]
) -> keras.Model:
    """Return an untrained copy of a network in which every layer of one kind is another.

    Args:
        model: a functional model.
        kind: the layers' class.
        replacement: makes the new layer from the old one.
    """

    def copy(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, kind):
            return replacement(layer)
        return type(layer).from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=copy)


def with_composed_normalisation(model: keras.Model) -> keras.Model:
    """Return an untrained copy with Keras's own batch normalisation."""
    composed = keras.layers.BatchNormalization
    return replace_layers(
        model, FusedBatchNormalization, lambda layer: composed.from_config(layer.get_config())
    )


def without_noise(model: keras.Model) -> keras.Model:
    """Return an untrained copy without Gaussian dropout."""
    return replace_layers(
        model,
        keras.layers.GaussianDropout,
        lambda layer: keras.layers.Identity(name=layer.name, dtype=layer.dtype_policy),
    )


def frozen_blocks() -> keras.Model:
    """Return VGG16 up to block 4, which stays frozen while block 5 is fine-tuned."""
    base = build_vgg16_base()
    return keras.Model(base.input, base.get_layer("block4_pool").output)


def in_policy(build: Callable[[], keras.Model]) -> Callable[[str], keras.Model]:
    """Return what builds a network in the Keras dtype policy that it is given."""

    def build_in(dtype: str) -> keras.Model:
        with use_policy(dtype):
            return build()

    return build_in


TABLED, AUTHORS = "Light VGG", "Light VGG, authors' form"
COMPOSED = f"{AUTHORS}, with Keras's batch normalisation"
QUIET = f"{AUTHORS}, without noise"
SUBJECTS = (
    Subject(TABLED, in_policy(build_light_vgg)),
    Subject(AUTHORS, in_policy(build_light_vgg_with_batch_normalisation)),
    Subject(
        COMPOSED,
        in_policy(lambda: with_composed_normalisation(build_light_vgg_with_batch_normalisation())),
    ),
    Subject(QUIET, in_policy(lambda: without_noise(build_light_vgg_with_batch_normalisation()))),
    Subject("VGG16, frozen blocks", in_policy(frozen_blocks), trained=False),
    Subject(
        "VGG16, block 5 and head",
        in_policy(lambda: take_top(build_vgg16_classifier(), "block4_pool")),
    ),
    Subject(
        "VGG16, blocks 4, 5 and head",
        in_policy(lambda: take_top(build_vgg16_classifier(), "block3_pool")),
    ),
)


def count_flop(model: keras.Model, stage: str) -> float:
    """Return the floating-point operations for one image, in units of 10^9.

    Two for each multiply-accumulate of the forward pass. The way back has as many for the
    gradient of the weights and again for that of the inputs, which the first layer does not
    need. What is not counted takes its time too: normalisation, pools, noise, the optimiser.

    Args:
        model: a flat functional model.
        stage: ``FORWARD`` or ``STEP``.
    """
    forward = 2 * count_macs(model) / 1e9
    if stage == FORWARD:
        return forward
    first = next(layer for layer in model.layers if layer.count_params())
    return 3 * forward - 2 * count_macs(keras.Model(model.input, first.output)) / 1e9


def measure_product(dtype: str, size: int = MATRIX_SIZE, runs: int = RUNS) -> dict:
    """Time the product of two square matrices, which reaches the most operations a second.

    Args:
        dtype: Keras dtype policy, of whose compute dtype the matrices are.
        size: height and width.
        runs: how many times are taken.
    """
    policy = keras.dtype_policies.get(dtype)
    factors = [tf.cast(tf.random.normal((size, size)), policy.compute_dtype) for _ in range(2)]
    multiply = tf.function(tf.matmul)
    times = measure_latency(lambda: multiply(*factors)[0, 0].numpy(), runs)
    title = f"{size} × {size}"
    return (
        {"network": title, "precision": dtype, "stage": PRODUCT}
        | times
        | {"gflop": 2 * size**3 / 1e9}
    )


def measure_pipeline(faces: Faces, runs: int = RUNS) -> list[dict]:
    """Time the decoding of files and the augmentation of batches, for one image.

    Args:
        faces: the data; some first images are taken.
        runs: how many times are taken.
    """
    contents = list(read_files(faces.dataset.files[:BATCH_SIZE]))
    pixels = tf.constant(faces.images[:BATCH_SIZE])
    move = tf.function(partial(augment, augmentation=Augmentation()))
    seed = tf.constant([SEED, 0], tf.int64)
    with ThreadPoolExecutor() as threads:
        decode = partial(decode_image, size=IMAGE_SIZE)
        stages = {
            DECODING: lambda: list(threads.map(decode, contents)),
            AUGMENTATION: lambda: move(pixels, seed=seed).numpy(),
        }
        return [
            {"network": "", "precision": "", "stage": stage}
            | _for_one_image(measure_latency(run, runs), len(contents))
            for stage, run in stages.items()
        ]


def measure_subject(subject: Subject, dtype: str, runs: int = RUNS) -> list[dict]:
    """Time a network's forward pass in training, and a whole step with Adam, for one image.

    Args:
        subject: the network.
        dtype: Keras dtype policy.
        runs: how many times are taken.
    """
    print(f"{subject.title}, {dtype} ...", flush=True)
    model = subject.build(dtype)
    rng = np.random.default_rng(SEED)
    inputs = tf.constant(rng.random((BATCH_SIZE, *model.input_shape[1:]), np.float32))
    labels = tf.constant(np.arange(BATCH_SIZE) % 8)
    # Frozen blocks run as at inference; what is trained runs with noise and batch statistics.
    forward = tf.function(partial(model, training=subject.trained), reduce_retracing=True)
    stages = {FORWARD: lambda: tf.reduce_sum(forward(inputs)).numpy()}
    if subject.trained:
        model.compile(
            keras.optimizers.Adam(1e-4),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        stages[STEP] = lambda: model.train_on_batch(inputs, labels)
    return [
        {"network": subject.title, "precision": dtype, "stage": stage}
        | _for_one_image(measure_latency(run, runs), BATCH_SIZE)
        | {"gflop": count_flop(model, stage)}
        for stage, run in stages.items()
    ]


def _for_one_image(times: dict[str, float], images: int) -> dict[str, float]:
    return {name: value / images for name, value in times.items()}


def compare_with_peak(table: pd.DataFrame) -> pd.DataFrame:
    """Add what each row reaches: ``gflop_per_second`` and ``share_of_peak``.

    Args:
        table: rows of this module's measurements; the matrix product of each precision among
            them.
    """
    table = table.assign(gflop_per_second=1000 * table["gflop"] / table["milliseconds"])
    products = table[table["stage"] == PRODUCT].groupby("precision")["gflop_per_second"].max()
    return table.assign(share_of_peak=table["gflop_per_second"] / table["precision"].map(products))


def choose_precision(study: pd.DataFrame) -> str:
    """Return the precision in which the recorded machine multiplies matrices fastest."""
    products = study[study["stage"] == PRODUCT]
    return products.loc[products["gflop_per_second"].idxmax(), "precision"]


def tabulate_stages(study: pd.DataFrame, precision: str) -> pd.DataFrame:
    """Return what each network takes in one precision.

    Args:
        study: the recorded study.
        precision: a Keras dtype policy that was measured.

    Returns:
        Index: network, in the order of the study; columns: forward, backward (with the
        optimiser's step; both milliseconds an image), images_per_second of training, and
        share_of_peak of the whole step, or of the forward pass where nothing is trained.
    """
    timed = study[(study["precision"] == precision) & (study["stage"] != PRODUCT)]
    order = timed["network"].drop_duplicates()
    wide = timed.pivot(index="network", columns="stage").reindex(order)
    forward, step = (wide["milliseconds"][stage] for stage in (FORWARD, STEP))
    shares = wide["share_of_peak"]
    return pd.DataFrame(
        {
            "forward": forward,
            "backward": step - forward,
            "images_per_second": 1000 / step,
            "share_of_peak": shares[STEP].fillna(shares[FORWARD]),
        }
    )


def format_stages(stages: pd.DataFrame) -> pd.DataFrame:
    """Return ``tabulate_stages`` as text; what is not trained has no way back."""
    columns = {
        "forward, ms": stages["forward"].map(lambda value: format_number(value, 2)),
        "backward, ms": stages["backward"].map(_or_dash(lambda value: format_number(value, 2))),
        "images/s": stages["images_per_second"].map(_or_dash(lambda value: f"{value:.0f}")),
        "of the peak": stages["share_of_peak"].map(lambda value: f"{value:.0%}"),
    }
    return pd.DataFrame(columns)


def _or_dash(form: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: "\N{EN DASH}" if pd.isna(value) else form(value)


def record_training_speed() -> None:
    """Measure everything in float32 and in what this machine trains in; write the study."""
    begun = time.perf_counter()
    rows = measure_pipeline(load_faces())
    for dtype in sorted({FLOAT32, detect_policy()}):
        rows.append(measure_product(dtype))
        for subject in SUBJECTS:
            rows += measure_subject(subject, dtype)
        # Once more at the end: a machine that is busy for a while does not lower its peak.
        rows.append(measure_product(dtype))
    table = compare_with_peak(pd.DataFrame(rows))
    table = table.assign(batch=BATCH_SIZE, runs=RUNS, **describe_machine())
    write_study(table, STUDY)
    print(f"Measured in {time.perf_counter() - begun:.0f} s.")


if __name__ == "__main__":
    sys.exit(run_command(record_training_speed))
