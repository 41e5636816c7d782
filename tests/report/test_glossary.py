"""Both editions' terms, and the cells of tables in Persian."""

import pytest

from cnnlab.report.text.glossary import Glossary, read_glossary
from plumbing.user_errors import UserError

MADE = Glossary(
    {"stride": "گام", "kernel": "کرنل", "equivariance": "هم‌وردایی"},
    {"layer": "لایه", "# layers, stride #": "# لایه، گام #", "Keras": "Keras"},
)


def translate(*cells):
    table = f"| {' | '.join(cells)} |\n|:--|--:|\n| layer | 1 |"
    return MADE.translate_table(table)[0].splitlines()[0].strip("| ").split(" | ")


def test_words_numbers_and_what_needs_no_translation():
    assert translate("layer", "kernel", "Keras") == ["لایه", "کرنل", "Keras"]
    assert translate("12 layers, stride 0.5") == ["۱۲ لایه، گام ۰٫۵"]
    assert translate("1,234", "$K''$", "`f(x, 2)`", "@eq-04-size") == [
        "۱٬۲۳۴",
        "$K''$",
        "`f(x, 2)`",
        "@eq-04-size",
    ]
    assert translate("785, 787") == ["۷۸۵، ۷۸۷"]
    assert translate(r"a \| b") == [r"a \| b"]


def test_the_rule_stays_and_every_row_is_translated():
    table = "| layer | stride |\n|:--|--:|\n| kernel | 2 |"
    assert MADE.translate_table(table) == ("| لایه | گام |\n|:--|--:|\n| کرنل | ۲ |", [])


def test_unknown_cells_stay_and_are_named():
    translated, unknown = MADE.translate_table("| layer | colour |\n|:--|--:|\n| two words | 2 |")
    assert translated == "| لایه | colour |\n|:--|--:|\n| two words | ۲ |"
    assert unknown == ["colour", "two words"]
    assert MADE.translate_words("kernel") == "کرنل" and MADE.translate_words("colour") == "colour"


def test_terms_stand_in_persian_order_in_two_columns():
    lines = MADE.describe_terms().splitlines()
    assert lines[0] == "## واژه‌نامه"
    assert lines[4:] == ["| کرنل | kernel | هم‌وردایی | equivariance |", "| گام | stride |  |  |"]


def test_the_projects_own_glossary():
    glossary = read_glossary()
    persian = list(glossary.terms.values())
    assert len(set(persian)) == len(persian) > 30
    for words in (*persian, *glossary.phrases.values()):
        assert not set("يكى") & set(words), words
    for phrase, words in glossary.phrases.items():
        assert phrase.count("#") == words.count("#"), phrase


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[[term]]\nen = "a"', "must have an en and a fa"),
        ('[[term]]\nen = "a"\nfa = ""', "must have an en and a fa"),
        ('[[term]]\nen = "a"\nfa = "ب"\n[[term]]\nen = "a"\nfa = "پ"', "a is there twice"),
        ("[[term", "no valid TOML"),
    ],
)
def test_a_glossary_that_cannot_be_used(tmp_path, content, complaint):
    path = tmp_path / "glossary.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=f"glossary.toml.*{complaint}"):
        read_glossary(path)


def test_no_glossary(tmp_path):
    with pytest.raises(UserError, match="is missing"):
        read_glossary(tmp_path / "glossary.toml")
