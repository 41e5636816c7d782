"""What would a phone load, how fast does it answer, and does it answer as Keras does?"""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from cnnlab.evaluation.intervals import average
from cnnlab.faces.loading import Faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.networks.family import train_variant
from cnnlab.networks.from_scratch import TrainedNetwork, train_light_vgg
from cnnlab.networks.predictions import predict_outputs
from cnnlab.settings import SEED, Profile
from cnnlab.studies.accuracy import LIGHT, VARIANTS, describe_training
from cnnlab.studies.study import Run, Study, describe_machine
from cnnlab.studies.timing import measure_latency

# Only operations in 8 bits: what has none is an error, and not left in float32.
OPTIONS = {
    "float32": {},
    "float16": {"target_spec": {"supported_types": [tf.float16]}},
    "int8": {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]}},
}
"""What the converter is told, by the precision of the file."""
CALIBRATION_PER_CLASS = 16
THREADS = 1


def convert_to_litert(model: keras.Model, precision: str, calibration: np.ndarray) -> bytes:
    """Convert a network to a LiteRT file for one image at a time.

    ``float16`` keeps the weights in half precision. ``int8`` keeps weights and activations in
    8 bits, with scales from what the calibration images make of every layer (Jacob et al. 2018,
    arXiv 1712.05877); input and output stay float32, and are converted inside.

    Args:
        model: a flat functional model of one image input and one output.
        precision: one of ``OPTIONS``.
        calibration: (m, h, w, 3) float32 in [0, 1], m > 0; only ``int8`` looks at them.

    Returns:
        The file's content.
    """
    options = dict(OPTIONS[precision])
    if precision != "float32":
        options["optimizations"] = [tf.lite.Optimize.DEFAULT]
    if precision == "int8":
        options["representative_dataset"] = lambda: ([image[None]] for image in calibration)
    signature = [tf.TensorSpec((1, *model.input.shape[1:]), tf.float32)]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.tflite"
        model.export(file, format="litert", verbose=False, input_signature=signature, **options)
        return file.read_bytes()


def load_litert(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """Return what answers an image (h, w, 3), float32 in [0, 1], with (outputs,) of a file."""
    interpreter = Interpreter(model_content=content, num_threads=THREADS)
    interpreter.allocate_tensors()
    (image,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()

    def predict(pixels: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(image["index"], pixels[None])
        interpreter.invoke()
        return interpreter.get_tensor(answer["index"])[0]

    return predict


def measure_export(
    network: TrainedNetwork, precision: str, faces: Faces, profile: Profile
) -> pd.DataFrame:
    """Export a network and compare its answers on Validation/ with Keras's.

    Returns:
        One row: megabytes (of the file); milliseconds, lower_quartile, upper_quartile (of an
        image, on one thread); agreement, agreement_low, agreement_high (share of images with
        Keras's answer, and its interval); accuracy, keras_accuracy; n, versions and those of
        ``describe_training``.
    """
    rows, identities = faces.split.validation, faces.dataset.identities
    calibration = np.concatenate(
        choose_per_class(faces.labels, faces.split.training, CALIBRATION_PER_CLASS, SEED)
    )
    content = convert_to_litert(network.model, precision, _scale(faces.images[calibration]))
    predict, first = load_litert(content), _scale(faces.images[rows[0]])
    images = tqdm(rows, desc=f"{network.title}, {precision}", unit="image")
    answers = np.array([predict(_scale(faces.images[row])).argmax() for row in images])
    expected = predict_outputs(network, faces, rows).argmax(axis=1)
    people = None if identities is None else identities[rows]
    agreement = average(answers == expected, people, profile.bootstrap_resamples, SEED)
    row = {
        "megabytes": len(content) / 1e6,
        **measure_latency(lambda: predict(first)),
        "agreement": agreement.value,
        "agreement_low": agreement.low,
        "agreement_high": agreement.high,
        "accuracy": np.mean(answers == faces.labels[rows]),
        "keras_accuracy": np.mean(expected == faces.labels[rows]),
        "n": len(rows),
        **describe_training(network),
        "versions": f"{describe_machine()['versions']}, ai-edge-litert {version('ai-edge-litert')}",
    }
    return pd.DataFrame([row])


def measure_network(run: Run, network: str, precision: str) -> pd.DataFrame:
    """Train one of the light networks and return its row of ``measure_export``."""
    train = train_light_vgg if network == LIGHT else partial(train_variant, VARIANTS[network])
    return measure_export(train(run.faces, run.profile), precision, run.faces, run.profile)


def _scale(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255


STUDY = Study(
    "litert",
    __doc__,
    lambda run: [
        {"network": title, "precision": precision}
        for title in (LIGHT, *VARIANTS)
        for precision in OPTIONS
    ],
    measure_network,
)
