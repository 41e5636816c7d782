"""The study of larger decoders, trained longer: ``python -m cnnlab.studies.larger_decoders``.

Writes ``report/studies/inversion-<data>-<profile>.csv``: for each layer what survives, with
intervals, and for two layers the contrast with inversion by optimisation, with times.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from cnnlab.explain.upconvolution.decoders import choose_training_rows, study_budget
from cnnlab.explain.upconvolution.inversion import (
    choose_unseen,
    fix_networks,
    invert_layers,
    measure_inversions,
)
from cnnlab.explain.upconvolution.two_inversions import (
    CONTRASTED,
    OPTIMISED,
    choose_contrasted,
    compare_methods,
    optimise_contrasted,
)
from cnnlab.faces.loading import load_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.transfer import train_vgg16
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, current_profile
from cnnlab.studies.records import describe_machine, read_studies, write_study
from plumbing.commands import run_command

PREFIX = "inversion-"
UNSEEN_PER_CLASS = 40
SECONDS = "seconds an image"


def read_inversions() -> pd.DataFrame | None:
    """Return the committed record that was learned from most images, None without any."""
    records = read_studies(f"{PREFIX}*")
    if records is None:
        return None
    records = records.fillna({"network": "", "layer": ""})
    runs = [rows for _, rows in records.groupby(["data_digest", "profile"])]
    return max(runs, key=lambda rows: (rows["train_n"].iloc[0], rows["epochs"].iloc[0]))


def record_inversions() -> None:
    """Train the decoders of the study, and record what survives."""
    faces, profile = load_faces(), current_profile()
    vgg16, light_vgg = train_vgg16(faces, profile), train_light_vgg(faces, profile)
    networks = fix_networks(light_vgg)
    fixed = networks[0]
    unseen, budget = choose_unseen(faces, UNSEEN_PER_CLASS, SEED), study_budget(profile)
    inversions = invert_layers(faces, networks, unseen, budget, SEED)
    judges = {network.title: network.model for network in (light_vgg, vgg16)}
    survived = measure_inversions(inversions, unseen, judges, profile.bootstrap_resamples, SEED)
    positions = choose_contrasted(unseen)
    begun = time.perf_counter()
    with TemporaryDirectory() as root:
        optimised = optimise_contrasted(
            fixed, unseen.images[positions], profile.optimisation_steps, SEED, Path(root)
        )
    seconds = (time.perf_counter() - begun) / (len(CONTRASTED) * len(positions))
    contrast = compare_methods(fixed, inversions, unseen, positions, optimised)
    duration = pd.DataFrame(
        [(fixed.title, "", OPTIMISED, SECONDS, seconds, len(positions))], columns=contrast.columns
    )
    decoders = pd.DataFrame(
        {
            "network": each.network,
            "layer": each.layer,
            "parameters": each.decoder.model.count_params(),
            "configuration_digest": each.decoder.digest[:16],
            "chosen_epoch": each.decoder.chosen_epoch,
            "training_seconds": round(each.decoder.seconds),
        }
        for each in inversions
    )
    table = pd.concat([survived, contrast, duration])
    table = table.merge(decoders, how="left", on=["network", "layer"]).assign(
        train_n=len(choose_training_rows(faces, SEED)),
        epochs=budget.epochs,
        optimisation_steps=profile.optimisation_steps,
        seed=SEED,
        resamples=profile.bootstrap_resamples,
        data=faces.dataset.title,
        rendered=faces.dataset.rendered,
        data_digest=faces.digest[:16],
        profile=profile.name,
        **describe_machine(),
    )
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")


if __name__ == "__main__":
    sys.exit(run_command(record_inversions))
