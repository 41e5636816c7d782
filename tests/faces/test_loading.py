import subprocess
import sys

import numpy as np
import pytest

from cnnlab.faces import loading
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.decoding import decode_image
from cnnlab.faces.files import DataError
from cnnlab.settings import PROFILES

from .made_files import course_files, write_folder, write_zip


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "DECODED", tmp_path / "decoded")
    monkeypatch.setattr(loading, "RENDERED", tmp_path / "rendered")


def load(path, profile="default"):
    return loading.load_faces(PROFILES[profile], path)


def test_users_zip_is_decoded_and_split(tmp_path):
    files = course_files(train=7, validation=2) | {"Train/fear/3.png": b"damaged"}
    faces = load(write_zip(tmp_path / "mine.zip", files))
    assert faces.images.shape == (8 * 9 - 1, 128, 128, 3)
    assert [image.name for image in faces.unreadable] == ["Train/fear/3.png"]
    for row, file in enumerate(faces.dataset.files):
        np.testing.assert_array_equal(faces.images[row], decode_image(files[file.name], 128))
        assert CLASSES[faces.labels[row]] == file.name.split("/")[1]
    counts = loading.count_images(faces)
    assert counts.loc["fear"].tolist() == [5, 1, 2, 8]
    assert counts.loc["all", "all"] == 71
    assert not faces.dataset.rendered


@pytest.mark.parametrize(
    ("split", "left"), [("validation", []), ("train", []), ("train", ["Train/anger/2.png"])]
)
def test_class_that_loses_too_many_images_is_an_error(tmp_path, split, left):
    files = course_files()
    folder = f"{split.capitalize()}/anger"
    files |= {name: b"damaged" for name in files if name.startswith(folder) and name not in left}
    message = f"mine: {split} has too few images of anger.*{folder}/0.png: cannot identify"
    with pytest.raises(DataError, match=message):
        load(write_folder(tmp_path / "mine", files))


def test_smoke_takes_a_small_share_of_each_class_and_says_so(tmp_path):
    folder = write_folder(tmp_path / "mine", course_files(train=42, validation=21))
    everything = load(folder)
    some, again = load(folder, "smoke"), load(folder, "smoke")
    assert len(everything.dataset) == 8 * 63
    assert loading.count_images(some)["all"].tolist() == [60] * 8 + [480]
    assert "480 of 504 images" in some.dataset.notes[-1]
    assert some.dataset.files == again.dataset.files
    assert some.digest == again.digest != everything.digest


def test_smoke_keeps_small_data_whole_without_a_note(tmp_path):
    faces = load(write_folder(tmp_path / "mine", course_files()), "smoke")
    assert len(faces.dataset) == 40
    assert faces.dataset.notes == ()


def run(path, profile="smoke"):
    command = [sys.executable, "-m", "cnnlab", "data", f"--data={path}", f"--profile={profile}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
    monkeypatch.setenv("CNNLAB_PROFILE", "default")
    monkeypatch.setenv("CNNLAB_DATA", str(write_folder(tmp_path / "mine", files)))
    loading.print_data()
    printed = capsys.readouterr().out
    assert "Unreadable: Train/fear/1.png: cannot identify image file" in printed
    assert "Train/fear/a.txt" in printed
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("fear")] == ["6"]
