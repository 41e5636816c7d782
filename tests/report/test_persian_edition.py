"""One notebook, two editions: what the Persian one prints, and what it refuses."""

import io

import pytest
from nbformat.v4 import new_output
from pypdf import PdfReader

from cnnlab.report.checking import read_text, squeeze
from cnnlab.report.errors import ReportError
from cnnlab.report.exporter import ReportExporter
from cnnlab.report.typesetting import write_typst

from .made_notebooks import DATA_FRAME_HTML, chapter, code, notebook, persian, picture, shown, text

TABLE = {"text/markdown": "| layers | convolution |\n|:--|--:|\n| Keras | 0.5 |"}
WORDS = {"caption_fa": "موجی آرام در $x^2$.", "alt_fa": "مستطیلی آبی."}


def cells(**changed):
    words = WORDS | changed
    return (
        text("# Size {#sec-04}\n\n$$ a = b \\label{eq-04-a} $$\n\nSee @fig-04-wave."),
        persian(
            "# اندازه {#sec-04}\n\n$$ a = b \\label{eq-04-a} $$\n\n## بخش نخست {#sec-04-first}\n\n"
            "به @fig-04-wave، @tbl-04-t، @eq-04-a و @sec-04-first نگاه کنید [@cohen2016]؛ تابع "
            "`f(x)`.\n\n"
            "> **برهان.** روشن است.\n\n1. یک\n2. دو"
        ),
        code("visible", picture("04-wave", "A calm wave.", **words)),
        code(
            "y",
            shown(TABLE, label="tbl-04-t", caption="Numbers.", caption_fa="عددها."),
            shown({"text/markdown": "An English result."}, language="en"),
            shown({"text/markdown": "نتیجه‌ای فارسی."}, language="fa"),
            new_output("stream", name="stdout", text="seventeen\n"),
        ),
    )


def test_the_editions_share_results_and_no_words(typeset):
    reader = typeset(chapter(*cells(), language="fa"), language="fa")
    printed = squeeze(read_text(reader, "fa"))
    for expected in (
        "به شکل ۱، جدول ۱، معادلهٔ (۱) و بخش ۱–۱ نگاه کنید [1]",
        "شکل ۱. موجی آرام",
        "جدول ۱. عددها",
        "نتیجه‌ای فارسی",
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
    for absent in ("calm", "english", "figure", "table", "contents", "references", "rtl"):
        assert absent not in printed
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "fa" and root["/MarkInfo"]["/Marked"]

    english = typeset(chapter(*cells()))
    printed = " ".join(page.extract_text() for page in english.pages)
    assert "An English result." in printed and "calm wave" in printed
    assert not any("\u0600" <= character <= "\u06ff" for character in printed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("definition", "تعریف"), ("proposition", "گزاره"), ("proof", "برهان"), ("answer", "پاسخ")],
)
def test_persian_statements_are_set_off(kind, name):
    source = write_typst(chapter(persian(f"> **{name} (اندازه).** چنین است."), language="fa"), "fa")
    assert f'#statement("{kind}")' in source
    assert ("#proved" in source) == (kind == "proof")


@pytest.mark.parametrize("missing", ["caption_fa", "alt_fa"])
def test_a_figure_without_persian_words_is_refused(missing):
    with pytest.raises(ReportError, match=rf"04_sample, cell \[1\]: fig-04-wave.*{missing}"):
        chapter(*cells(**{missing: " "}), language="fa")


def test_a_text_without_persian_is_refused():
    cell = code("x", shown({"text/markdown": "Alone."}, language="en"))
    with pytest.raises(ReportError, match=r"cell \[1\]: its text has no Persian"):
        chapter(cell, language="fa")
    assert "Alone." in chapter(cell).markdown


def test_a_table_without_persian_words_is_refused():
    table = {"text/markdown": "| unheard of | b |\n|:--|--:|\n| 1 | 2 |"}
    cell = code("x", shown(table, label="tbl-04-t", caption="A.", caption_fa="آ."))
    with pytest.raises(ReportError, match=r"tbl-04-t: these cells .*glossary.toml.*'unheard of'"):
        chapter(cell, language="fa")
    assert "unheard of" in chapter(cell).markdown


def test_data_frames_run_from_the_left():
    frame = shown({"text/html": DATA_FRAME_HTML})
    source = write_typst(chapter(code("frame", frame), language="fa"), "fa")
    assert source.index("#left-to-right[") < source.index("51264")


def test_one_persian_notebook_alone():
    exporter = ReportExporter(language="fa")
    made = notebook(*cells(), persian("به @fig-07-curve نگاه کنید."))
    pdf, _ = exporter.from_notebook_node(made, {"metadata": {"name": "04_sample"}})
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == "اندازه"
    assert squeeze("به شکلی از دفترچهٔ ۷ نگاه کنید") in squeeze(read_text(reader, "fa"))


def test_a_name_in_latin_letters_is_set_in_one_piece():
    short, long = "conv5_2 of 2 x AMD", "numpy 2.4.6, " * 5
    cells = [persian(f'# متن\n\nدر <span dir="ltr">{each}</span> است.') for each in (short, long)]
    for cell, boxed in zip(cells, (True, False), strict=True):
        source = write_typst(chapter(cell, language="fa"), "fa")
        assert ("#box(text(dir: ltr)[" in source) == boxed
        assert source.count("#text(dir: ltr)[") == (not boxed)


def test_citations_are_parted_by_a_persian_comma(typeset):
    source = "# متن {#sec-04}\n\nدو مقاله [@cohen2016; @he2015] و یکی [@he2015]."
    reader = typeset(chapter(persian(source), language="fa"), language="fa")
    assert squeeze("دو مقاله [1]، [2] و یکی [2]") in squeeze(read_text(reader, "fa"))
