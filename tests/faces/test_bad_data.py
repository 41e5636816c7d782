import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torture.fuzz_readers import CASES
from torture.kill_runs import STAGES

from cnnlab.paths import ROOT

from .bad_data import ANYWHERE, FAULTS, IN_ARCHIVES, IN_FOLDERS, Case, cases, check, sound_data

QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
ALONE = settings(QUICK, max_examples=2)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "default")


def check_in_new_folder(case: Case, monkeypatch) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return check(case, Path(folder), monkeypatch)


@given(case=cases())
@QUICK
def test_data_are_read_rightly_or_refused_with_a_remedy(monkeypatch, case):
    check_in_new_folder(case, monkeypatch)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_outcome(monkeypatch, name):
    @given(case=sound_data(), data=st.data())
    @ALONE
    def check_fault(case, data):
        case.archive = name in IN_ARCHIVES or (name in ANYWHERE and case.archive)
        case.history.append(name)
        FAULTS[name](data.draw, case)
        check_in_new_folder(case, monkeypatch)

    assert name not in IN_FOLDERS or name not in IN_ARCHIVES
    check_fault()


def test_the_readme_says_how_much_is_tried():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| {sum(stage.kills for stage in STAGES)} kills |" in text
    assert f"faults out of {len(FAULTS)}" in text
    assert f"{CASES:,} data sets" in text
