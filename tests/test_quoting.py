"""What the user has named reaches the report letter by letter."""

import json
import re
import subprocess
import unicodedata
from functools import cache
from io import BytesIO

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from cnnlab.quoting import LONGEST_LABEL, make_label, make_title, quote
from cnnlab.report.pages.typesetting import Chapter, compile_pdf, make_settings, write_sources

AWKWARD = [
    "a`b.jpg",
    "`` x ` y ``",
    "*a* **b** _c_ __d__ ~~e~~ ^f^ ~g~",
    "$x^2$ \\alpha \\( \\[",
    "@fig-05-samples [@ekman2002] [a](b) ![a](b) <b>x</b> <!-- x -->",
    "{#id .class} ::: # * + - 1. (@)",
    "a | b || c",
    'don\'t -- "quote"... Mr. X &amp; &lt;',
    "---",
    "> x",
    "    x",
    "# x",
    "1) x",
    "%",
    "[^1]: x",
    "\\",
    "two\nlines\r\nand a\ttab",
    "چهره‌های «من»، ۱۲.jpg",
    "Naïve Größe Ελλάδα Россия 悲 😀 \udce9",
]
PLACES = ("{}", "- {}", "> **Remark.** {}", "| a | b |\n|:--|:--|\n| {} | x |", "# {}", "*({})*")
TEXTS = st.one_of(st.sampled_from(AWKWARD), st.text(min_size=1), st.text("ab *_`$@\\~^[]<>|#-.'"))
TEXTS = TEXTS.filter(lambda text: text.strip(" "))
LINE = "\n\n***\n\n"


def read_markdown(markdown: str) -> object:
    """Pandoc's tree of a text, read as the report does; words in a row are one."""
    command = [pypandoc.get_pandoc_path(), "--from=markdown-auto_identifiers", "--to=json"]
    done = subprocess.run(
        [*command, "--sandbox", "--columns=10000"],
        input=markdown.encode(),
        capture_output=True,
        check=True,
    )
    return join_words(json.loads(done.stdout)["blocks"])


@cache
def read_frame(place: str) -> list[object]:
    """The blocks of a place with the word PROBE in it."""
    return read_markdown(place.format("PROBE"))


def fill(place: str, texts: list[str]) -> object:
    """The tree of the place once for each text, with the texts in it."""
    rule = {"t": "HorizontalRule"}
    frame = [block for _ in texts for block in (rule, *read_frame(place))]
    return put(frame[1:], texts)


def join_words(node: object) -> object:
    if isinstance(node, dict):
        return {key: join_words(value) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    joined = []
    for each in map(join_words, node):
        if not isinstance(each, dict) or each.get("t") not in ("Str", "Space"):
            joined.append(each)
        elif joined and isinstance(joined[-1], dict) and joined[-1]["t"] == "Str":
            joined[-1]["c"] += each.get("c", " ")
        else:
            joined.append({"t": "Str", "c": each.get("c", " ")})
    return joined


def put(tree: object, texts: list[str]) -> object:
    """The tree with the texts, one after the other, in place of the word PROBE."""
    parts = json.dumps(tree).split("PROBE")
    assert len(parts) == len(texts) + 1
    filled = "".join(
        part + json.dumps(text)[1:-1] for part, text in zip(parts, [*texts, ""], strict=True)
    )
    return json.loads(filled)


def is_shown(letter: str) -> bool:
    return quote(letter).removeprefix("\\") == letter


def expect(text: str) -> str:
    letters = [
        letter if letter == " " or is_shown(letter) else letter.encode("unicode_escape").decode()
        for letter in unicodedata.normalize("NFC", text)
    ]
    return re.sub(" +", " ", "".join(letters)).strip(" ")


# Many texts at once, for each example starts Pandoc.
@given(st.lists(TEXTS, min_size=20, max_size=60), st.sampled_from(PLACES))
@settings(max_examples=50, deadline=None)
def test_quoted_text_is_shown_as_it_is_and_changes_nothing_around_it(texts, place):
    found = read_markdown(LINE.join(place.format(quote(text)) for text in texts))
    assert found == fill(place, [expect(text) for text in texts])


@given(st.lists(TEXTS, min_size=20, max_size=60), st.sampled_from(("x ({}, Train)", "of `{}`.")))
@settings(max_examples=25, deadline=None)
def test_titles_are_the_same_with_and_without_markdown(names, place):
    titles = [make_title(name) for name in names]
    found = read_markdown(LINE.join(place.format(title) for title in titles))
    # Pandoc keeps abbreviations such as "Mr." together with what follows.
    plain = json.loads(json.dumps(found).replace("\\u00a0", " "))
    assert plain == fill(place, titles)
    assert all(quote(title).replace("\\", "") == title for title in titles)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("چهره‌های من", "چهره‌های من"),
        ("my_faces -- v1.2...", "my_faces - v1.2"),
        ("_x_ _y_", "x- -y"),
        ("Pho\u0301to", "Ph\u00f3to"),
        ("悲", "data"),
    ],
)
def test_titles(name, title):
    assert make_title(name) == title


def test_the_fonts_have_all_letters_that_are_shown(tmp_path):
    letters = [chr(code) for code in range(0x20, 0x10000) if is_shown(chr(code))]
    assert set("پژگچیکآۀء۱۲٣éßłΩжЩ") <= set(letters)
    assert not set("\n\x1b\u202e\ufeff悲") & set(letters)
    # In a row and apart, set as text and as code.
    rows = ("".join(letters), " ".join(letters), "".join(reversed(letters)))
    markdown = "\n\n".join([*map(quote, rows), *(f"``{row.replace('`', '')}``" for row in rows)])
    chapter = Chapter("letters", markdown)
    main = write_sources([chapter], make_settings({"title": "x"}), tmp_path / "x")
    assert compile_pdf(main).startswith(b"%PDF")


NAMES = st.text("aAب‌َ -_.é悲", max_size=4).map(make_title)


@given(NAMES | st.text().map(make_title), NAMES)
def test_names_that_differ_have_labels_that_differ(one, other):
    labels = {make_label(one), make_label(other)}
    assert len(labels) == len({one.lower(), other.lower()})
    for label in labels:
        assert re.fullmatch(r"[^\W_]([\w-]*\w)?", label)
        assert len(label) <= LONGEST_LABEL + 7


def test_plain_names_are_their_own_labels():
    assert make_label("FERPlus-course-layout") == "ferplus-course-layout"
    assert make_label("چهره") == "چهره"
    assert re.fullmatch(r"my-faces-[0-9a-f]{6}", make_label("my faces"))


def test_labels_of_any_script_can_be_referred_to(tmp_path):
    labels = [f"tbl-06-{make_label(name)}-full" for name in ("چهره‌های من", "Größe é", "悲")]
    parts = [
        f"See @{label}.\n\n:::: {{.report-table #{label}}}\n| a | b |\n|:--|:--|\n| 1 | 2 |\n\n"
        "::: caption\nA table.\n:::\n::::"
        for label in labels
    ]
    chapter = Chapter("tables", "\n\n".join(parts))
    main = write_sources([chapter], make_settings({"title": "x"}), tmp_path / "x")
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(compile_pdf(main))).pages)
    assert "See Table 3." in " ".join(text.split())
