"""``python -m cnnlab.report.publish``: the reports and the README's pictures, for readers.

Only a report on the rendered faces may be published: nobody's photographs get into the
repository by accident.
"""

import sys
from pathlib import Path

import nbformat
from pypdf import PdfReader

from cnnlab.paths import FIGURES, PUBLISHED
from cnnlab.report.build import REPORT_PDFS, SOURCES
from cnnlab.report.checking import EXECUTED_NOTEBOOKS, find_caption, read_declared
from cnnlab.report.errors import ReportError
from cnnlab.report.pages.typesetting import compile_page, draw_picture
from cnnlab.report.text.prose import list_failed_claims
from cnnlab.settings import current_data, current_profile
from plumbing.commands import run_command
from plumbing.storage import write_bytes

LARGEST_PDF = 5_000_000
SHOWN_FIGURE = "fig-07-confusion"
FACES = FIGURES / "05-contact-sheet.svg"
RANDOM_FACES = FIGURES / "05-random-faces.svg"
_PAGE_DOTS_PER_INCH = 100.0
_FACES_DOTS_PER_INCH = 220.0


def publish_report() -> None:
    """Copy both reports and the README's pictures to ``report/published``, and say so.

    Raises:
        ReportError: a report is missing, was made on another profile or on other data than
            the rendered faces, is too large, claims what this run does not bear out, or lacks
            the figure that the README shows.
        SettingsError: the profile is not known.
    """
    if current_profile().name != "default" or current_data() is not None:
        raise ReportError(
            "Only the default profile on the rendered faces is published: run `make publish` "
            "without PROFILE and DATA."
        )
    for path in (*REPORT_PDFS.values(), SOURCES["en"] / "main.typ", FACES, RANDOM_FACES):
        if not path.is_file():
            raise ReportError(f"{path} is missing: run `make report` first.")
    for path in REPORT_PDFS.values():
        check_origin(path)
        size = path.stat().st_size
        if size >= LARGEST_PDF:
            raise ReportError(f"{path} has {size / 1e6:.1f} MB; {LARGEST_PDF / 1e6:g} MB is most.")
    refuse_failed_claims()
    page_number = _find_shown_page()
    files = {
        **{path.name: path.read_bytes() for path in REPORT_PDFS.values()},
        "faces.png": draw_picture(FACES.read_bytes(), _FACES_DOTS_PER_INCH),
        "random-faces.png": draw_picture(RANDOM_FACES.read_bytes(), _FACES_DOTS_PER_INCH),
        "page.png": compile_page(SOURCES["en"] / "main.typ", page_number, _PAGE_DOTS_PER_INCH),
    }
    for name, content in files.items():
        path = PUBLISHED / name
        write_bytes(path, content)
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


def check_origin(pdf: Path) -> None:
    """Refuse a PDF that was not made on the default profile and the rendered faces.

    Raises:
        ReportError: its keywords say otherwise, or say nothing.
    """
    keywords = (PdfReader(pdf).metadata or {}).get("/Keywords", "")
    for expected in ("profile: default", "data: rendered"):
        if expected not in keywords:
            raise ReportError(
                f"{pdf} can't be published: it does not say {expected!r} but "
                f"{keywords or 'nothing'!r}. Run `make report` without PROFILE and DATA."
            )


def refuse_failed_claims() -> None:
    """Refuse a report of whose text this run does not bear out a part.

    Raises:
        ReportError: claims fail; the message lists them.
    """
    failed = [
        f"  {path.stem}, {claim}"
        for path in sorted(EXECUTED_NOTEBOOKS.glob("*.ipynb"))
        for claim in list_failed_claims(nbformat.read(path, as_version=4))
    ]
    if failed:
        claims = "\n".join(failed)
        raise ReportError(
            f"The report can't be published: this run does not bear out\n{claims}\n"
            "Mend the text that says so, or what it speaks of."
        )


def _find_shown_page() -> int:
    captions = dict(read_declared(EXECUTED_NOTEBOOKS).figures)
    page = None
    if SHOWN_FIGURE in captions:
        page = find_caption(PdfReader(REPORT_PDFS["en"]), captions[SHOWN_FIGURE])
    if page is None:
        raise ReportError(
            f"{REPORT_PDFS['en']} has no figure {SHOWN_FIGURE}, whose page the README shows. Name "
            "another one in cnnlab/report/publish.py."
        )
    return page


if __name__ == "__main__":
    sys.exit(run_command(publish_report))
