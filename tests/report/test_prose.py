"""Values, claims and references of Markdown cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.report.text.prose import (
    check_references,
    label_headings,
    link_references,
    list_failed_claims,
    write_text,
)
from cnnlab.report.text.values import find_expressions
from plumbing.user_errors import UserError

from .made_notebooks import code, notebook, picture, reply, text

TRUE, FALSE = reply("", holds=True), reply("(not borne out)", holds=False)


def write(source, language="en", **values):
    return write_text(text(source, **values), source, "Notebook 04_a", language)


def test_values_stand_in_the_text_and_true_claims_show_nothing():
    source = "It is {eval}`accuracy`, {eval}`name` to {eval}`small`.{eval}`holds`"
    written = write(
        source,
        accuracy=reply("0.75 [0.69, 0.80]"),
        name=reply(repr("fear\u200c, l'amour")),
        small=reply("4.5 × 10⁻¹⁶"),
        holds=TRUE,
    )
    assert written == "It is 0.75 [0.69, 0.80], fear\u200c, l'amour to $4.5 \\times 10^{-16}$."


def test_code_is_no_expression():
    assert find_expressions("```\n{eval}`a`\n```\n{eval}`b` and {eval}`c[1]`") == ["b", "c[1]"]


def test_only_the_paragraph_of_a_false_claim_gives_way():
    source = (
        "> **Answer to question 5.3.** It wins.{eval}`claim`\n>\n> It has 8 classes.\n\n"
        "- First.\n- Second.{eval}`claim`\n- Third.\n\n$$ a = b $$\n\nThe end.{eval}`claim`\n"
    )
    borne_out = write(source, claim=TRUE)
    assert borne_out == source.replace("{eval}`claim`", "")
    given_way = write(source, claim=FALSE)
    assert given_way.startswith("> **Answer to question 5.3.** *What stands here otherwise")
    assert "It wins" not in given_way and "> It has 8 classes." in given_way
    assert "- First.\n- *What" in given_way.replace("-  *", "- *") and "- Third." in given_way
    assert "$$ a = b $$" in given_way and "The end" not in given_way
    assert given_way.count("not borne out") == 3


def test_a_missing_value_names_its_cell():
    with pytest.raises(UserError, match=r"04_a, cell .*It is.*no value of 'a'.*--execute"):
        write("It is {eval}`a`.", b=reply("1"))


def test_failed_claims_are_listed_with_their_cells():
    made = notebook(text("Fine.", a=TRUE), text("Not so.", b=FALSE), text("5", c=reply("5")))
    [claim] = list_failed_claims({"04_a": made})
    assert "04_a, cell" in claim and "Not so." in claim and claim.endswith(": b")


@given(st.lists(st.sampled_from(["A line.", "", "> Quoted.", "- Item", "1. Item", "$$ x $$"])))
def test_text_without_expressions_stays_as_it_is(lines):
    source = "\n".join(lines)
    assert write(source) == source


def test_headings_get_jupyters_anchors_in_both_languages():
    english = "# Question 4: Size\n\n## What it *means*, and why\n\n```\n# a comment\n```"
    assert label_headings(english, english, "04_size") == (
        "# Question 4: Size {#sec-04}\n\n## What it *means*, and why "
        "{#sec-04-What-it-means-and-why}\n\n```\n# a comment\n```"
    )
    assert label_headings("# سؤال ۴", "# Question 4", "04_size") == "# سؤال ۴ {#sec-04}"


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("[Figure](#fig-07-roc)", "@fig-07-roc"),
        ("[Section](#What-it-means)", "@sec-04-What-it-means"),
        ("[Section](07_light_vgg.ipynb#Its-size)", "@sec-07-Its-size"),
        ("[Section](07_light_vgg.ipynb)", "@sec-07"),
        ("[He et al. 2015](#ref-he2015)", "He et al. 2015 [@he2015]"),
        ("[a page](https://example.org/a)", "[a page](https://example.org/a)"),
    ],
)
def test_links_to_labels_are_references(link, written):
    assert link_references(f"See {link}.", "04_size") == f"See {written}."


def test_references_over_several_notebooks():
    first = notebook(
        text("# One\n\n[Figure](#fig-02-b), [Section](02_b.ipynb#Two-more), [He](#ref-he2015)")
    )
    second = notebook(text("# Two\n\n## Two more\n\n$$ a \\label{eq-02-a} $$"))
    second.cells.append(code("x", picture("02-b")))
    check_references({"01_a": first, "02_b": second}, {"he2015"})
    check_references({"01_a": first}, {"he2015"})  # alone, others are not known
    with pytest.raises(UserError, match=r"01_a, cell .*ref-he2015 leads nowhere"):
        check_references({"01_a": first}, set())
    first.cells.append(text("$$ b \\label{eq-02-a} $$"))
    with pytest.raises(UserError, match="eq-02-a is used in notebook 01_a too"):
        check_references({"01_a": first, "02_b": second}, {"he2015"})
