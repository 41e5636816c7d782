"""One executed notebook to PDF: nbconvert's exporter ``cnnlab-pdf``, which Jupyter's menu offers.

``jupyter nbconvert --to cnnlab-pdf 04_dilated_convolution.ipynb``; for the Persian PDF with
``--ReportExporter.language=fa``.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from traitlets import Enum, List, Unicode

from cnnlab.paths import REPORT_PDFS
from cnnlab.report.execution import TextClient
from cnnlab.report.pages import typesetting
from cnnlab.report.pages.chapters import write_chapter
from cnnlab.report.pages.editions import write_edition
from cnnlab.report.text.prose import check_references
from cnnlab.report.text.translation import add_persian


class ExecuteText(TextClient, ExecutePreprocessor):
    """Execute a notebook with the expressions of its text (``jupyter nbconvert --execute``)."""


class ReportExporter(Exporter):
    """Make a PDF of one executed notebook."""

    export_from_notebook = "PDF (typeset as in the report)"
    output_mimetype = "application/pdf"

    language = Enum(list(REPORT_PDFS), "en", help="The language of the text.").tag(config=True)

    file_extension = Unicode(".pdf")
    default_preprocessors = List([ExecuteText])

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF of one notebook, and nbconvert's resources.

        Raises:
            UserError: the notebook can't be typeset; the message names it and the place.
        """
        notebook, resources = super().from_notebook_node(nb, resources, **kw)
        name = resources["metadata"]["name"]
        add_persian(notebook, name)
        check_references({name: notebook}, typesetting.read_citations())
        chapter = write_chapter(name, write_edition(notebook, name, self.language).cells)
        heading = re.search(r"^# +(.+?)(?: *\{[^}]*\})? *$", chapter.markdown, re.MULTILINE)
        title = re.sub(r"[*_`$]", "", heading[1]) if heading else name
        number = re.match(r"\d\d(?=_)", name)
        settings = typesetting.make_settings(
            {"title": title}, self.language, "single-notebook", notebook=number[0] if number else ""
        )
        with tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
            main = typesetting.write_sources([chapter], settings, Path(folder))
            pdf = typesetting.compile_pdf(main)
        return pdf, resources
