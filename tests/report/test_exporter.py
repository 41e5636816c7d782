"""From notebook to PDF, read back."""

import io

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_output
from pypdf import PdfReader

from cnnlab.report.pages.exporter import ReportExporter
from cnnlab.report.pages.typesetting import write_typst
from plumbing.user_errors import UserError

from .made_notebooks import (
    DATA_FRAME_HTML,
    PNG,
    caption,
    chapter,
    code,
    notebook,
    picture,
    shown,
    table,
    text,
)

EQUATION = r"$$ M - DF + D \label{eq-04-size} $$"


def test_sections_captions_numbers_and_references(typeset):
    first = chapter(
        text(
            "# First\n\nSee [Figure](#fig-04-wave), [Table](#tbl-04-sizes), "
            "[Equation](#eq-04-size), [Section](04_sample.ipynb#The-size) and "
            "[Section](04_sample.ipynb)."
        ),
        name="03_first",
    )
    second = chapter(
        text(
            f"# Second\n\n## The size\n\n{EQUATION}\n\nAs [Cohen & Welling](#ref-cohen2016) show."
        ),
        code("show()", picture("04-wave"), tags=("hide-input",)),
        caption("A wave of $x^2$."),
        code("show()", table("04-sizes", "| layer | size |\n|:--|--:|\n| conv1 | 320 |")),
        text("Sizes in *pixels*.", "caption"),
    )
    reader = typeset(first, second)
    printed = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "See Figure 1, Table 1, Equation (1), Section 2.1 and Section 2." in printed
    assert "Figure 1. A wave of" in printed
    assert "Table 1. Sizes in pixels." in printed
    assert "Cohen & Welling [1] show" in printed
    assert "conv1 320" in printed
    assert "(1)" in printed
    assert "Group Equivariant Convolutional Networks" in printed
    assert "\\" not in printed and "$" not in printed and "@" not in printed
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)][-3:] == [
        "1 First",
        "2 Second",
        "References",
    ]
    assert reader.metadata.title == "A sample"
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"


def test_equations_without_a_label_are_not_numbered(words):
    printed = words(chapter(text(f"# A\n\n$$ q = 7 $$\n\n{EQUATION}")))
    assert "(1)" in printed and "(2)" not in printed


def test_data_frame_survives_without_its_style_sheet(words):
    result = new_output(
        "execute_result",
        data={"text/html": DATA_FRAME_HTML, "text/plain": "plain"},
        execution_count=1,
    )
    printed = words(chapter(text("# A"), code("frame", result)))
    assert "conv1" in printed and "51264" in printed and "parameters" in printed
    assert "vertical-align" not in printed and "Table 1" not in printed


def test_only_what_belongs_into_a_report_is_printed(words):
    printed = words(
        chapter(
            text("# A"),
            code(
                "visible_call()",
                new_output("stream", name="stdout", text="seventeen\n"),
                new_output("stream", name="stderr", text="a warning\n"),
                new_output("stream", name="stdout", text="WARNING:tensorflow:5 of <f at 0x7f1b>\n"),
                new_output("stream", name="stdout", text="\x1b[1m3/7\x1b[0m ━━━━━ 2s 31ms/step\n"),
            ),
            code("hidden_call()", shown({"text/plain": "'result'"}), tags=("hide-input",)),
            code("absent_call()", shown({"text/plain": "absent"}), tags=("no-pdf",)),
            text("Its row on the page of answers.\n\nNo more.", "summary"),
            code("y", shown({"application/vnd.jupyter.widget-view+json": "", "text/plain": "0%"})),
        )
    )
    assert "visible_call()" in printed and "seventeen" in printed and "result" in printed
    for absent in ("warning", "0x7f1b", "31ms", "hidden_call", "absent", "page of answers", "0%"):
        assert absent not in printed


def test_long_code_stays_inside_the_margins(typeset):
    line = "x = " + "a" * 300 + "  # " + "word " * 40 + "end"
    reader = typeset(chapter(text("# A"), code(line)))
    lines = [line for page in reader.pages[2:] for line in page.extract_text().splitlines()]
    assert max(len(line) for line in lines) <= 93  # what fits between the margins
    printed = "".join("".join(lines).split())
    assert printed.replace("\u200b", "").count("a" * 300) == 1 and "end" in printed


@pytest.mark.parametrize("kind", ["Definition", "Proposition", "Proof", "Question", "Answer"])
def test_statements_are_set_off(kind):
    made = chapter(text(f"# A\n\n> **{kind} (Size).** It is *so*.\n\n> A plain quotation."))
    source = write_typst(made)
    assert source.count(f'#statement("{kind.lower()}")') == 1
    assert "#quote(block: true)" in source
    assert ("#proved" in source) == (kind == "Proof")


def test_a_statement_prints_its_words(words):
    printed = words(chapter(text("# A\n\n> **Lemma (Shift).** First.\n>\n> Second $x$.")))
    assert "Lemma (Shift). First." in printed and "Second" in printed


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ((text("A wave.", "caption"),), "caption cell of fig-04-x must say.*'Alt:'"),
        ((text("\n\nAlt: A box.", "caption"),), "caption cell of fig-04-x must say"),
        ((text("Prose."),), "fig-04-x has no caption"),
        ((), "fig-04-x has no caption"),
        ((caption("A."), caption("B.")), "no figure or table before this caption"),
        (
            (caption("A."), code("x", picture("04-x"))),
            "label fig-04-x is used in notebook 04_sample too",
        ),
    ],
)
def test_a_figure_without_its_words_is_refused(cells, complaint):
    with pytest.raises(UserError, match=f"04_sample.*{complaint}"):
        chapter(code("x", picture("04-x")), *cells)


def test_a_picture_that_was_not_shown_by_its_name_is_refused():
    with pytest.raises(UserError, match=r"04_sample, cell \[1\].*no caption.*show_figure"):
        chapter(code("x", shown({"image/png": PNG})))


def test_failed_cell_is_refused():
    failure = new_output("error", ename="ValueError", evalue="no such class", traceback=[])
    with pytest.raises(UserError, match=r"04_sample, cell \[1\].*ValueError: no such class"):
        chapter(code("x", failure))


def test_notebook_that_was_not_executed_is_refused():
    cell = code("show()")
    cell.execution_count = None
    with pytest.raises(UserError, match=r"04_sample has not been executed.*show\(\).*--execute"):
        chapter(text("# A"), cell)


def test_output_that_cannot_be_printed_is_refused():
    with pytest.raises(UserError, match="application/json"):
        chapter(code("x", shown({"application/json": "{}"})))


def test_one_notebook_alone(tmp_path):
    made = notebook(
        text(
            f"# Dilated *convolution*\n\n{EQUATION}\n\nSee [Figure](#fig-07-curve) and "
            "[Section](04_dilated.ipynb)."
        ),
        code("x", picture("04-wave")),
        caption("A wave."),
    )
    path = tmp_path / "04_dilated.ipynb"
    nbformat.write(made, path)
    exporter = get_exporter("cnnlab-pdf")()
    assert isinstance(exporter, ReportExporter)
    pdf, resources = exporter.from_filename(str(path))
    assert resources["output_extension"] == ".pdf" and not resources["outputs"]
    assert exporter.from_filename(str(path))[0] == pdf  # the same bytes
    reader = PdfReader(io.BytesIO(pdf))
    printed = " ".join(reader.pages[0].extract_text().split())
    assert printed.startswith("4 Dilated convolution")
    assert "See a figure of notebook 7 and Section 4." in printed
    assert reader.metadata.title == "Dilated convolution"


def test_reference_within_one_notebook_must_resolve():
    with pytest.raises(UserError, match=r"04_sample, cell .* fig-04-nowhere leads nowhere"):
        ReportExporter().from_notebook_node(
            notebook(text("# A\n\nSee [Figure](#fig-04-nowhere).")),
            {"metadata": {"name": "04_sample"}},
        )
