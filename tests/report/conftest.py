import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from cnnlab.report.typesetting import Chapter, Layout, compile_pdf, write_sources


@pytest.fixture
def typeset(tmp_path: Path) -> Callable[..., PdfReader]:
    """Typeset chapters as a report and read the PDF back."""

    def run(*chapters: Chapter, **layout: object) -> PdfReader:
        settings = {"template": "report", "title": "A sample"} | layout
        folder = tmp_path / "sources"
        return PdfReader(
            io.BytesIO(compile_pdf(write_sources(chapters, Layout(**settings), folder)))
        )

    return run


@pytest.fixture
def words(typeset: Callable[..., PdfReader]) -> Callable[..., str]:
    """Typeset chapters and return what is printed, with single spaces."""

    def run(*chapters: Chapter, **layout: object) -> str:
        pages = typeset(*chapters, **layout).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    return run
