"""The course's terms in both languages, and the words of the report's tables in Persian.

One file, ``report/glossary.toml``, has them all: the Persian edition prints its terms, and
translates the cells of its tables and the words of its values by them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from cnnlab.report.errors import ReportError
from cnnlab.report.text.persian import alphabetical_key, localise_numbers
from cnnlab.report.text.toml_files import read_toml

# In a cell: code, formulae and references need no translation.
_SPEECHLESS = re.compile(r"`[^`]*`|(?<!\\)\$[^$]+\$|@[\w-]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?")
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Term:
    """A term of the course.

    Attributes:
        en: in English, as the report writes it within a sentence.
        fa: in Persian.
    """

    en: str
    fa: str


@dataclass(frozen=True)
class Glossary:
    """Terms and phrases.

    Attributes:
        terms: the course's terms.
        phrases: what else stands in the cells of tables, English to Persian. ``#`` stands for
            a number: ``"# layers"`` is ``"# لایه"``.
    """

    terms: tuple[Term, ...]
    phrases: Mapping[str, str]

    def translate_table(self, markdown: str) -> tuple[str, list[str]]:
        """Return a pipe table with the words of its cells in Persian and Persian digits.

        Also returns the cells whose words the glossary does not know; they stay in English.
        """
        head, rule, *rows = markdown.splitlines()
        unknown: list[str] = []
        translated = [self._translate_row(row, unknown) for row in (head, *rows)]
        return "\n".join([translated[0], rule, *translated[1:]]), unknown

    def translate_words(self, text: str) -> str:
        """Return a value of a sentence in Persian; unchanged, if the glossary does not know it."""
        persian = self._translate(text)
        return text if persian is None else persian

    def _translate_row(self, row: str, unknown: list[str]) -> str:
        cells = [cell.strip() for cell in _CELLS.split(row.strip())[1:-1]]
        return f"| {' | '.join(self._translate_cell(cell, unknown) for cell in cells)} |"

    def _translate_cell(self, cell: str, unknown: list[str]) -> str:
        persian = self._translate(cell)
        if persian is None:
            unknown.append(cell)
            return cell
        return localise_numbers(persian)

    def _translate(self, text: str) -> str | None:
        persian = self.phrases.get(text) or {term.en: term.fa for term in self.terms}.get(text)
        if persian is not None:
            return persian
        numbers = iter(_NUMBER.findall(text))
        pattern = self.phrases.get(_NUMBER.sub("#", text))
        if pattern is not None:
            return re.sub("#", lambda _: next(numbers), pattern)
        if _WORD.search(_SPEECHLESS.sub("", text)):
            return None
        commas = rf"({_SPEECHLESS.pattern})|,(?= )"
        return re.sub(commas, lambda found: found[1] or "،", text)

    def describe_terms(self) -> str:
        """Return a section of the Persian edition: the terms in its order, in two columns."""
        terms = sorted(((term.fa, term.en) for term in self.terms), key=_in_persian_order)
        half = (len(terms) + 1) // 2
        pairs = zip_longest(terms[:half], terms[half:], fillvalue=("", ""))
        rows = [f"| {' | '.join((*first, *second))} |" for first, second in pairs]
        names = "| فارسی | انگلیسی | فارسی | انگلیسی |"
        return "\n".join(["## واژه‌نامه", "", names, "|:--|:--|:--|:--|", *rows])


def _in_persian_order(pair: tuple[str, str]) -> tuple[int, ...]:
    return alphabetical_key(pair[0])


def read_glossary(path: Path) -> Glossary:
    """Read the glossary.

    Raises:
        ReportError: the file is missing or no TOML, a term lacks a language or is there twice.
    """
    content = read_toml(path, "the terms of both editions")
    terms = []
    for entry in content.get("term", []):
        if set(entry) != {"en", "fa"} or not all(entry.values()):
            raise ReportError(f"{path}: the term {entry} must have an en and a fa, and no more.")
        terms.append(Term(**entry))
    english = [term.en for term in terms]
    if doubled := {name for name in english if english.count(name) > 1}:
        raise ReportError(f"{path}: {', '.join(sorted(doubled))} is there twice.")
    return Glossary(tuple(terms), content.get("phrases", {}))
