"""``python -m cnnlab.report.build``: all notebooks, executed once, typeset in both languages."""

import base64
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cnnlab.faces.loading import Faces, load_faces
from cnnlab.paths import EXECUTED, FIGURES, NOTEBOOKS, REPORT, ROOT
from cnnlab.report.checking import EXECUTED_NOTEBOOKS
from cnnlab.report.errors import ReportError
from cnnlab.report.execution import digest_state, execute_notebooks, forget_old_caches
from cnnlab.report.pages.exporter import ReportExporter, write_edition
from cnnlab.report.pages.title import Title, read_title
from cnnlab.report.pages.typesetting import (
    GLOSSARY,
    LANGUAGES,
    Chapter,
    Layout,
    compile_pdf,
    read_citations,
    write_sources,
)
from cnnlab.report.text.glossary import read_glossary
from cnnlab.report.text.prose import check_references, list_failed_claims
from cnnlab.report.text.summary import summarise
from cnnlab.report.text.translation import add_persian
from cnnlab.settings import Profile, current_profile
from plumbing.commands import run_command, tell_if_interrupted
from plumbing.storage import discard, new_path, write_bytes

REPORT_PDFS = {"en": REPORT / "report.pdf", "fa": REPORT / "report.fa.pdf"}
BUILD = REPORT / "build"
SOURCES = {"en": BUILD / "sources", "fa": BUILD / "sources.fa"}
TITLE = REPORT / "title.toml"


def build_report() -> None:
    """Execute what is stale and typeset all notebooks in both languages.

    ``report/report.pdf`` and ``report/report.fa.pdf`` come from one execution. The old reports
    stay until both new ones are whole.

    Raises:
        ReportError: a notebook fails, or can't be typeset; the message says where.
        UserError: the profile, the data or the title page's settings can't be used.
    """
    begun = time.monotonic()
    profile = current_profile()
    titles = {language: read_title(TITLE, language) for language in LANGUAGES}
    paths = find_notebooks(NOTEBOOKS)
    with _stage("data"):
        faces = load_faces()
    with _stage("notebooks"):
        executed = execute_notebooks(paths, EXECUTED / digest_state(faces)[:16])
        forget_old_caches(EXECUTED)
        notebooks = dict(zip([path.stem for path in paths], executed, strict=True))
        for name, notebook in notebooks.items():
            add_persian(notebook, name)
        _save_notebooks(notebooks)
        write_figures(executed, FIGURES)
        check_references(notebooks, read_citations())
    with (
        tell_if_interrupted(lambda: "all executed notebooks and the last reports"),
        _stage("typesetting"),
    ):
        pdfs = {
            language: typeset_edition(notebooks, language, titles[language], profile, faces)
            for language in LANGUAGES
        }
        for language, pdf in pdfs.items():
            write_bytes(REPORT_PDFS[language], pdf)
    for path in REPORT_PDFS.values():
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    print(f"{time.monotonic() - begun:.1f} s in all")
    for remark in list_remarks(notebooks):
        print(remark)


def list_remarks(notebooks: Mapping[str, NotebookNode]) -> list[str]:
    """Return what is in order but should be known: untranslated text, claims that do not hold."""
    untranslated: Counter[str] = Counter()
    for name, notebook in notebooks.items():
        untranslated += Counter(write_edition(notebook, name, "fa").metadata.untranslated)
    remarks = [f"Not in Persian yet: {n} {kind}." for kind, n in untranslated.items()]
    failed = [
        f"  {name}, {claim}"
        for name, notebook in notebooks.items()
        for claim in list_failed_claims(notebook)
    ]
    if failed:
        remarks.append(f"Not borne out by this run, and left out of the text ({len(failed)}):")
    return remarks + failed


def typeset_edition(
    notebooks: Mapping[str, NotebookNode],
    language: str,
    title: Title,
    profile: Profile,
    faces: Faces,
) -> bytes:
    """Return the PDF of one edition.

    Args:
        notebooks: executed, by name, in their order.
        language: ``en`` or ``fa``.
        title: the edition's title page.
        profile: of the run.
        faces: its data.

    Raises:
        ReportError: a notebook can't be typeset, or lacks the language; the message says where.
    """
    exporter = ReportExporter(language=language)
    chapters = [summarise(notebooks, title.abstract, language)]
    appendix = []
    for name, notebook in notebooks.items():
        body, appended = exporter.split_chapter(notebook, {"metadata": {"name": name}})
        chapters.append(body)
        if appended is not None:
            appendix.append(appended)
    if language == "fa":
        appendix.append(Chapter("glossary", read_glossary(GLOSSARY).describe_terms()))
    files = _title_figure(ROOT / title.figure)
    layout = Layout(
        template="report",
        title=replace(title, figure=next(iter(files), "")),
        language=language,
        keywords=describe_origin(profile, faces),
    )
    sources = SOURCES[language]
    with new_path(sources) as new:
        pdf = compile_pdf(write_sources(chapters, layout, new, files, appendix))
        discard(sources)
    return pdf


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


def _title_figure(path: Path) -> dict[str, bytes]:
    return {f"title-figure{path.suffix}": path.read_bytes()} if path.is_file() else {}


def _save_notebooks(notebooks: Mapping[str, NotebookNode]) -> None:
    discard(EXECUTED_NOTEBOOKS)
    for name, notebook in notebooks.items():
        write_bytes(EXECUTED_NOTEBOOKS / f"{name}.ipynb", nbformat.writes(notebook).encode())


@contextmanager
def _stage(name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{name:<12} {time.monotonic() - begun:6.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(run_command(build_report))
