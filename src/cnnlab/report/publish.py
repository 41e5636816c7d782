"""The reports and the README's pictures, copied for readers.

Only a report on the rendered faces may be published: nobody's photographs get into the
repository by accident.
"""

from pathlib import Path

import nbformat
from pypdf import PdfReader

from cnnlab import paths
from cnnlab.report.checking import plain_words, read_declared, squeeze
from cnnlab.report.pages.typesetting import compile_page, draw_picture
from cnnlab.report.text.prose import list_failed_claims
from plumbing.storage import write_bytes
from plumbing.user_errors import UserError

LARGEST_PDF = 5_000_000
SHOWN_FIGURE = "fig-07-confusion"
# By the names that they get.
PICTURES = {"faces.png": "05-contact-sheet.svg", "random-faces.png": "05-random-faces.svg"}
_PAGE_DOTS_PER_INCH = 100.0
_FACES_DOTS_PER_INCH = 220.0


def publish_report() -> None:
    """Copy both reports and the README's pictures to ``report/published``, and say so.

    Raises:
        UserError: a report is missing, was made on another profile or on other data than the
            rendered faces, is too large, claims what this run does not bear out, or lacks the
            figure that the README shows.
    """
    pictures = {name: paths.FIGURES / figure for name, figure in PICTURES.items()}
    main = paths.SOURCES["en"] / "main.typ"
    for path in (*paths.REPORT_PDFS.values(), main, *pictures.values()):
        if not path.is_file():
            raise UserError(f"{path} is missing: run `make report` first.")
    for path in paths.REPORT_PDFS.values():
        check_origin(path)
        size = path.stat().st_size
        if size >= LARGEST_PDF:
            raise UserError(f"{path} has {size / 1e6:.1f} MB; {LARGEST_PDF / 1e6:g} MB is most.")
    notebooks = {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted(paths.BUILT_NOTEBOOKS.glob("*.ipynb"))
    }
    if failed := list_failed_claims(notebooks):
        claims = "\n".join(failed)
        raise UserError(
            f"The report can't be published: this run does not bear out\n{claims}\n"
            "Mend the text that says so, or what it speaks of."
        )
    files = {path.name: path.read_bytes() for path in paths.REPORT_PDFS.values()}
    files["page.png"] = compile_page(main, _find_shown_page(), _PAGE_DOTS_PER_INCH)
    for name, picture in pictures.items():
        files[name] = draw_picture(picture.read_bytes(), _FACES_DOTS_PER_INCH)
    for name, content in files.items():
        write_bytes(paths.PUBLISHED / name, content)
        print(f"{paths.PUBLISHED / name} ({len(content) / 1e6:.1f} MB)")


def check_origin(pdf: Path) -> None:
    """Refuse a PDF that was not made on the default profile and the rendered faces.

    Raises:
        UserError: its keywords say otherwise, or say nothing.
    """
    keywords = (PdfReader(pdf).metadata or {}).get("/Keywords", "")
    for expected in ("profile: default", "data: rendered"):
        if expected not in keywords:
            raise UserError(
                f"{pdf} can't be published: it does not say {expected!r} but "
                f"{keywords or 'nothing'!r}. Only the default profile on the rendered faces is "
                "published: run `make publish` without PROFILE and DATA."
            )


def _find_shown_page() -> int:
    """Return the page, from 1, that has the figure's caption."""
    caption = read_declared(paths.BUILT_NOTEBOOKS, "en").captions.get(SHOWN_FIGURE, "")
    words = plain_words(caption)[:60]
    for number, page in enumerate(PdfReader(paths.REPORT_PDFS["en"]).pages, start=1):
        if words and words in squeeze(page.extract_text()):
            return number
    raise UserError(
        f"The report has no figure {SHOWN_FIGURE}, whose page the README shows. Name another "
        "one in cnnlab/report/publish.py."
    )
