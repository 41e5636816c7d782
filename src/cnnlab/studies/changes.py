"""Which change to the light VGG is worth a trial, and is it better?

The screening trains each change with one seed on rendered faces and judges it on the development
split alone; Validation/ is not looked at. The trial trains the light VGG and the change that the
screening chose with ``SEEDS``, and judges both on Validation/.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.evaluation.comparison import average_columns, compare_over_seeds
from cnnlab.evaluation.formatting import Estimate
from cnnlab.explain.cam.regions import measure_localisation
from cnnlab.explain.cam.samples import choose_located
from cnnlab.faces.loading import Faces, prepare_faces, render_faces
from cnnlab.networks.from_scratch import (
    Architecture,
    TrainedNetwork,
    stop_light_vgg,
    train_network,
)
from cnnlab.networks.light_vgg_changes import CHANGED, ORIGINAL, choose_budget
from cnnlab.networks.predictions import Predictions, predict_development, predict_validation
from cnnlab.paths import STUDIES
from cnnlab.settings import SEED, current_profile
from cnnlab.studies.accuracy import LOSS, SEEDS, compare_ways, describe_training
from cnnlab.studies.study import Run, Study, read_largest
from plumbing.user_errors import UserError

PLACES = ("inside, HiResCAM", "border, HiResCAM")
DIFFERENCE = "difference"
LOCATED_PER_CLASS = 20
"""Images of Validation/ whose maps are judged; of the development split all are."""
ARCHITECTURES = {each.title: each for each in (ORIGINAL, *CHANGED)}


def compare_changes(
    first: Sequence[TrainedNetwork],
    second: Sequence[TrainedNetwork],
    predict: Callable[[TrainedNetwork, Faces], Predictions],
    run: Run,
    located: np.ndarray,
) -> pd.DataFrame:
    """Compare two ways of training by their answers, as ``compare_ways`` does, and by their maps.

    Args:
        first: the networks of one way, one for each seed.
        second: those of the other.
        predict: their answers on a split.
        run: its data and resamples.
        located: (m,) rows whose maps are judged; none for photographs.

    Returns:
        A row for each figure: figure, n and columns of ``compare_over_seeds``.
    """
    faces, identities = run.faces, run.faces.dataset.identities
    tables = [compare_ways(first, second, predict, faces, run.profile)]
    if len(located):
        places = [
            [measure_localisation(network.model, faces, located)[list(PLACES)] for network in way]
            for way in (first, second)
        ]
        seen = (faces.labels[located], None if identities is None else identities[located])
        resampled = (run.profile.bootstrap_resamples, SEED)
        compared = compare_over_seeds(*places, average_columns, *seen, *resampled)
        tables.append(compared.assign(n=len(located)))
    return pd.concat(tables).rename_axis("figure").reset_index()


def screen_change(run: Run, network: str) -> pd.DataFrame:
    """Train a changed network, or the light VGG, and compare it on the development split."""
    faces, stopping = run.faces, choose_budget(run.faces, run.profile)
    original, changed = (
        train_network(ARCHITECTURES[title], faces, stopping, SEED)
        for title in (ORIGINAL.title, network)
    )
    located = choose_located(faces, faces.split.development, len(faces.labels))
    table = compare_changes([original], [changed], predict_development, run, located)
    table = table.drop(columns="first").rename(columns={"second": "value"})
    return table.assign(parameters=changed.model.count_params(), **describe_training(changed))


def choose_winner(screening: pd.DataFrame) -> str:
    """Return the title of the changed network with the lowest cross-entropy."""
    losses = screening[screening["figure"] == LOSS].set_index("network")["value"]
    return losses.drop(ORIGINAL.title, errors="ignore").idxmin()


def find_winner(folder: Path = STUDIES) -> Architecture:
    """Return the change that the committed screening names.

    Raises:
        UserError: there is no screening, or its winner is no change any more.
    """
    title = choose_winner(read_largest(f"{SCREENING.name}-*", folder))
    if title not in ARCHITECTURES:
        raise UserError(
            f"The screening chooses {title!r}, which is no change any more. Remove "
            f"{folder}/{SCREENING.name}-*.csv and run `python -m cnnlab study {SCREENING.name}`."
        )
    return ARCHITECTURES[title]


def try_winner(run: Run, most_epochs: int) -> pd.DataFrame:
    """Train the light VGG and the winner with each of ``SEEDS``; compare them on Validation/.

    Returns:
        Columns: network, figure, value, n. For either network the means over the seeds; for
        ``DIFFERENCE``, the winner minus the light VGG, also low and high (95% interval over seeds
        and images, people where they are known). Rendered faces have the figures ``PLACES``, too.
    """
    faces, stopping = run.faces, stop_light_vgg(run.profile)
    rows = faces.split.validation
    located = choose_located(faces, rows, LOCATED_PER_CLASS) if faces.dataset.rendered else rows[:0]
    winner = find_winner(run.file.parent)
    ways = [
        [train_network(architecture, faces, stopping, seed) for seed in SEEDS]
        for architecture in (ORIGINAL, winner)
    ]
    table = compare_changes(*ways, predict_validation, run, located)
    columns = {"first": ORIGINAL.title, "second": winner.title, "difference": DIFFERENCE}
    tables = [
        table[["figure", "n"]].assign(network=title, value=table[column])
        for column, title in columns.items()
    ]
    tables[-1][["low", "high"]] = table[["low", "high"]]
    return pd.concat(tables, ignore_index=True)


def find_changed(trial: pd.DataFrame) -> str:
    """Return the title of the changed network in a trial."""
    (title,) = set(trial["network"]) - {ORIGINAL.title, DIFFERENCE}
    return title


def find_gain(trial: pd.DataFrame, figure: str) -> Estimate:
    """Return a figure of the changed network minus that of the light VGG."""
    rows = trial[(trial["network"] == DIFFERENCE) & (trial["figure"] == figure)]
    return Estimate(*rows[["value", "low", "high"]].iloc[0])


def _render_run() -> Faces:
    profile = current_profile()
    return prepare_faces(render_faces(profile.train_per_class, profile.validation_per_class))


SCREENING = Study(
    "screening",
    "Which change to the light VGG is worth a trial?",
    lambda run: [{"network": title} for title in ARCHITECTURES],
    screen_change,
    load=_render_run,
)
IMPROVEMENT = Study(
    "improvement",
    "Is the network that the screening chose better than the light VGG?",
    lambda run: [{"most_epochs": stop_light_vgg(run.profile).epochs}],
    try_winner,
)
