"""What a phone would load: ``python -m cnnlab.studies.phone``.

Writes ``report/studies/litert-<data>-<profile>.csv``: for each light network and each precision
of ``models.litert`` the size on disk, the time on one thread of this computer, and how its
answers on Validation/ agree with Keras's.
"""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cnnlab.evaluation.formatting import format_number
from cnnlab.evaluation.intervals import Mean, average
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.networks.answers import predict_logits
from cnnlab.networks.family import FAMILY, train_variant
from cnnlab.networks.from_scratch import TrainedNetwork, train_light_vgg
from cnnlab.networks.litert import PRECISIONS, LiteRTNetwork, convert_to_litert
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.latency import RUNS, measure_latency
from cnnlab.studies.records import describe_machine, read_runs, write_study
from cnnlab.studies.run_accuracy import describe_network, describe_run
from plumbing.commands import run_command

PREFIX = "litert-"
CALIBRATION_PER_CLASS = 16
THREADS = 1


def measure_exports(
    network: TrainedNetwork, faces: Faces, profile: Profile, runs: int = RUNS
) -> pd.DataFrame:
    """Return a row for each precision in which a network is exported.

    Columns: network, precision; megabytes (of the file); milliseconds, lower_quartile,
    upper_quartile (of an image, on one thread); agreement, agreement_low, agreement_high (share
    of images with Keras's answer, and its interval); accuracy, keras_accuracy; n,
    calibration_n, runs, and those of ``study.describe_network``.
    """
    rows = faces.split.validation
    expected = predict_logits(network, faces, rows).argmax(axis=1)
    chosen = np.concatenate(
        choose_per_class(faces.labels, faces.split.training, CALIBRATION_PER_CLASS, SEED)
    )
    calibration = _scale(faces.images[chosen])
    table = []
    for precision in PRECISIONS:
        content = convert_to_litert(network.model, precision, calibration)
        loaded = LiteRTNetwork.load(content, THREADS)
        times = measure_latency(loaded.prepare(_scale(faces.images[rows[0]])), runs)
        title = f"{network.title}, {precision}"
        answers = _answer(loaded.predict, faces.images, rows, title)
        agreement = _average(answers == expected, faces, profile)
        table.append(
            {
                "network": network.title,
                "precision": precision,
                "megabytes": len(content) / 1e6,
                **times,
                "agreement": agreement.value,
                "agreement_low": agreement.low,
                "agreement_high": agreement.high,
                "accuracy": np.mean(answers == faces.labels[rows]),
            }
        )
    return pd.DataFrame(table).assign(
        keras_accuracy=np.mean(expected == faces.labels[rows]),
        n=len(rows),
        calibration_n=len(chosen),
        runs=runs,
        **describe_network(network),
    )


def read_exports(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, one table for each run."""
    return read_runs(PREFIX, folder)


def tabulate_exports(records: pd.DataFrame) -> pd.DataFrame:
    """Return a record as text: a row for each network and precision.

    Args:
        records: of one run, as ``measure_exports`` makes them.
    """

    def format_row(row: pd.Series) -> dict[str, str]:
        agreement = Mean(
            row["agreement"], row["agreement_low"], row["agreement_high"], int(row["n"])
        )
        return {
            "network": row["network"],
            "number format": row["precision"],
            "size / MB": f"{row['megabytes']:.1f}",
            "time / ms": f"{row['milliseconds']:.1f} "
            f"[{row['lower_quartile']:.1f}, {row['upper_quartile']:.1f}]",
            "same answer as Keras": agreement.format(3),
            "accuracy (Keras)": f"{format_number(row['accuracy'], 3)} "
            f"({format_number(row['keras_accuracy'], 3)})",
        }

    return pd.DataFrame([format_row(row) for _, row in records.iterrows()]).set_index("network")


def record_exports() -> None:
    """Export the light networks of this run and write the study."""
    faces, profile = load_faces(), current_profile()
    networks = [train_light_vgg(faces, profile)]
    networks += [train_variant(architecture, faces, profile) for architecture in FAMILY]
    table = pd.concat([measure_exports(network, faces, profile) for network in networks])
    machine = describe_machine()
    machine["versions"] += f", ai-edge-litert {version('ai-edge-litert')}"
    table = table.assign(threads=THREADS, **describe_run(faces, profile), **machine)
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")


def _scale(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255


def _answer(
    predict: Callable[[np.ndarray], np.ndarray], images: np.ndarray, rows: np.ndarray, title: str
) -> np.ndarray:
    logits = [predict(_scale(images[row])) for row in tqdm(rows, desc=title, unit="image")]
    return np.argmax(logits, axis=1)


def _average(values: np.ndarray, faces: Faces, profile: Profile) -> Mean:
    identities = faces.dataset.identities
    people = None if identities is None else identities[faces.split.validation]
    return average(values, people, profile.bootstrap_resamples, SEED)


if __name__ == "__main__":
    sys.exit(run_command(record_exports))
