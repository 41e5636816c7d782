"""What only the curious want: written in the notebooks, printed after the chapters."""

import pytest

from cnnlab.report.checking import read_text, squeeze
from cnnlab.report.pages.editions import split_chapter, write_edition

from .made_notebooks import caption, chapter, code, notebook, picture, text

MADE = notebook(
    text(
        "# First\n\nMore is in [Section](#More), with [Figure](#fig-01-wave).",
        persian="# نخست\n\nبیشتر در [بخش](#More) است، با [شکل](#fig-01-wave).",
    ),
    text("## More\n\nFor the curious.", "appendix", persian="## بیشتر\n\nبرای کنجکاوان."),
    code("show()", picture("01-wave"), tags=("hide-input", "appendix")),
    text(
        "A wave.\n\nAlt: A box.",
        "caption",
        "appendix",
        persian="موجی.\n\nمتن جایگزین: چهارگوشی آبی.",
    ),
    text("## What it means\n\nThe end of the chapter.", persian="## جمع‌بندی\n\nپایان فصل."),
)


def split(made, language="en"):
    return split_chapter(write_edition(made, "01_first", language), "01_first")


@pytest.fixture
def read(typeset):
    """Typeset a notebook's chapter and appendix, and return the PDF."""

    def run(made, language="en"):
        body, appended = split(made, language)
        return typeset(body, language=language, appendix=[appended])

    return run


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "More is in Appendix A.1, with Figure 1",
                "A.1 More",
                "Figure 1. A wave.",
            ),
        ),
        ("fa", ("بیشتر در پیوست الف–۱ است", "برای کنجکاوان")),
    ],
)
def test_tagged_cells_follow_the_chapters(read, language, words):
    printed = squeeze(read_text(read(MADE, language), language))
    for each in words:
        assert squeeze(each) in printed, each
    first, last = ("The end of", "For the curious") if language == "en" else ("پایان", "برای")
    assert printed.rindex(squeeze(first)) < printed.rindex(squeeze(last))


def test_no_chapter_runs_on_at_the_top_of_the_appendix(read):
    [page] = [
        page.extract_text() for page in read(MADE).pages if "For the curious" in page.extract_text()
    ]
    assert page.startswith("Appendix") and "Figure 1" in page and "First" not in page


def test_the_number_of_an_appendix_is_not_broken(read):
    references = "\n\n".join(f"{'و ' * count}[بخش](#More) است." for count in range(60, 90))
    made = notebook(
        text("# First", persian=f"# نخست\n\n{references}"),
        text("## More", "appendix", persian="## بیشتر\n\nبرای کنجکاوان."),
    )
    lines = read_text(read(made, "fa"), "fa").splitlines()
    assert sum("پیوست\N{NO-BREAK SPACE}الف–۱" in line for line in lines) == 30


def test_nothing_tagged_no_appendix():
    body, appended = split(notebook(text("# First"), text("Text.")))
    assert appended is None
    assert "Text." in body.markdown


def test_pictures_of_both_parts_have_names_of_their_own():
    made = notebook(
        text("# First"),
        code("show()", picture("01-body")),
        caption("One."),
        code("show()", picture("01-more"), tags=("appendix",)),
        caption("Two.", "appendix"),
    )
    body, appended = split(made)
    assert not set(body.files) & set(appended.files)


def test_alone_a_notebook_keeps_its_order():
    markdown = chapter(*MADE.cells, name="01_first").markdown
    assert markdown.index("For the curious") < markdown.index("The end of")
