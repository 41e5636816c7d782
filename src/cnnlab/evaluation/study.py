"""The record of a run: ``python -m cnnlab.evaluation.study``.

Writes ``report/studies/accuracy-<data>-<profile>.csv``: each network's figures of merit on
Validation/ with their intervals, counted as ``variants`` says, the light VGG's for several seeds;
the differences of the two networks; and what all was made with. Networks that are not trained yet
are trained.
"""

import json
import sys

import pandas as pd

from cnnlab.commands import run_command
from cnnlab.evaluation.comparison import compare_networks
from cnnlab.evaluation.inference import mark_copies, predict_validation
from cnnlab.evaluation.learning import assert_learned
from cnnlab.evaluation.records import describe_machine, write_study
from cnnlab.evaluation.variants import ALL, summarise_variants, vary_predictions
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.models.regressor import TrainedRegressor
from cnnlab.models.scratch import TrainedNetwork, train_light_vgg
from cnnlab.models.training import RECORD
from cnnlab.models.transfer import train_vgg16
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile

PREFIX = "accuracy-"
SEEDS = (SEED, SEED + 1, SEED + 2)
"""Of the light VGG, which starts from random weights; the first is the report's."""


def measure_network(network: TrainedNetwork, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Return a row for each figure of merit of a network on Validation/, in each variant.

    Columns: those of ``summarise_variants`` and of ``describe_network``.
    """
    predictions = predict_validation(network, faces)
    if profile.must_learn:
        assert_learned(predictions)
    variants = vary_predictions(predictions, mark_copies(faces), network.class_shares)
    table = summarise_variants(variants, profile.bootstrap_resamples, SEED)
    return table.assign(**describe_network(network))


def describe_network(network: TrainedNetwork | TrainedRegressor) -> dict[str, object]:
    """Return how a network was trained.

    seed, configuration_digest, epochs, chosen_epoch, training_seconds (of all epochs and of
    VGG16's frozen features, when they were computed; not a number if that is not known).
    """
    record = json.loads((network.folder / RECORD).read_text())
    return {
        "seed": network.seed,
        "configuration_digest": record["digest"][:16],
        "epochs": len(network.history),
        "chosen_epoch": network.chosen_epoch,
        "training_seconds": round(network.seconds, 0),
    }


def measure_difference(
    first: TrainedNetwork, second: TrainedNetwork, faces: Faces, profile: Profile
) -> pd.DataFrame:
    """Return a row for each figure of merit: second network minus first, on the same images.

    Columns: network (the pair), variant, n, figure, estimate, low, high, seed; only_first and
    only_second (images that only one gets right), p_value (of McNemar's exact test).
    """
    pair = [predict_validation(network, faces) for network in (first, second)]
    comparison = compare_networks(*pair, profile.bootstrap_resamples, SEED)
    table = comparison.differences.rename_axis("figure").reset_index()
    return table.assign(
        network=f"{second.title} minus {first.title}",
        variant=ALL,
        n=len(pair[0]),
        seed=second.seed,
        only_first=comparison.only_first,
        only_second=comparison.only_second,
        p_value=comparison.p_value,
    )


def describe_run(faces: Faces, profile: Profile) -> dict[str, object]:
    """Return what all rows of a run have in common.

    train_n, resamples, copies_in_train (images of Validation/ that are byte-identical or nearly
    so to one of Train/), data, rendered, data_digest, profile.
    """
    return {
        "train_n": len(faces.split.training),
        "resamples": profile.bootstrap_resamples,
        "copies_in_train": int(mark_copies(faces).sum()),
        "data": faces.dataset.title,
        "rendered": faces.dataset.rendered,
        "data_digest": faces.digest[:16],
        "profile": profile.name,
    }


def record_run() -> None:
    """Record this run's accuracy."""
    faces, profile = load_faces(), current_profile()
    vgg16, *lights = (
        train_vgg16(faces, profile),
        *(train_light_vgg(faces, profile, seed) for seed in SEEDS),
    )
    tables = [measure_network(network, faces, profile) for network in (vgg16, *lights)]
    tables.append(measure_difference(vgg16, lights[0], faces, profile))
    table = pd.concat(tables, ignore_index=True)
    name = f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}"
    write_study(table.assign(**describe_run(faces, profile), **describe_machine()), name)


if __name__ == "__main__":
    sys.exit(run_command(record_run))
