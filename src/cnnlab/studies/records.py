"""Tables of studies under ``report/studies``: measured once, committed, read by notebooks."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from cnnlab.paths import ROOT, STUDIES
from plumbing.storage import write_bytes

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Return what a study is signed with: processor, versions and date (UTC).

    Args:
        cpuinfo: Linux's description of the processor; where there is none, Python's is taken.
    """
    names = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith("model name")
    ]
    processor = f"{len(names)} x {names[0]}" if names else platform.processor()
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{package} {version(package)}" for package in PACKAGES]
    date = datetime.now(UTC).date().isoformat()
    return {"processor": processor, "versions": ", ".join(versions), "date": date}


def write_study(table: pd.DataFrame, name: str, folder: Path = STUDIES) -> Path:
    """Write a study's table as ``<name>.csv`` and return the file."""
    file = folder / f"{name}.csv"
    # Counts with gaps are floats to pandas: six digits would cut millions of parameters short.
    floats = table.select_dtypes("floating")
    counts = [column for column in floats if (floats[column].dropna() % 1 == 0).all()]
    text = table.astype(dict.fromkeys(counts, "Int64")).to_csv(
        index=False, float_format="%.6g", lineterminator="\n"
    )
    write_bytes(file, text.encode())
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    print(f"Written: {shown}")
    return file


def read_studies(pattern: str, folder: Path = STUDIES) -> pd.DataFrame | None:
    """Read all studies whose file's name matches, one below the other; None without any.

    Args:
        pattern: such as ``accuracy-*``.
        folder: where studies are.

    Raises:
        ValueError: a file is no table or lacks the columns that every study is signed with.
    """
    files = sorted(folder.glob(f"{pattern}.csv"))
    tables = []
    for file in files:
        try:
            table = pd.read_csv(file)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise ValueError(f"{file}: is no CSV table ({error}). Run `make studies`.") from error
        missing = {"processor", "versions", "date"} - set(table.columns)
        if missing:
            raise ValueError(
                f"{file}: has no column {', '.join(sorted(missing))}. Run `make studies`."
            )
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else None


def read_runs(prefix: str, folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Read the studies whose names start so: a table for each data set and profile.

    Args:
        prefix: such as ``accuracy-``.
        folder: where studies are.

    Raises:
        ValueError: a file is no table of a study.
    """
    records = read_studies(f"{prefix}*", folder)
    if records is None:
        return []
    return [rows for _, rows in records.groupby(["data", "profile"])]
