"""The course's terms in both languages, and the words of the report's tables in Persian.

One file, ``report/glossary.toml``, has them all: the Persian edition prints its terms, and
translates the cells of its tables and the words of its values by them.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cnnlab.paths import REPORT
from cnnlab.report.text.persian import alphabetical_key, localise_numbers
from plumbing.user_errors import UserError

GLOSSARY = REPORT / "glossary.toml"

# In a cell: code, formulae and references need no translation.
_SPEECHLESS = re.compile(r"`[^`]*`|(?<!\\)\$[^$]+\$|@[\w-]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?")
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Glossary:
    """Terms and phrases.

    Attributes:
        terms: the course's terms as the report writes them within a sentence, English to Persian.
        phrases: what else stands in the cells of tables, English to Persian. ``#`` stands for
            a number: ``"# layers"`` is ``"# لایه"``.
    """

    terms: Mapping[str, str]
    phrases: Mapping[str, str]

    def translate_table(self, markdown: str) -> tuple[str, list[str]]:
        """Return a pipe table with the words of its cells in Persian and Persian digits.

        Also returns the cells whose words the glossary does not know; they stay in English.
        """
        unknown: list[str] = []

        def translate_row(row: str) -> str:
            cells = [cell.strip() for cell in _CELLS.split(row.strip())[1:-1]]
            translated = [self._translate(cell) for cell in cells]
            pairs = list(zip(cells, translated, strict=True))
            unknown.extend(cell for cell, persian in pairs if persian is None)
            written = [cell if fa is None else localise_numbers(fa) for cell, fa in pairs]
            return f"| {' | '.join(written)} |"

        head, rule, *rows = markdown.splitlines()
        return "\n".join([translate_row(head), rule, *map(translate_row, rows)]), unknown

    def translate_words(self, text: str) -> str:
        """Return a value of a sentence in Persian; unchanged, if the glossary does not know it."""
        return self._translate(text) or text

    def _translate(self, text: str) -> str | None:
        persian = self.phrases.get(text) or self.terms.get(text)
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
        terms = sorted(
            ((persian, english) for english, persian in self.terms.items()),
            key=lambda pair: alphabetical_key(pair[0]),
        )
        half = (len(terms) + 1) // 2
        pairs = zip_longest(terms[:half], terms[half:], fillvalue=("", ""))
        rows = [f"| {' | '.join((*first, *second))} |" for first, second in pairs]
        names = "| فارسی | انگلیسی | فارسی | انگلیسی |"
        return "\n".join(["## واژه‌نامه", "", names, "|:--|:--|:--|:--|", *rows])


def read_glossary(path: Path = GLOSSARY) -> Glossary:
    """Read the glossary.

    Raises:
        UserError: the file is missing or no TOML, a term lacks a language or is there twice.
    """
    content = read_toml(path)
    terms: dict[str, str] = {}
    for entry in content.get("term", []):
        if set(entry) != {"en", "fa"} or not all(entry.values()):
            raise UserError(f"{path}: the term {entry} must have an en and a fa, and no more.")
        if entry["en"] in terms:
            raise UserError(f"{path}: {entry['en']} is there twice.")
        terms[entry["en"]] = entry["fa"]
    return Glossary(terms, content.get("phrases", {}))


def read_toml(path: Path) -> dict[str, Any]:
    """Return what one of the report's settings files says.

    Raises:
        UserError: the file is missing, no TOML, or not in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing. Bring it back from the repository.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no valid TOML: {error}.") from error
