"""The record of a run, and where it is found again."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from faces.made_files import course_files, write_folder

from cnnlab.evaluation.recounts import ALL, CORRECTED, WITHOUT_COPIES
from cnnlab.faces import loading
from cnnlab.faces.loading import load_faces
from cnnlab.networks import from_scratch
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.training import train
from cnnlab.settings import PROFILES
from cnnlab.studies import run_accuracy
from cnnlab.studies.records import read_studies, write_study
from cnnlab.studies.run_accuracy import find_run, list_trainings, record_run, tabulate_trainings

PROFILE = replace(PROFILES["smoke"], bootstrap_resamples=20, light_vgg_epochs=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Record a run on small data, two trainings of the light VGG in place of both networks."""
    folder = tmp_path_factory.mktemp("study")
    files = course_files(train=4, validation=2)
    for number in range(4):
        files[f"Validation/fear/copy{number}.png"] = files[f"Train/fear/{number}.png"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNLAB_DATA", str(write_folder(folder / "photographs", files)))
        patch.setattr(loading, "DECODED", folder / "decoded")
        patch.setattr(from_scratch, "train", partial(train, root=folder / "trained"))
        patch.setattr(run_accuracy, "current_profile", lambda: PROFILE)
        patch.setattr(run_accuracy, "write_study", partial(write_study, folder=folder))

        def train_other(faces, profile):
            return replace(train_light_vgg(faces, profile, seed=7), title="VGG16", seed=1403)

        patch.setattr(run_accuracy, "train_vgg16", train_other)
        record_run()
        yield folder


@pytest.fixture
def recorded(folder):
    return read_studies("accuracy-*", folder)


def test_networks_and_their_difference_are_read_as_recorded(recorded):
    first = recorded[(recorded["seed"] == 1403) & (recorded["variant"] == ALL)]
    networks = first.pivot(index="figure", columns="network", values="estimate")
    assert set(networks) == {"VGG16", "Light VGG", "Light VGG minus VGG16"}
    difference = networks["Light VGG"] - networks["VGG16"]
    np.testing.assert_allclose(difference, networks["Light VGG minus VGG16"], atol=2e-5)


def test_variants_are_of_the_networks_alone(recorded):
    networks = recorded[recorded["epochs"].notna()]
    assert set(networks["network"]) == {"VGG16", "Light VGG"}
    # Four of six images of fear are copies, and make fear more frequent than it was in Train.
    assert networks.groupby("variant")["n"].first().to_dict() == {
        ALL: 20,
        WITHOUT_COPIES: 16,
        CORRECTED: 20,
    }
    assert (recorded["copies_in_train"] == 4).all()


def test_every_training_is_listed_with_its_accuracy(recorded):
    trainings = list_trainings(recorded)
    assert trainings["network"].tolist() == ["VGG16"] + 3 * ["Light VGG"]
    assert trainings["seed"].tolist() == [1403, 1403, 1404, 1405]
    assert trainings["accuracy"].between(0, 1).all()


def test_trainings_are_tabulated_in_their_order(recorded):
    table = tabulate_trainings(recorded, ["accuracy"], [ALL, WITHOUT_COPIES])
    assert table.index.tolist() == ["VGG16"] + 3 * ["Light VGG"]
    assert table.columns.tolist() == ["seed", "accuracy, all images", "accuracy, without copies"]
    accuracies = list_trainings(recorded)["accuracy"]
    for text, accuracy in zip(table["accuracy, all images"], accuracies, strict=True):
        assert text.startswith(f"{accuracy:.2f} [")


def test_a_run_is_found_by_its_data_and_profile_and_measured_where_there_is_none(folder, recorded):
    faces = load_faces()
    assert len(find_run(faces, PROFILE, folder)) == len(recorded)
    measured = find_run(faces, replace(PROFILE, name="another"), folder)
    assert list_trainings(measured)["seed"].tolist() == [1403, 1403]
    assert list_trainings(find_run(faces, PROFILE, folder / "none"))["accuracy"].tolist() == (
        pytest.approx(list_trainings(recorded)["accuracy"].tolist()[:2], abs=1e-5)
    )
