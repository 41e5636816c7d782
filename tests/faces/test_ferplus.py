import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.ferplus import NO_CLASS, PIXELS, SIDE, VOTES
from cnnlab.faces.files import DataError, read_files
from cnnlab.faces.readers import read_dataset

COLUMNS = [*CLASSES, *NO_CLASS]


def make_tables(votes, usage=None, seed=0):
    """Return the two tables for (n, 10) votes in the order of ``COLUMNS``, and the pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(votes), SIDE * SIDE))
    usage = usage or ["Training"] * len(votes)
    images = pd.DataFrame(
        {"emotion": 0, "pixels": [" ".join(map(str, row)) for row in pixels], "Usage": usage}
    )
    table = pd.DataFrame(votes, columns=COLUMNS)
    table.insert(0, "Usage", usage)
    table.insert(1, "Image name", [f"fer{row:07d}.png" for row in range(len(votes))])
    return images, table, pixels


def write_tables(folder, images, votes):
    folder.mkdir(exist_ok=True)
    images.to_csv(folder / PIXELS, index=False)
    votes.to_csv(folder / VOTES, index=False)
    return folder


def unanimous():
    """Ten votes for each class, once in each split."""
    votes = np.concatenate([10 * np.eye(10, dtype=int)[:8]] * 2)
    return votes, ["Training"] * 8 + ["PublicTest"] * 8


def test_labels_splits_and_pixels_are_those_of_the_tables(tmp_path):
    votes, usage = unanimous()
    images, table, pixels = make_tables(votes, usage)
    dataset = read_dataset(write_tables(tmp_path / "fer", images, table))
    assert dataset.labels.tolist() == [*range(8), *range(8)]
    assert dataset.splits.tolist() == ["train"] * 8 + ["validation"] * 8
    for content, expected in zip(read_files(dataset.files), pixels, strict=True):
        decoded = np.asarray(Image.open(io.BytesIO(content)))
        np.testing.assert_array_equal(decoded, expected.reshape(SIDE, SIDE))
    assert dataset.digest == read_dataset(tmp_path / "fer").digest


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ([6, 4, 0, 0, 0, 0, 0, 0, 0, 0], 0),  # more than half
        ([5, 5, 0, 0, 0, 0, 0, 0, 0, 0], None),  # half is not more than half
        ([5, 1, 1, 1, 1, 1, 0, 0, 0, 0], 0),  # single votes are dropped first
        ([4, 3, 2, 1, 0, 0, 0, 0, 0, 0], None),
        ([0, 0, 0, 0, 0, 0, 0, 7, 3, 0], 7),
        ([2, 0, 0, 0, 0, 0, 0, 0, 8, 0], None),  # unknown wins
        ([2, 0, 0, 0, 0, 0, 0, 0, 0, 8], None),  # not a face wins
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], None),  # nothing remains
    ],
)
def test_the_majority_decides(tmp_path, row, label):
    votes, usage = unanimous()
    images, table, _ = make_tables(np.vstack([votes, row]), [*usage, "Training"])
    dataset = read_dataset(write_tables(tmp_path / "fer", images, table))
    extra = [file for file in dataset.files if file.name == f"{PIXELS}, row 18"]
    assert len(extra) == (label is not None)
    if label is None:
        assert "no class has the majority of the votes: 1 images" in dataset.notes[0]
    else:
        assert dataset.labels[dataset.files.index(extra[0])] == label


def test_the_private_test_is_left_alone_and_said(tmp_path):
    votes, usage = unanimous()
    images, table, _ = make_tables(np.vstack([votes, votes[:1]]), [*usage, "PrivateTest"])
    dataset = read_dataset(write_tables(tmp_path / "fer", images, table))
    assert len(dataset) == 16
    assert dataset.notes == (
        "Validation is PublicTest; the 1 images of PrivateTest were not read.",
    )


def spoil(change):
    votes, usage = unanimous()
    images, table, _ = make_tables(votes, usage)
    return change(images, table)


def change_cell(column, row, value, which):
    def change(images, table):
        chosen = images if which == "images" else table
        chosen[column] = chosen[column].astype(object)
        chosen.loc[row, column] = value
        return images, table

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, t: (i.drop(columns="pixels"), t), f"{PIXELS} lacks the columns pixels"),
        (lambda i, t: (i, t.drop(columns=["fear", "NF"])), f"{VOTES} lacks the columns fear, NF"),
        (
            lambda i, t: (i.iloc[:-1], t),
            f"row 17 has the usage nan in {PIXELS} and PublicTest in {VOTES}",
        ),
        (change_cell("Usage", 3, "PublicTest", "votes"), "row 5 has the usage Training"),
        (change_cell("pixels", 2, "1 2 3", "images"), "row 4 must hold 2304 pixels"),
        (change_cell("pixels", 2, "1 2 x", "images"), "row 4 must hold 2304 pixels, whole numbers"),
        (change_cell("pixels", 0, " ".join(["256"] * 2304), "images"), "row 2 must hold"),
        (
            change_cell("anger", 4, -1, "votes"),
            "anger: row 6 holds .* must be a whole number from 0",
        ),
        (change_cell("anger", 4, "many", "votes"), "anger: row 6 holds 'many'"),
        (
            change_cell("anger", 4, None, "votes"),
            "anger: row 6 holds .* must be a whole number from 0",
        ),
        (lambda i, t: (i.iloc[1:], t.iloc[1:]), "train has too few images of neutral"),
    ],
)
def test_tables_that_cannot_be_right_are_refused(tmp_path, change, message):
    folder = write_tables(tmp_path / "fer", *spoil(change))
    with pytest.raises(DataError, match=message):
        read_dataset(folder)


def test_an_unknown_usage_is_refused(tmp_path):
    votes, usage = unanimous()
    images, table, _ = make_tables(votes, ["Practice", *usage[1:]])
    with pytest.raises(
        DataError, match=r"row 2 has the usage Practice.*must say the same of Training"
    ):
        read_dataset(write_tables(tmp_path / "fer", images, table))


@pytest.mark.parametrize("missing", [PIXELS, VOTES])
def test_the_table_that_is_missing_is_named(tmp_path, missing):
    votes, usage = unanimous()
    images, table, _ = make_tables(votes, usage)
    (write_tables(tmp_path / "fer", images, table) / missing).unlink()
    with pytest.raises(DataError, match=f"lacks {missing}"):
        read_dataset(tmp_path / "fer")
