"""Tables are added to configuration by configuration, and read as they were written."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cnnlab.faces.splits import Split
from cnnlab.paths import STUDIES
from cnnlab.settings import SEED
from cnnlab.studies.study import (
    Study,
    read_largest,
    read_runs,
    read_studies,
    run_study,
)
from plumbing.user_errors import UserError


def made_data(digest="a" * 64, images=3):
    """What a study looks at of the faces."""
    dataset = SimpleNamespace(title="made", rendered=True)
    split = Split(np.arange(images), np.arange(0), np.arange(0))
    return SimpleNamespace(dataset=dataset, split=split, digest=digest)


class Bench:
    """Measures networks, and knows which; the configurations' names are their values."""

    def __init__(self, stop_at=None):
        self.measured = []
        self.stop_at = stop_at

    def measure(self, run, network, copies):
        if network == self.stop_at:
            raise KeyboardInterrupt
        self.measured.append(network)
        figures = pd.DataFrame(
            {"figure": ["accuracy", "parameters"], "value": [1 / 3, 3_744_664.0]}
        )
        return figures.assign(copies=np.int64(7), low=[np.float32(0.25), np.nan])

    def study(self, networks="ab", digest="a" * 64, load=True):
        configurations = [{"network": name, "copies": 0} for name in networks]
        return Study(
            "trial",
            "Which is best?",
            lambda run: configurations,
            self.measure,
            (lambda: made_data(digest)) if load else None,
        )


def test_rows_are_appended_and_signed(tmp_path):
    bench = Bench()
    assert run_study(bench.study(), tmp_path) == (2, 0)
    table = read_studies("trial-*", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["trial-made-smoke.csv"]
    assert table["network"].tolist() == ["a", "a", "b", "b"]
    # What tells a configuration is its own; six digits don't cut parameters short.
    assert (table["copies"] == 0).all()
    assert table["value"].tolist() == [0.333333, 3_744_664] * 2
    first = table.iloc[0]
    assert (first["data"], first["data_digest"], first["profile"]) == ("made", "a" * 16, "smoke")
    assert (first["train_n"], first["seed"]) == (3, SEED)
    assert first["versions"].startswith("Python 3.")
    assert pd.Timestamp(first["date"]) <= pd.Timestamp.now("UTC").tz_localize(None)
    assert first["processor"]


def test_what_is_recorded_is_skipped_and_said(tmp_path, capsys):
    run_study(Bench().study("a"), tmp_path)
    again = Bench()
    assert run_study(again.study("ab"), tmp_path) == (1, 1)
    assert again.measured == ["b"]
    assert "a, 0: skipped, for trial-made-smoke.csv has it" in capsys.readouterr().out


def test_an_interrupted_study_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt) as interruption:
        run_study(Bench(stop_at="b").study("abc"), tmp_path)
    assert interruption.value.__notes__ == ["1 new measurements in trial-made-smoke.csv"]
    again = Bench()
    assert run_study(again.study("abc"), tmp_path) == (2, 1)
    assert again.measured == ["b", "c"]
    assert read_studies("trial-*", tmp_path)["network"].unique().tolist() == ["a", "b", "c"]


def test_later_configurations_may_depend_on_earlier_rows(tmp_path):
    bench = Bench()

    def list_configurations(run):
        yield {"network": "a", "copies": 0}
        (table,) = read_runs(run.file.stem, tmp_path)
        yield {"network": "after " + table["network"].iloc[0], "copies": 0}

    study = Study("trial", "", list_configurations, bench.measure, load=None)
    run_study(study, tmp_path)
    assert bench.measured == ["a", "after a"]


def test_rows_of_other_data_under_the_same_name_give_way(tmp_path, capsys):
    run_study(Bench().study(digest="b" * 64), tmp_path)
    other = Bench()
    assert run_study(other.study("a"), tmp_path) == (1, 0)
    assert read_studies("trial-*", tmp_path)["data_digest"].unique() == ["a" * 16]
    assert "4 rows of other data" in capsys.readouterr().out


def test_a_study_without_data_has_one_table_for_all_runs(tmp_path):
    bench = Bench()
    assert run_study(bench.study(load=False), tmp_path) == (2, 0)
    assert "data_digest" not in read_studies("trial", tmp_path)
    assert run_study(bench.study(load=False), tmp_path) == (0, 2)


@pytest.mark.parametrize("file", sorted(STUDIES.glob("*.csv")), ids=lambda file: file.stem)
def test_committed_rows_stay_as_they_are_when_others_join_them(file, tmp_path):
    shutil.copy(file, tmp_path / "trial.csv")
    run_study(Bench().study("a", load=False), tmp_path)
    before, after = file.read_text(), (tmp_path / "trial.csv").read_text()
    columns, *rows = before.splitlines()
    joined_columns, *joined = after.splitlines()
    assert joined_columns.startswith(columns)
    assert all(new.startswith(old) for old, new in zip(rows, joined, strict=False))
    assert len(joined) == len(rows) + 2


def test_digests_are_text_even_if_they_are_digits(tmp_path):
    run_study(Bench().study(digest="1" * 64), tmp_path)
    assert read_studies("trial-*", tmp_path)["data_digest"].tolist() == ["1" * 16] * 4


def test_the_largest_run_is_read(tmp_path):
    for images, epochs in ((3, 9), (7, 2), (7, 5)):
        signed = {"processor": "p", "versions": "v", "date": "d", "profile": "full"}
        table = pd.DataFrame([{"train_n": images, "epochs": epochs, **signed}])
        table.assign(data_digest=f"{images}{epochs}").to_csv(tmp_path / f"t-{images}{epochs}.csv")
    largest = read_largest("t-*", tmp_path)
    assert largest[["train_n", "epochs"]].to_numpy().tolist() == [[7, 5]]


def test_a_table_whose_rows_were_removed_is_as_good_as_none(tmp_path):
    run_study(Bench().study(), tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_text()
    file.write_text(whole.partition("\n")[0] + "\n")
    assert read_runs("trial-*", tmp_path) == []
    assert run_study(Bench().study(), tmp_path) == (2, 0)
    assert file.read_text() == whole


def test_without_a_table_the_remedy_is_said(tmp_path):
    assert read_runs("trial-*", tmp_path) == []
    with pytest.raises(UserError, match=r"has no trial-\*\.csv\. Run `make studies`"):
        read_studies("trial-*", tmp_path)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no CSV table"),
        (b'a,b\n"1,2\n3', "no CSV table"),
        (b"a\n\xff\xfe\n", "no CSV table"),
        (b"network,value\na,1\n", "no column date, processor, versions"),
    ],
)
def test_a_damaged_table_is_named_and_left_as_it_is(tmp_path, content, fault):
    file = tmp_path / "trial-made-smoke.csv"
    file.write_bytes(content)
    bench = Bench()
    for read in (
        lambda: read_studies("trial-*", tmp_path),
        lambda: run_study(bench.study(), tmp_path),
    ):
        with pytest.raises(UserError, match=f"trial-made-smoke.csv: .*{fault}"):
            read()
    assert file.read_bytes() == content and bench.measured == []
