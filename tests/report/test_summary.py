import pytest

from cnnlab.report.errors import ReportError
from cnnlab.report.text.summary import summarise

from .made_notebooks import notebook, reply, text

FIRST = notebook(
    text("# Question 1: A", persian="# سؤال ۱: آ"),
    text(
        "**In short.** It holds,\nalways.\n\n**Key figure.** {eval}`n` cases.",
        "summary",
        persian="**کوتاه.** درست است.\n\n**عدد کلیدی.** {eval}`n` مورد.",
        n=reply("12"),
    ),
)
SECOND = notebook(text("# Question 2: B"))


@pytest.mark.parametrize(
    ("language", "row"),
    [
        ("en", "| Question 1 (@sec-01) | It holds, always. | 12 cases. |"),
        ("fa", "| سؤال ۱ (@sec-01) | درست است. | ۱۲ مورد. |"),
    ],
)
def test_each_summary_is_a_row_that_names_question_and_section(language, row):
    lines = summarise(
        {"01_a": FIRST, "02_b": SECOND}, "What it holds.", language
    ).markdown.splitlines()
    assert lines[2] == "What it holds."
    assert lines[7:] == [row, ":::"]


def test_a_summary_without_persian_is_a_row_in_english():
    alone = notebook(text("# Question 1: A"), text("It holds.\n\n12", "summary"))
    assert "| It holds. | 12 |" in summarise({"01_a": alone}, "", "fa").markdown


def test_no_summaries_no_table():
    assert "|" not in summarise({"02_b": SECOND}, "What it holds.", "en").markdown


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("# A", "It holds.\n\n12"),
        ("# Question 1: A", "It holds."),
        ("# Question 1: A", "a\n\nb\n\nc"),
    ],
)
def test_a_summary_needs_its_question_and_two_paragraphs(title, summary):
    made = notebook(text(title), text(summary, "summary"))
    with pytest.raises(ReportError, match=r"01_a, cell .*two paragraphs"):
        summarise({"01_a": made}, "", "en")
