"""What each choice of training is worth: ``python -m cnnlab.studies.ablation``.

Writes ``report/studies/ablation-<data>-<profile>.csv``: the recipe's way and another, choice by
choice, trained on about ``IMAGES_PER_CLASS`` images a class and judged on the development split
alone; Validation/ is not looked at. Where another way is better, both are trained again on all
training images, as the report's networks are.

Names of choices behind it, such as ``"class weights"``, measure these alone, and the file is named
after them too.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from cnnlab.evaluation.formatting import format_interval
from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.seeds import compare_over_seeds
from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.networks.from_scratch import (
    LIGHT_VGG_AS_TABLED,
    TrainedNetwork,
    stop_light_vgg,
    train_from_scratch,
)
from cnnlab.networks.inference import predict_development
from cnnlab.networks.precision import FLOAT32, MIXED_BFLOAT16, detect_policy
from cnnlab.networks.predictions import Predictions
from cnnlab.networks.recipes import weigh_classes
from cnnlab.networks.training import LAST, Stopping, digest_of
from cnnlab.networks.transfer import list_stages, train_vgg16
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from cnnlab.studies.records import describe_machine, read_runs, write_study
from cnnlab.studies.run_accuracy import SEEDS, describe_network
from plumbing.commands import UserError, run_command

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

CLASS_WEIGHTS = "class weights"
PRECISION = "number format"
EQUAL = "classes are equal"
"""The note of a choice that these data do not offer."""

MOVES_NOTHING = Augmentation(rotation_degrees=0.0, shift=0.0, horizontal_flip=False)
# As a rule 1e-2; but by the schedule of so short a training that would be no weight decay at all.
WEIGHT_DECAY = 0.1
LABEL_SMOOTHING = 0.1
CLASS_WEIGHT_POWERS = {"square root": 0.5, "balanced": 1.0}


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
    base, stages = LIGHT_VGG_AS_TABLED.recipe, list_stages(profile)
    equal = len(set(weigh_classes(faces, replace(base, class_weight_power=1.0)).values())) == 1

    def change_recipe(**changes) -> Callable[[], TrainedNetwork]:
        changed = replace(LIGHT_VGG_AS_TABLED, recipe=replace(base, **changes))
        return lambda: train_from_scratch(changed, faces, stopping, SEED)

    def weigh(power: float) -> Callable[[], TrainedNetwork] | None:
        return None if equal else change_recipe(class_weight_power=power)

    def weigh_for_vgg16(power: float) -> Callable[[], TrainedNetwork] | None:
        weighted = [
            replace(stage, recipe=replace(stage.recipe, class_weight_power=power))
            for stage in stages
        ]
        return None if equal else lambda: train_vgg16(faces, profile, stages=weighted)

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
        *(
            Alternative(LIGHT, CLASS_WEIGHTS, "none", name, weigh(power))
            for name, power in CLASS_WEIGHT_POWERS.items()
        ),
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
            lambda: train_vgg16(faces, profile, stages=stages[:2]),
        ),
        Alternative(
            VGG16,
            "blocks 4 and 5",
            "fine-tuned",
            "frozen",
            lambda: train_vgg16(faces, profile, stages=stages[:1]),
        ),
        *(
            Alternative(VGG16, CLASS_WEIGHTS, "none", name, weigh_for_vgg16(power))
            for name, power in CLASS_WEIGHT_POWERS.items()
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
        bases: for each network what trains it the recipe's way; called where it is compared.
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
    asked = {each.network for each in alternatives}
    trained = {title: train() for title, train in bases.items() if title in asked}
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


def try_again(
    faces: Faces, profile: Profile, alternatives: Sequence[Alternative], table: pd.DataFrame
) -> pd.DataFrame:
    """Train the ways that were better on a part again on all images, stopped as in the report.

    Where several ways of one choice were better, the best of them.

    Args:
        faces: all the data.
        profile: of the report's networks.
        alternatives: on all the data.
        table: as ``measure_alternatives`` makes it of a part.

    Returns:
        The table, with the rows of these trainings below.
    """
    verdicts = judge_choices(table, measure_spread(table))
    better = table.loc[verdicts.index[verdicts == -1]].sort_values("value")
    best = better.drop_duplicates(["network", "choice"])
    doubted = set(best[["network", "choice", "other"]].itertuples(index=False, name=None))
    again = [each for each in alternatives if (each.network, each.choice, each.other) in doubted]
    if not again:
        return table
    bases = _list_bases(faces, profile, stop_light_vgg(profile))
    rows = measure_alternatives(bases, again, faces, profile)
    return pd.concat([table, rows], ignore_index=True)


def read_ablations(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, one table for each run."""
    return [records.fillna({"note": ""}) for records in read_runs(PREFIX, folder)]


def tabulate_ablation(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each choice, as text: both ways, and what the other one changes.

    Args:
        records: of one run, as ``measure_alternatives`` makes them.
    """
    ways = ["network", "choice", "recipe", "other", "train_n"]
    rows = records[ways].drop_duplicates()
    for figure in (MEASURE, "accuracy"):
        chosen = records[records["figure"] == figure].rename(columns={"difference": "estimate"})
        cells = chosen.set_index(ways).apply(format_interval, axis="columns").rename(figure)
        rows = rows.join(cells, on=ways).fillna({figure: "–"})
    rows = rows.assign(train_n=rows["train_n"].map("{:,}".format))
    names = {"other": "instead", "train_n": "images"}
    return rows.rename(columns=names).set_index("network")


def select_choices(
    alternatives: Sequence[Alternative], choices: Sequence[str]
) -> list[Alternative]:
    """Return the alternatives of some choices, and the seeds, which tell how far chance reaches.

    Args:
        alternatives: of all choices.
        choices: their names; none selects all.

    Raises:
        UserError: a choice is not known.
    """
    known = {each.choice for each in alternatives}
    if unknown := set(choices) - known:
        raise UserError(
            f"No choice of training is called {', '.join(sorted(unknown))}. "
            f"Name some of: {', '.join(sorted(known))}."
        )
    chosen = {*choices, SEED_CHOICE} if choices else known
    return [each for each in alternatives if each.choice in chosen]


def record_ablation(choices: Sequence[str]) -> None:
    """Measure choices on this run's data and write the study.

    Args:
        choices: as ``select_choices`` takes them.
    """
    profile, everything = current_profile(), load_faces()
    faces = choose_part(everything)
    # None stops early, so that all have the same steps.
    unending = Stopping(profile.light_vgg_epochs, patience=profile.light_vgg_epochs)
    alternatives = select_choices(list_alternatives(faces, profile, unending), choices)
    bases = _list_bases(faces, profile, unending)
    table = measure_alternatives(bases, alternatives, faces, profile)
    if len(faces.split.training) < len(everything.split.training):
        reported = list_alternatives(everything, profile, stop_light_vgg(profile))
        table = try_again(everything, profile, select_choices(reported, choices), table)
    table = table.assign(
        resamples=profile.bootstrap_resamples,
        data=faces.dataset.title,
        rendered=faces.dataset.rendered,
        data_digest=everything.digest[:16],
        profile=profile.name,
        **describe_machine(),
    )
    named = [choice.replace(" ", "-") for choice in choices]
    name = "-".join([make_label(faces.dataset.title), profile.name, *named])
    write_study(table, f"{PREFIX}{name}")


def _list_bases(
    faces: Faces, profile: Profile, stopping: Stopping
) -> dict[str, Callable[[], TrainedNetwork]]:
    return {
        LIGHT: lambda: train_from_scratch(LIGHT_VGG_AS_TABLED, faces, stopping, SEED),
        VGG16: lambda: train_vgg16(faces, profile),
    }


if __name__ == "__main__":
    sys.exit(run_command(lambda: record_ablation(sys.argv[1:])))
