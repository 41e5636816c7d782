"""The report: what of data, networks, executed notebooks and PDFs is stale is made anew.

Where nothing is stale neither TensorFlow nor Jupyter's libraries are loaded.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cnnlab import paths
from cnnlab.faces.loading import Faces, print_data
from cnnlab.report import staleness
from cnnlab.report.pages.title import read_title
from cnnlab.report.staleness import Entry
from cnnlab.settings import current_profile
from plumbing.storage import read_seal, seal
from plumbing.user_errors import tell_if_interrupted

_SEAL = "report"
"""The key of the PDFs' seals; what they were made of is one of the facts."""


def build_report() -> None:
    """Make ``report/report.pdf`` and ``report/report.fa.pdf``, from one execution.

    Raises:
        UserError: the profile, the data or the title page's settings can't be used; a notebook
            fails, or can't be typeset; the message says where.
    """
    begun = time.monotonic()
    # Before anything takes long.
    pictures = {paths.ROOT / read_title(language)["figure"] for language in paths.REPORT_PDFS}
    with _stage("data"):
        faces = print_data()
        state = staleness.digest_state(faces)
        notebooks = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
        entries = [staleness.make_entry(path, state, paths.EXECUTED) for path in notebooks]
        stale = [entry for entry in entries if entry.is_stale()]
    if any(entry.uses_networks for entry in stale):
        from cnnlab.studies.report_networks import train_report_networks

        with _stage("networks"):
            train_report_networks()
    with _stage("notebooks"):
        if stale:
            from cnnlab.report.execution import execute_notebooks

            execute_notebooks(stale)
    with _stage("typesetting"):
        remarks = _read_remarks(_digest_sources(entries, pictures, faces))
        if remarks is None:
            remarks = _typeset(entries, describe_origin(faces))
            sources = _digest_sources(entries, pictures, faces)
            figures = sorted(path.name for path in paths.FIGURES.glob("*.*g"))
            for pdf in paths.REPORT_PDFS.values():
                seal(pdf, _SEAL, sources=sources, figures=figures, remarks=remarks)
    for path in paths.REPORT_PDFS.values():
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    print(f"{time.monotonic() - begun:.1f} s in all")
    for remark in remarks:
        print(remark)


def describe_origin(faces: Faces) -> list[str]:
    """Return the PDF's keywords, by which ``publish`` knows on what it was made."""
    return [
        f"profile: {current_profile().name}",
        f"data: {'rendered' if faces.dataset.rendered else 'brought by the user'}",
        f"digest: {faces.digest}",
    ]


def _typeset(entries: Sequence[Entry], keywords: Sequence[str]) -> list[str]:
    from cnnlab.report.execution import read_executed
    from cnnlab.report.pages.editions import typeset_report

    with tell_if_interrupted(lambda: "all executed notebooks and the last reports"):
        notebooks = {entry.path.stem: read_executed(entry) for entry in entries}
        return typeset_report(notebooks, keywords)


def _digest_sources(entries: Sequence[Entry], pictures: set[Path], faces: Faces) -> str:
    """Return a digest of all that the PDFs are made of."""
    files = [*pictures, *(path for entry in entries for path in (entry.path, entry.executed))]
    for pattern in ("*.bib", "*.toml", "template/*", "fonts/*", "fa/*"):
        files += paths.REPORT.glob(pattern)
    files += staleness.find_modules(["import cnnlab.report.pages.editions"])
    contents = staleness.digest_files(path for path in files if path.is_file())
    return staleness.digest([describe_origin(faces), contents])


def _read_remarks(sources: str) -> list[str] | None:
    """Return what was remarked on the PDFs if they, and all beside them, are of these sources."""
    seals = [read_seal(path, _SEAL) for path in paths.REPORT_PDFS.values()]
    if any(known is None or known["sources"] != sources for known in seals):
        return None
    figures = (paths.FIGURES / name for name in seals[0]["figures"])
    beside = [*paths.SOURCES.values(), paths.BUILT_NOTEBOOKS, *figures]
    return seals[0]["remarks"] if all(path.exists() for path in beside) else None


@contextmanager
def _stage(name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{name:<12} {time.monotonic() - begun:6.1f} s", flush=True)
