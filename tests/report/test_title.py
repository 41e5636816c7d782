import pytest

from cnnlab.report.build import TITLE
from cnnlab.report.errors import ReportError
from cnnlab.report.pages.title import read_title

from .made_notebooks import chapter, text


def test_the_projects_own_settings_are_read_and_name_no_student():
    title = read_title(TITLE)
    assert title.course == "Neural Networks and Deep Learning"
    assert title.lecturer == "Dr Safabakhsh"
    assert title.date == "24 Ordibehesht 1403"
    assert title.author == title.student_number == ""


def test_the_persian_page_has_its_own_words_and_the_same_student(tmp_path):
    title = read_title(TITLE, "fa")
    assert title.course == "شبکه‌های عصبی و یادگیری عمیق"
    assert title.date == "۲۴ اردیبهشت ۱۴۰۳"
    assert title.figure == read_title(TITLE).figure

    path = tmp_path / "title.toml"
    shared = 'title = "A"\ncourse = "B"\nauthor = "Sara"\nstudent_number = "402"\n'
    path.write_text(f'{shared}[fa]\ntitle = "آ"\nauthor = "سارا"\n', encoding="utf-8")
    title = read_title(path, "fa")
    assert (title.title, title.author, title.student_number) == ("آ", "سارا", "402")
    assert title.course == ""  # no English on a Persian page
    path.write_text(f"{shared}[fa]\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"title.toml, \[fa\]: title is empty"):
        read_title(path, "fa")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('title = "A"\nautor = "B"', "'autor' is not known.*author"),
        ('title = "A"\nstudent_number = 12', "student_number must be text"),
        ('title = ""', "title is empty"),
        ('subtitle = "A"', "title is empty"),
        ('title = "A', "no valid TOML"),
        ('title = "A"\nfigure = "figures/x.png"', "figure_alt is empty"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path, content, complaint):
    path = tmp_path / "title.toml"
    path.write_text(content)
    with pytest.raises(ReportError, match=f"title.toml.*{complaint}"):
        read_title(path)


def test_missing_settings(tmp_path):
    with pytest.raises(ReportError, match="is missing"):
        read_title(tmp_path / "title.toml")


def test_the_page_shows_what_is_given_and_leaves_lines_for_the_student(words):
    given = words(chapter(text("# A")), author="Sara Ahmadi", student_number="402131", date="Today")
    assert "A sample" in given and "Sara Ahmadi" in given and "Student number: 402131" in given
    blank = words(chapter(text("# A")), date="Today")
    assert "Name: Student number: Today" in blank
