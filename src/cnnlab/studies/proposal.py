"""Is the winner of the screening better? ``python -m cnnlab.studies.proposal``.

Writes ``report/studies/improvement-<data>-<profile>-<n>-epochs.csv``: the light VGG and the
variant that the screening chose, each trained with ``SEEDS`` and judged on Validation/. Where the
profile's epochs are more than the screening could afford there are two budgets, a file each: which
network learns faster need not be the one that ends higher. The screening must be recorded before:
it has seen the development split only. ``DATA=`` chooses the data, as everywhere. What is trained
already is not trained again.
"""

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnnlab.evaluation.formatting import Estimate, format_number
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.seeds import average_columns, compare_over_seeds
from cnnlab.explain.cam.evidence import choose_located, measure_localisation
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.from_scratch import Architecture, stop_light_vgg, train_from_scratch
from cnnlab.networks.inference import predict_validation
from cnnlab.networks.light_vgg_changes import ORIGINAL, choose_budget
from cnnlab.networks.training import Stopping
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.changes import describe_network, describe_run, find_winner
from cnnlab.studies.records import read_studies, write_study
from plumbing.commands import run_command

PREFIX = "improvement-"
SEEDS = (SEED, SEED + 1, SEED + 2)
DIFFERENCE = "difference"
FIGURES = ("accuracy", "macro-F1", "Cohen's kappa", "macro AUC", "cross-entropy")
SHOWN = ("accuracy", "cross-entropy", "inside, HiResCAM", "border, HiResCAM")
"""Figures that the report's table shows; the record has more."""
LOCATED_PER_CLASS = 20


def compare_with_original(
    winner: Architecture,
    faces: Faces,
    profile: Profile,
    stopping: Stopping,
    seeds: Sequence[int] = SEEDS,
) -> pd.DataFrame:
    """Train both networks with each seed and compare them on Validation/.

    Args:
        winner: what is compared with the light VGG.
        faces: the data.
        profile: its resamples.
        stopping: how long both are trained.
        seeds: of the trainings.

    Returns:
        Columns: network, run_seed, figure, value, low, high, n, and those of
        ``screening.describe_network``. For each network and seed the figures; in the rows of the
        network ``DIFFERENCE`` the mean over the seeds of the winner minus that of the light VGG,
        with its 95% interval over seeds and images, people where they are known. Figures are
        ``FIGURES`` and, for rendered faces, those of ``measure_localisation``.
    """
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


def choose_budgets(faces: Faces, profile: Profile) -> list[Stopping]:
    """Return how long both networks are trained: as in a screening and, if longer, as in a report.

    Args:
        faces: the data.
        profile: how long the light VGG is trained.
    """
    return list(dict.fromkeys([choose_budget(faces, profile), stop_light_vgg(profile)]))


def read_improvements() -> list[pd.DataFrame]:
    """Return the committed record of each data set with the most epochs, rendered faces first."""
    records = read_studies(f"{PREFIX}*")
    if records is None:
        return []
    trials = records.groupby(["rendered", "data_digest", "most_epochs"])
    longest = {key[:2]: trial for key, trial in trials}
    return [longest[key] for key in sorted(longest, key=lambda key: not key[0])]


def find_changed(trial: pd.DataFrame) -> str:
    """Return the title of the changed network in a record."""
    (title,) = set(trial["network"]) - {ORIGINAL.title, DIFFERENCE}
    return title


def find_gain(trial: pd.DataFrame, figure: str) -> Estimate:
    """Return a figure of the changed network minus that of the light VGG."""
    rows = trial[(trial["network"] == DIFFERENCE) & (trial["figure"] == figure)]
    return Estimate(*rows[["value", "low", "high"]].iloc[0])


def tabulate_improvements(trials: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return, for each trial and figure, both networks' means over the seeds and the difference.

    Args:
        trials: as ``read_improvements`` gives them, of one changed network.
    """
    rows = []
    for trial in trials:
        first, changed = trial.iloc[0], find_changed(trial)
        means = trial.groupby(["network", "figure"])["value"].mean()
        for figure in SHOWN:
            if (DIFFERENCE, figure) in means:
                rows.append(
                    {
                        "data": "rendered" if first["rendered"] else "photographs",
                        "epochs": int(first["most_epochs"]),
                        "figure": figure,
                        "light VGG": format_number(means[ORIGINAL.title, figure], 3),
                        changed: format_number(means[changed, figure], 3),
                        "difference": find_gain(trial, figure).format(3),
                    }
                )
    return pd.DataFrame(rows).set_index("data")


def record_trial(faces: Faces, profile: Profile, stopping: Stopping) -> None:
    """Compare the winner with the light VGG in one budget and write the study.

    Args:
        faces: the data.
        profile: of the run.
        stopping: how long both are trained.
    """
    table = compare_with_original(find_winner(), faces, profile, stopping)
    table = table.assign(
        seeds=len(SEEDS), most_epochs=stopping.epochs, **describe_run(faces, profile)
    )
    name = f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}"
    write_study(table, f"{name}-{stopping.epochs}-epochs")


def record_improvement() -> None:
    """Compare the winner with the light VGG on this run's data in every budget."""
    faces, profile = load_faces(), current_profile()
    for stopping in choose_budgets(faces, profile):
        record_trial(faces, profile, stopping)


if __name__ == "__main__":
    sys.exit(run_command(record_improvement))
