import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from cnnlab.report.pages.title import Title
from cnnlab.report.pages.typesetting import Chapter, Layout, compile_pdf, write_sources


@pytest.fixture
def typeset(tmp_path: Path) -> Callable[..., PdfReader]:
    """Typeset chapters as a report and read the PDF back."""

    def run(*chapters: Chapter, language: str = "en", **title: str) -> PdfReader:
        layout = Layout("report", Title("A sample", **title), language=language)
        main = write_sources(chapters, layout, tmp_path / "sources")
        return PdfReader(io.BytesIO(compile_pdf(main)))

    return run


@pytest.fixture
def words(typeset: Callable[..., PdfReader]) -> Callable[..., str]:
    """Typeset chapters and return what is printed, with single spaces."""

    def run(*chapters: Chapter, **title: str) -> str:
        pages = typeset(*chapters, **title).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    return run
