"""What every study has: a name, a signature, a table under ``report/studies``, resumption.

A study declares its configurations and how one of them is measured. ``run_study`` measures those
that the table lacks and writes the rows of each as soon as they are there: a study that was cut
off goes on where it was, and what is committed is not paid for again when the caches are gone.
Whoever wants a configuration measured anew removes its rows, or the file.
"""

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.faces.loading import Faces, load_faces
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile
from plumbing.storage import write_bytes
from plumbing.user_errors import UserError, tell_if_interrupted

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")
SHORT_DIGEST = 16
DIGESTS = ("data_digest", "configuration_digest", "renderer")

Configuration = Mapping[str, str | int]
"""Columns and their values, which tell the rows of one measurement from all others."""


@dataclass(frozen=True)
class Run:
    """What the configurations of a study are measured with.

    Attributes:
        profile: of the run.
        faces: its data; None for a study that needs none, or makes its own.
        file: the study's table.
    """

    profile: Profile
    faces: Faces | None
    file: Path

    @property
    def data(self) -> Configuration:
        """What a row must have to be about these data."""
        if self.faces is None:
            return {}
        digest = self.faces.digest[:SHORT_DIGEST]
        return {"data_digest": digest, "profile": self.profile.name}

    def sign(self) -> Configuration:
        """Return what each row is signed with."""
        signature = {"seed": SEED, **self.data, **describe_machine()}
        if self.faces is not None:
            dataset = self.faces.dataset
            signature |= {"data": dataset.title, "rendered": dataset.rendered}
            signature |= {"train_n": len(self.faces.split.training)}
        return signature


load_once = cache(load_faces)
"""This run's faces, which are read once for all studies."""


@dataclass(frozen=True)
class Study:
    """A question that is answered by measuring configurations one by one.

    Attributes:
        name: as the command and the table are called.
        question: that it answers.
        list_configurations: what is measured in a run; asked for one after the other, so that
            later ones may depend on the rows of the earlier.
        measure: returns the rows of one configuration, given the run and the configuration's
            columns by name. What a row has stands before the signature.
        load: the data; None for a study that needs none, or makes its own.
    """

    name: str
    question: str
    list_configurations: Callable[[Run], Iterable[Configuration]]
    measure: Callable[..., pd.DataFrame]
    load: Callable[[], Faces] | None = load_once


def run_study(study: Study, folder: Path = STUDIES) -> tuple[int, int]:
    """Measure what the table of a study lacks, and say what it has.

    Args:
        study: which.
        folder: of the tables.

    Returns:
        How many configurations were measured, and how many were skipped.

    Raises:
        UserError: the table is damaged, or what a measurement raises.
    """
    print(f"{study.name}: {study.question}", flush=True)
    profile, faces = current_profile(), study.load() if study.load else None
    parts = [study.name]
    if faces is not None:
        parts += [make_label(faces.dataset.title), profile.name]
    run = Run(profile, faces, folder / f"{'-'.join(parts)}.csv")
    measured = skipped = 0
    with tell_if_interrupted(lambda: f"{measured} new measurements in {run.file.name}"):
        for configuration in study.list_configurations(run):
            title = ", ".join(map(str, configuration.values())) or "all"
            if len(_select(_read_text(run.file), run.data | configuration)):
                print(f"  {title}: skipped, for {run.file.name} has it", flush=True)
                skipped += 1
                continue
            print(f"  {title} ...", flush=True)
            rows = study.measure(run, **configuration).assign(**configuration)
            signature = {name: value for name, value in run.sign().items() if name not in rows}
            _append_rows(run, rows.assign(**signature))
            measured += 1
    return measured, skipped


def describe_machine() -> dict[str, str]:
    """Return what a study is signed with: processor, versions and date (UTC)."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = f"{len(names)} x {names[0]}" if names else platform.processor()
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{package} {version(package)}" for package in PACKAGES]
    date = datetime.now(UTC).date().isoformat()
    return {"processor": processor, "versions": ", ".join(versions), "date": date}


def read_runs(pattern: str, folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the tables whose files' names match a pattern such as ``accuracy-*``.

    Raises:
        UserError: one is damaged.
    """
    files = sorted(folder.glob(f"{pattern}.csv"))
    tables = [_read_table(file, dtype=dict.fromkeys(DIGESTS, str)) for file in files]
    # Who wants all measured anew may have removed the rows and left their heading.
    return [table for table in tables if len(table)]


def read_studies(pattern: str, folder: Path = STUDIES) -> pd.DataFrame:
    """Return the tables of ``read_runs`` one below the other.

    Raises:
        UserError: there is none, or one is damaged.
    """
    if tables := read_runs(pattern, folder):
        return pd.concat(tables, ignore_index=True)
    raise UserError(f"{folder} has no {pattern}.csv. Run `make studies`.")


def read_largest(pattern: str, folder: Path = STUDIES) -> pd.DataFrame:
    """Return the rows of ``read_studies`` of the run with the most images, and the most epochs.

    Raises:
        UserError: as ``read_studies``.
    """
    runs = read_studies(pattern, folder).groupby(["data_digest", "profile"])
    return max(
        (rows for _, rows in runs), key=lambda rows: (rows["train_n"].max(), rows["epochs"].max())
    )


def _read_table(file: Path, **options) -> pd.DataFrame:
    try:
        table = pd.read_csv(file, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file}: is no CSV table ({error}). Remove it, or restore it, and run `make studies`."
        ) from error
    if missing := {"processor", "versions", "date"} - set(table.columns):
        raise UserError(
            f"{file}: has no column {', '.join(sorted(missing))}. Remove it and run `make studies`."
        )
    return table


def _read_text(file: Path) -> pd.DataFrame:
    """Return a table letter by letter, so that it can be written as it was."""
    return _read_table(file, dtype=str, keep_default_na=False) if file.exists() else pd.DataFrame()


def _select(table: pd.DataFrame, wanted: Configuration) -> pd.DataFrame:
    """Return the rows of a table of text that have all the values."""
    if not set(wanted) <= set(table.columns):
        return table[:0]
    texts = {name: _spell(value) for name, value in wanted.items()}
    return table[(table[list(texts)] == pd.Series(texts)).all(axis="columns")]


def _append_rows(run: Run, rows: pd.DataFrame) -> None:
    before = _read_text(run.file)
    kept = _select(before, run.data)
    if len(kept) < len(before):
        print(f"  {len(before) - len(kept)} rows of other data under this name go", flush=True)
    table = pd.concat([kept, rows.map(_spell)]).fillna("")
    write_bytes(run.file, table.to_csv(index=False, lineterminator="\n").encode())


def _spell(value: object) -> str:
    if pd.isna(value):
        return ""
    if not isinstance(value, float | np.floating):
        return str(value)
    return f"{value:.0f}" if value % 1 == 0 else f"{value:.6g}"
