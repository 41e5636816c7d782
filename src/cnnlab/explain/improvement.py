"""Is the winner of the screening better? ``python -m cnnlab.explain.improvement``.

Writes ``report/studies/improvement-<data>-<profile>.csv``: the light VGG and the variant that
the screening chose, each trained with ``SEEDS`` and judged on Validation/ once. The screening
must be recorded before: it has seen the development split only. ``DATA=`` chooses the data, as
everywhere. What is trained already is not trained again.
"""

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab.commands import run_command
from cnnlab.evaluation.inference import predict_validation
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.records import read_runs, read_studies, write_study
from cnnlab.evaluation.seeds import average_columns, compare_over_seeds
from cnnlab.evaluation.study import PREFIX as ACCURACY
from cnnlab.explain.localisation import choose_located, measure_localisation
from cnnlab.explain.screening import describe_network, describe_run, find_winner
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.models.experiments import Architecture, train_from_scratch
from cnnlab.models.light_vgg_variants import ORIGINAL, choose_budget
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile

PREFIX = "improvement-"
SEEDS = (SEED, SEED + 1, SEED + 2)
DIFFERENCE = "difference"
FIGURES = ("accuracy", "macro-F1", "Cohen's kappa", "macro AUC", "cross-entropy")
LOCATED_PER_CLASS = 20


def compare_with_original(
    winner: Architecture, faces: Faces, profile: Profile, seeds: Sequence[int] = SEEDS
) -> pd.DataFrame:
    """Train both networks with each seed and compare them on Validation/.

    Args:
        winner: what is compared with the light VGG.
        faces: the data.
        profile: how long.
        seeds: of the trainings.

    Returns:
        Columns: network, run_seed, figure, value, low, high, n, and those of
        ``screening.describe_network``. For each network and seed the figures; in the rows of the
        network ``DIFFERENCE`` the mean over the seeds of the winner minus that of the light VGG,
        with its 95% interval over seeds and images, people where they are known. Figures are
        ``FIGURES`` and, for rendered faces, those of ``measure_localisation``.
    """
    stopping = choose_budget(faces, profile)
    rows = faces.split.validation
    located = choose_located(faces, rows, LOCATED_PER_CLASS) if faces.dataset.rendered else rows[:0]
    predicted, places, single = [], [], []
    for architecture in (ORIGINAL, winner):
        networks = [train_from_scratch(architecture, faces, stopping, seed) for seed in seeds]
        predicted.append([predict_validation(network, faces) for network in networks])
        if len(located):
            places.append(
                [measure_localisation(network.model, faces, located) for network in networks]
            )
        for number, network in enumerate(networks):
            answers = predicted[-1][number]
            figures = compute_figures(answers, np.ones((1, len(answers)))).iloc[0][list(FIGURES)]
            table = figures.rename("value").to_frame().assign(n=len(rows))
            if len(located):
                mean = places[-1][number].mean().rename("value").to_frame()
                table = pd.concat([table, mean.assign(n=len(located))])
            described = describe_network(network) | {"run_seed": network.seed}
            single.append(table.rename_axis("figure").reset_index().assign(**described))
    resampled = (profile.bootstrap_resamples, SEED)
    identities = faces.dataset.identities
    tables = [
        compare_over_seeds(
            *predicted,
            compute_figures,
            predicted[0][0].labels,
            predicted[0][0].identities,
            *resampled,
        )
        .loc[list(FIGURES)]
        .assign(n=len(rows))
    ]
    if len(located):
        people = None if identities is None else identities[located]
        compared = compare_over_seeds(
            *places, average_columns, faces.labels[located], people, *resampled
        )
        tables.append(compared.assign(n=len(located)))
    difference = pd.concat(tables).rename_axis("figure").reset_index()
    difference = difference.drop(columns=["first", "second"]).rename(columns={DIFFERENCE: "value"})
    return pd.concat([*single, difference.assign(network=DIFFERENCE)], ignore_index=True)


def read_improvements() -> list[pd.DataFrame]:
    """Return the committed records, one for each data set and profile.

    Columns beside those of the files: longer_epochs and longer_accuracy, what the light VGG
    reaches on the same images when it is trained longer; not a number where that is not recorded.
    """
    records = read_studies(f"{PREFIX}*")
    if records is None:
        return []
    trials = [rows for _, rows in records.groupby(["rendered", "data_digest", "profile"])]
    return [_add_longer_training(trial, read_runs(ACCURACY)) for trial in trials]


def _add_longer_training(trial: pd.DataFrame, runs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    epochs = trial.loc[trial["network"] == ORIGINAL.title, "epochs"].max()
    longest = (np.nan, np.nan)
    for run in runs:
        rows = run[
            (run["network"] == ORIGINAL.title)
            & (run["figure"] == "accuracy")
            & (run["data_digest"] == trial["data_digest"].iloc[0])
            & (run["n"] == trial["n"].max())
            & (run["epochs"] > epochs)
        ]
        if len(rows):
            longest = tuple(rows.iloc[0][["epochs", "estimate"]])
    return trial.assign(longer_epochs=longest[0], longer_accuracy=longest[1])


def record_improvement() -> None:
    """Compare the winner with the light VGG on this run's data and write the study."""
    faces, profile = load_faces(), current_profile()
    table = compare_with_original(find_winner(), faces, profile)
    table = table.assign(seeds=len(SEEDS), **describe_run(faces, profile))
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")


if __name__ == "__main__":
    sys.exit(run_command(record_improvement))
