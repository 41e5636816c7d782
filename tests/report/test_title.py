import re

import pytest

from cnnlab.report.pages.title import read_title
from plumbing.user_errors import UserError

from .made_notebooks import chapter, text


def test_the_projects_own_settings_are_read_and_name_no_student():
    title = read_title("en")
    assert all(title[key] for key in ("title", "course", "lecturer", "date", "abstract"))
    assert title["author"] == title["student_number"] == ""


def test_the_persian_page_has_its_own_words_and_the_same_student(tmp_path):
    title, english = read_title("fa"), read_title("en")
    for key in ("title", "course", "lecturer", "date", "abstract"):
        # Persian, and not with the letters of Arabic keyboards, which no Persian search finds.
        assert re.search("[آ-ی]", title[key]) and not set("يكى") & set(title[key]), key
    assert title["figure"] == english["figure"]

    path = tmp_path / "title.toml"
    shared = 'title = "A"\ncourse = "B"\nauthor = "Sara"\nstudent_number = "402"\n'
    path.write_text(f'{shared}[fa]\ntitle = "آ"\nauthor = "سارا"\n', encoding="utf-8")
    title = read_title("fa", path)
    assert (title["title"], title["author"], title["student_number"]) == ("آ", "سارا", "402")
    assert title["course"] == ""  # no English on a Persian page
    path.write_text(f"{shared}[fa]\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"title.toml, \[fa\]: title is empty"):
        read_title("fa", path)


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
    with pytest.raises(UserError, match=f"title.toml.*{complaint}"):
        read_title("en", path)


def test_missing_settings(tmp_path):
    with pytest.raises(UserError, match="is missing"):
        read_title("en", tmp_path / "title.toml")


def test_the_page_shows_what_is_given_and_leaves_lines_for_the_student(words):
    given = words(chapter(text("# A")), author="Sara Ahmadi", student_number="402131", date="Today")
    assert "A sample" in given and "Sara Ahmadi" in given and "Student number: 402131" in given
    blank = words(chapter(text("# A")), date="Today")
    assert "Name: Student number: Today" in blank
