import json
import subprocess

import pytest

from cnnlab.studies import processors
from cnnlab.studies.processors import Outcome, measure_under, tabulate_outcomes
from plumbing.commands import UserError

FIRST = Outcome("all", "mixed_bfloat16", 0.75, [0, 1, 2, 3], "d" * 64)
OTHER = Outcome("AVX2", "float32", 0.5, [0, 1, 7, 3], "d" * 64)


def test_outcomes_are_compared_with_the_first():
    table = tabulate_outcomes([FIRST, OTHER])
    assert table["difference"].tolist() == [0, -0.25]
    assert table["other_answers"].tolist() == [0, 0.25]
    assert table["n"].tolist() == [4, 4]


@pytest.mark.parametrize("cap", [None, "AVX2"])
def test_each_measurement_has_a_process_with_its_cap(monkeypatch, cap):
    seen = {}

    def run(command, env, check):
        seen["cap"], seen["module"] = env.get("ONEDNN_MAX_CPU_ISA"), command[2]
        with open(command[3], "w") as file:
            json.dump(vars(FIRST), file)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(processors.subprocess, "run", run)
    assert measure_under(cap) == FIRST
    assert seen == {"cap": cap, "module": "cnnlab.studies.processors"}


def test_a_process_that_fails_is_said(monkeypatch):
    monkeypatch.setattr(processors.sys, "executable", "false")
    with pytest.raises(UserError, match="ONEDNN_MAX_CPU_ISA=AVX2"):
        measure_under("AVX2")
