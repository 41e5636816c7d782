"""Executed notebooks to PDF: nbconvert's exporter ``cnnlab-pdf``.

``jupyter nbconvert --to cnnlab-pdf 04_dilated_convolution.ipynb`` makes a PDF of one notebook,
and Jupyter's menu offers it; the report of all notebooks takes its chapters from here too.
"""

import re
import tempfile
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

from cnnlab.report.errors import ReportError
from cnnlab.report.glossary import Glossary, read_glossary
from cnnlab.report.title import Title
from cnnlab.report.typesetting import (
    GLOSSARY,
    LANGUAGES,
    TEMPLATE,
    Chapter,
    Layout,
    compile_pdf,
    write_sources,
)

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


class PrepareOutputs(Preprocessor):
    """Keep the outputs that belong into an edition, and refuse those that are not fit for it.

    ``resources["glossary"]`` is that of the Persian edition, and None in the English one.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Drop what is no part of a chapter: progress bars, standard error, Jupyter's captions.

        The summary has a page of its own. Of text in both languages, one stays; captions and
        tables are made to speak it.

        Raises:
            ReportError: the cell failed, or was not executed; a picture has no caption or
                alternative text; an output has no form that can be printed; a text, caption
                or table has no Persian.
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
            glossary = resources["glossary"]
            spoken = _choose_texts(cell.outputs, "en" if glossary is None else "fa", where)
            cell.outputs = [output for output in spoken if _belongs(output, where)]
            if glossary is not None:
                for output in cell.outputs:
                    _translate(output, glossary, where)
        return cell, resources


class ReportExporter(TemplateExporter):
    """Make a PDF of one executed notebook.

    Cells tagged ``hide-input`` show their results only; cells tagged ``no-pdf`` or with
    another language than ``language`` are left out. For the Persian PDF of one notebook:
    ``jupyter nbconvert --to cnnlab-pdf --ReportExporter.language=fa ...``.
    """

    export_from_notebook = "PDF (typeset as in the report)"
    output_mimetype = "application/pdf"

    language = Enum(LANGUAGES, "en", help="The language whose text cells are typeset.").tag(
        config=True
    )

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
        # In this order: execute (if asked to), choose cells, choose outputs, take out pictures.
        return [
            ExecutePreprocessor,
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
                "TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"hide-input"}},
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

    def _init_preprocessors(self) -> None:
        left_out = {"no-pdf", *LANGUAGES} - {self.language}
        self.config.TagRemovePreprocessor.remove_cell_tags = left_out
        super()._init_preprocessors()

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
            ReportError: as in :class:`PrepareOutputs`.
        """
        resources = dict(resources or {})
        name = resources.get("metadata", {}).get("name") or "notebook"
        key = resources.get("unique_key") or name
        resources |= {
            "metadata": {**resources.get("metadata", {}), "name": name},
            "unique_key": key,
            "output_files_dir": None,
            "glossary": read_glossary(GLOSSARY) if self.language == "fa" else None,
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
        parts = [
            NotebookNode(
                notebook | {"cells": [c for c in notebook.cells if _is_appended(c) == appended]}
            )
            for appended in (False, True)
        ]
        body = self.make_chapter(parts[0], resources)
        if not parts[1].cells:
            return body, None
        return body, self.make_chapter(
            parts[1], {**resources, "unique_key": f"{body.name}-{APPENDIX}"}
        )

    def from_notebook_node(
        self, nb: NotebookNode, resources: Mapping[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF of one notebook, and nbconvert's resources.

        Raises:
            ReportError: the notebook can't be typeset; the message names it and the place.
        """
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
    if output.metadata.get("role") in ("caption", "summary") or _WIDGET in output.data:
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


def _choose_texts(outputs: list[NotebookNode], language: str, where: str) -> list[NotebookNode]:
    """Return the outputs without the texts of another language."""
    spoken = [output.get("metadata", {}).get("language") for output in outputs]
    if language == "fa" and spoken.count("en") != spoken.count("fa"):
        raise ReportError(
            f"{where}: its text has no Persian. Give show_text both, English and Persian."
        )
    return [
        output
        for output, spoken_language in zip(outputs, spoken, strict=True)
        if spoken_language in (None, language)
    ]


def _translate(output: NotebookNode, glossary: Glossary, where: str) -> None:
    """Put the Persian words of a figure or a table in the place of the English ones."""
    metadata = output.get("metadata", {})
    for key in ("caption", "alt"):
        if key not in metadata:
            continue
        if not metadata.get(f"{key}_fa", "").strip():
            raise ReportError(
                f"{where}: {metadata.label} has no Persian {key}. Give {key}_fa to show_figure "
                "or show_table."
            )
        metadata[key] = metadata[f"{key}_fa"]
    if metadata.get("label", "").startswith("tbl-"):
        try:
            output.data["text/markdown"] = glossary.translate_table(output.data["text/markdown"])
        except ReportError as error:
            raise ReportError(f"{where}: {metadata.label}: {error}") from error


def _first_heading(markdown: str) -> str:
    heading = re.search(r"^# +(.+?)(?: *\{[^}]*\})? *$", markdown, re.MULTILINE)
    return re.sub(r"[*_`$]", "", heading[1]) if heading else ""


def _identifier(metadata: NotebookNode) -> str:
    return f"#{metadata.label}" if metadata.get("label") else ""


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
