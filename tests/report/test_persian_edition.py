"""One notebook, two editions: what the Persian one prints, and what it leaves in English."""

import io

import pytest
from nbformat.v4 import new_output
from pypdf import PdfReader

from cnnlab.report.checking import read_text, squeeze
from cnnlab.report.pages.editions import write_edition
from cnnlab.report.pages.exporter import ReportExporter
from cnnlab.report.pages.typesetting import write_typst

from .made_notebooks import (
    DATA_FRAME_HTML,
    chapter,
    code,
    notebook,
    picture,
    reply,
    shown,
    table,
    text,
)

CELLS = (
    text(
        "# Size\n\n$$ a = b \\label{eq-04-a} $$\n\nSee [Figure](#fig-04-wave).",
        persian="# اندازه\n\n$$ a = b \\label{eq-04-a} $$\n\nبه [شکل](#fig-04-wave) نگاه کنید.",
    ),
    text(
        "## The first part\n\n[Table](#tbl-04-t), [Equation](#eq-04-a), "
        "[Section](#The-first-part), [Cohen](#ref-cohen2016) and `f(x)`: {eval}`accuracy`."
        "\n\n> **Proof.** Clear.",
        persian="## بخش نخست\n\n[جدول](#tbl-04-t)، [معادله](#eq-04-a)، [بخش](#The-first-part)، "
        "[کوهن](#ref-cohen2016) و `f(x)`: {eval}`accuracy`.\n\n> **برهان.** روشن است.\n\n1. یک",
        accuracy=reply("0.75 [0.69, 0.80]"),
    ),
    code("visible", picture("04-wave")),
    text(
        "A calm wave.\n\nAlt: A box.",
        "caption",
        persian="موجی آرام در $x^2$.\n\nمتن جایگزین: مستطیلی آبی.",
    ),
    code(
        "y",
        table("04-t", "| layers | convolution |\n|:--|--:|\n| Keras | 0.5 |"),
        new_output("stream", name="stdout", text="seventeen\n"),
    ),
    text("Numbers.", "caption", persian="عددها."),
)


def test_the_editions_share_results_and_no_words(typeset):
    reader = typeset(chapter(*CELLS, language="fa"), language="fa")
    printed = squeeze(read_text(reader, "fa"))
    for expected in (
        "به شکل ۱ نگاه کنید",
        "جدول ۱، رابطهٔ (۱)، بخش ۱–۱، کوهن [1]",
        "۰٫۷۵",
        "شکل ۱. موجی آرام",
        "جدول ۱. عددها",
        "برهان. روشن است",
        "کانولوشن",
        "۰٫۵",
        "فهرست مطالب",
        "مراجع",
        "visible",
        "seventeen",
        "Group Equivariant Convolutional Networks",
    ):
        assert squeeze(expected) in printed, expected
    for absent in ("calm", "english", "figure", "table", "contents", "references", "eval"):
        assert absent not in printed
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "fa" and root["/MarkInfo"]["/Marked"]

    english = typeset(chapter(*CELLS))
    printed = " ".join(page.extract_text() for page in english.pages)
    assert "0.75 [0.69, 0.80]" in printed and "calm wave" in printed
    assert not any("\u0600" <= character <= "\u06ff" for character in printed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("definition", "تعریف"), ("proposition", "گزاره"), ("proof", "برهان"), ("answer", "پاسخ")],
)
def test_persian_statements_are_set_off(kind, name):
    cell = text(f"> **{kind.title()} (Size).** So.", persian=f"> **{name} (اندازه).** چنین است.")
    source = write_typst(chapter(cell, language="fa"), "fa")
    assert f'#statement("{kind}")' in source
    assert ("#proved" in source) == (kind == "proof")


def test_what_has_no_persian_is_printed_in_english_and_counted(typeset):
    made = (
        text("# Alone\n\nAn English remark, 12 of 13."),
        code("x", picture("04-wave"), table("04-t", "| unheard of | b |\n|:--|--:|\n| 1 | 2 |")),
        text("A calm wave.\n\nAlt: A box.", "caption"),
        text("Numbers.", "caption", persian="عددها."),
    )
    printed = squeeze(read_text(typeset(chapter(*made, language="fa"), language="fa"), "fa"))
    for expected in ("An English remark, 12 of 13", "A calm wave", "unheard of", "عددها"):
        assert squeeze(expected) in printed, expected
    untranslated = write_edition(notebook(*made), "04_sample", "fa").metadata.untranslated
    assert untranslated == {"passages": 2, "cells of tables": 1}
    assert not write_edition(notebook(*made), "04_sample", "en").metadata.untranslated


def test_data_frames_run_from_the_left():
    frame = shown({"text/html": DATA_FRAME_HTML})
    source = write_typst(chapter(code("frame", frame), language="fa"), "fa")
    assert source.index("#left-to-right[") < source.index("51264")


def test_one_persian_notebook_alone():
    exporter = ReportExporter(language="fa")
    more = text("See [Figure](#fig-07-curve).", persian="به [شکل](#fig-07-curve) نگاه کنید.")
    made = notebook(*CELLS, more)
    pdf, _ = exporter.from_notebook_node(made, {"metadata": {"name": "04_sample"}})
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == "اندازه"
    assert squeeze("به شکلی از دفترچهٔ ۷ نگاه کنید") in squeeze(read_text(reader, "fa"))


def test_a_name_in_latin_letters_is_set_in_one_piece():
    short, long = "conv5_2 of 2 x AMD", "numpy 2.4.6, " * 5
    for name, boxed in ((short, True), (long, False)):
        cell = text("# Text", persian=f'# متن\n\nدر <span dir="ltr">{name}</span> است.')
        source = write_typst(chapter(cell, language="fa"), "fa")
        assert ("#box(text(dir: ltr)[" in source) == boxed
        assert source.count("#text(dir: ltr)[") == (not boxed)
