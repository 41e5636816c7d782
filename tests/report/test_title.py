import pytest

from cnnlab.report.build import TITLE
from cnnlab.report.errors import ReportError
from cnnlab.report.title import read_title

from .made_notebooks import chapter, text


def test_the_projects_own_settings_are_read_and_name_no_student():
    title = read_title(TITLE)
    assert title.course == "Neural Networks and Deep Learning"
    assert title.lecturer == "Dr Safabakhsh"
    assert title.date == "24 Ordibehesht 1403"
    assert title.author == title.student_number == ""


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


def test_the_page_shows_what_is_given_and_nothing_of_what_is_not(words):
    given = words(chapter(text("# A")), author="Sara Ahmadi", student_number="402131", date="Today")
    assert "A sample" in given and "Sara Ahmadi" in given and "Student number 402131" in given
    assert "Student number" not in words(chapter(text("# A")), date="Today")
