"""The authors' three networks: ``python -m cnnlab.studies.three_networks``.

Writes ``report/studies/family-<data>-<profile>.csv``: for each network what it costs, its figures
of merit on Validation/ and, where the data know valence and arousal, those of the regressor that
is made from it.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cnnlab.evaluation.affect import predict_validation_affect, summarise_affect
from cnnlab.evaluation.cost import count_macs
from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.published_figures import HEWITT_GUNES_NETWORKS
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.family import FAMILY, train_variant
from cnnlab.networks.from_scratch import Architecture
from cnnlab.networks.inference import predict_validation
from cnnlab.networks.regressor import read_affect, train_regressor
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.records import describe_machine, read_runs, write_study
from cnnlab.studies.run_accuracy import describe_network, describe_run
from plumbing.commands import run_command

PREFIX = "family-"
THEIRS = "theirs, AffectNet"


def measure_variant(architecture: Architecture, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Train one of the family, and a regressor from it, and return a row for each figure.

    Columns: network, figure, estimate, low, high; those of ``study.describe_network`` (the
    classifier's, or the regressor's after it); n, parameters and macs of the classifier, and its
    accuracy on the augmented training images and on the development split at the epoch kept.
    """
    classifier = train_variant(architecture, faces, profile)
    predictions = predict_validation(classifier, faces)
    results = [(classifier, summarise(predictions, profile.bootstrap_resamples, SEED))]
    if read_affect(faces) is not None:
        regressor = train_regressor(architecture, classifier, faces, profile)
        answers = predict_validation_affect(regressor, faces)
        results.append((regressor, summarise_affect(answers, profile.bootstrap_resamples, SEED)))
    table = pd.concat(
        [
            summary.rename_axis("figure").reset_index().assign(**describe_network(trained))
            for trained, summary in results
        ],
        ignore_index=True,
    )
    table.insert(0, "network", architecture.title)
    kept = classifier.history.loc[classifier.chosen_epoch]
    return table.assign(
        n=len(predictions),
        parameters=classifier.model.count_params(),
        macs=count_macs(classifier.model),
        training_accuracy=kept["accuracy"],
        development_accuracy=kept["val_accuracy"],
    )


def read_families(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, one table for each run."""
    return read_runs(PREFIX, folder)


def tabulate_family(records: pd.DataFrame) -> pd.DataFrame:
    """Return a record as the paper's Table 4, text: a row for each figure, a column a network.

    The last column has what the authors report on AffectNet, in the order of the networks.

    Args:
        records: of one run, as ``measure_variant`` makes them.
    """
    published = HEWITT_GUNES_NETWORKS
    cells = records.assign(text=records.apply(format_interval, axis="columns"))
    table = cells.pivot(index="figure", columns="network", values="text")
    costs = records.groupby("network")["parameters"].first()
    table.loc["parameters"] = costs.map("{:,}".format)
    rows = [figure for figure in published.columns if figure in table.index]
    table = table.loc[rows, list(published.index)].rename_axis(index=None, columns=None)
    return table.assign(**{THEIRS: published[rows].agg(" / ".join)})


def record_family() -> None:
    """Train the family on this run's data and write the study."""
    # A network that has learned nothing from so few images is a result here.
    faces, profile = load_faces(), replace(current_profile(), must_learn=False)
    table = pd.concat([measure_variant(each, faces, profile) for each in FAMILY])
    name = f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}"
    write_study(table.assign(**describe_run(faces, profile), **describe_machine()), name)


if __name__ == "__main__":
    sys.exit(run_command(record_family))
