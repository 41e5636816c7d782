"""How Persian text is written: its digits, its direction, its letters."""

import re

_DIGITS = str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪")
_ALPHABET = " آاأءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوؤهی"
_NON_JOINER = "\N{ZERO WIDTH NON-JOINER}"
_LEFT_TO_RIGHT_MARK = "\N{LEFT-TO-RIGHT MARK}"
_RIGHT_TO_LEFT_MARK = "\N{RIGHT-TO-LEFT MARK}"

# What stays as it is: code, formulae, labels and citations, addresses, attributes, tags, the
# marks of numbered lists, and words in Latin letters such as VGG16.
_KEPT = "|".join(
    (
        r"^```.*?^```",
        r"\$\$.*?\$\$",
        r"(?<!\\)\$[^$]+\$",
        r"`[^`]*`",
        r"\[?-?@[\w-]+",
        r"\{[#.][^}]*\}",
        r"\]\([^)]*\)",
        r"<span dir=\"ltr\">.*?</span>",
        r"<[^>\s][^>]*>",
        r"https?://\S+",
        r"^[> ]*[0-9]+\.(?= )",
        r"[A-Za-z0-9_.\-]*[A-Za-z][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]+)*",
    )
)
_NUMBER = r"(?P<sign>(?<![\w)\]])[-−])?(?P<number>[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?%?)"
_ARITHMETIC = r"(?P<arithmetic>[0-9]+(?: [×·+] [0-9]+)+)"
_POWER = r"(?P<power>[0-9]+(?:\.[0-9]+)?e[-+][0-9]+)"
_COMMA = re.compile("(?<=[۰-۹٪]),(?= [۰-۹\u200e])")
_TOKENS = re.compile(
    f"{_POWER}|(?P<kept>{_KEPT})|{_ARITHMETIC}|{_NUMBER}", re.DOTALL | re.MULTILINE
)

# What is read from the left in a Persian line, with the brackets that it closes: a number with its
# sign, code, a citation, a name in Latin letters. And what after it is to go on at its left: a
# mark, a bracket, a number, a citation.
_SIGNED = r"\u200e[-−][۰-۹]+(?:[٬٫][۰-۹]+)*"
_CLOSING = r"(?:[)»\u200e]|\](?!\())*"
_FROM_THE_LEFT = re.compile(
    f"(?P<named>(?:{_SIGNED}|{_KEPT})\\+*)(?P<closing>{_CLOSING})", re.DOTALL | re.MULTILINE
)
_SPOKEN = re.compile(r"\u200e|`(?!``)|\[?-?@(?!(?:fig|tbl|eq|sec)-)|<span|[\w.-]*[A-Za-z]")
_GOES_ON = re.compile(
    r"\**(?:[،؛:.؟!](?![^\s*)\]»])|[ \n][*]*(?:[(«]|\[?[۰-۹\u200e]|\[@(?!(?:fig|tbl|eq|sec)-)))"
)


def localise_numbers(markdown: str) -> str:
    """Return Persian Markdown with Persian digits, decimal points and percent signs in its prose.

    Formulae, code, labels, addresses and words in Latin letters keep theirs. Text that is
    Persian already is not changed. A minus sign stays at the left of its number; arithmetic
    such as 3 × 5, and a power of ten such as 2e-16, become formulae, which are read from the left.
    """

    def localise(match: re.Match[str]) -> str:
        if match["kept"] is not None:
            return match["kept"]
        if match["power"] is not None:
            mantissa, exponent = match["power"].split("e")
            return rf"${mantissa} \times 10^{{{int(exponent)}}}$"
        if match["arithmetic"] is not None:
            return f"${match['arithmetic']}$".replace("×", r"\times").replace("·", r"\cdot")
        sign = f"{_LEFT_TO_RIGHT_MARK}\N{MINUS SIGN}" if match["sign"] else ""
        return sign + match["number"].translate(_DIGITS)

    return _COMMA.sub("،", _TOKENS.sub(localise, markdown))


def keep_order(markdown: str) -> str:
    """Return Persian Markdown whose parts follow each other from the right, whatever they are.

    The rules for text of two directions read a number, or a Latin name, that follows a Latin name
    together with it from the left, with the comma between them: in "از conv5_2، ۳ واحد" the 3 would
    stand at the right. Marks, which are not printed, part them. A percent sign gets one too, so
    that it stands at the left of its number in a table's cell as it does in a sentence.
    """

    def part(match: re.Match[str]) -> str:
        if not _SPOKEN.match(match[0]):
            return match[0]
        # Signs at the end of a name, as in Grad-CAM++, would else go to its other side.
        signs = _LEFT_TO_RIGHT_MARK if match["named"].endswith("+") else ""
        goes_on = _GOES_ON.match(markdown, match.end())
        return match["named"] + signs + match["closing"] + (_RIGHT_TO_LEFT_MARK if goes_on else "")

    return re.sub("(?<=[۰-۹])(?=٪)", _RIGHT_TO_LEFT_MARK, _FROM_THE_LEFT.sub(part, markdown))


def alphabetical_key(text: str) -> tuple[int, ...]:
    """Return by what Persian words are sorted: the alphabet's order is not Unicode's."""
    return tuple(_ALPHABET.find(letter) for letter in text if letter != _NON_JOINER)
