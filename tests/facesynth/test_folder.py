"""Rendered data sets on disk."""

import errno
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnlab.faces.dataset import CLASSES
from facesynth.data.folder import (
    REPETITIONS,
    draw_shot,
    encode,
    explain_write_errors,
    find_shot,
    list_shots,
    render_dataset,
)
from facesynth.head.action_units import ACTION_UNITS
from facesynth.person.identity import draw_identity
from facesynth.picture.render import render_face
from plumbing.user_errors import UserError


def images_in(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.suffix == ".jpg"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two training and one validation picture a class, made by two processes."""
    made = tmp_path_factory.mktemp("faces")
    render_dataset(made, 2, 1, seed=5, processes=2)
    return made


def test_the_layout_is_the_course_s(folder):
    counts = {
        (split, name): len(list((folder / split / name).iterdir()))
        for split in ("Train", "Validation")
        for name in CLASSES
    }
    assert counts == {("Train", name): 2 for name in CLASSES} | {
        ("Validation", name): 1 for name in CLASSES
    }
    for content in images_in(folder).values():
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (128, 128))


def test_the_table_describes_every_picture(folder):
    table = pd.read_csv(folder / "labels.csv")
    assert list(table.columns) == [
        *("file", "label", "split", "identity", "intensity", "valence", "arousal"),
        *(f"AU{unit}" for unit in ACTION_UNITS),
    ]
    assert set(table["file"]) == set(images_in(folder))
    assert table["file"].is_unique
    assert all(row.file.split("/")[1] == row.label for row in table.itertuples())
    people = table.groupby("split")["identity"].agg(set)
    assert not people["train"] & people["validation"]
    assert table[["valence", "arousal"]].abs().max().max() <= 1
    assert (table.loc[table["label"] == "neutral", "intensity"] == 0).all()
    assert (table.loc[table["label"] == "happiness", "AU12"] > 0.1).all()


def test_bytes_depend_neither_on_processes_nor_on_counts(folder, rendered):
    few, many = images_in(rendered), images_in(folder)
    assert len(few) == 16
    assert all(many[name] == content for name, content in few.items())
    shot = list_shots(1, 1)[5]
    one = draw_identity(np.random.default_rng((5, shot.identity, 0)))
    expression, scene = draw_shot(shot, 5)
    image = render_face(one, expression, scene)
    assert encode(image, "JPEG", quality=scene.camera.jpeg_quality) == few[shot.file]


def test_a_stopped_run_goes_on_and_makes_only_what_is_missing_or_damaged(folder, capsys):
    before = images_in(folder)
    lost, cut, changed = (folder / name for name in sorted(before)[3:6])
    times = {folder / name: (folder / name).stat().st_mtime_ns for name in before}
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-100])
    changed.write_bytes(changed.read_bytes()[:-9] + b"\0" * 9)
    (folder / "labels.csv").unlink()
    with (folder / "digests.txt").open("a") as stream:
        stream.write("0123  Train/an")  # a run that was killed while it wrote
    render_dataset(folder, 2, 1, seed=5, processes=1)
    assert images_in(folder) == before
    assert (folder / "labels.csv").exists()
    again = {path for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert again == {lost, cut, changed}
    said = capsys.readouterr().err
    assert "2 faces do not have the digest in digests.txt, such as Train/" in said
    render_dataset(folder, 2, 1, seed=5)
    assert "digest" not in capsys.readouterr().err


def test_a_folder_with_other_pictures_is_refused(folder, tmp_path):
    with pytest.raises(UserError, match="another seed"):
        render_dataset(folder, 2, 1, seed=6)
    with pytest.raises(UserError, match="8 images beyond"):
        render_dataset(folder, 1, 1, seed=5)
    alien = tmp_path / "Train" / "anger" / "me.jpg"
    alien.parent.mkdir(parents=True)
    alien.write_bytes(b"")
    with pytest.raises(UserError, match=r"not empty and holds no rendering\.json"):
        render_dataset(tmp_path, 1, 1, seed=0)
    with pytest.raises(UserError, match="is a file"):
        render_dataset(alien, 1, 1, seed=0)
    with pytest.raises(UserError, match=r"me\.jpg.*can't be written"):
        render_dataset(alien / "below", 1, 1, seed=0)


@pytest.mark.parametrize("stamp", ["", "{", "[]", '{"seed": 1}', '{"seed": "x", "renderer": ""}'])
def test_a_stamp_that_cannot_be_read_is_refused(tmp_path, stamp):
    (tmp_path / "rendering.json").write_text(stamp)
    with pytest.raises(UserError, match=r"as far as rendering\.json can be read"):
        render_dataset(tmp_path, 1, 1, seed=0)


def test_a_full_disk_is_told_as_such(tmp_path):
    with pytest.raises(UserError, match="No space left"), explain_write_errors(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


@given(st.integers(1, 40), st.integers(0, 319))
def test_a_picture_is_found_by_its_name(count, number):
    shots = list_shots(count, count)
    shot = shots[number % len(shots)]
    assert find_shot(shot.file) == shot


@pytest.mark.parametrize(
    "file",
    [
        *("Train/fear/cat.jpg", "Train/joy/0000000-0.jpg", "Train/fear/0000000-2.jpg"),
        *("Train/fear/1000000-0.jpg", "Validation/fear/0000000-0.jpg", "0000000-0.jpg"),
    ],
)
def test_other_names_are_refused(file):
    with pytest.raises(UserError, match="not the name of a rendered face"):
        find_shot(file)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 0), "train_per_class"),
        ((10_001, 1, 0), "train_per_class"),
        ((1, -2, 0), "validation_per_class"),
        ((1, 1, -1), "seed"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        render_dataset(tmp_path / "none", *arguments)
    assert not list(tmp_path.rglob("*.jpg"))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10))
def test_plans_grow_without_changing(train, validation, more):
    plan, longer = list_shots(train, validation), list_shots(train + more, validation + more)
    assert set(plan) <= set(longer)
    assert len({shot.file for shot in longer}) == len(longer)
    people = {
        split: {s.identity for s in longer if s.split == split} for split in ("train", "validation")
    }
    assert not people["train"] & people["validation"]
    for name in CLASSES:
        assert sum(s.expression == name and s.split == "train" for s in plan) == train
    for identity in people["train"]:
        shown = [s.expression for s in longer if s.identity == identity]
        assert all(1 <= shown.count(name) <= REPETITIONS for name in CLASSES)
