"""The record of a run: ``python -m cnnlab.studies.run_accuracy``.

Writes ``report/studies/accuracy-<data>-<profile>.csv``: each network's figures of merit on
Validation/ with their intervals, counted as ``variants`` says, the light VGG's for several seeds;
the differences of the two networks; and what all was made with. Networks that are not trained yet
are trained.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cnnlab.evaluation.chance import assert_learned
from cnnlab.evaluation.comparison import compare_networks
from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.recounts import ALL, summarise_variants, vary_predictions
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.from_scratch import TrainedNetwork, train_light_vgg
from cnnlab.networks.inference import mark_copies, predict_validation
from cnnlab.networks.regressor import TrainedRegressor
from cnnlab.networks.training import RECORD
from cnnlab.networks.transfer import train_vgg16
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.records import describe_machine, read_runs, write_study
from plumbing.commands import run_command

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


def measure_run(faces: Faces, profile: Profile, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the rows of both networks, and of their difference for the first seed.

    Columns: those of ``measure_network``, ``measure_difference`` and ``describe_run``.

    Args:
        faces: the data.
        profile: of the run.
        seeds: of the light VGG.
    """
    vgg16, *lights = (
        train_vgg16(faces, profile),
        *(train_light_vgg(faces, profile, seed) for seed in seeds),
    )
    tables = [measure_network(network, faces, profile) for network in (vgg16, *lights)]
    tables.append(measure_difference(vgg16, lights[0], faces, profile))
    return pd.concat(tables, ignore_index=True).assign(**describe_run(faces, profile))


def find_run(faces: Faces, profile: Profile, folder: Path = STUDIES) -> pd.DataFrame:
    """Return the committed record of a run on these data, or measure it with one seed.

    Args:
        faces: the data.
        profile: of the run.
        folder: of the records.

    Returns:
        As ``measure_run`` does.
    """
    wanted = (faces.digest[:16], profile.name)
    for run in read_runs(PREFIX, folder):
        if tuple(run[["data_digest", "profile"]].iloc[0]) == wanted:
            return run
    return measure_run(faces, profile, SEEDS[:1])


def list_trainings(run: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy on all images of each training of a run.

    Args:
        run: as ``measure_run`` makes it.

    Returns:
        Columns: network, seed, accuracy.
    """
    rows = run[(run["variant"] == ALL) & (run["figure"] == "accuracy") & run["epochs"].notna()]
    return rows[["network", "seed", "estimate"]].rename(columns={"estimate": "accuracy"})


def tabulate_trainings(
    run: pd.DataFrame, figures: Sequence[str], variants: Sequence[str]
) -> pd.DataFrame:
    """Return a row of text for each training of a run.

    Args:
        run: as ``measure_run`` makes it.
        figures: of merit.
        variants: in which they are shown.

    Returns:
        Index: network; columns: seed, and each figure in each variant with its interval.
    """
    shown = run[run["epochs"].notna() & run["figure"].isin(figures) & run["variant"].isin(variants)]
    cells = shown.assign(
        column=shown["figure"] + ", " + shown["variant"],
        text=shown.apply(format_interval, axis="columns"),
    )
    table = cells.pivot(index=["network", "seed"], columns="column", values="text")
    table = table.reindex(pd.MultiIndex.from_frame(shown[["network", "seed"]].drop_duplicates()))
    return table[cells["column"].unique()].reset_index("seed").rename_axis(columns=None)


def record_run() -> None:
    """Record this run's accuracy."""
    faces, profile = load_faces(), current_profile()
    table = measure_run(faces, profile, SEEDS).assign(**describe_machine())
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")


if __name__ == "__main__":
    sys.exit(run_command(record_run))
