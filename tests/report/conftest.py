import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from cnnlab.report.pages.typesetting import Chapter, compile_pdf, make_settings, write_sources


@pytest.fixture
def typeset(tmp_path: Path) -> Callable[..., PdfReader]:
    """Typeset chapters as a report and read the PDF back."""

    def run(*chapters: Chapter, language: str = "en", appendix=(), **title: str) -> PdfReader:
        settings = make_settings({"title": "A sample", **title}, language)
        main = write_sources(chapters, settings, tmp_path / "sources", appendix)
        return PdfReader(io.BytesIO(compile_pdf(main)))

    return run


@pytest.fixture
def words(typeset: Callable[..., PdfReader]) -> Callable[..., str]:
    """Typeset chapters and return what is printed, with single spaces."""

    def run(*chapters: Chapter, **title: str) -> str:
        pages = typeset(*chapters, **title).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    return run
