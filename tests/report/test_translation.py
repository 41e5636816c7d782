"""The Persian of the notebooks' text, passage by passage."""

import pytest

from cnnlab.report.text.translation import (
    add_persian,
    digest_text,
    read_passages,
    renew_translation,
)
from plumbing.user_errors import UserError

from .made_notebooks import code, notebook, text

ENGLISH = "It is {eval}`n`, see [Figure](#fig-04-a)."
PERSIAN = "برابر {eval}`n` است؛ [شکل](#fig-04-a) را ببینید."


@pytest.fixture
def made():
    """A notebook of two texts."""
    made = notebook(text("# Size"), code("1"), text(ENGLISH))
    made.cells[0].id, made.cells[2].id = "title", "value"
    return made


def write(path, cell, digest, persian):
    path.write_text(f"<!-- {cell} {digest} -->\n\n{persian}\n", encoding="utf-8")


def test_new_passages_are_added_and_a_translated_file_stays(made, tmp_path):
    path = tmp_path / "04_a.md"
    assert renew_translation(made, path) == {"missing": 2}
    assert ENGLISH in path.read_text(encoding="utf-8")
    add_persian(made, "04_a", tmp_path)
    assert not any("persian" in cell.metadata for cell in made.cells)

    done = f"<!-- title {digest_text('# Size')} -->\n\n# اندازه\n\n"
    done += f"<!-- value {digest_text(ENGLISH)} -->\n\n{PERSIAN}\n"
    path.write_text(done, encoding="utf-8")
    assert renew_translation(made, path) == {"translated": 2}
    assert path.read_text(encoding="utf-8") == done
    add_persian(made, "04_a", tmp_path)
    assert [cell.metadata.get("persian") for cell in made.cells] == ["# اندازه", None, PERSIAN]


def test_a_changed_passage_keeps_its_text_and_is_not_used(made, tmp_path):
    path = tmp_path / "04_a.md"
    write(path, "value", digest_text(ENGLISH), PERSIAN)
    made.cells[2].source = ENGLISH.replace("It is", "There are")
    assert renew_translation(made, path) == {"missing": 1, "changed": 1}
    content = path.read_text(encoding="utf-8")
    assert PERSIAN in content and "There are" in content
    assert f"{digest_text(ENGLISH)}, now {digest_text(made.cells[2].source)}" in content
    add_persian(made, "04_a", tmp_path)
    assert "persian" not in made.cells[2].metadata
    assert renew_translation(made, path) == {"missing": 1, "changed": 1}
    assert path.read_text(encoding="utf-8") == content


def test_the_text_of_a_cell_that_is_gone_is_kept(made, tmp_path):
    path = tmp_path / "04_a.md"
    write(path, "gone", "01234567", "متن")
    assert renew_translation(made, path) == {"missing": 2, "unused": 1}
    assert read_passages(path)["gone"].text == "متن"


def test_where_lines_break_changes_nothing():
    assert digest_text("One line.") == digest_text("One\nline.") != digest_text("One lines.")


@pytest.mark.parametrize(
    ("persian", "kind"),
    [
        (PERSIAN.replace("`n`", "`m`"), "expressions"),
        (PERSIAN.replace("fig-04-a", "fig-04-b"), "references"),
        (f"## عنوان\n\n{PERSIAN}", "headings"),
        (f"{PERSIAN}\n\n$$ a \\label{{eq-04-a}} $$", "labels"),
    ],
)
def test_a_passage_that_differs_from_its_english_names_file_and_cell(made, tmp_path, persian, kind):
    write(tmp_path / "04_a.md", "value", digest_text(ENGLISH), persian)
    with pytest.raises(UserError, match=f"04_a.md, cell value of notebook 04_a: .*{kind}"):
        add_persian(made, "04_a", tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("متن\n", "belongs to no cell"),
        ("<!-- a none -->\n\nمتن\n\n<!-- a none -->\n", "cell a is there twice"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, content, complaint):
    (tmp_path / "04_a.md").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=f"04_a.md.*{complaint}"):
        read_passages(tmp_path / "04_a.md")
