"""Every English text has its Persian neighbour, and both say the same of the same things."""

import re
import unicodedata
from collections import Counter

import nbformat
import pytest

from cnnlab.paths import NOTEBOOKS
from cnnlab.report.exporter import APPENDIX, ReportExporter
from cnnlab.report.glossary import read_glossary
from cnnlab.report.persian import localise_numbers, right_to_left
from cnnlab.report.typesetting import GLOSSARY

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))

KINDS = {
    "Definition": "تعریف",
    "Proposition": "گزاره",
    "Theorem": "قضیه",
    "Lemma": "لم",
    "Corollary": "نتیجه",
    "Proof": "برهان",
    "Remark": "تبصره",
    "Assumption": "فرض",
    "Example": "مثال",
    "Question": "پرسش",
    "Answer": "پاسخ",
}
FORMULA = re.compile(r"\$\$.+?\$\$|(?<!\\)\$[^$]+\$", re.DOTALL)
CODE = re.compile(r"`[^`]+`")
PERSIAN_WORD = re.compile(r"[آ-ی\u200c\u0654]+")

# Spaces where a half-space belongs, and letters of Arabic keyboards.
WRONG = {
    "می stands apart from its verb": r"(?<![آ-ی\u200c])ن?می [آ-ی]",
    "ها stands apart from its noun": r"[آ-ی] ها(?![آ-ی])",
    "an Arabic letter": "[يكىةأإ](?<!أ)",
    "an Arabic digit": "[٠-٩]",
    "a Latin comma or question mark": r"[آ-ی] ?[,;?]",
    "a straight quotation mark": '"',
    "a space before a mark": r"[آ-ی] [،؛.:](?=\s|$)",
    "a doubled space": r"[^\s>]  +\S",
}


def cells_of(path, tag, without=frozenset()):
    cells = nbformat.read(path, as_version=4).cells
    tagged = [(set(cell.metadata.get("tags", ())), cell) for cell in cells]
    return [cell.source for tags, cell in tagged if tag in tags and not tags & without]


def pairs_of(path):
    return list(zip(cells_of(path, "en"), cells_of(path, "fa"), strict=True))


def formulae_of(text):
    """Formulae without their words and the marks of the sentence around them."""
    bare = (
        re.sub(r"\\text\{[^}]*\}|\\quad|\\qquad|[\s>]", "", formula)
        for formula in FORMULA.findall(localise_arithmetic(text))
    )
    bare = (re.sub(r"[.,;]+(?=\\label|\$|\\\\|\\end)", "", formula) for formula in bare)
    return Counter(formula for formula in bare if formula != r"$\square$")


def localise_arithmetic(text):
    return re.sub(r"\d+(?: ?× ?\d+)+", lambda found: f"${found[0]}$".replace("×", r"\times"), text)


def references_of(text):
    return Counter(re.findall(r"@[\w-]*\w", text))


def headings_of(text):
    return [
        (len(marks), label or "")
        for marks, label in re.findall(r"^(#+) .*?(\{#[^}]*\})?$", text, re.MULTILINE)
    ]


def statements_of(text):
    """The kinds of the statements, in Persian."""
    openings = re.findall(r"^> \*\*([^\s.(*]+)", text, re.MULTILINE)
    kinds = [KINDS.get(opening, opening) for opening in openings]
    return [kind for kind in kinds if kind in KINDS.values()]


def prose_of(text):
    """What is neither formula, code, tag nor reference."""
    return re.sub(
        r"\$\$.+?\$\$|\$[^$]+\$|`[^`]+`|\[?@[\w-]+\]?|<[^>]+>|\{#[^}]*\}",
        "X",
        text,
        flags=re.DOTALL,
    )


def spoken_of(notebook):
    """Return (English, Persian) of each text, caption and description that code cells show."""
    spoken = []
    for cell in notebook.cells:
        outputs = [output for output in cell.get("outputs", ()) if "metadata" in output]
        texts = {
            language: [
                output.data["text/markdown"]
                for output in outputs
                if output.metadata.get("language") == language
            ]
            for language in ("en", "fa")
        }
        spoken += zip(texts["en"], texts["fa"], strict=True)
        spoken += [
            (output.metadata[key], output.metadata[f"{key}_fa"])
            for output in outputs
            for key in ("caption", "alt")
            if key in output.metadata
        ]
    return spoken


def results_of(text):
    """Return the numbers that look computed: with a point, a percent sign or three digits."""
    latin = text.translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹٫٬٪", "0123456789.,%"))
    # Arithmetic is a formula in Persian, and may be prose in English.
    apart = r"\d[\d,]*(?: ?[×·+] ?\d[\d,]*)+|[\w-]*[A-Za-z][\w-]*"
    prose = re.sub(apart, "", prose_of(latin).replace("X", " "))
    numbers = re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", prose)
    return Counter(
        number.rstrip("%") for number in numbers if re.search(r"[.%]|\d.*\d.*\d", number)
    )


def check_writing(persian):
    prose = prose_of(persian)
    for fault, pattern in WRONG.items():
        found = re.search(pattern, prose)
        assert not found, f"{fault}: {prose[max(0, found.start() - 20) : found.end() + 20]}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_texts_are_neighbours(path):
    cells = nbformat.read(path, as_version=4).cells
    for number, cell in enumerate(cells):
        tags = cell.metadata.get("tags", [])
        if "en" in tags:
            following = cells[number + 1]
            assert "fa" in following.metadata.get("tags", []), cell.source[:60]
        if "fa" in tags:
            assert "en" in cells[number - 1].metadata.get("tags", []), cell.source[:60]
            inner = cell.source.removeprefix('<div dir="rtl">').removesuffix("</div>")
            assert cell.source == right_to_left(inner)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_both_have_the_same_formulae_references_labels_and_statements(path):
    for english, persian in pairs_of(path):
        assert formulae_of(english) == formulae_of(persian), english[:60]
        assert references_of(english) == references_of(persian), english[:60]
        assert headings_of(english) == headings_of(persian), english[:60]
        assert Counter(re.findall(r"\\label\{[^}]*\}", english)) == Counter(
            re.findall(r"\\label\{[^}]*\}", persian)
        )
        assert statements_of(english) == statements_of(persian), english[:60]
        assert Counter(CODE.findall(english)) == Counter(CODE.findall(persian)), english[:60]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_persian_is_written_as_persian(path):
    for persian in cells_of(path, "fa"):
        assert localise_numbers(persian) == persian, "Latin digits in prose"
        assert unicodedata.is_normalized("NFC", persian)
        check_writing(persian)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_results_are_the_same_in_both(path, execute):
    notebook = execute(path)
    spoken = spoken_of(notebook)
    assert spoken
    for english, persian in spoken:
        assert re.search("[آ-ی]", persian), english
        assert references_of(english) == references_of(persian), english
        assert results_of(english) == results_of(persian), english
        check_writing(persian)
    # Every table's cell has its Persian.
    ReportExporter(language="fa").make_chapter(notebook, {"metadata": {"name": path.stem}})


def test_a_term_is_explained_where_it_is_mentioned_first():
    # Headings are too short for it, and the questions are quoted as they are.
    headings = r"^#+ .*$|^> \*\*پرسش\.(?:.*\n>)*.*$|\*\*[^*]+\.\*\*"
    # In the order of the report, whose appendix follows all chapters.
    texts = [text for path in PATHS for text in cells_of(path, "fa", without={APPENDIX})]
    texts += [
        text for path in PATHS for text in cells_of(path, APPENDIX, without={"en", "hide-input"})
    ]
    prose = "\n".join(re.sub(headings, "", text, flags=re.MULTILINE) for text in texts)
    words = " ".join(re.sub(r"[>*]", " ", prose).split())
    # Longer terms first: they may hold shorter ones.
    for term in sorted(read_glossary(GLOSSARY).terms, key=lambda term: -len(term.fa)):
        apart = rf"(?<![آ-ی\u200c\u0654]){re.escape(term.fa)}(?![آ-ی\u0654]|\u200c(?!ها))"
        first = re.search(apart, words)
        if first is None:
            continue
        english = re.escape(f"({term.en})")
        following = words[first.end() : first.end() + len(term.en) + 12]
        assert re.search(english, following, re.IGNORECASE), f"{term.fa}: {following}"
        assert len(re.findall(english, words, re.IGNORECASE)) == 1, f"{term.en}: more than once"
        words = re.sub(apart, lambda found: "\N{FULL BLOCK}" * len(found[0]), words)
