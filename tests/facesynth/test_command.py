"""The command behind ``make faces``."""

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.readers import read_dataset
from cnnlab.paths import ROOT
from cnnlab.settings import SEED
from facesynth.data.command import make_faces, read_order, refuse_small_disk
from plumbing.commands import UserError


def test_an_order_is_read_with_its_defaults():
    order = read_order(["1200", "somewhere"])
    assert (order.train_per_class, order.validation_per_class) == (1200, 200)
    assert order.folder == ROOT / "somewhere"
    assert order.seed == SEED
    assert not order.with_ground_truth
    assert order.num_images == 8 * 1400
    assert read_order(["1", "x"]).validation_per_class == 1
    given = read_order(["7", "/x", "--validation", "3", "--seed", "0", "--ground-truth", "yes"])
    assert (given.validation_per_class, given.seed, given.with_ground_truth) == (3, 0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "x"], "N is missing"),
        (["0", "x"], "N=0 is not a whole number from 1 to 10,000"),
        (["10001", "x"], "N=10001"),
        (["1.5", "x"], "N=1.5"),
        (["1_0", "x"], "N=1_0"),
        (["--", "-3", "x"], "N=-3"),
        (["9" * 5000, "x"], "N=999"),
        (["۱۲", "x"], "N=۱۲"),
        (["many", "x"], "N=many"),
        (["3", " "], "OUT is missing"),
        (["3", "~nobody-of-this-name/faces"], "no such user"),
        (["3", "x", "--validation", "0"], "VALIDATION=0"),
        (["3", "x", "--seed=-1"], "SEED=-1"),
        (["3", "x", "--seed=4294967296"], "SEED=4294967296"),
        (["3", "x", "--seed", "lucky"], "SEED=lucky"),
        (["3", "x", "--ground-truth", "maybe"], "GROUND_TRUTH=maybe is neither yes nor no"),
        (["3", "x", "--colour"], "unrecognized"),
        (["3"], "required"),
    ],
)
def test_a_bad_order_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(UserError, match=message):
        read_order(arguments)


def test_a_small_disk_is_noticed_before_anything_is_rendered(tmp_path):
    order = read_order(["1000", str(tmp_path / "faces")])
    with pytest.raises(UserError, match="9,336 images may need"):
        refuse_small_disk(order, images=0, maps=0, free=10_000_000)
    refuse_small_disk(order, images=9_000, maps=0, free=10_000_000)
    truth = read_order(["1000", str(tmp_path / "faces"), "--ground-truth", "yes"])
    # The ground truth of faces that are there already needs room, too.
    with pytest.raises(UserError, match=r"0 images and the ground truth of 9,336 .* smaller N"):
        refuse_small_disk(truth, images=9_336, maps=0, free=10_000_000)
    refuse_small_disk(truth, images=9_336, maps=9_300, free=10_000_000)


def test_faces_and_ground_truth_are_made_and_read_again(tmp_path, capsys):
    folder = tmp_path / "new" / "faces of  چهره‌ها"
    order = read_order(["1", str(folder), "--ground-truth", "yes"])
    # A run that was killed left this: no process has so large a number.
    leftover = folder / ".4194305.part.labels.csv"
    folder.mkdir(parents=True)
    leftover.touch()
    make_faces(order)
    assert not leftover.exists()
    assert "1 of each class in Train and 1 in Validation" in capsys.readouterr().out
    dataset = read_dataset(folder)
    assert len(dataset) == order.num_images
    neutral = dataset.labels == CLASSES.index("neutral")
    for values in (dataset.valence, dataset.arousal):
        assert not values[neutral].any() and values[~neutral].any()
    assert len(np.unique(dataset.identities)) == 2
    assert dataset.action_units[~neutral].any(axis=1).all()
    assert len(list(folder.glob("GroundTruth/*/*/*-moved.png"))) == order.num_images
    assert len(list(folder.glob("GroundTruth/*/*/*-neutral.png"))) == order.num_images


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        make_faces(read_order(["1", str(tmp_path)]))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
