"""The check finds what it is there to find."""

import re

import nbformat
import pytest
from pypdf import PdfWriter

from cnnlab.report import checking
from cnnlab.report.errors import ReportError
from cnnlab.report.title import Title
from cnnlab.report.typesetting import Layout, compile_pdf, write_sources

from .made_notebooks import chapter, code, notebook, picture, shown, text

CELLS = (
    text(
        "# Size of the output {#sec-04}\n\n## A *check*\n\n$$ a = b \\label{eq-04-a} $$\n\n@eq-04-a"
    ),
    code("x", picture("04-wave", "A wave of the sea.")),
    code(
        "y",
        shown(
            {"text/markdown": "| a | b |\n|--|--|\n| 1 | 2 |"},
            label="tbl-04-t",
            caption="Two numbers.",
        ),
    ),
)


@pytest.fixture
def built(tmp_path):
    """A report of one notebook, and the folder of its executed notebooks."""
    main = write_sources(
        [chapter(*CELLS)], Layout("report", Title("A sample")), tmp_path / "sources"
    )
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(compile_pdf(main))
    executed = tmp_path / "executed"
    executed.mkdir()
    nbformat.write(notebook(*CELLS), executed / "04_sample.ipynb")
    return pdf, executed


def test_a_whole_report_has_no_faults(built):
    assert checking.check_report(*built) == []


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (text("## Not in the report"), "heading 'Not in the report'"),
        (text("$$ c \\label{eq-04-c} $$"), r"equation number \(2\)"),
        (code("z", picture("04-lost", "Another picture.")), "caption of fig-04-lost"),
        (code("z", picture("04-lost", "A wave of the sea.")), "Figure 2 of 2"),
    ],
)
def test_what_a_notebook_declares_is_missed(built, cell, fault):
    pdf, executed = built
    nbformat.write(notebook(cell), executed / "05_more.ipynb")
    faults = checking.check_report(pdf, executed)
    assert any(re.search(fault, found) for found in faults), faults


def test_cells_left_out_of_the_pdf_are_not_missed(built):
    pdf, executed = built
    hidden = text("## Not in the report", "no-pdf")
    nbformat.write(notebook(hidden), executed / "05_more.ipynb")
    assert checking.check_report(pdf, executed) == []


def test_leftovers_are_found(tmp_path, built):
    _, executed = built
    left = chapter(*CELLS, code("print()", shown({"text/plain": r"\frac{a}{b} and $$ and ??"})))
    main = write_sources([left], Layout("report", Title("A sample")), tmp_path / "more")
    pdf = tmp_path / "left.pdf"
    pdf.write_bytes(compile_pdf(main))
    faults = " ".join(checking.check_report(pdf, executed))
    assert r"\\frac" in faults and "'$$'" in faults and "??" in faults


def test_a_plain_pdf_is_refused(tmp_path, built):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "plain.pdf")
    faults = " ".join(checking.check_report(tmp_path / "plain.pdf", built[1]))
    for expected in ("not tagged", "language", "no bookmarks", "no title"):
        assert expected in faults


def test_no_notebooks_is_an_error(tmp_path, built):
    with pytest.raises(ReportError, match="make report"):
        checking.check_report(built[0], tmp_path / "nowhere")


def test_command_lists_the_faults(built, monkeypatch, capsys):
    pdf, executed = built
    monkeypatch.setattr(checking, "EXECUTED_NOTEBOOKS", executed)
    checking.report_faults(pdf)
    assert "all headings" in capsys.readouterr().out
    nbformat.write(notebook(text("## Lost")), executed / "05_more.ipynb")
    with pytest.raises(ReportError, match=r"report.pdf: .*heading 'Lost'"):
        checking.report_faults(pdf)
