"""What is carried over faithfully, and what is refused."""

import unicodedata

import pytest

from cnnlab.report.pages.typesetting import write_typst
from plumbing.user_errors import UserError

from .made_notebooks import caption, chapter, code, picture, text

# The subset of TeX that the notebooks keep to, and characters that must be printed.
FORMULAE = {
    r"\frac{\partial L}{\partial W_{ij}} = \delta_i a_j": "∂𝐿𝑊𝛿𝑎",
    r"\sum_{y \in \mathbb{Z}^2} f_k(y)\, \psi_k(x - y)": "∑ℤ𝜓",
    r"\operatorname{ReLU}(x) = \max(0, x)": "ReLUmax",
    r"\operatorname*{arg\,max}_c p_c": "argmax𝑝",
    r"\mathbf{W} \in \mathbb{R}^{m \times n}": "𝐖ℝ×",
    r"\mathrm{d}x": "d𝑥",
    r"\underbrace{a + b}_{n}": "⏟𝑛",
    r"f(x) = \begin{cases} x & \text{if } x \ge 0 \\ 0 & \text{else} \end{cases}": "ifelse≥",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} \begin{bmatrix} 1 \\ 2 \end{bmatrix}": "𝑎𝑏𝑐𝑑12",
    r"\begin{aligned} a &= b \\ &\le c \end{aligned}": "𝑎=𝑏≤𝑐",
    r"\left( \frac{a}{b} \right)": "()𝑎𝑏",
    r"\lVert x \rVert_2^2 + \lvert y \rvert": "‖|",
    r"K \otimes A, \quad u \odot v, \quad f \star g, \quad f \ast g, \quad a \oplus b": "⊗⊙⋆∗⊕",
    r"A \cap B \cup C": "∩∪",
    r"a \cdot b \times c \le d \ge e": "⋅×≤≥",
    r"x \mapsto \lfloor x / 2 \rfloor + \lceil y \rceil": "↦⌊⌋⌈⌉",
    r"\hat{x}, \bar{y}, \tilde{z}, \widehat{f \ast g}": "𝑥𝑦𝑧",
    r"\alpha \beta \gamma \varepsilon \theta \lambda \sigma \Psi \ell \ldots \infty": "𝛼𝛽𝛾𝜀𝜃𝜆𝜎Ψℓ…∞",
    r"\sqrt{x^2 + 1} \approx \prod_{i=1}^{n} x_i \neq \exp(-x) \log y": "∏≈≠explog",
    r"\text{two words}": "twowords",
    r"\mathcal{L}(\theta) = -\log p_\theta": "ℒ𝜃",
    r"p \Rightarrow q \iff r \to s": "⇒→",
}

UNFAITHFUL = {
    r"a \; b": r"\\;",
    r"a \! b": r"\\!",
    r"a \tag{2}": r"\\label",
    r"\left. x \right|_0": r"\\Big",
    r"\begin{array}{cc} a & b \end{array}": "pmatrix",
    r"\| x \|": r"\\lVert",
    r"\begin{vmatrix} a \end{vmatrix}": r"\\det",
    r"\begin{aligned} \begin{aligned} a \end{aligned} \end{aligned}": "nests aligned",
}


def test_formulae_of_the_subset_keep_their_letters(words):
    body = "\n\n".join(f"$$ {tex} $$" for tex in FORMULAE)
    inline = ", ".join(f"${tex}$" for tex in FORMULAE if "begin" not in tex)
    printed = unicodedata.normalize("NFKC", words(chapter(text(f"# Q\n\n{body}\n\n{inline}"))))
    lost = {
        tex: character
        for tex, expected in FORMULAE.items()
        for character in unicodedata.normalize("NFKC", expected)
        if character not in printed
    }
    assert not lost
    assert "\\" not in printed and "&" not in printed and "$" not in printed


@pytest.mark.parametrize(("tex", "remedy"), UNFAITHFUL.items())
def test_formula_that_would_be_altered_is_refused(tex, remedy):
    with pytest.raises(UserError, match=rf"04_sample(.|\n)*{remedy}"):
        write_typst(chapter(text(f"# A\n\n$$ {tex} $$")))


def test_line_breaks_in_matrices_are_no_commands():
    source = r"\begin{pmatrix} a \\! \\; b \end{pmatrix}"
    assert "mat" in write_typst(chapter(text(f"# A\n\n$$ {source} $$")))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (r"$$ \notacommand{x} $$", "Could not convert TeX math"),
        ("\\begin{align}\na &= b\n\\end{align}", "outside"),
        (r"A $x \label{eq-04-x}$ inside a line.", "inside a line"),
        ("![](picture.svg)", "no alternative text"),
        ("A <blink>tag</blink>.", "would be lost"),
    ],
)
def test_what_would_be_lost_is_refused(source, complaint):
    with pytest.raises(UserError, match=complaint):
        write_typst(chapter(text(f"# A\n\n{source}")))


def test_unknown_reference_names_the_notebook(words):
    with pytest.raises(UserError, match="04_sample refers to @tbl-04-none"):
        words(chapter(text("# A\n\nSee @tbl-04-none.")))


def test_unknown_literature_names_the_notebook(words):
    with pytest.raises(UserError, match="04_sample refers to @nobody1999"):
        words(chapter(text("# A\n\nSee [@nobody1999].")))


def test_missing_glyph_is_refused(words):
    with pytest.raises(UserError, match="04_sample"):
        words(chapter(text("# A\n\nNo font here has this: 𓀀.")))


def test_captions_may_hold_brackets_quotes_and_mathematics(words):
    printed = words(
        chapter(
            text("# A"),
            code("x", picture("04-x")),
            caption('The "range" ] of $[0, 1]$.', alt='A "wave" \\ here.'),
        )
    )
    assert "range" in printed and "[0, 1]" in printed and "Figure 1." in printed


def test_uncaptioned_tables_take_no_number(words):
    plain = "| a | b |\n|--|--|\n| 1 | 2 |"
    printed = words(
        chapter(text(f"# A\n\n{plain}\n\n{plain}\n\n: Named {{#tbl-04-n}}\n\n@tbl-04-n"))
    )
    assert "Table 1. Named" in printed and "Table 2" not in printed


def test_a_table_a_little_too_wide_is_set_smaller(typeset):
    interval = "−0.28 [−0.44, −0.12]"
    for count in (10, 12):
        name = " ".join(["name"] * count)
        table = (
            f"| | |\n|:--|--:|--:|\n| {name} | {interval} | {interval} |\n\n: Wide {{#tbl-04-w}}"
        )
        pages = typeset(chapter(text(f"# A\n\n{table}"))).pages
        printed = "\n".join(page.extract_text() for page in pages)
        assert printed.count(interval) == 2 and name in printed


@pytest.mark.parametrize("whole", ["Grad-CAM++", "[−0.123, 0.456]"])
def test_names_and_intervals_are_not_broken(typeset, whole):
    lines = "\n\n".join(f"{'and ' * count}{whole} is here." for count in range(12, 42))
    pages = typeset(chapter(text(f"# A\n\n{lines}"))).pages
    assert sum(page.extract_text().count(whole) for page in pages) == 30


def test_long_tables_break_over_pages(typeset):
    rows = "\n".join(f"| row{number} | {number} |" for number in range(120))
    reader = typeset(
        chapter(text(f"# A\n\n| name | value |\n|:--|--:|\n{rows}\n\n: Long {{#tbl-04-l}}"))
    )
    printed = " ".join(page.extract_text() for page in reader.pages)
    assert "row0 " in printed and "row119" in printed
    assert printed.count("name value") >= 2
