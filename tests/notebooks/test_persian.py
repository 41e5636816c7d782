"""The Persian under report/fa says the same of the same things, and is written as Persian."""

import re
import unicodedata
from collections import Counter

import nbformat
import pytest

from cnnlab.paths import NOTEBOOKS
from cnnlab.report.text.persian import localise_numbers
from cnnlab.report.text.translation import add_persian
from cnnlab.report.text.values import EXPRESSION

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


def pairs_of(path):
    """English and Persian of each cell whose translation is up to date."""
    notebook = nbformat.read(path, as_version=4)
    add_persian(notebook, path.stem)
    return [
        (cell.source, cell.metadata.persian)
        for cell in notebook.cells
        if "persian" in cell.metadata
    ]


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


def statements_of(text):
    """The kinds of the statements, in Persian."""
    openings = re.findall(r"^> \*\*([^\s.(*]+)", text, re.MULTILINE)
    kinds = [KINDS.get(opening, opening) for opening in openings]
    return [kind for kind in kinds if kind in KINDS.values()]


def prose_of(text):
    """What is neither formula, code, tag nor reference."""
    return re.sub(
        r"\$\$.+?\$\$|\$[^$]+\$|`[^`]+`|\]\([^)]*\)|<[^>]+>",
        "X",
        text,
        flags=re.DOTALL,
    )


def check_writing(persian):
    prose = prose_of(persian)
    for fault, pattern in WRONG.items():
        found = re.search(pattern, prose)
        assert not found, f"{fault}: {prose[max(0, found.start() - 20) : found.end() + 20]}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_both_have_the_same_formulae_statements_and_code(path):
    for english, persian in pairs_of(path):
        assert formulae_of(english) == formulae_of(persian), english[:60]
        assert statements_of(english) == statements_of(persian), english[:60]
        assert Counter(CODE.findall(english)) == Counter(CODE.findall(persian)), english[:60]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_persian_is_written_as_persian(path):
    for _, persian in pairs_of(path):
        assert localise_numbers(persian) == persian, "Latin digits in prose"
        assert unicodedata.is_normalized("NFC", persian)
        check_writing(EXPRESSION.sub("X", persian))
