"""The record of a run, and how it is told."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from faces.made_files import course_files, write_folder

from cnnlab.evaluation import study, study_wording
from cnnlab.evaluation.records import write_study
from cnnlab.evaluation.study import record_run
from cnnlab.evaluation.study_wording import (
    Study,
    describe_mean,
    describe_repetitions,
    find_study,
    read_other_studies,
)
from cnnlab.evaluation.variants import ALL, CORRECTED, WITHOUT_COPIES
from cnnlab.faces import loading
from cnnlab.models import scratch
from cnnlab.models.scratch import train_light_vgg
from cnnlab.models.training import train
from cnnlab.settings import PROFILES

from .languages import assert_same_numbers


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Record a run on small data, two trainings of the light VGG in place of both networks."""
    folder = tmp_path_factory.mktemp("study")
    files = course_files(train=4, validation=2)
    for number in range(4):
        files[f"Validation/fear/copy{number}.png"] = files[f"Train/fear/{number}.png"]
    profile = replace(PROFILES["smoke"], bootstrap_resamples=20, light_vgg_epochs=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNLAB_DATA", str(write_folder(folder / "photographs", files)))
        patch.setattr(loading, "DECODED", folder / "decoded")
        patch.setattr(scratch, "train", partial(train, root=folder / "trained"))
        patch.setattr(study, "current_profile", lambda: profile)
        patch.setattr(study, "write_study", partial(write_study, folder=folder))
        read = partial(study_wording.read_runs, folder=folder)
        patch.setattr(study_wording, "read_runs", read)

        def train_other(faces, profile):
            return replace(train_light_vgg(faces, profile, seed=7), title="VGG16", seed=1403)

        patch.setattr(study, "train_vgg16", train_other)
        record_run()
        (record,) = read_other_studies("another digest")
        yield record


def test_networks_and_their_difference_are_read_as_recorded(recorded):
    summaries = recorded.summaries
    assert list(summaries) == ["VGG16", "Light VGG", "Light VGG minus VGG16"]
    difference = summaries["Light VGG"]["estimate"] - summaries["VGG16"]["estimate"]
    written = summaries["Light VGG minus VGG16"]["estimate"]
    np.testing.assert_allclose(difference.loc[written.index], written, atol=2e-5)


def test_variants_are_of_the_networks_alone(recorded):
    variants = recorded.variants
    assert set(variants["network"]) == {"VGG16", "Light VGG"}
    # Four of six images of fear are copies, and make fear more frequent than it was in Train.
    assert variants.groupby("variant")["n"].first().to_dict() == {
        ALL: 20,
        WITHOUT_COPIES: 16,
        CORRECTED: 20,
    }
    assert (variants["seed"] == 1403).all()


def test_the_origin_names_data_and_copies_and_no_second_network(recorded):
    text = recorded.describe_origin()
    assert "4 have an identical or nearly identical one in Train" in text
    assert "photographs" in text
    # A chapter on one network says it as well.
    assert "McNemar" not in text
    assert "has accuracies of" not in text


def test_the_comparison_names_the_test_and_the_seeds(recorded):
    text = recorded.describe_comparison()
    assert "McNemar's exact test" in text
    assert "Trained with the seeds 1403, 1404 and 1405, Light VGG has accuracies of 0." in text
    assert_same_numbers(text, recorded.describe_comparison("fa"))


def test_repetitions_name_the_seeds_and_what_was_trained_once(recorded):
    digest = recorded.records["data_digest"].iloc[0]
    text = describe_repetitions(digest, "smoke")
    assert f"The record `accuracy-{recorded.slug}.csv`" in text
    assert "Trained with the seeds 1403, 1404 and 1405, Light VGG has accuracies of 0." in text
    assert text.endswith("VGG16 was trained once.")
    assert_same_numbers(text, describe_repetitions(digest, "smoke", "fa"))
    assert "Each network was trained once" in describe_repetitions("another digest", "smoke")


def test_the_mean_over_seeds_is_said_where_there_are_several(recorded):
    digest = recorded.records["data_digest"].iloc[0]
    text = describe_mean("Light VGG", digest, "smoke")
    accuracy = recorded.records[
        (recorded.records["network"] == "Light VGG")
        & (recorded.records["variant"] == ALL)
        & (recorded.records["figure"] == "accuracy")
    ]["estimate"]
    assert f" With 3 seeds the mean accuracy of Light VGG is {accuracy.mean():.3f};" in text
    assert_same_numbers(text, describe_mean("Light VGG", digest, "smoke", "fa"))
    assert describe_mean("VGG16", digest, "smoke") == ""  # trained once
    assert describe_mean("Light VGG", "another digest", "smoke") == ""


def test_the_record_of_the_same_data_and_profile_is_found(recorded):
    digest = recorded.records["data_digest"].iloc[0]
    assert find_study(digest + "0" * 48, "smoke").slug == recorded.slug
    assert find_study(digest, "default") is None
    assert find_study("another digest", "smoke") is None


@pytest.mark.parametrize(
    ("accuracies", "spread", "rank"),
    [
        ((0.75, 0.663, 0.656), "0.094 apart", "is the highest:"),
        ((0.6, 0.663, 0.656), "0.063 apart", "is the lowest:"),
        ((0.66, 0.75, 0.656), "0.094 apart", "is between the others:"),
    ],
)
def test_the_report_s_seed_is_placed_among_the_others(recorded, accuracies, spread, rank):
    records = recorded.records.copy()
    rows = (records["network"] == "Light VGG") & (records["variant"] == ALL)
    records.loc[rows & (records["figure"] == "accuracy"), "estimate"] = accuracies
    text = Study(records).describe_repetitions()
    assert spread in text and rank in text
    assert_same_numbers(text, Study(records).describe_repetitions("fa"))
