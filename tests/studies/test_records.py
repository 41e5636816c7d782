import time

import pandas as pd
import pytest

from cnnlab.studies.latency import RUNS, WARM_UP_RUNS, measure_latency
from cnnlab.studies.records import describe_machine, read_studies, write_study


def test_a_study_is_read_as_it_was_written(tmp_path):
    table = pd.DataFrame({"network": ["A"], "estimate": [0.123456]}).assign(**describe_machine())
    write_study(table, "accuracy-first", tmp_path)
    write_study(table.assign(network="B"), "accuracy-second", tmp_path)
    write_study(table, "latency", tmp_path)
    read = read_studies("accuracy-*", tmp_path)
    assert read["network"].tolist() == ["A", "B"]
    pd.testing.assert_frame_equal(read_studies("accuracy-first", tmp_path), table)
    assert not list(tmp_path.glob("*.partial"))


def test_counts_with_gaps_are_written_in_full(tmp_path):
    counted = [3744664, None, 12345678]
    table = pd.DataFrame({"parameters": counted, "value": [0.123456789, None, 2.0]})
    file = write_study(table.assign(**describe_machine()), "counts", tmp_path)
    assert "3744664,0.123457," in file.read_text()
    read = read_studies("counts", tmp_path)["parameters"]
    assert read.dropna().tolist() == [3744664, 12345678] and read.isna().tolist()[1]


def test_no_study_is_none(tmp_path):
    assert read_studies("accuracy-*", tmp_path) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no CSV table"),
        (b"network,estimate\nA,1\n", "no column date, processor, versions"),
        (b"a\n1,2\n1,2,3\n", "no CSV table"),
        (b"\xff\xfe\x00", "no CSV table"),
    ],
)
def test_a_damaged_study_is_refused_with_its_name(tmp_path, content, message):
    (tmp_path / "latency.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"latency\.csv.*{message}"):
        read_studies("latency", tmp_path)


def test_the_machine_is_described(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Chip X\nflags: a\nmodel name\t: Chip X\n")
    machine = describe_machine(cpuinfo)
    assert machine["processor"] == "2 x Chip X"
    assert "tensorflow" in machine["versions"]
    assert describe_machine(tmp_path / "none")["date"] == machine["date"]


def test_latency_is_the_median_of_the_runs_after_warm_up():
    calls = []

    def run():
        calls.append(1)
        # The first calls are slow, as compiling is; one later call is an outlier.
        slow = len(calls) <= WARM_UP_RUNS or len(calls) == WARM_UP_RUNS + 3
        time.sleep(0.05 if slow else 0.002)

    times = measure_latency(run)
    assert len(calls) == WARM_UP_RUNS + RUNS
    assert 2 <= times["lower_quartile"] <= times["milliseconds"] <= times["upper_quartile"] < 50
