"""The choices of training: what is listed, what was better, what the data do not offer."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluation.made_faces import make_faces

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.splits import Split
from cnnlab.networks.from_scratch import LIGHT_VGG
from cnnlab.settings import PROFILES
from cnnlab.studies.ablation import (
    CLASS_WEIGHTS,
    EQUAL,
    PRECISION,
    SEED_CHOICE,
    STUDY,
    WAYS,
    choose_part,
    find_better,
    list_alternatives,
    list_choices,
    measure_alternative,
)
from cnnlab.studies.accuracy import LIGHT, LOSS, VGG16
from cnnlab.studies.study import Run, read_runs, run_study

PROFILE = replace(PROFILES["smoke"], vgg16_copies=2)


def made_part(tmp_path, classes=(800, 400, 200, 200, 200, 100, 60, 40)):
    """Rows of 2,000 images, of which 800 are a part."""
    faces = make_faces(tmp_path, affect=False)
    labels = np.repeat(np.arange(8), classes)
    dataset = replace(faces.dataset, files=(), labels=labels, splits=np.full(2000, "train"))
    everything = np.random.default_rng(0).permutation(2000)
    split = Split(everything[:1600], everything[1600:1900], everything[1900:])
    return replace(faces, dataset=dataset, split=split)


def test_every_alternative_changes_something_of_its_own():
    alternatives = list_alternatives(PROFILE)
    assert len({(network, choice, other) for network, choice, _, other in alternatives}) == len(
        alternatives
    )
    changes = [(network, str(options)) for (network, *_), options in alternatives.items()]
    assert len(set(changes)) == len(changes)
    ways = [(choice, other) for network, choice, _, other in alternatives if network == VGG16]
    assert ways == [
        ("block 4", "frozen"),
        ("blocks 4 and 5", "frozen"),
        (CLASS_WEIGHTS, "square root"),
        (CLASS_WEIGHTS, "balanced"),
        ("augmented copies", "0"),
        ("augmented copies", "1"),
    ]


def test_the_recipes_ways_are_named_as_they_are():
    assert LIGHT_VGG.last_rate < 1
    assert LIGHT_VGG.label_smoothing == 0
    assert LIGHT_VGG.weight_decay is None
    assert LIGHT_VGG.class_weight_power == 0
    assert LIGHT_VGG.augmentation == Augmentation()


def test_a_part_keeps_the_shares_and_has_a_name_of_its_own(tmp_path):
    large = made_part(tmp_path)
    part = choose_part(large)
    assert len(part.split.training) == 800
    assert set(part.split.training) < set(large.split.training)
    # 300 development images are fewer than the limit.
    assert part.split.development.tolist() == sorted(large.split.development)
    shares = [
        np.bincount(large.labels[rows], minlength=8) / len(rows)
        for rows in (large.split.training, part.split.training)
    ]
    assert np.allclose(*shares, atol=0.002)
    assert part.digest == choose_part(large).digest != large.digest


def test_equal_classes_offer_no_weights_and_nothing_is_trained_for_them(tmp_path):
    run = Run(PROFILE, make_faces(tmp_path, affect=False), tmp_path / "ablation.csv")
    for network in (LIGHT, VGG16):
        table = measure_alternative(run, network, CLASS_WEIGHTS, "none", "balanced", 32)
        assert table.to_dict("records") == [{"figure": LOSS, "note": EQUAL}]


DIFFERENCES = [
    (LIGHT, "learning rate", "half a cosine", "constant", 0.30, 0.10, 0.50),
    # Beyond the interval, but not beyond the seeds.
    (LIGHT, "label smoothing", "none", "0.1", -0.05, -0.09, -0.01),
    (LIGHT, CLASS_WEIGHTS, "none", "square root", -0.15, -0.25, -0.05),
    (LIGHT, CLASS_WEIGHTS, "none", "balanced", -0.20, -0.30, -0.10),
    (LIGHT, "augmentation", "moved, flipped", "none", -0.50, -1.10, 0.10),
    (LIGHT, PRECISION, "bfloat16", "float32", -0.40, -0.60, -0.20),
    (LIGHT, SEED_CHOICE, "1403", "1404", -0.06, -0.10, -0.02),
    (LIGHT, SEED_CHOICE, "1403", "1405", 0.05, 0.01, 0.09),
    # Without other seeds the interval decides.
    (VGG16, "blocks 4 and 5", "fine-tuned", "frozen", -0.05, -0.09, -0.01),
]


@pytest.fixture
def rows():
    """Verdicts of every kind, as they are recorded."""
    losses = pd.DataFrame(DIFFERENCES, columns=[*WAYS, "difference", "low", "high"])
    losses = losses.assign(figure=LOSS, recipe_value=1.0, value=1 + losses["difference"])
    none = {"network": VGG16, "choice": CLASS_WEIGHTS, "recipe": "none", "other": "balanced"}
    none = pd.DataFrame([none | {"figure": LOSS, "note": EQUAL}])
    return pd.concat([losses, losses.assign(figure="accuracy"), none], ignore_index=True)


def test_the_best_way_of_a_choice_is_better_beyond_the_interval_and_the_seeds(rows):
    assert [list(ways.values()) for ways in find_better(rows)] == [
        [LIGHT, CLASS_WEIGHTS, "none", "balanced"],
        [VGG16, "blocks 4 and 5", "fine-tuned", "frozen"],
    ]


def test_what_was_better_on_a_part_is_tried_again_on_all_images(tmp_path, rows):
    faces = made_part(tmp_path)

    def measure(run, network, choice, recipe, other, train_n):
        # Of the last choice alone the other way is better.
        difference = -0.5 if choice == "augmented copies" else 0.0
        row = {"figure": LOSS, "recipe_value": 1.0, "value": 1 + difference}
        return pd.DataFrame([row | {"difference": difference, "low": -1.0, "high": difference / 2}])

    run_study(replace(STUDY, load=lambda: faces, measure=measure), tmp_path)
    (table,) = read_runs("ablation-*", tmp_path)
    assert table["train_n"].tolist() == [800] * len(list_alternatives(PROFILES["smoke"])) + [1600]
    assert table["choice"].iloc[-1] == "augmented copies"
    # Nothing is listed twice, and on few images there is nothing more to try.
    run = Run(PROFILES["smoke"], make_faces(tmp_path, affect=False), tmp_path / "none.csv")
    assert len(list(list_choices(run))) == len(list_alternatives(PROFILES["smoke"]))
