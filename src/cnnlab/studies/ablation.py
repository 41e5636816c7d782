"""What is each choice of training worth?

The recipe's way and another, choice by choice, are trained on about ``IMAGES_PER_CLASS`` images a
class and judged on the development split alone; Validation/ is not looked at. Where another way is
better, both are trained again on all training images, as the report's networks are.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.networks.devices import FLOAT32, MIXED_BFLOAT16, detect_policy
from cnnlab.networks.from_scratch import (
    LIGHT_VGG_AS_TABLED,
    TrainedNetwork,
    stop_light_vgg,
    train_network,
)
from cnnlab.networks.predictions import predict_development
from cnnlab.networks.recipes import weigh_classes
from cnnlab.networks.training import LAST, LOWEST_LOSS, digest_of, digest_rows
from cnnlab.networks.transfer import list_stages, train_vgg16
from cnnlab.settings import SEED, Profile
from cnnlab.studies.accuracy import LIGHT, LOSS, SEEDS, VGG16, compare_ways, describe_training
from cnnlab.studies.study import Configuration, Run, Study, read_runs

IMAGES_PER_CLASS = 100
DEVELOPMENT_PER_CLASS = 50
EQUAL = "classes are equal"
"""The note of a choice that these data do not offer."""

CLASS_WEIGHTS, PRECISION = "class weights", "number format"
WAYS = ("network", "choice", "recipe", "other")
SEED_CHOICE = "seed"
"""The choice whose rows tell how far seeds alone are apart."""

MOVES_NOTHING = Augmentation(rotation_degrees=0.0, shift=0.0, horizontal_flip=False)


def list_alternatives(profile: Profile) -> dict[tuple[str, str, str, str], dict[str, object]]:
    """Return what another way than the recipe's changes, in the order of the report.

    Keys are network, choice, the recipe's way and the other; values what ``train_light`` or
    ``train_deep`` takes.
    """
    has_bfloat16 = detect_policy() == MIXED_BFLOAT16
    weights = [
        (CLASS_WEIGHTS, "none", "square root", {"class_weight_power": 0.5}),
        (CLASS_WEIGHTS, "none", "balanced", {"class_weight_power": 1.0}),
    ]
    light = [
        ("learning rate", "half a cosine", "constant", {"last_rate": 1.0}),
        ("label smoothing", "none", "0.1", {"label_smoothing": 0.1}),
        *weights,
        # As a rule 1e-2; but by the schedule of so short a training that would be none at all.
        ("weight decay", "none", "0.1", {"weight_decay": 0.1}),
        ("augmentation", "moved, flipped", "none", {"augmentation": MOVES_NOTHING}),
        ("kept epoch", "lowest loss", "last", {"kept": LAST}),
        # Where bfloat16 is not computed there is no choice.
        *([(PRECISION, "bfloat16", FLOAT32, {"policy": FLOAT32})] if has_bfloat16 else []),
        *((SEED_CHOICE, f"{SEED}", f"{seed}", {"seed": seed}) for seed in SEEDS[1:]),
    ]
    copies = profile.vgg16_copies
    deep = [
        ("block 4", "fine-tuned", "frozen", {"num_stages": 2}),
        ("blocks 4 and 5", "fine-tuned", "frozen", {"num_stages": 1}),
        *weights,
        *(("augmented copies", f"{copies}", f"{n}", {"copies": n}) for n in range(copies)),
    ]
    table = [*((LIGHT, *each) for each in light), *((VGG16, *each) for each in deep)]
    return {tuple(ways): options for *ways, options in table}


def train_light(
    faces: Faces,
    profile: Profile,
    kept: str = LOWEST_LOSS,
    policy: str | None = None,
    seed: int = SEED,
    **changes: object,
) -> TrainedNetwork:
    """Train the light VGG, some fields of its recipe changed."""
    recipe = replace(LIGHT_VGG_AS_TABLED.recipe, **changes)
    architecture = replace(LIGHT_VGG_AS_TABLED, recipe=recipe)
    stopping = replace(stop_light_vgg(profile), kept=kept)
    return train_network(architecture, faces, stopping, seed, policy)


def train_deep(
    faces: Faces,
    profile: Profile,
    num_stages: int = 3,
    copies: int | None = None,
    **changes: object,
) -> TrainedNetwork:
    """Train VGG16 in its first stages, some fields of their recipes changed."""
    stages = [
        replace(stage, recipe=replace(stage.recipe, **changes))
        for stage in list_stages(profile)[:num_stages]
    ]
    copies = profile.vgg16_copies if copies is None else copies
    return train_vgg16(faces, replace(profile, vgg16_copies=copies), stages=stages)


TRAIN = {LIGHT: train_light, VGG16: train_deep}


def choose_part(faces: Faces) -> Faces:
    """Return the data with a smaller training and development split; classes keep their shares."""
    limits = {"training": IMAGES_PER_CLASS, "development": DEVELOPMENT_PER_CLASS}
    parts = {}
    for name, limit in limits.items():
        rows = getattr(faces.split, name)
        count = limit * len(CLASSES)
        if len(rows) > count:
            labels = faces.labels[rows]
            rows, _ = train_test_split(rows, train_size=count, random_state=SEED, stratify=labels)
        parts[name] = np.sort(rows)
    # What is trained on a part must not pass for what is trained on all.
    chosen = {name: digest_rows(rows) for name, rows in parts.items()}
    digest = digest_of({"data": faces.digest, **chosen})
    return replace(faces, split=replace(faces.split, **parts), digest=digest)


def list_choices(run: Run) -> Iterator[Configuration]:
    """List all alternatives on a part of the images, then those that were better on all."""
    counts = [len(faces.split.training) for faces in (choose_part(run.faces), run.faces)]
    for ways in list_alternatives(run.profile):
        yield dict(zip(WAYS, ways, strict=True)) | {"train_n": counts[0]}
    if counts[0] < counts[1]:
        (table,) = read_runs(run.file.stem, run.file.parent)
        for ways in find_better(table[table["train_n"] == counts[0]]):
            yield ways | {"train_n": counts[1]}


def find_better(rows: pd.DataFrame) -> list[Configuration]:
    """Return the ways that were better than the recipe's; of several of a choice the best.

    One is better where the interval of the difference in cross-entropy excludes zero and, for the
    light VGG, whose seeds are known, the difference exceeds theirs. The number format is left
    out: it is chosen for its speed.

    Args:
        rows: of all alternatives, trained on the same images.
    """
    losses = rows[rows["figure"] == LOSS]
    seeds = losses.loc[losses["choice"] == SEED_CHOICE, ["recipe_value", "value"]].to_numpy()
    least = (losses["network"] == LIGHT) * np.ptp(seeds)
    is_better = (losses["high"] < 0) & (-losses["difference"] > least)
    is_better &= ~losses["choice"].isin([SEED_CHOICE, PRECISION])
    best = losses[is_better].sort_values("value").drop_duplicates(["network", "choice"])
    return best[list(WAYS)].to_dict("records")


def measure_alternative(
    run: Run, network: str, choice: str, recipe: str, other: str, train_n: int
) -> pd.DataFrame:
    """Train a network both ways and compare them on the development split.

    Returns:
        A row for each of ``accuracy.COMPARED``. Columns: figure, recipe_value, value (the other
        way's), difference (other minus recipe), low, high (its 95% interval over images or people,
        for one training each), n, seed, and those of ``describe_training``. Where the data make
        both ways one, a row with the note ``EQUAL`` and without values.
    """
    profile, faces = run.profile, choose_part(run.faces)
    if train_n > len(faces.split.training):
        faces = run.faces
    elif network == LIGHT:
        # None stops early, so that all have the same steps.
        profile = replace(profile, patience=profile.light_vgg_epochs)
    balanced = replace(LIGHT_VGG_AS_TABLED.recipe, class_weight_power=1.0)
    if choice == CLASS_WEIGHTS and len(set(weigh_classes(faces, balanced).values())) == 1:
        return pd.DataFrame([{"figure": LOSS, "note": EQUAL}])
    options = list_alternatives(run.profile)[network, choice, recipe, other]
    base, changed = (TRAIN[network](faces, profile, **each) for each in ({}, options))
    table = compare_ways([base], [changed], predict_development, faces, profile).reset_index()
    table = table.rename(columns={"first": "recipe_value", "second": "value"})
    return table.assign(seed=changed.seed, **describe_training(changed))


STUDY = Study("ablation", __doc__.partition("\n")[0], list_choices, measure_alternative)
