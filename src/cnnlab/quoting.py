"""The user's words in the report: file names, folders, titles, and what libraries say of them.

They are shown as they are, whatever they hold: nothing in them is a mark of Markdown, and no
letter stops the typesetting because none of its fonts has it.
"""

import hashlib
import re
import unicodedata

# What all of the report's fonts, or Vazirmatn for them, have a glyph for, alone and in any order.
# Of marks that combine with letters only those of Arabic script are among these.
_LETTERS = (
    r"A-Za-z0-9\u00c0-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1"
    r"\u03a3-\u0482\u048a-\u04ff"
    # Arabic, then what Persian, Urdu, Kurdish and Pashto add to it, and the joint of Persian.
    r"\u0621-\u063a\u0640-\u0652\u0654\u0660-\u0669\u0670\u0671\u0679-\u067c\u067e-\u0681"
    r"\u0683-\u0689\u0691\u0693\u0695\u0696\u0698\u069a\u06a1\u06a4\u06a9-\u06ad\u06af\u06b5"
    r"\u06ba\u06bc-\u06be\u06c0-\u06c3\u06c6-\u06d0\u06d2-\u06d5\u06f0-\u06f9\u200c"
)
_NOT_IN_FONTS = re.compile(rf"[^ -~\u00a1-\u00ac\u00ae-\u00bf\u060c\u061b\u061f{_LETTERS}]")
_NOT_IN_TITLES = re.compile(rf"[^{_LETTERS} .+_-]+")
LONGEST_LABEL = 60
"""Letters, so that a file named by it has a name that is short enough for any disk."""

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def quote(text: str) -> str:
    r"""Return Markdown, for any place within a line, that shows a text as it is.

    Letters that the fonts lack, line breaks and what else cannot be shown are spelt out, as in
    ``\u60b2`` or ``\n``. Spaces in a row become one.
    """
    composed = unicodedata.normalize("NFC", text)
    spelt = _NOT_IN_FONTS.sub(lambda letter: letter[0].encode("unicode_escape").decode(), composed)
    return _MARKS.sub(r"\\\1", re.sub(" +", " ", spelt).strip(" "))


def make_title(name: str) -> str:
    """Return a name of data as it stands in captions: as Markdown and as plain text it is the same.

    What means something in Markdown, or has no glyph, becomes a hyphen.
    """
    title = _NOT_IN_TITLES.sub("-", unicodedata.normalize("NFC", name))
    # Underscores are plain between letters only.
    title = re.sub(r"(?<![^\W_])_|_(?![^\W_])", "-", title)
    # Pandoc sets two hyphens as a dash, and three points as an ellipsis.
    return re.sub(r"([ .-])\1+", r"\1", title).strip("-. ") or "data"


def make_label(name: str) -> str:
    """Return a name for files and labels: small letters and digits of any script, and hyphens.

    Names that differ, other than in capitals, have labels that differ: where a label says less
    than its name, a digest of the name is added.
    """
    small = name.lower()
    label = re.sub(r"[\W_]+", "-", small).strip("-")[:LONGEST_LABEL]
    if label == small:
        return label
    digest = hashlib.blake2b(small.encode(errors="surrogateescape"), digest_size=3).hexdigest()
    return f"{label}-{digest}".lstrip("-")
