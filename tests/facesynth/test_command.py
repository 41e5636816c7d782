"""The command behind ``make faces``."""

import shutil

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.readers import read_dataset
from cnnlab.paths import ROOT
from cnnlab.settings import SEED
from facesynth.data.command import make_faces, read_order, refuse_small_disk
from facesynth.data.folder import list_shots
from facesynth.data.ground_truth import ground_truth_files
from plumbing.user_errors import UserError


def test_an_order_is_read_with_its_defaults():
    order = read_order(["1200", "somewhere"])
    assert (order.train_per_class, order.validation_per_class) == (1200, 200)
    assert order.folder == ROOT / "somewhere"
    assert order.seed == SEED
    assert not order.ground_truth
    assert read_order(["1", "x"]).validation_per_class == 1
    given = read_order(["7", "/x", "--validation", "3", "--seed", "0", "--ground-truth", "yes"])
    assert (given.validation_per_class, given.seed, given.ground_truth) == (3, 0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "x"], "N: nothing is not a whole number"),
        (["0", "x"], "N: 0 is not a whole number from 1 to 10,000"),
        (["10001", "x"], "N: 10001"),
        (["1.5", "x"], "N: 1.5"),
        (["1_0", "x"], "N: 1_0"),
        (["--", "-3", "x"], "N: -3"),
        (["9" * 5000, "x"], "N: 999"),
        (["۱۲", "x"], "N: ۱۲"),
        (["many", "x"], "N: many"),
        (["3", " "], "OUT: the folder is missing"),
        (["3", "x", "--validation", "0"], "validation: 0"),
        (["3", "x", "--seed=-1"], "seed: -1"),
        (["3", "x", "--seed=4294967296"], "seed: 4294967296"),
        (["3", "x", "--seed", "lucky"], "seed: lucky"),
        (["3", "x", "--ground-truth", "maybe"], "'maybe' .choose from 'yes', 'no'"),
        (["3", "x", "--colour"], "unrecognized"),
        (["3"], "required"),
    ],
)
def test_a_bad_order_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(UserError, match=message):
        read_order(arguments)


def test_a_small_disk_is_noticed_before_anything_is_rendered(tmp_path):
    with pytest.raises(UserError, match="9,336 images may need"):
        refuse_small_disk(tmp_path, images=9_336, maps=0, free=10_000_000)
    refuse_small_disk(tmp_path, images=336, maps=0, free=10_000_000)
    # The ground truth of faces that are there already needs room, too.
    with pytest.raises(UserError, match=r"0 images and the ground truth of 9,336 .* smaller N"):
        refuse_small_disk(tmp_path, images=0, maps=9_336, free=10_000_000)
    refuse_small_disk(tmp_path, images=0, maps=36, free=10_000_000)


def test_faces_and_ground_truth_are_made_and_read_again(rendered, tmp_path, capsys):
    folder = tmp_path / "new" / "faces of  چهره‌ها"
    shutil.copytree(rendered, folder)
    # A run was killed that had still to make one face and the ground truth of two.
    shots = list_shots(1, 1)
    (folder / shots[0].file).unlink()
    for shot in shots[2:]:
        for name in ground_truth_files(shot.file):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
    # It left this: no process has so large a number.
    leftover = folder / ".4194305.part.labels.csv"
    leftover.touch()
    arguments = ["1", str(folder), "--seed", "5", "--ground-truth", "yes"]
    make_faces(**vars(read_order(arguments)))
    assert not leftover.exists()
    assert "1 of each class in Train and 1 in Validation" in capsys.readouterr().out
    dataset = read_dataset(folder)
    assert len(dataset) == len(shots)
    neutral = dataset.labels == CLASSES.index("neutral")
    for values in (dataset.valence, dataset.arousal):
        assert not values[neutral].any() and values[~neutral].any()
    assert len(np.unique(dataset.identities)) == 2
    assert dataset.action_units[~neutral].any(axis=1).all()
    for shot in shots:
        assert all((folder / name).exists() for name in ground_truth_files(shot.file))
        assert (folder / shot.file).exists()


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        make_faces(**vars(read_order(["1", str(tmp_path)])))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
