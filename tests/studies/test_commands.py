"""The studies by name, and what is recorded of them."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cnnlab.faces.loading import RENDERED_TITLE
from cnnlab.studies.commands import STUDIES, run_studies
from cnnlab.studies.study import read_studies, run_study
from plumbing.user_errors import UserError

# The choices of training look at the images; the speed is asked for in this machine's precision.
NAMES = sorted(set(STUDIES) - {"ablation", "training-speed"})


def test_an_unknown_name_is_refused_with_the_names_that_are_known():
    with pytest.raises(
        UserError, match=r"called acuracy, x\. Name some of: accuracy, .*stage-costs"
    ):
        run_studies(["acuracy", "latency", "x"])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_committed_is_measured_again(name, monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "default")
    digest = read_studies("accuracy-rendered-*-default")["data_digest"].iloc[0]
    dataset = SimpleNamespace(title=RENDERED_TITLE, rendered=True)
    faces = SimpleNamespace(digest=digest.ljust(64, "0"), dataset=dataset)

    def measure(run, **configuration):
        pytest.fail(f"{configuration} is measured though it is recorded")

    study = STUDIES[name]
    load = study.load and (lambda: faces)
    measured, skipped = run_study(replace(study, measure=measure, load=load))
    assert measured == 0 < skipped
