"""The choices of training, on made images with a network that learns in a few steps."""

import json
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from evaluation.made_faces import make_architecture, make_faces

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.splits import Split
from cnnlab.networks import from_scratch, training, transfer
from cnnlab.networks.from_scratch import LIGHT_VGG
from cnnlab.networks.precision import describe_cap, detect_policy, use_policy
from cnnlab.networks.recipes import compile_classifier, describe_training
from cnnlab.networks.training import Stopping, digest_of, make_reproducible, train
from cnnlab.report.pages.typesetting import GLOSSARY
from cnnlab.report.text.glossary import read_glossary
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies import ablation
from cnnlab.studies.ablation import (
    CLASS_WEIGHTS,
    EQUAL,
    FIGURES,
    LIGHT,
    PRECISION,
    PREFIX,
    SEED_CHOICE,
    VGG16,
    choose_part,
    judge_choices,
    list_alternatives,
    measure_alternatives,
    measure_spread,
    read_ablations,
    select_choices,
    tabulate_ablation,
    try_again,
)
from cnnlab.studies.records import write_study
from plumbing.commands import UserError

PROFILE = replace(PROFILES["smoke"], light_vgg_epochs=1, bootstrap_resamples=20)
STOPPING = Stopping(1, 1)
TINY = replace(make_architecture(LIGHT), recipe=LIGHT_VGG)


def save_untrained(
    model, strategy, folder, digest, training_batches, development, stopping, seed, class_weight
):
    """What decides a training is seen without its epochs, too."""
    row = {"loss": 2.0, "accuracy": 0.2, "val_loss": 2.0, "val_accuracy": 0.2, "seconds": 1.0}
    history = pd.DataFrame(row, index=[1])
    training._save_epoch(model, history, stopping, folder, digest, None)


@pytest.fixture(autouse=True)
def train_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(from_scratch, "train", partial(train, root=tmp_path / "trained"))
    monkeypatch.setattr(training, "_run_epochs", save_untrained)
    monkeypatch.setattr(ablation, "LIGHT_VGG_AS_TABLED", TINY)


def with_unequal_classes(faces):
    rows = np.flatnonzero(faces.labels[faces.split.training] > 0)
    return replace(faces, split=replace(faces.split, training=np.r_[0, rows]))


def light_alternatives(faces):
    return [each for each in list_alternatives(faces, PROFILE, STOPPING) if each.network == LIGHT]


def test_every_way_is_another_training_and_is_compared_with_the_recipes(tmp_path):
    faces = with_unequal_classes(make_faces(tmp_path, affect=False))

    def base():
        return from_scratch.train_from_scratch(TINY, faces, STOPPING, SEED)

    alternatives = light_alternatives(faces)
    table = measure_alternatives({LIGHT: base}, alternatives, faces, PROFILE)
    assert len(table) == len(alternatives) * len(FIGURES)
    assert set(table["figure"]) == set(FIGURES)
    digests = table.groupby(["choice", "other"])["configuration_digest"].first()
    assert digests.is_unique and len(digests) == len(alternatives)
    assert base().folder.name.split("-")[-1] not in set(digests)
    assert np.allclose(table["value"] - table["recipe_value"], table["difference"])
    loss = table[table["figure"] == "cross-entropy"]
    assert loss["recipe_value"].nunique() == 1
    assert (loss["low"] <= loss["high"]).all()
    assert (loss["n"] == len(faces.split.development)).all()
    seeds = table[table["choice"] == SEED_CHOICE]
    assert seeds["seed"].nunique() == 2 and SEED not in set(seeds["seed"])


def test_only_what_was_better_otherwise_is_trained_again_on_all_images(tmp_path):
    faces = with_unequal_classes(make_faces(tmp_path, affect=False))
    alternatives = [each for each in light_alternatives(faces) if each.choice != "kept epoch"]

    def base():
        return from_scratch.train_from_scratch(TINY, faces, STOPPING, SEED)

    table = measure_alternatives({LIGHT: base}, alternatives, faces, PROFILE)
    level = table.assign(difference=0.0, low=-0.1, high=0.1, value=1.0, recipe_value=1.0)
    assert try_again(faces, PROFILE, alternatives, level) is level
    for choice, other, difference in (
        ("weight decay", "0.1", -0.2),
        (CLASS_WEIGHTS, "square root", -0.15),
        (CLASS_WEIGHTS, "balanced", -0.3),
    ):
        doubted = (level["choice"] == choice) & (level["other"] == other)
        values = [difference, -0.1, 1 + difference]
        level.loc[doubted, ["difference", "high", "value"]] = values
    rows = try_again(faces, PROFILE, alternatives, level).iloc[len(level) :]
    again = rows[["choice", "other"]].drop_duplicates().to_numpy().tolist()
    assert again == [[CLASS_WEIGHTS, "balanced"], ["weight decay", "0.1"]]
    assert rows["figure"].tolist() == 2 * list(FIGURES)


def test_equal_classes_offer_no_weights_and_nothing_is_trained_for_them(tmp_path):
    faces = make_faces(tmp_path, affect=False)
    listed = list_alternatives(faces, PROFILE, STOPPING)
    weighted = [each for each in listed if each.choice == CLASS_WEIGHTS]
    assert [each.train for each in weighted] == [None] * 4
    table = measure_alternatives({}, weighted, faces, PROFILE)
    assert table["note"].tolist() == [EQUAL] * 4


def test_weights_of_unequal_classes_are_chosen_for_both_networks(tmp_path, monkeypatch):
    faces = with_unequal_classes(make_faces(tmp_path, affect=False))
    asked = []
    monkeypatch.setattr(
        ablation, "train_vgg16", lambda faces, profile, stages: asked.append(stages)
    )
    for each in select_choices(list_alternatives(faces, PROFILE, STOPPING), [CLASS_WEIGHTS]):
        if each.network == VGG16:
            each.train()
    assert [{stage.recipe for stage in stages} for stages in asked] == [
        {
            replace(recipe, class_weight_power=power)
            for recipe in (transfer.HEAD, transfer.FINE_TUNING)
        }
        for power in (0.5, 1.0)
    ]


def test_choices_are_selected_with_the_seeds_and_unknown_ones_are_refused(tmp_path):
    listed = list_alternatives(make_faces(tmp_path, affect=False), PROFILE, STOPPING)
    assert select_choices(listed, []) == listed
    chosen = select_choices(listed, ["weight decay"])
    assert [each.choice for each in chosen] == ["weight decay", SEED_CHOICE, SEED_CHOICE]
    with pytest.raises(UserError, match=r"called weight.*block 4, blocks 4 and 5"):
        select_choices(listed, ["weight"])


def test_only_networks_of_the_choices_are_trained(tmp_path):
    faces = make_faces(tmp_path, affect=False)

    def base():
        return from_scratch.train_from_scratch(TINY, faces, STOPPING, SEED)

    def refuse():
        raise AssertionError("VGG16 is not asked for")

    alternatives = select_choices(light_alternatives(faces), ["weight decay"])
    table = measure_alternatives({LIGHT: base, VGG16: refuse}, alternatives, faces, PROFILE)
    assert set(table["network"]) == {LIGHT}


def test_vgg16_is_frozen_or_has_fewer_copies(tmp_path):
    profile = replace(PROFILE, vgg16_copies=2)
    listed = list_alternatives(make_faces(tmp_path, affect=False), profile, STOPPING)
    ways = [(each.choice, each.other) for each in listed if each.network == VGG16]
    assert ways == [
        ("block 4", "frozen"),
        ("blocks 4 and 5", "frozen"),
        ("class weights", "square root"),
        ("class weights", "balanced"),
        ("augmented copies", "0"),
        ("augmented copies", "1"),
    ]


def test_a_part_keeps_the_shares_and_has_a_name_of_its_own(tmp_path):
    faces = make_faces(tmp_path, affect=False)
    labels = np.repeat(np.arange(8), [800, 400, 200, 200, 200, 100, 60, 40])
    dataset = replace(faces.dataset, files=(), labels=labels, splits=np.full(2000, "train"))
    everything = np.random.default_rng(0).permutation(2000)
    split = Split(everything[:1600], everything[1600:1900], everything[1900:])
    large = replace(faces, dataset=dataset, split=split)
    part = choose_part(large)
    assert len(part.split.training) == 800
    assert set(part.split.training) < set(split.training)
    # 300 development images are fewer than the limit.
    assert part.split.development.tolist() == sorted(split.development)
    shares = [
        np.bincount(labels[rows], minlength=8) / len(rows)
        for rows in (split.training, part.split.training)
    ]
    assert np.allclose(*shares, atol=0.002)
    assert part.digest != faces.digest
    assert part.digest == choose_part(large).digest != choose_part(large, seed=1).digest


def test_the_recipes_own_training_is_what_it_was(tmp_path):
    """The new choices have defaults that leave the description of kept trainings as it was."""
    faces = make_faces(tmp_path, affect=False)
    policy = detect_policy()
    recipe = {
        "learning_rate": LIGHT_VGG.learning_rate,
        "batch_size": LIGHT_VGG.batch_size,
        "augmentation": asdict(LIGHT_VGG.augmentation),
    }
    described = {"data": faces.digest, "recipe": recipe, "policy": policy} | describe_cap()
    assert describe_training(faces, LIGHT_VGG) == described
    make_reproducible(SEED)
    stopping = Stopping(3, 2)
    with use_policy(policy):
        model = TINY.build()
    compile_classifier(model, LIGHT_VGG, stopping, 1)
    compiled = model.get_compile_config()
    assert compiled["loss"]["class_name"] == "SparseCategoricalCrossentropy"
    assert compiled["optimizer"]["config"]["learning_rate"]["config"]["alpha"] == 0.01
    decisive = {
        "description": described,
        "architecture": json.loads(model.to_json()),
        "compiled": compiled,
        "stopping": [3, 2],
        "class_weight": [(label, 1.0) for label in range(8)],
        "seed": SEED,
    }
    network = from_scratch.train_from_scratch(TINY, faces, stopping, SEED)
    assert network.folder.name == f"tiny-{digest_of(decisive)[:16]}"


def test_the_recipes_ways_are_named_as_they_are():
    assert LIGHT_VGG.last_rate < 1
    assert LIGHT_VGG.label_smoothing == 0
    assert LIGHT_VGG.weight_decay is None
    assert LIGHT_VGG.class_weight_power == 0
    assert LIGHT_VGG.augmentation == Augmentation()


WAYS = [
    (LIGHT, "learning rate", "half a cosine", "constant", 0.30, 0.10, 0.50),
    # Beyond the interval, but not beyond the seeds.
    (LIGHT, "label smoothing", "none", "0.1", 0.05, 0.01, 0.09),
    (LIGHT, "weight decay", "none", "0.1", -0.20, -0.30, -0.10),
    (LIGHT, "augmentation", "moved, flipped", "none", 0.50, -0.10, 1.10),
    (LIGHT, PRECISION, "bfloat16", "float32", 0.40, 0.20, 0.60),
    (LIGHT, SEED_CHOICE, "1403", "1404", -0.06, -0.10, -0.02),
    (LIGHT, SEED_CHOICE, "1403", "1405", 0.05, 0.01, 0.09),
    # Without other seeds the interval decides.
    (VGG16, "blocks 4 and 5", "fine-tuned", "frozen", 0.05, 0.01, 0.09),
]


@pytest.fixture
def records():
    """Verdicts of every kind, as they are recorded."""
    rows = [
        {
            "network": network,
            "choice": choice,
            "recipe": recipe,
            "other": other,
            "figure": figure,
            "recipe_value": 1.0,
            "value": 1.0 + difference,
            "difference": difference,
            "low": low,
            "high": high,
            "n": 176.0,
            "note": "",
        }
        for network, choice, recipe, other, difference, low, high in WAYS
        for figure in ("cross-entropy", "accuracy")
    ]
    none = {"network": LIGHT, "choice": "class weights", "recipe": "none", "other": "balanced"}
    rows.append(none | {"figure": "cross-entropy", "note": EQUAL})
    return pd.DataFrame(rows).assign(
        data="photos",
        profile="default",
        train_n=800,
        processor="a processor",
        versions="versions",
        date="2026-11-25",
    )


def test_a_way_is_better_beyond_the_interval_and_the_seeds(records):
    assert measure_spread(records) == pytest.approx(0.11)
    verdicts = judge_choices(records, measure_spread(records))
    named = records.loc[verdicts.index, "choice"]
    assert dict(zip(named, verdicts, strict=True)) == {
        "learning rate": 1,
        "label smoothing": 0,
        "weight decay": -1,
        "augmentation": 0,
        "blocks 4 and 5": 1,
    }


def test_the_table_has_a_row_a_choice_and_every_cell_has_its_persian(records, tmp_path):
    write_study(records, f"{PREFIX}photos-default", tmp_path)
    [read] = read_ablations(tmp_path)
    table = tabulate_ablation(read)
    assert len(table) == len(WAYS) + 1
    cells = table.set_index(["choice", "instead"])
    assert cells.loc[("learning rate", "constant"), "cross-entropy"] == "0.30 [0.10, 0.50]"
    assert cells.loc[("class weights", "balanced"), "accuracy"] == "–"
    read_glossary(GLOSSARY).translate_table(table.to_markdown(disable_numparse=True))
    assert read_ablations(tmp_path / "none") == []
