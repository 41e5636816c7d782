"""The check finds what it is there to find."""

import re

import nbformat
import pytest

from cnnlab import paths
from cnnlab.report import checking
from cnnlab.report.pages.typesetting import compile_pdf, make_settings, write_sources
from plumbing.user_errors import UserError

from .made_notebooks import caption, chapter, code, notebook, picture, shown, table, text

CELLS = (
    text(
        "# Size of the output\n\n## A *check*\n\n$$ a = b \\label{eq-04-a} $$\n\n"
        "[Equation](#eq-04-a)",
        persian="# اندازهٔ خروجی\n\n## آزمونِ *نخست* با VGG16\n\n$$ a = b \\label{eq-04-a} $$\n\n"
        "[معادله](#eq-04-a)",
    ),
    code("x", picture("04-wave")),
    caption(
        "A wave of the sea.",
        persian="موجی از دریای بی‌پایان با ۱۲ نمونه $x$ و لایه‌هایش.\n\nمتن جایگزین: مستطیل.",
    ),
    code("y", table("04-t", "| layers | Keras |\n|--|--|\n| 1 | 2 |")),
    text("Two numbers.", "caption", persian="دو عدد، الا یکی."),
)


LOST = code("z", picture("04-lost"))


def build(folder, *more, language="en"):
    """A report of one notebook, and the folder of its executed notebooks."""
    made = chapter(*CELLS, *more, language=language)
    settings = make_settings({"title": "A sample"}, language)
    pdf, executed = folder / "report.pdf", folder / "executed"
    pdf.write_bytes(compile_pdf(write_sources([made], settings, folder / "sources")))
    executed.mkdir()
    nbformat.write(notebook(*CELLS), executed / "04_sample.ipynb")
    return pdf, executed


@pytest.fixture
def built(tmp_path):
    return build(tmp_path)


@pytest.fixture
def built_fa(tmp_path):
    return build(tmp_path, language="fa")


def test_a_whole_report_has_no_faults(built):
    assert checking.check_report(*built) == []


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([text("## Not in the report")], "heading 'Not in the report'"),
        ([text("$$ c \\label{eq-04-c} $$")], r"equation number \(2\)"),
        ([LOST, caption("Another picture.")], "caption of fig-04-lost"),
    ],
)
def test_what_a_notebook_declares_is_missed(built, cells, fault):
    pdf, executed = built
    nbformat.write(notebook(*cells), executed / "05_more.ipynb")
    faults = checking.check_report(pdf, executed)
    assert any(re.search(fault, found) for found in faults), faults


def test_a_whole_persian_report_has_no_faults(built_fa):
    assert checking.check_report(*built_fa) == []


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([text("## Lost", persian="## در گزارش نیست")], "heading 'در گزارش نیست'"),
        ([text("$$ c \\label{eq-04-c} $$")], r"equation number \(2\)"),
        ([LOST, caption("A.", persian="تصویری دیگر.\n\nAlt: A.")], "caption of fig-04-lost"),
        ([LOST, caption("A picture still in English.")], "caption of fig-04-lost"),
    ],
)
def test_what_a_persian_report_lacks_is_missed(built_fa, cells, fault):
    pdf, executed = built_fa
    nbformat.write(notebook(*cells), executed / "05_more.ipynb")
    faults = checking.check_report(pdf, executed)
    assert any(re.search(fault, found) for found in faults), faults


def test_cells_left_out_of_the_pdf_are_not_missed(built):
    pdf, executed = built
    hidden = text("## Not in the report", "no-pdf")
    nbformat.write(notebook(hidden), executed / "05_more.ipynb")
    assert checking.check_report(pdf, executed) == []


def test_leftovers_are_found(tmp_path):
    printed = r"\frac{a}{b} and $$ and @fig-04-x"
    built = build(tmp_path, code("print()", shown({"text/plain": printed})))
    faults = " ".join(checking.check_report(*built))
    assert r"\\frac" in faults and "'$$'" in faults and "@fig-04-x" in faults


def test_no_notebooks_is_an_error(tmp_path, built):
    with pytest.raises(UserError, match="make report"):
        checking.check_report(built[0], tmp_path / "nowhere")


def test_command_lists_the_faults(built, monkeypatch, capsys):
    pdf, executed = built
    monkeypatch.setattr(paths, "BUILT_NOTEBOOKS", executed)
    checking.report_faults([f"{pdf}"])
    assert "all headings" in capsys.readouterr().out
    nbformat.write(notebook(text("## Lost")), executed / "05_more.ipynb")
    with pytest.raises(UserError, match=r"report.pdf: .*heading 'Lost'"):
        checking.report_faults([f"{pdf}"])
