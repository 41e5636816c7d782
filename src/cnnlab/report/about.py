"""Tables of what the report rests on: its data, its settings, its machine."""

from collections.abc import Sequence
from importlib.metadata import version

import pandas as pd

from cnnlab.environment import read_processor_flags
from cnnlab.evaluation.formatting import format_number
from cnnlab.faces.loading import Faces
from cnnlab.quoting import quote
from cnnlab.settings import SEED, Profile
from cnnlab.studies.study import describe_machine

MOST_NAMED = 10
"""Unreadable images that are named; ``make data`` lists all."""

# What decides how fast the networks train on a processor, and the last digits of their weights.
_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")


def tabulate_run(profile: Profile, faces: Faces) -> pd.DataFrame:
    """Return the facts of a run; below them the readers' notes and unreadable images, if any.

    Args:
        profile: of the run.
        faces: its data.
    """
    machine = describe_machine()
    versions = [*machine["versions"].split(", "), f"matplotlib {version('matplotlib')}"]
    flags = read_processor_flags()
    processor = [machine["processor"], *(feature for feature in _FEATURES if feature in flags)]
    rows = [
        ("data", faces.dataset.title),
        ("origin", "rendered on this machine" if faces.dataset.rendered else "brought by the user"),
        ("digest of the data", f"`{faces.digest[:12]}`"),
        *(
            (f"images, {name}", format_number(len(indices), 0))
            for name, indices in vars(faces.split).items()
        ),
        ("images, unreadable", format_number(len(faces.unreadable), 0)),
        ("profile", f"`{profile.name}`"),
        ("seed", f"{SEED}"),
        ("versions", _as_code(versions)),
        ("processor", _as_code(processor)),
        *(("note", quote(note)) for note in faces.dataset.notes),
        *(
            ("unreadable", quote(f"{image.name}: {image.reason}"))
            for image in faces.unreadable[:MOST_NAMED]
        ),
    ]
    return pd.DataFrame(rows, columns=["what", "in this report"]).set_index("what")


def tabulate_costs(records: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the recorded time and memory of each stage, and what was run, a column a profile.

    Args:
        records: of the profiles, as ``stage_costs.read_stage_costs`` gives them.
    """
    columns = {}
    for record in records:
        first = record.iloc[0]
        costs = {
            row.stage: _spell_cost(row.seconds, row.peak_gigabytes) for row in record.itertuples()
        }
        images = first[["train_n", "development_n", "validation_n"]].sum()
        columns[f"`{first['profile']}`"] = costs | {
            "all": _spell_cost(record["seconds"].sum(), record["peak_gigabytes"].max()),
            "images": format_number(images, 0),
            "data set": first["data"],
            "processor": f"`{first['processor']}`",
            "date": f"`{first['date']}`",
        }
    return pd.DataFrame(columns).rename_axis("stage")


def _spell_cost(seconds: float, gigabytes: float) -> str:
    return f"{format_number(seconds / 60, 1)} min, {format_number(gigabytes, 1)} GB"


def _as_code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
