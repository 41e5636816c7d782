import os
import subprocess
import sys

import numpy as np
import pytest

from cnnlab.faces import loading
from cnnlab.faces.dataset import CLASSES, DataError
from cnnlab.faces.images import decode_image

from .made_files import course_files, write_folder, write_zip


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "DECODED", tmp_path / "decoded")
    monkeypatch.setattr(loading, "RENDERED", tmp_path / "rendered")
    monkeypatch.setenv("CNNLAB_PROFILE", "default")


def give(monkeypatch, path):
    monkeypatch.setenv("CNNLAB_DATA", str(path))


def test_users_zip_is_decoded_and_split(tmp_path, monkeypatch):
    files = course_files(train=7, validation=2) | {"Train/fear/3.png": b"damaged"}
    give(monkeypatch, write_zip(tmp_path / "mine.zip", files))
    faces = loading.load_faces()
    assert faces.images.shape == (8 * 9 - 1, 128, 128, 3)
    assert [image.name for image in faces.unreadable] == ["Train/fear/3.png"]
    for row, file in enumerate(faces.dataset.files):
        np.testing.assert_array_equal(faces.images[row], decode_image(files[file.name], 128))
        assert CLASSES[faces.labels[row]] == file.name.split("/")[1]
    counts = loading.count_images(faces)
    assert counts.loc["fear"].tolist() == [5, 1, 2, 8]
    assert counts.loc["all", "all"] == 71
    assert not faces.dataset.rendered


def test_class_that_loses_all_its_images_is_an_error(tmp_path, monkeypatch):
    files = course_files()
    files |= {name: b"damaged" for name in files if name.startswith("Validation/anger")}
    give(monkeypatch, write_folder(tmp_path / "mine", files))
    with pytest.raises(DataError, match=r"anger in validation can be read.*Validation/anger/0"):
        loading.load_faces()


def test_smoke_takes_a_small_share_of_each_class_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "SMOKE_TRAIN_PER_CLASS", 4)
    monkeypatch.setattr(loading, "SMOKE_VALIDATION_PER_CLASS", 2)
    give(monkeypatch, write_folder(tmp_path / "mine", course_files(train=6, validation=3)))
    everything = loading.load_faces()
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    some, again = loading.load_faces(), loading.load_faces()
    assert len(everything.dataset) == 8 * 9
    assert loading.count_images(some)["all"].tolist() == [6] * 8 + [48]
    assert "48 of 72 images" in some.dataset.notes[-1]
    assert some.dataset.files == again.dataset.files
    assert some.digest == again.digest != everything.digest


def test_smoke_keeps_small_data_whole_without_a_note(tmp_path, monkeypatch):
    give(monkeypatch, write_folder(tmp_path / "mine", course_files()))
    monkeypatch.setenv("CNNLAB_PROFILE", "smoke")
    faces = loading.load_faces()
    assert len(faces.dataset) == 40
    assert faces.dataset.notes == ()


def run(path, profile="smoke"):
    environment = os.environ | {"CNNLAB_DATA": str(path), "CNNLAB_PROFILE": profile}
    command = [sys.executable, "-m", "cnnlab.faces.loading"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_command_reports_bad_data_as_one_message(tmp_path):
    done = run(tmp_path / "nowhere")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "nowhere does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_reports_an_unknown_profile_as_one_message(tmp_path):
    done = run(tmp_path, profile="huge")
    assert done.returncode == 1
    assert "PROFILE=huge is not known" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_prints_counts_notes_and_unreadable_images(tmp_path, monkeypatch, capsys):
    files = course_files(train=5) | {"Train/fear/1.png": b"damaged", "Train/fear/a.txt": b"x"}
    give(monkeypatch, write_folder(tmp_path / "mine", files))
    loading.print_data()
    printed = capsys.readouterr().out
    assert "Unreadable: Train/fear/1.png: cannot identify image file" in printed
    assert "Train/fear/a.txt" in printed
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("fear")] == ["6"]
