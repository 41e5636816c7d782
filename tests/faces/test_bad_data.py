import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torture.fuzz_readers import CASES
from torture.kill_runs import STAGES

from cnnlab.paths import ROOT

from .bad_data import ANYWHERE, FAULTS, IN_ARCHIVES, IN_FOLDERS, Case, cases, check, sound_data
from .bad_releases import (
    FERPLUS_FAULTS,
    RELEASE_FAULTS,
    other_cases,
    sound_release,
    sound_tables,
)

QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
ALONE = settings(QUICK, max_examples=2)
OTHER_FAULTS = {
    f"{form}: {name}": (sound, fault)
    for form, sound, faults in (
        ("release", sound_release, RELEASE_FAULTS),
        ("FER+", sound_tables, FERPLUS_FAULTS),
    )
    for name, fault in faults.items()
}


def check_in_new_folder(case: Case, monkeypatch) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return check(case, Path(folder), monkeypatch)


@given(case=st.one_of(cases(), other_cases()))
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


@pytest.mark.parametrize("name", OTHER_FAULTS)
def test_each_fault_of_the_other_forms_has_its_outcome(monkeypatch, name):
    sound, fault = OTHER_FAULTS[name]

    @given(case=sound(), data=st.data())
    @ALONE
    def check_fault(case, data):
        fault(data.draw, case)
        case.history.append(name)
        check_in_new_folder(case, monkeypatch)

    check_fault()


def test_the_readme_says_how_much_is_tried():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| {sum(stage.kills for stage in STAGES)} kills |" in text
    assert f"faults out of {len(FAULTS) + len(OTHER_FAULTS)}" in text
    assert f"{CASES:,} data sets" in text
