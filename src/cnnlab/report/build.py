"""``python -m cnnlab.report.build``: all notebooks, executed and typeset as one PDF."""

import base64
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cnnlab.commands import run_command, tell_if_interrupted
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.paths import EXECUTED, FIGURES, NOTEBOOKS, REPORT, ROOT
from cnnlab.report.about import describe_run
from cnnlab.report.checking import EXECUTED_NOTEBOOKS
from cnnlab.report.errors import ReportError
from cnnlab.report.execution import digest_state, execute_notebooks, forget_old_caches
from cnnlab.report.exporter import ReportExporter
from cnnlab.report.title import Title, read_title
from cnnlab.report.typesetting import Chapter, Layout, compile_pdf, write_sources
from cnnlab.settings import Profile, current_profile
from cnnlab.storage import discard, new_path, write_bytes

REPORT_PDF = REPORT / "report.pdf"
BUILD = REPORT / "build"
SOURCES = BUILD / "sources"
TITLE = REPORT / "title.toml"


def build_report() -> None:
    """Execute what is stale, typeset all notebooks and put ``report/report.pdf`` in place.

    The old report stays until the new one is whole.

    Raises:
        ReportError: a notebook fails, or can't be typeset; the message says where.
        UserError: the profile, the data or the title page's settings can't be used.
    """
    begun = time.monotonic()
    profile = current_profile()
    title = read_title(TITLE)
    paths = find_notebooks(NOTEBOOKS)
    with _stage("data"):
        faces = load_faces()
    with _stage("notebooks"):
        executed = execute_notebooks(paths, EXECUTED / digest_state(faces)[:16])
        forget_old_caches(EXECUTED)
        names = [path.stem for path in paths]
        _save_notebooks(names, executed)
        write_figures(executed, FIGURES)
    with (
        tell_if_interrupted(lambda: "all executed notebooks and the last report"),
        _stage("typesetting"),
    ):
        exporter = ReportExporter()
        chapters = [describe_run(title, profile, faces)]
        for name, notebook in zip(names, executed, strict=True):
            chapters.append(exporter.make_chapter(notebook, {"metadata": {"name": name}}))
        write_bytes(REPORT_PDF, _typeset(chapters, title, profile, faces))
    size = REPORT_PDF.stat().st_size / 1e6
    print(f"{REPORT_PDF} ({size:.1f} MB) after {time.monotonic() - begun:.1f} s in all")


def find_notebooks(folder: Path) -> list[Path]:
    """Return the numbered notebooks of a folder in their order.

    Raises:
        ReportError: there are none.
    """
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise ReportError(f"{folder} holds no notebooks such as 01_equivariance.ipynb.")
    return paths


def write_figures(notebooks: Sequence[NotebookNode], folder: Path) -> None:
    """Write every captioned picture to a folder: an executed notebook may come from the cache."""
    for notebook in notebooks:
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                name = output.get("metadata", {}).get("label", "")
                if not name.startswith("fig-"):
                    continue
                if picture := output.data.get("image/svg+xml"):
                    write_bytes(folder / f"{name[4:]}.svg", picture.encode())
                elif picture := output.data.get("image/png"):
                    write_bytes(folder / f"{name[4:]}.png", base64.b64decode(picture))


def describe_origin(profile: Profile, faces: Faces) -> tuple[str, ...]:
    """Return the PDF's keywords, by which ``publish`` knows on what it was made."""
    return (
        f"profile: {profile.name}",
        f"data: {'rendered' if faces.dataset.rendered else 'brought by the user'}",
        f"digest: {faces.digest}",
    )


def _typeset(chapters: Sequence[Chapter], title: Title, profile: Profile, faces: Faces) -> bytes:
    files = _title_figure(ROOT / title.figure)
    page = replace(title, figure=next(iter(files), ""))
    layout = Layout(template="report", title=page, keywords=describe_origin(profile, faces))
    with new_path(SOURCES) as new:
        pdf = compile_pdf(write_sources(chapters, layout, new, files))
        discard(SOURCES)
    return pdf


def _title_figure(path: Path) -> dict[str, bytes]:
    return {f"title-figure{path.suffix}": path.read_bytes()} if path.is_file() else {}


def _save_notebooks(names: Sequence[str], notebooks: Sequence[NotebookNode]) -> None:
    discard(EXECUTED_NOTEBOOKS)
    for name, notebook in zip(names, notebooks, strict=True):
        write_bytes(EXECUTED_NOTEBOOKS / f"{name}.ipynb", nbformat.writes(notebook).encode())


@contextmanager
def _stage(name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{name:<12} {time.monotonic() - begun:6.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(run_command(build_report))
