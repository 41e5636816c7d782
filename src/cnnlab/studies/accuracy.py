"""How accurate are the networks on the run's data: the report's, and the authors' three?"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from cnnlab.evaluation.affect import predict_validation_affect, summarise_affect
from cnnlab.evaluation.comparison import compare_over_seeds
from cnnlab.evaluation.metrics import assert_learned, compute_figures, summarise
from cnnlab.evaluation.published_figures import HEWITT_GUNES_NETWORKS
from cnnlab.evaluation.recounts import ALL, summarise_variants, vary_predictions
from cnnlab.faces.loading import Faces
from cnnlab.networks.family import FAMILY, train_variant
from cnnlab.networks.from_scratch import LIGHT_VGG_AS_TABLED, TrainedNetwork, train_light_vgg
from cnnlab.networks.predictions import Predictions, mark_copies, predict_validation
from cnnlab.networks.regressor import read_affect, train_regressor
from cnnlab.networks.training import TrainingResult
from cnnlab.networks.transfer import train_vgg16
from cnnlab.paths import STUDIES
from cnnlab.settings import SEED, Profile
from cnnlab.studies.study import SHORT_DIGEST, Run, Study, read_runs

VGG16, LIGHT = "VGG16", LIGHT_VGG_AS_TABLED.title
SEEDS = (SEED, SEED + 1, SEED + 2)
"""Of a network that starts from random weights; the first is the report's."""
FIGURES = ("accuracy", "macro-F1")
LOSS = "cross-entropy"
COMPARED = (LOSS, "accuracy")
"""Figures by which two ways of training are compared."""
VARIANTS = {architecture.title: architecture for architecture in FAMILY}
TRAININGS = [
    {"network": VGG16, "seed": SEED},
    *({"network": LIGHT, "seed": seed} for seed in SEEDS),
]


def describe_training(trained: TrainingResult) -> dict:
    """Return configuration_digest, epochs and chosen_epoch of a training."""
    return {
        "configuration_digest": trained.folder.name[-SHORT_DIGEST:],
        "epochs": len(trained.history),
        "chosen_epoch": trained.chosen_epoch,
    }


def measure_network(network: TrainedNetwork, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Return a row for each of ``FIGURES`` on Validation/, in each variant of the answers.

    Columns: those of ``summarise_variants`` and ``describe_training``; copies_in_train (images of
    Validation/ that Train holds too, or nearly).
    """
    predictions = predict_validation(network, faces)
    if profile.must_learn:
        assert_learned(predictions)
    copies = mark_copies(faces)
    variants = vary_predictions(predictions, copies, network.class_shares)
    table = summarise_variants(variants, profile.bootstrap_resamples, SEED)
    shown = table[table["figure"].isin(FIGURES)]
    return shown.assign(copies_in_train=int(copies.sum()), **describe_training(network))


def measure_training(run: Run, network: str, seed: int) -> pd.DataFrame:
    """Train a network, and return its rows of ``measure_network``."""
    train = train_vgg16 if network == VGG16 else train_light_vgg
    return measure_network(train(run.faces, run.profile, seed), run.faces, run.profile)


def find_run(faces: Faces, profile: Profile, folder: Path = STUDIES) -> pd.DataFrame:
    """Return the committed rows of these data and this profile, or measure them with one seed."""
    run = Run(profile, faces, folder)
    for table in read_runs(f"{REPORTED.name}-*", folder):
        if table[list(run.data)].iloc[0].to_dict() == run.data:
            return table
    tables = [measure_training(run, **each).assign(**each) for each in TRAININGS[:2]]
    return pd.concat(tables, ignore_index=True)


def list_trainings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return network, seed and accuracy on all images of each training of a table."""
    is_training = (rows["variant"] == ALL) & (rows["figure"] == "accuracy") & rows["epochs"].notna()
    return rows.loc[is_training, ["network", "seed", "estimate"]].rename(
        columns={"estimate": "accuracy"}
    )


def compare_ways(
    first: Sequence[TrainedNetwork],
    second: Sequence[TrainedNetwork],
    predict: Callable[[TrainedNetwork, Faces], Predictions],
    faces: Faces,
    profile: Profile,
) -> pd.DataFrame:
    """Compare two ways of training, one network for each seed, on the same images.

    Args:
        first: the networks of one way.
        second: those of the other.
        predict: their answers on a split of the data.
        faces: the data.
        profile: its resamples.

    Returns:
        Index: ``COMPARED``; columns: n and those of ``compare_over_seeds``.
    """
    answers = [[predict(network, faces) for network in way] for way in (first, second)]
    one = answers[0][0]
    seen = (one.labels, one.identities)
    table = compare_over_seeds(*answers, compute_figures, *seen, profile.bootstrap_resamples, SEED)
    return table.loc[list(COMPARED)].assign(n=len(one))


def measure_variant(run: Run, network: str) -> pd.DataFrame:
    """Train one of the authors' three, and a regressor where the data know valence and arousal."""
    faces, architecture = run.faces, VARIANTS[network]
    classifier = train_variant(architecture, faces, run.profile)
    regressor = None
    if read_affect(faces) is not None:
        regressor = train_regressor(architecture, classifier, faces, run.profile)
    return measure_published(classifier, regressor, faces, run.profile)


def measure_published(
    classifier: TrainedNetwork, regressor: TrainedNetwork | None, faces: Faces, profile: Profile
) -> pd.DataFrame:
    """Return a row for each figure on Validation/ that the authors publish.

    Columns: figure, estimate, low, high, those of ``describe_training``; parameters, the
    classifier's.
    """
    resampled = (profile.bootstrap_resamples, SEED)
    results = [(classifier, summarise(predict_validation(classifier, faces), *resampled))]
    if regressor is not None:
        answers = predict_validation_affect(regressor, faces)
        results.append((regressor, summarise_affect(answers, *resampled)))
    tables = [summary.assign(**describe_training(trained)) for trained, summary in results]
    table = pd.concat(tables).rename_axis("figure").reset_index()
    published = table["figure"].isin(HEWITT_GUNES_NETWORKS.columns)
    return table[published].assign(parameters=classifier.model.count_params())


REPORTED = Study(
    "accuracy",
    "How accurate are VGG16 and the light VGG, and how far are seeds apart?",
    lambda run: TRAININGS,
    measure_training,
)
FAMILY_OF_THREE = Study(
    "family",
    "How good are the authors' three networks, trained by one recipe?",
    lambda run: [{"network": title} for title in VARIANTS],
    measure_variant,
)
