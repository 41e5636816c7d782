"""The record of a run: ``python -m cnnlab.evaluation.study``.

Writes ``report/studies/accuracy-<data>-<profile>.csv``: each network's figures of merit on
Validation/ with their intervals, and what they were made with. Networks that are not trained
yet are trained.
"""

import json
import sys
from dataclasses import dataclass

import pandas as pd

from cnnlab.commands import run_command
from cnnlab.evaluation.inference import predict_validation
from cnnlab.evaluation.learning import assert_learned
from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.records import describe_machine, read_studies, write_study
from cnnlab.faces.duplicates import find_duplicates
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.models.experiments import TrainedNetwork, train_light_vgg, train_vgg16
from cnnlab.models.training import RECORD
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile

PREFIX = "accuracy-"


def measure_network(network: TrainedNetwork, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Return a row for each figure of merit of a network on Validation/.

    Columns: network, figure, estimate, low, high, n, train_n, seed, resamples, data, rendered,
    copies_in_train (images of Validation/ that are byte-identical or nearly so to one of
    Train/), data_digest, configuration_digest, profile, epochs, chosen_epoch, training_seconds
    (of all epochs and of VGG16's frozen features, when they were computed; empty if that is not
    known).
    """
    predictions = predict_validation(network, faces)
    if profile.must_learn:
        assert_learned(predictions)
    summary = summarise(predictions, profile.bootstrap_resamples, SEED)
    record = json.loads((network.folder / RECORD).read_text())
    table = summary.rename_axis("figure").reset_index()
    table.insert(0, "network", network.title)
    return table.assign(
        n=len(predictions),
        train_n=len(faces.split.training),
        seed=network.seed,
        resamples=profile.bootstrap_resamples,
        copies_in_train=find_duplicates(faces.dataset, faces.images)["validation"].nunique(),
        data=faces.dataset.title,
        rendered=faces.dataset.rendered,
        data_digest=faces.digest[:16],
        configuration_digest=record["digest"][:16],
        profile=profile.name,
        epochs=len(network.history),
        chosen_epoch=network.chosen_epoch,
        training_seconds=round(network.seconds, 0),
    )


@dataclass(frozen=True)
class Study:
    """One recorded run.

    Attributes:
        records: a row for each network and figure of merit, as ``measure_network`` makes them.
    """

    records: pd.DataFrame

    @property
    def slug(self) -> str:
        """A name for labels and the file: data and profile."""
        return f"{make_label(self.data)}-{self.records['profile'].iloc[0]}"

    @property
    def data(self) -> str:
        """The title of the data."""
        return self.records["data"].iloc[0]

    @property
    def summaries(self) -> dict[str, pd.DataFrame]:
        """For each network a table like that of ``metrics.summarise``."""
        return {
            title: rows.set_index("figure")[["estimate", "low", "high"]].rename_axis(
                "figure of merit"
            )
            for title, rows in self.records.groupby("network", sort=False)
        }

    def name_sample(self) -> str:
        """Return what a caption says of the data: title, split, images, seed."""
        row = self.records.iloc[0]
        kind = "rendered, synthetic" if row["rendered"] else "photographs"
        return (
            f"`{self.data}`, {kind}, Validation/, n = {row['n']:,} images, seed {row['seed']}; "
            f"95% bootstrap intervals, {row['resamples']:,} resamples"
        )

    def describe(self) -> str:
        """Say where the record comes from: data, size, seed, machine, date and duration."""
        row = self.records.iloc[0]
        seconds = self.records.groupby("network", sort=False)["training_seconds"].first()
        durations = " and ".join(
            f"{value / 60:.0f} minutes for {title}"
            if pd.notna(value)
            else f"a time unknown for {title}"
            for title, value in seconds.items()
        )
        kind = "rendered, synthetic faces" if row["rendered"] else "photographs"
        return (
            f"The record `accuracy-{self.slug}.csv` is of a run on other data than this report's: "
            f"`{row['data']}` ({kind}; digest {row['data_digest']}; {row['train_n']:,} training "
            f"and {row['n']:,} Validation images; seed {row['seed']}; profile "
            f"`{row['profile']}`; {row['date']}; {row['processor']}). Of the Validation images "
            f"{row['copies_in_train']:,} have an identical or nearly identical one in Train; they "
            f"were left in. Training, with the frozen features of VGG16, took {durations} by the "
            "clock; other work shared the machine at times."
        )


def read_other_studies(data_digest: str) -> list[Study]:
    """Return the committed records of runs on other data than this run's.

    Args:
        data_digest: this run's data.
    """
    records = read_studies(f"{PREFIX}*")
    if records is None:
        return []
    others = records[records["data_digest"] != data_digest[:16]]
    return [Study(rows) for _, rows in others.groupby(["data", "profile"])]


def record_run() -> None:
    """Record this run's accuracy."""
    faces, profile = load_faces(), current_profile()
    networks = [train_vgg16(faces, profile), train_light_vgg(faces, profile)]
    table = pd.concat([measure_network(network, faces, profile) for network in networks])
    name = f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}"
    write_study(table.assign(**describe_machine()), name)


if __name__ == "__main__":
    sys.exit(run_command(record_run))
