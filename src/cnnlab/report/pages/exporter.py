"""Executed notebooks to PDF: nbconvert's exporter ``cnnlab-pdf``.

``jupyter nbconvert --to cnnlab-pdf 04_dilated_convolution.ipynb`` makes a PDF of one notebook,
and Jupyter's menu offers it; the report of all notebooks takes its chapters from here too.
"""

import copy
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nbconvert.exporters import TemplateExporter
from nbconvert.preprocessors import (
    CoalesceStreamsPreprocessor,
    ExecutePreprocessor,
    ExtractOutputPreprocessor,
    Preprocessor,
    TagRemovePreprocessor,
)
from nbformat import NotebookNode
from traitlets import Enum
from traitlets import default as trait_default
from traitlets.config import Config

from cnnlab.report.display import SOURCE
from cnnlab.report.errors import ReportError
from cnnlab.report.pages.title import Title
from cnnlab.report.pages.typesetting import (
    GLOSSARY,
    LANGUAGES,
    TEMPLATE,
    Chapter,
    Layout,
    compile_pdf,
    read_citations,
    write_sources,
)
from cnnlab.report.text.glossary import read_glossary
from cnnlab.report.text.persian import localise_numbers
from cnnlab.report.text.prose import (
    CAPTION,
    TextClient,
    check_references,
    label_headings,
    link_references,
    match_captions,
    split_caption,
    write_text,
)
from cnnlab.report.text.translation import add_persian

_IMAGES = ("image/svg+xml", "image/png")
_PRIORITY = ("text/markdown", *_IMAGES, "text/html", "text/latex", "text/plain")
_WIDGET = "application/vnd.jupyter.widget-view+json"

# What libraries print among the results: Keras's progress bars, and TensorFlow's remarks, which
# name addresses in memory and so are other ones in every run.
_CHATTER = re.compile(
    r"^(?:.*(?:\x08|━|\d+/\d+ \[[=>.]+\])|(?:INFO|WARNING):tensorflow:).*$\n?", re.MULTILINE
)


APPENDIX = "appendix"
"""The tag of cells that the report prints after its chapters."""


SUMMARY = "summary"
"""The tag of the cell that the report prints on its page of answers only."""


class ExecuteText(TextClient, ExecutePreprocessor):
    """Execute a notebook with the expressions of its text (``jupyter nbconvert --execute``)."""


class PrepareOutputs(Preprocessor):
    """Keep the outputs that belong into the report, and refuse those that are not fit for it."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Drop what is no part of a chapter: progress bars and standard error.

        Raises:
            ReportError: the cell failed, or was not executed; a picture has no caption or
                alternative text; an output has no form that can be printed.
        """
        if cell.cell_type == "code":
            name = resources["metadata"]["name"]
            if cell.source.strip() and cell.execution_count is None:
                raise ReportError(
                    f"Notebook {name} has not been executed, at least not the cell that begins "
                    f"with {cell.source.splitlines()[0]!r}. Run all its cells and save it, or "
                    "add --execute to jupyter nbconvert."
                )
            where = f"Notebook {name}, cell [{cell.execution_count}]"
            cell.outputs = [output for output in cell.outputs if _belongs(output, where)]
        return cell, resources


class PrepareText(Preprocessor):
    """Write the text of an edition; see ``write_edition``."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Write the text, and keep the cells of the body or of the appendix, or all.

        Raises:
            ReportError: as in ``write_edition`` and ``check_references``.
        """
        check_references({resources["metadata"]["name"]: nb}, read_citations())
        written = write_edition(nb, resources["metadata"]["name"], resources["language"])
        if (appended := resources.get("appended")) is not None:
            written.cells = [cell for cell in written.cells if _is_appended(cell) == appended]
        return written, resources


def write_edition(notebook: NotebookNode, name: str, language: str) -> NotebookNode:
    """Return an executed notebook with its text in one language, values and captions in place.

    The Persian of a cell is in its metadata, see ``translation.add_persian``. What has none stays
    in English, and is counted in ``metadata.untranslated``.

    Args:
        notebook: executed; it is not changed.
        name: of the notebook.
        language: ``en`` or ``fa``.

    Raises:
        ReportError: a value, a caption or an alternative text is missing; the message names the
            cell.
    """
    where = f"Notebook {name}"
    notebook = copy.deepcopy(notebook)
    glossary = read_glossary(GLOSSARY) if language == "fa" else None
    untranslated: Counter[str] = Counter()

    def is_foreign(cell: NotebookNode) -> bool:
        return language == "fa" and "persian" not in cell.metadata

    def write(cell: NotebookNode) -> str:
        if language == "en" or is_foreign(cell):
            text = write_text(cell, cell.source, where, "en")
            return link_references(label_headings(text, cell.source, name), name)
        text = write_text(cell, cell.metadata.persian, where, "fa", glossary.translate_words)
        text = link_references(label_headings(text, cell.source, name), name)
        return localise_numbers(text)

    for output, cell in match_captions(notebook, name):
        label = output.metadata.label
        caption, output.metadata.alt = split_caption(write(cell), label, f"{where}, cell {cell.id}")
        output.metadata.caption = (
            f'<span dir="ltr">{caption}</span>' if is_foreign(cell) else caption
        )
        if glossary and label.startswith("tbl-"):
            translated, unknown = glossary.translate_table(output.data["text/markdown"])
            output.data["text/markdown"] = translated
            untranslated.update({"cells of tables": len(unknown)})
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        untranslated["passages"] += is_foreign(cell)
        if CAPTION in cell.metadata.get("tags", ()):
            continue
        text = write(cell)
        cell.source = f"::: left-to-right\n{text}\n:::" if is_foreign(cell) else text
    kept = [cell for cell in notebook.cells if not {CAPTION} & set(cell.metadata.get("tags", ()))]
    notebook.cells = kept
    notebook.metadata.untranslated = dict(untranslated)
    return notebook


class ReportExporter(TemplateExporter):
    """Make a PDF of one executed notebook.

    Cells tagged ``hide-input`` show their results only; cells tagged ``no-pdf`` or ``summary`` are
    left out. For the Persian PDF of one notebook:
    ``jupyter nbconvert --to cnnlab-pdf --ReportExporter.language=fa ...``.
    """

    export_from_notebook = "PDF (typeset as in the report)"
    output_mimetype = "application/pdf"

    language = Enum(LANGUAGES, "en", help="The language of the text.").tag(config=True)

    @trait_default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    @trait_default("template_extension")
    def _template_extension_default(self) -> str:
        return ".md.j2"

    @trait_default("template_name")
    def _template_name_default(self) -> str:
        return "pandoc-markdown"

    @trait_default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATE)]

    @trait_default("default_preprocessors")
    def _default_preprocessors_default(self) -> list[type[Preprocessor]]:
        # Execute (if asked to), write the text, choose cells and outputs, take out pictures.
        return [
            ExecuteText,
            PrepareText,
            TagRemovePreprocessor,
            CoalesceStreamsPreprocessor,
            PrepareOutputs,
            ExtractOutputPreprocessor,
        ]

    @property
    def default_config(self) -> Config:
        """What nbconvert's own parts are to do."""
        config = Config(
            {
                "NbConvertBase": {"display_data_priority": list(_PRIORITY)},
                "PrepareText": {"enabled": True},
                "TagRemovePreprocessor": {
                    "enabled": True,
                    "remove_input_tags": {"hide-input"},
                    "remove_cell_tags": {"no-pdf", SUMMARY},
                },
                "CoalesceStreamsPreprocessor": {"enabled": True},
                "PrepareOutputs": {"enabled": True},
                "ExtractOutputPreprocessor": {
                    "enabled": True,
                    "extract_output_types": set(_IMAGES),
                },
            }
        )
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Iterator[tuple[str, Callable[..., str]]]:
        """Yield nbconvert's filters and those of our template."""
        yield from super().default_filters()
        yield "fenced", fenced
        yield "figure", figure
        yield "html_block", html_block
        yield "markdown_output", markdown_output

    def make_chapter(
        self, notebook: NotebookNode, resources: Mapping[str, Any] | None = None
    ) -> Chapter:
        """Return an executed notebook as a chapter.

        Args:
            notebook: the notebook; it is not changed.
            resources: nbconvert's; ``resources["metadata"]["name"]`` names the notebook.

        Raises:
            ReportError: as in :class:`PrepareOutputs` and ``write_edition``.
        """
        resources = dict(resources or {})
        name = _name(resources)
        key = resources.get("unique_key") or name
        resources |= {
            "metadata": {**resources.get("metadata", {}), "name": name},
            "unique_key": key,
            "output_files_dir": None,
            "language": self.language,
        }
        markdown, resources = super().from_notebook_node(notebook, resources)
        return Chapter(key, markdown, resources["outputs"])

    def split_chapter(
        self, notebook: NotebookNode, resources: Mapping[str, Any]
    ) -> tuple[Chapter, Chapter | None]:
        """Return an executed notebook as a chapter, and as what of it belongs into the appendix.

        That are the cells tagged ``appendix``: whole sections. None where there are none.

        Args:
            notebook: the notebook; it is not changed.
            resources: as in ``make_chapter``, with the notebook's name.

        Raises:
            ReportError: as in :class:`PrepareOutputs`.
        """
        body = self.make_chapter(notebook, {**resources, "appended": False})
        if not any(map(_is_appended, notebook.cells)):
            return body, None
        return body, self.make_chapter(
            notebook, {**resources, "appended": True, "unique_key": f"{body.name}-{APPENDIX}"}
        )

    def from_notebook_node(
        self, nb: NotebookNode, resources: Mapping[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF of one notebook, and nbconvert's resources.

        Raises:
            ReportError: the notebook can't be typeset; the message names it and the place.
        """
        nb = copy.deepcopy(nb)
        add_persian(nb, _name(resources))
        chapter = self.make_chapter(nb, resources)
        number = re.match(r"\d\d(?=_)", chapter.name)
        layout = Layout(
            template="single-notebook",
            title=Title(_first_heading(chapter.markdown) or chapter.name),
            language=self.language,
            notebook=number[0] if number else "",
        )
        with tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
            pdf = compile_pdf(write_sources([chapter], layout, Path(folder)))
        # The pictures are inside the PDF: nbconvert has no files to write beside it.
        resources = dict(resources or {}) | {"output_extension": ".pdf", "outputs": {}}
        return pdf, resources


def _name(resources: Mapping[str, Any] | None) -> str:
    return (resources or {}).get("metadata", {}).get("name") or "notebook"


def fenced(text: str, kind: str) -> str:
    """Return code or printed text as a fenced block of the class ``kind``."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = " {.python}" if kind == "code-input" else ""
    return f"::: {{.{kind}}}\n{fence}{language}\n{text.strip(chr(10))}\n{fence}\n:::"


def figure(output: NotebookNode, mime: str) -> str:
    """Return a picture with its label, caption and alternative text."""
    metadata = output.metadata
    attributes = f"src={_quoted(metadata.filenames[mime])} alt={_quoted(metadata.alt)}"
    caption = " ".join(metadata.caption.split())
    return f"::: {{.report-figure {_identifier(metadata)} {attributes}}}\n{caption}\n:::"


def markdown_output(output: NotebookNode) -> str:
    """Return Markdown that a cell has made; with a caption it is a table."""
    text = output.data["text/markdown"]
    if output.metadata.get("role") == SOURCE:
        return f"::: code-input\n{text}\n:::"
    if "caption" not in output.metadata:
        return text
    caption = " ".join(output.metadata.caption.split())
    inner = f"{text}\n\n::: caption\n{caption}\n:::"
    return f":::: {{.report-table {_identifier(output.metadata)}}}\n{inner}\n::::"


def html_block(html: str) -> str:
    """Return HTML, such as a DataFrame's, for the filter to read; styles are no content."""
    content = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    return f"```{{=html}}\n{content.strip()}\n```"


def _is_appended(cell: NotebookNode) -> bool:
    return APPENDIX in cell.metadata.get("tags", ())


def _belongs(output: NotebookNode, where: str) -> bool:
    if output.output_type == "error":
        raise ReportError(
            f"{where}: the code failed with {output.ename}: {output.evalue}. "
            "Mend it and execute the notebook again."
        )
    if output.output_type == "stream":
        output.text = _CHATTER.sub("", output.text)
        return output.name == "stdout" and bool(output.text.strip())
    if _WIDGET in output.data:
        return False
    shown = next((mime for mime in _PRIORITY if mime in output.data), None)
    if shown is None:
        raise ReportError(
            f"{where}: its output is only {', '.join(output.data) or 'empty'}, which can't be "
            "printed. Show it as text, a table or a picture, or tag the cell no-pdf."
        )
    if shown in _IMAGES:
        missing = [key for key in ("caption", "alt") if not output.metadata.get(key, "").strip()]
        if missing:
            raise ReportError(
                f"{where}: its picture has no {' and no '.join(missing)}. Show it with "
                "cnnlab.report.display.show_figure, which asks for both."
            )
    return True


def _first_heading(markdown: str) -> str:
    heading = re.search(r"^# +(.+?)(?: *\{[^}]*\})? *$", markdown, re.MULTILINE)
    return re.sub(r"[*_`$]", "", heading[1]) if heading else ""


def _identifier(metadata: NotebookNode) -> str:
    return f"#{metadata.label}" if metadata.get("label") else ""


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
