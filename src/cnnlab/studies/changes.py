"""Which change to the light VGG is worth a trial: ``python -m cnnlab.studies.changes``.

Writes ``report/studies/screening-<data>-<profile>.csv``: the light VGG and each of its variants,
trained on the profile's rendered faces with one seed and one budget, and judged on the
development split alone; Validation/ is not looked at. What is trained already is not trained again.
"""

import json
import sys
from collections.abc import Sequence
from functools import partial

import pandas as pd

from cnnlab.evaluation.formatting import Estimate, format_number
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.seeds import average_columns, compare_over_seeds
from cnnlab.explain.cam.evidence import choose_located, measure_localisation
from cnnlab.faces.loading import Faces, prepare_faces, render_faces
from cnnlab.networks.from_scratch import Architecture, TrainedNetwork, train_from_scratch
from cnnlab.networks.inference import predict_development
from cnnlab.networks.light_vgg_changes import CHANGED, ORIGINAL, choose_budget
from cnnlab.networks.training import RECORD
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.records import describe_machine, read_studies, write_study
from plumbing.commands import UserError, run_command

PREFIX = "screening-"
MEASURE = "cross-entropy"
"""What the winner is chosen by, on the development split; lower is better."""
FIGURES = ("cross-entropy", "accuracy", "macro-F1")
ALL_IMAGES = sys.maxsize
SHOWN = {
    MEASURE: (MEASURE, 2),
    "accuracy": ("accuracy", 3),
    "inside, HiResCAM": ("inside", 2),
    "border, HiResCAM": ("border", 2),
}
"""Figures that the report's table shows: heading and digits."""


def screen_variants(
    faces: Faces, profile: Profile, variants: Sequence[Architecture] = CHANGED
) -> pd.DataFrame:
    """Train the light VGG and its variants and compare them on the development split.

    Columns: network, parameters, figure, value, difference (from the light VGG), low, high (95%
    interval of the difference over images or people, for one seed each), n, epochs,
    chosen_epoch, configuration_digest, training_seconds. Figures are ``FIGURES`` and
    those of ``measure_localisation``.

    Args:
        faces: rendered faces.
        profile: how long.
        variants: what is compared with the light VGG.
    """
    stopping = choose_budget(faces, profile)
    networks = [train_from_scratch(each, faces, stopping, SEED) for each in (ORIGINAL, *variants)]
    predicted = [predict_development(network, faces) for network in networks]
    labels, identities = predicted[0].labels, predicted[0].identities
    rows = choose_located(faces, faces.split.development, ALL_IMAGES)
    located = [measure_localisation(network.model, faces, rows) for network in networks]
    people = None if identities is None else faces.dataset.identities[rows]
    resampled = (profile.bootstrap_resamples, SEED)
    tables = []
    for number, network in enumerate(networks):
        answers = compare_over_seeds(
            predicted[:1], [predicted[number]], compute_figures, labels, identities, *resampled
        )
        places = compare_over_seeds(
            located[:1],
            [located[number]],
            average_columns,
            faces.labels[rows],
            people,
            *resampled,
        )
        table = pd.concat(
            [answers.loc[list(FIGURES)].assign(n=len(labels)), places.assign(n=len(rows))]
        )
        table = table.rename_axis("figure").reset_index().rename(columns={"second": "value"})
        tables.append(table.drop(columns="first").assign(**describe_network(network)))
    return pd.concat(tables, ignore_index=True)


def describe_network(network: TrainedNetwork) -> dict:
    """Return what a record says of how a network was made."""
    record = json.loads((network.folder / RECORD).read_text())
    return {
        "network": network.title,
        "parameters": network.model.count_params(),
        "epochs": len(network.history),
        "chosen_epoch": network.chosen_epoch,
        "configuration_digest": record["digest"][:16],
        "training_seconds": round(network.seconds),
    }


def describe_run(faces: Faces, profile: Profile) -> dict:
    """Return what every row of a record is signed with."""
    return {
        "train_n": len(faces.split.training),
        "resamples": profile.bootstrap_resamples,
        "data": faces.dataset.title,
        "rendered": faces.dataset.rendered,
        "data_digest": faces.digest[:16],
        "profile": profile.name,
        **describe_machine(),
    }


def read_screening() -> pd.DataFrame | None:
    """Return the committed record that was learned from most images, None without any."""
    records = read_studies(f"{PREFIX}*")
    if records is None:
        return None
    runs = [rows for _, rows in records.groupby(["data_digest", "profile"])]
    return max(runs, key=lambda rows: (rows["train_n"].iloc[0], rows["epochs"].max()))


def choose_winner(records: pd.DataFrame) -> str:
    """Return the title of the changed network with the lowest ``MEASURE``.

    Args:
        records: as ``screen_variants`` makes them.
    """
    changed = records[(records["figure"] == MEASURE) & (records["network"] != ORIGINAL.title)]
    return changed.loc[changed["value"].idxmin(), "network"]


def find_winner() -> Architecture:
    """Return the variant that the committed screening names.

    Raises:
        UserError: there is no record, or its winner is not among the variants any more.
    """
    records = read_screening()
    again = "Run `python -m cnnlab cnnlab.studies.changes` first."
    if records is None:
        raise UserError(f"No variant has been chosen: there is no {PREFIX}*.csv. {again}")
    title = choose_winner(records)
    winner = next((each for each in CHANGED if each.title == title), None)
    if winner is None:
        raise UserError(f"The record chooses {title!r}, which is no variant any more. {again}")
    return winner


def tabulate_screening(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network: parameters, figures, and the difference in ``MEASURE``.

    Args:
        records: as ``screen_variants`` makes them.
    """
    values = records.pivot(index="network", columns="figure", values="value")
    rows = records[records["figure"] == MEASURE].set_index("network")
    differences = {
        name: Estimate(row["difference"], row["low"], row["high"])
        for name, row in rows.drop(ORIGINAL.title).iterrows()
    }
    columns = {"parameters": rows["parameters"].map(partial(format_number, digits=0))}
    for figure, (heading, digits) in SHOWN.items():
        columns[heading] = values.loc[rows.index, figure].map(partial(format_number, digits=digits))
    table = pd.DataFrame(columns)
    table.insert(2, "difference", pd.Series(differences))
    return table.fillna("–").rename({ORIGINAL.title: "light VGG"})


def record_screening() -> None:
    """Screen the variants on rendered faces and write the study."""
    profile = current_profile()
    faces = prepare_faces(render_faces(profile.train_per_class, profile.validation_per_class))
    table = screen_variants(faces, profile).assign(seed=SEED, **describe_run(faces, profile))
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")
    print(f"Chosen by {MEASURE} on the development split: {choose_winner(table)}")


if __name__ == "__main__":
    sys.exit(run_command(record_screening))
