import pandas as pd

from cnnlab.report.about import describe_costs


def made_record(profile, seconds):
    rows = {"stage": ["data", "VGG16"], "seconds": seconds, "peak_gigabytes": [1.25, 3.04]}
    return pd.DataFrame(rows).assign(
        profile=profile,
        data="some faces",
        train_n=1000,
        development_n=200,
        validation_n=34,
        date="2026-11-25",
        processor="a processor",
    )


def test_costs_have_a_column_a_profile_and_a_total():
    records = [made_record("smoke", [30.0, 60.0]), made_record("default", [600.0, 1200.0])]
    text = describe_costs(records)
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line]
    assert rows[0][1:4] == ["Stage", "`smoke`", "`default`"]
    assert rows[2][1:4] == ["data", "0.5 min, 1.3 GB", "10.0 min, 1.3 GB"]
    assert rows[-1][1:4] == ["all", "1.5 min, 3.0 GB", "30.0 min, 3.0 GB"]
    assert "`default`: 1,234 images of some faces, 2026-11-25, a processor)" in text
    persian = describe_costs(records, "fa")
    assert "داده" in persian and "Stage" not in persian
    assert persian.count("\n|") == text.count("\n|")


def test_without_a_record_the_report_says_so():
    assert "not recorded" in describe_costs([])
    assert "ثبت نشده" in describe_costs([], "fa")
