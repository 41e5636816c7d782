"""What notebooks call to show results, so that Jupyter and the PDF both get them right.

The label, caption and alternative text travel in the output's metadata, from where the
exporter takes them; Jupyter shows the caption below. Prose that carries results is made
here too, so that no number in the text is ever typed.

All words are given in both of the report's languages, English first, so that one execution
serves both editions. The exporter refuses to make a Persian edition of what has only English.
"""

import io

import pandas as pd
from IPython.display import Markdown, display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from cnnlab.paths import FIGURES
from cnnlab.report.persian import localise_numbers, right_to_left
from cnnlab.report.pictures import (
    DOTS_PER_INCH,
    compress_photographs,
    limit_pixels,
    number_clips,
)
from cnnlab.storage import write_bytes


def show_text(text: str, text_fa: str = "") -> None:
    """Show Markdown made from results; ``$...$`` and ``[@key]`` work as in a text cell.

    Args:
        text: in English.
        text_fa: in Persian; its numbers may be formatted as the English ones.
    """
    display(Markdown(text), metadata={"language": "en"})
    if text_fa:
        persian = Markdown(right_to_left(localise_numbers(text_fa)))
        display(persian, metadata={"language": "fa"})


def show_figure(
    figure: Figure,
    name: str,
    caption: str,
    alt: str,
    *,
    caption_fa: str = "",
    alt_fa: str = "",
    pixels: bool = False,
) -> None:
    """Write a figure to ``figures/`` and show it with its caption.

    Args:
        figure: the figure; it is closed.
        name: notebook and content, such as ``07-confusion-matrix``. The figure's label in the
            report is ``fig-`` and this name: refer to it as ``@fig-07-confusion-matrix``.
        caption: Markdown; says what to see, on which data, how many images, which seed.
        alt: what the picture shows, for those who do not see it; plain text.
        caption_fa: the caption in Persian.
        alt_fa: the same as ``alt`` in Persian.
        pixels: the figure is made of photographs, which are embedded as JPEGs.
    """
    if pixels:
        limit_pixels(figure, DOTS_PER_INCH)
    buffer = io.StringIO()
    # Without a date the same figure has the same bytes.
    figure.savefig(buffer, format="svg", dpi=DOTS_PER_INCH, metadata={"Date": None})
    plt.close(figure)
    svg = number_clips(buffer.getvalue())
    if pixels:
        svg = compress_photographs(svg)
    write_bytes(FIGURES / f"{name}.svg", svg.encode())
    words = {"caption": caption, "alt": alt, "caption_fa": caption_fa, "alt_fa": alt_fa}
    _show({"image/svg+xml": svg}, f"fig-{name}", words)


def show_table(table: pd.DataFrame, name: str, caption: str, *, caption_fa: str = "") -> None:
    """Show a DataFrame, its index as first column, with its caption.

    Args:
        table: cells are shown as they are: format numbers first (``Styler`` is not needed).
            Columns of numbers, such as ``"0.91 (0.88 to 0.94)"``, stand at the right. The
            Persian edition translates its words by ``report/glossary.toml``.
        name: notebook and content; the label in the report is ``tbl-`` and this name.
        caption: Markdown; says what to see, on which data, how many images, which seed.
        caption_fa: the caption in Persian.
    """
    cells = table.map(str).replace(r"(?<!\\)\|", r"\|", regex=True)
    sides = ["left", *("right" if _is_numeric(column) else "left" for _, column in cells.items())]
    markdown = cells.to_markdown(disable_numparse=True, colalign=sides)
    words = {"caption": caption, "caption_fa": caption_fa}
    _show({"text/markdown": markdown, "text/html": table.to_html()}, f"tbl-{name}", words)


def show_summary(answer: str, figures: str, answer_fa: str = "", figures_fa: str = "") -> None:
    """Show a notebook's answer in short; the report collects them all on one page.

    Args:
        answer: a sentence or two, in English Markdown that may stand in a table's cell.
        figures: the key figures, as short as they can be understood.
        answer_fa: the answer in Persian.
        figures_fa: the figures in Persian.
    """
    persian = [localise_numbers(answer_fa), localise_numbers(figures_fa)]
    shown = [f"**{answer}** {figures}"]
    if answer_fa:
        shown.append(right_to_left(f"**{persian[0]}** {persian[1]}"))
    metadata = {"role": "summary", "summary": {"en": [answer, figures], "fa": persian}}
    display({"text/markdown": "\n\n".join(shown)}, metadata=metadata, raw=True)


def _is_numeric(column: pd.Series) -> bool:
    """Say whether each cell is a number, its interval or unit with it, or a dash for none."""
    number = r"(?!.*[A-Za-z]{3})[-−+±<>≤≥≈~]?\s*\$?[-−]?\.?\d[^=]*"
    return bool(column.str.fullmatch(rf"[-−–—]?|{number}").all())


def _show(bundle: dict[str, str], label: str, words: dict[str, str]) -> None:
    words = {
        key: localise_numbers(text) if key.endswith("_fa") else text for key, text in words.items()
    }
    display(bundle, metadata={"label": label, **words}, raw=True)
    # For readers in Jupyter only: the exporter sets the caption itself.
    below = [f"*{words['caption']}*"]
    if words["caption_fa"]:
        below.append(right_to_left(words["caption_fa"]))
    display({"text/markdown": "\n\n".join(below)}, metadata={"role": "caption"}, raw=True)
