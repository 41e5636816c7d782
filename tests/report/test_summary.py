import pytest

from cnnlab.report.pages.editions import summarise, write_edition
from plumbing.user_errors import UserError

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


def summary_of(language, abstract="What it holds.", **notebooks):
    edition = {
        name: write_edition(made, f"{name[-2:]}_a", language) for name, made in notebooks.items()
    }
    return summarise(edition, abstract, language).markdown


@pytest.mark.parametrize(
    ("language", "row"),
    [
        ("en", "| Question 1 (@sec-01) | It holds, always. | 12 cases. |"),
        ("fa", "| سؤال ۱ (@sec-01) | درست است. | ۱۲ مورد. |"),
    ],
)
def test_each_summary_is_a_row_that_names_question_and_section(language, row):
    lines = summary_of(language, in_01=FIRST, in_02=SECOND).splitlines()
    assert lines[2] == "What it holds."
    assert lines[7:] == [row, ":::"]


def test_a_summary_without_persian_is_a_row_in_english():
    alone = notebook(text("# Question 1: A"), text("It holds.\n\n12", "summary"))
    assert "| It holds. | 12 |" in summary_of("fa", in_01=alone)


def test_no_summaries_no_table():
    assert "|" not in summary_of("en", in_02=SECOND)


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
    with pytest.raises(UserError, match=r"in_01, cell .*two paragraphs"):
        summary_of("en", in_01=made)
