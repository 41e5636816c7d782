"""What each choice of training is worth: ``python -m cnnlab.evaluation.ablation_study``.

Writes ``report/studies/ablation-<data>-<profile>.csv``: the recipe's way and another, choice by
choice, trained on about ``IMAGES_PER_CLASS`` images a class and judged on the development split
alone; Validation/ is not looked at. Where another way is better, both are trained again on all
training images, as the report's networks are.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from cnnlab.commands import run_command
from cnnlab.evaluation.inference import predict_development
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.predictions import Predictions
from cnnlab.evaluation.records import describe_machine, write_study
from cnnlab.evaluation.seeds import compare_over_seeds
from cnnlab.evaluation.study import SEEDS, describe_network
from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.models.experiments import (
    LIGHT_VGG_AS_TABLED,
    TrainedNetwork,
    train_from_scratch,
    train_vgg16,
    train_vgg16_block5,
    train_vgg16_head,
)
from cnnlab.models.precision import FLOAT32, MIXED_BFLOAT16, detect_policy
from cnnlab.models.recipes import weigh_classes
from cnnlab.models.training import LAST, Stopping, digest_of
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile

PREFIX = "ablation-"
IMAGES_PER_CLASS = 100
DEVELOPMENT_PER_CLASS = 50
FIGURES = ("cross-entropy", "accuracy", "macro-F1")
MEASURE = FIGURES[0]
"""What choices are judged by."""
LIGHT = LIGHT_VGG_AS_TABLED.title
VGG16 = "VGG16"
SEED_CHOICE = "seed"
"""The choice whose rows tell how far seeds alone are apart."""

PRECISION = "number format"
EQUAL = "classes are equal"
"""The note of a choice that these data do not offer."""

MOVES_NOTHING = Augmentation(rotation_degrees=0.0, shift=0.0, horizontal_flip=False)
# As a rule 1e-2; but by the schedule of so short a training that would be no weight decay at all.
WEIGHT_DECAY = 0.1
LABEL_SMOOTHING = 0.1


@dataclass(frozen=True)
class Alternative:
    """Another way than the recipe's.

    Attributes:
        network: whose training.
        choice: what is chosen, such as ``label smoothing``.
        recipe: the recipe's way.
        other: the other way.
        train: trains the network that way, or returns it; None where the data make both ways one.
    """

    network: str
    choice: str
    recipe: str
    other: str
    train: Callable[[], TrainedNetwork] | None


def choose_part(faces: Faces, seed: int = SEED) -> Faces:
    """Return the data with a smaller training and development split; classes keep their shares.

    Args:
        faces: the data.
        seed: of the draw.
    """
    limits = {"training": IMAGES_PER_CLASS, "development": DEVELOPMENT_PER_CLASS}
    parts = {}
    for name, limit in limits.items():
        rows = getattr(faces.split, name)
        count = limit * len(CLASSES)
        if len(rows) > count:
            labels = faces.labels[rows]
            rows, _ = train_test_split(rows, train_size=count, random_state=seed, stratify=labels)
        parts[name] = np.sort(rows)
    chosen = {
        name: hashlib.sha256(np.ascontiguousarray(rows, "<i8").tobytes()).hexdigest()
        for name, rows in parts.items()
    }
    # What is trained on a part must not pass for what is trained on all.
    digest = digest_of({"data": faces.digest, **chosen})
    return replace(faces, split=replace(faces.split, **parts), digest=digest)


def list_alternatives(faces: Faces, profile: Profile, stopping: Stopping) -> list[Alternative]:
    """Return the choices of both networks' training, in the order of the report.

    Args:
        faces: what all are trained on.
        profile: how long VGG16 is trained.
        stopping: when the light VGG's training ends.
    """
    base = LIGHT_VGG_AS_TABLED.recipe

    def change_recipe(**changes) -> Callable[[], TrainedNetwork]:
        changed = replace(LIGHT_VGG_AS_TABLED, recipe=replace(base, **changes))
        return lambda: train_from_scratch(changed, faces, stopping, SEED)

    def change_weights(power: float) -> Callable[[], TrainedNetwork] | None:
        recipes = (base, replace(base, class_weight_power=power))
        same = len({tuple(weigh_classes(faces, recipe).values()) for recipe in recipes}) == 1
        return None if same else change_recipe(class_weight_power=power)

    def copy(count: int) -> Callable[[], TrainedNetwork]:
        return lambda: train_vgg16(faces, replace(profile, vgg16_copies=count))

    policy = detect_policy()
    other_policy = FLOAT32 if policy == MIXED_BFLOAT16 else MIXED_BFLOAT16
    return [
        Alternative(
            LIGHT, "learning rate", "half a cosine", "constant", change_recipe(last_rate=1.0)
        ),
        Alternative(
            LIGHT,
            "label smoothing",
            "none",
            f"{LABEL_SMOOTHING}",
            change_recipe(label_smoothing=LABEL_SMOOTHING),
        ),
        Alternative(LIGHT, "class weights", "balanced", "square root", change_weights(0.5)),
        Alternative(LIGHT, "class weights", "balanced", "none", change_weights(0.0)),
        Alternative(
            LIGHT,
            "weight decay",
            "none",
            f"{WEIGHT_DECAY}",
            change_recipe(weight_decay=WEIGHT_DECAY),
        ),
        Alternative(
            LIGHT,
            "augmentation",
            "moved, flipped",
            "none",
            change_recipe(augmentation=MOVES_NOTHING),
        ),
        Alternative(
            LIGHT,
            "kept epoch",
            "lowest loss",
            "last",
            lambda: train_from_scratch(
                LIGHT_VGG_AS_TABLED, faces, replace(stopping, kept=LAST), SEED
            ),
        ),
        Alternative(
            LIGHT,
            PRECISION,
            _name_policy(policy),
            _name_policy(other_policy),
            lambda: train_from_scratch(LIGHT_VGG_AS_TABLED, faces, stopping, SEED, other_policy),
        ),
        *(
            Alternative(
                LIGHT,
                SEED_CHOICE,
                f"{SEED}",
                f"{seed}",
                lambda seed=seed: train_from_scratch(LIGHT_VGG_AS_TABLED, faces, stopping, seed),
            )
            for seed in SEEDS[1:]
        ),
        Alternative(
            VGG16,
            "block 4",
            "fine-tuned",
            "frozen",
            lambda: train_vgg16_block5(faces, profile),
        ),
        Alternative(
            VGG16,
            "blocks 4 and 5",
            "fine-tuned",
            "frozen",
            lambda: train_vgg16_head(faces, profile),
        ),
        *(
            Alternative(
                VGG16, "augmented copies", f"{profile.vgg16_copies}", f"{count}", copy(count)
            )
            for count in range(profile.vgg16_copies)
        ),
    ]


def measure_alternatives(
    bases: dict[str, Callable[[], TrainedNetwork]],
    alternatives: Sequence[Alternative],
    faces: Faces,
    profile: Profile,
) -> pd.DataFrame:
    """Train every network both ways and compare them on the development split.

    Args:
        bases: for each network what trains it the recipe's way.
        alternatives: the other ways.
        faces: what all are trained on and judged by.
        profile: its resamples.

    Returns:
        A row for each alternative and each of ``FIGURES``. Columns: network, choice, recipe and
        other (the two ways), figure, recipe_value, value (the other way's), difference (other
        minus recipe), low, high (its 95% interval over images or people, for one training each),
        n, train_n, note, and those of ``study.describe_network``. Where the data make both ways
        one, a row with the note ``EQUAL`` and without values.
    """
    trained = {title: train() for title, train in bases.items()}
    predicted = {title: predict_development(network, faces) for title, network in trained.items()}
    tables = []
    for each in alternatives:
        named = {name: getattr(each, name) for name in ("network", "choice", "recipe", "other")}
        if each.train is None:
            tables.append(pd.DataFrame([named | {"figure": MEASURE, "note": EQUAL}]))
            continue
        network = each.train()
        table = _compare(predicted[each.network], predict_development(network, faces), profile)
        tables.append(table.assign(**named, note="", **describe_network(network)))
    columns = ["network", "choice", "recipe", "other", "figure"]
    table = pd.concat(tables, ignore_index=True)
    table = table[columns + [name for name in table.columns if name not in columns]]
    return table.assign(train_n=len(faces.split.training))


def _compare(base: Predictions, other: Predictions, profile: Profile) -> pd.DataFrame:
    compared = compare_over_seeds(
        [base],
        [other],
        compute_figures,
        base.labels,
        base.identities,
        profile.bootstrap_resamples,
        SEED,
    )
    names = {"first": "recipe_value", "second": "value"}
    return compared.loc[list(FIGURES)].rename(columns=names).reset_index().assign(n=len(base))


def _name_policy(policy: str) -> str:
    return policy.removeprefix("mixed_")


def measure_spread(records: pd.DataFrame) -> float:
    """Return how far the cross-entropies of the light VGG's seeds are apart, in nats."""
    seeds = records[(records["choice"] == SEED_CHOICE) & (records["figure"] == MEASURE)]
    values = [*seeds["recipe_value"], *seeds["value"]]
    return max(values) - min(values)


def judge_choices(records: pd.DataFrame, spread: float) -> pd.Series:
    """Say whether the recipe's way is better (1), worse (-1), or neither is known (0).

    One is better where the interval of the difference in cross-entropy excludes zero and, for the
    light VGG, whose seeds are known, the difference exceeds theirs.

    Args:
        records: of trainings on the same images.
        spread: how far the light VGG's seeds are apart, as ``measure_spread`` tells.

    Returns:
        Index: that of the rows of ``records`` for the cross-entropy, without seeds, without the
        number format, which is chosen for its speed, and without what the data do not offer.
    """
    rows = records[(records["figure"] == MEASURE) & (records["note"] == "")]
    rows = rows[~rows["choice"].isin([SEED_CHOICE, PRECISION])]
    least = (rows["network"] == LIGHT) * spread
    better = (rows["low"] > 0) & (rows["difference"] > least)
    worse = (rows["high"] < 0) & (-rows["difference"] > least)
    return better.astype(int) - worse.astype(int)


def try_again(faces: Faces, profile: Profile, table: pd.DataFrame) -> pd.DataFrame:
    """Train the ways that were better on a part again on all images, stopped as in the report.

    Args:
        faces: all the data.
        profile: of the report's networks.
        table: as ``measure_alternatives`` makes it of a part.

    Returns:
        The table, with the rows of these trainings below.
    """
    verdicts = judge_choices(table, measure_spread(table))
    better = table.loc[verdicts.index[verdicts == -1], ["network", "choice", "other"]]
    doubted = set(better.itertuples(index=False, name=None))
    stopping = Stopping(profile.light_vgg_epochs, profile.patience)
    alternatives = [
        each
        for each in list_alternatives(faces, profile, stopping)
        if (each.network, each.choice, each.other) in doubted
    ]
    bases = _list_bases(faces, profile, stopping)
    used = {each.network: bases[each.network] for each in alternatives}
    if not used:
        return table
    again = measure_alternatives(used, alternatives, faces, profile)
    return pd.concat([table, again], ignore_index=True)


def record_ablation() -> None:
    """Measure the choices on this run's data and write the study."""
    profile, everything = current_profile(), load_faces()
    faces = choose_part(everything)
    # None stops early, so that all have the same steps.
    unending = Stopping(profile.light_vgg_epochs, patience=profile.light_vgg_epochs)
    bases = _list_bases(faces, profile, unending)
    table = measure_alternatives(bases, list_alternatives(faces, profile, unending), faces, profile)
    if len(faces.split.training) < len(everything.split.training):
        table = try_again(everything, profile, table)
    table = table.assign(
        resamples=profile.bootstrap_resamples,
        data=faces.dataset.title,
        rendered=faces.dataset.rendered,
        data_digest=everything.digest[:16],
        profile=profile.name,
        **describe_machine(),
    )
    write_study(table, f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}")


def _list_bases(
    faces: Faces, profile: Profile, stopping: Stopping
) -> dict[str, Callable[[], TrainedNetwork]]:
    return {
        LIGHT: lambda: train_from_scratch(LIGHT_VGG_AS_TABLED, faces, stopping, SEED),
        VGG16: lambda: train_vgg16(faces, profile),
    }


if __name__ == "__main__":
    sys.exit(run_command(record_ablation))
