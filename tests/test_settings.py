from pathlib import Path

import pytest

from cnnlab.paths import ROOT
from cnnlab.settings import (
    PROFILES,
    current_data,
    current_profile,
    current_vgg16_file,
)
from plumbing.user_errors import UserError


@pytest.mark.parametrize("name", PROFILES)
def test_the_profile_is_the_one_that_is_named(monkeypatch, name):
    monkeypatch.setenv("CNNLAB_PROFILE", name)
    assert current_profile().name == name


@pytest.mark.parametrize("value", ["", None])
def test_without_settings_a_notebook_gets_what_plain_make_uses(monkeypatch, value):
    for variable in ("CNNLAB_PROFILE", "CNNLAB_DATA", "CNNLAB_VGG16"):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)
    assert current_profile().name == "default"
    assert current_data() is None
    assert current_vgg16_file() is None


def test_an_unknown_profile_is_an_error_that_names_the_known_ones(monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "Full")
    with pytest.raises(UserError, match=r"PROFILE=Full is not known.*smoke, default, full"):
        current_profile()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data/my faces.zip", ROOT / "data" / "my faces.zip"),
        ("../faces", ROOT / ".." / "faces"),
        ("/photos/faces.zip", Path("/photos/faces.zip")),
        ("~/faces", Path("/home of/me/faces")),
    ],
)
def test_data_are_found_from_the_projects_folder_wherever_the_notebook_runs(
    monkeypatch, tmp_path, text, expected
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home of/me")
    monkeypatch.setenv("CNNLAB_DATA", text)
    monkeypatch.setenv("CNNLAB_VGG16", text)
    assert current_data() == current_vgg16_file() == expected


def test_the_folder_of_a_user_who_does_not_exist_is_an_error(monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", "~nobody-of-this-name/faces")
    with pytest.raises(UserError, match=r"DATA=~nobody-of-this-name/faces.*no such user"):
        current_data()
