import pytest

from cnnlab.report.errors import ReportError
from cnnlab.report.summary import summarise

from .made_notebooks import code, notebook, persian, shown, text


def summary(*words):
    return code(
        "show_summary()",
        shown(
            {"text/markdown": "*In Jupyter.*"},
            role="summary",
            summary={"en": words[:2], "fa": words[2:]},
        ),
    )


FIRST = notebook(
    text("# A {#sec-01}"),
    persian("# آ {#sec-01}"),
    summary("It holds.", "12", "درست است.", "۱۲"),
)
SECOND = notebook(text("# B {#sec-02}"))


@pytest.mark.parametrize(("language", "row"), [("en", "It holds. | 12"), ("fa", "درست است. | ۱۲")])
def test_each_summary_is_a_row_that_links_to_its_section(language, row):
    lines = summarise(
        {"01_a": FIRST, "02_b": SECOND}, "What it holds.", language
    ).markdown.splitlines()
    assert lines[2] == "What it holds."
    assert lines[6:] == [f"| @sec-01 | {row} |"]


def test_no_summaries_no_table():
    assert "|" not in summarise({"02_b": SECOND}, "What it holds.", "en").markdown


def test_a_summary_without_persian_is_refused():
    alone = notebook(text("# A {#sec-01}"), summary("It holds.", "12", "", ""))
    assert "| It holds. |" in summarise({"01_a": alone}, "", "en").markdown
    with pytest.raises(ReportError, match=r"01_a: its summary has no Persian"):
        summarise({"01_a": alone}, "", "fa")


def test_a_summary_needs_a_label_to_link_to():
    with pytest.raises(ReportError, match=r"01_a shows a summary.*no label"):
        summarise({"01_a": notebook(text("# A"), summary("It holds.", "12", "آ", "۱"))}, "", "en")
