from dataclasses import replace

import pandas as pd

from cnnlab.faces.decoding import Unreadable
from cnnlab.report.about import MOST_NAMED, tabulate_costs, tabulate_run
from cnnlab.settings import PROFILES

from .made_faces import make_faces


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
    table = tabulate_costs(records)
    assert list(table) == ["`smoke`", "`default`"]
    assert table.loc["data"].tolist() == ["0.5 min, 1.3 GB", "10.0 min, 1.3 GB"]
    assert table.loc["all"].tolist() == ["1.5 min, 3.0 GB", "30.0 min, 3.0 GB"]
    assert table["`default`"].tolist()[-4:] == [
        "1,234",
        "some faces",
        "`a processor`",
        "`2026-11-25`",
    ]


def test_the_run_is_told_with_notes_and_unreadable_images_only_if_there_are_any(tmp_path):
    faces = make_faces(tmp_path)
    table = tabulate_run(PROFILES["smoke"], faces)["in this report"]
    assert table["profile"] == "`smoke`"
    assert table["origin"] == "rendered on this machine"
    assert table["images, training"] == "8"
    assert table["note"] == r"Validation is \`val\`\."
    assert table["images, unreadable"] == "1"
    assert table["unreadable"].startswith(r"Train\/fear\/\\u60b2\_\$1\$\.jpg")

    many = tuple(Unreadable(f"{n}.png", "empty") for n in range(MOST_NAMED + 5))
    table = tabulate_run(PROFILES["smoke"], replace(faces, unreadable=many))["in this report"]
    assert table["images, unreadable"] == "15"
    assert len(table["unreadable"]) == MOST_NAMED

    sound = replace(faces, dataset=replace(faces.dataset, notes=()), unreadable=())
    index = tabulate_run(PROFILES["smoke"], sound).index
    assert not {"note", "unreadable"} & set(index)
