"""The whole build on a small notebook, and what may be published of it."""

import base64
import errno
import os

import nbformat
import pytest
from PIL import Image
from pypdf import PdfReader

from cnnlab.paths import NOTEBOOKS
from cnnlab.report import build, publish, running
from cnnlab.report.checking import read_text, squeeze
from plumbing import storage
from plumbing.commands import run_command

from .made_faces import make_faces
from .made_notebooks import PNG, SVG, caption, code, notebook, picture, shown, text

SHOW = """from IPython.display import display
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><path d="M0 0H9V9"/></svg>'
display({"image/svg+xml": svg}, raw=True,
        metadata={"label": "fig-07-confusion"})
print("seen", 6 * 7)"""
CAPTION = caption("A made matrix.")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Point the build at folders of its own, and at made faces."""
    monkeypatch.setenv("CNNLAB_PROFILE", "default")
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    places = {
        "NOTEBOOKS": tmp_path / "notebooks",
        "FIGURES": tmp_path / "figures",
        "EXECUTED": tmp_path / "executed",
        "BUILD": tmp_path / "build",
        "SOURCES": {
            language: tmp_path / "build" / f"sources.{language}" for language in ("en", "fa")
        },
        "EXECUTED_NOTEBOOKS": tmp_path / "build" / "notebooks",
        "REPORT_PDFS": {"en": tmp_path / "report.pdf", "fa": tmp_path / "report.fa.pdf"},
    }
    for name, path in places.items():
        for module in (build, publish):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, path)
    monkeypatch.setattr(publish, "PUBLISHED", tmp_path / "published")
    monkeypatch.setattr(publish, "FACES", tmp_path / "figures" / "05-contact-sheet.svg")
    monkeypatch.setattr(publish, "RANDOM_FACES", tmp_path / "figures" / "05-random-faces.svg")
    monkeypatch.setattr(build, "load_faces", lambda: make_faces(tmp_path))
    places["NOTEBOOKS"].mkdir()
    made = notebook(
        text("# A chapter\n\nSee [Figure](#fig-07-confusion)."),
        code(SHOW),
        CAPTION,
        code("from cnnlab.report.text.values import holds"),
        text("It is {eval}`6 * 7`. {eval}`holds(6 * 7 == 42)`\n\nLess.{eval}`holds(1 > 2)`"),
    )
    nbformat.write(made, places["NOTEBOOKS"] / "07_made.ipynb")
    return tmp_path


def test_build_publish_and_refusals(project, capsys, monkeypatch):
    assert run_command(build.build_report) == 0
    reader = PdfReader(project / "report.pdf")
    printed = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "seen 42" in printed and "Figure 1. A made matrix." in printed
    assert "It is 42." in printed and "not borne out by this run" in printed
    assert "Less." not in printed
    persian_pdf = PdfReader(project / "report.fa.pdf")
    printed = squeeze(read_text(persian_pdf, "fa"))
    for words in ("seen 42", "A made matrix", "واژه‌نامه"):
        assert squeeze(words) in printed, words
    assert persian_pdf.metadata.keywords == reader.metadata.keywords
    assert (project / "figures" / "07-confusion.svg").is_file()
    stages = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in stages[:3]] == ["data", "notebooks", "typesetting"]
    assert "Not in Persian yet: 3 passages." in stages
    assert "Not borne out by this run, and left out of the text (1):" in stages
    assert stages[-1].startswith("  07_made, cell ") and stages[-1].endswith("holds(1 > 2)")

    # The pictures come back even when nothing is executed; the bytes do not change.
    first, first_fa = ((project / name).read_bytes() for name in ("report.pdf", "report.fa.pdf"))
    (project / "figures" / "07-confusion.svg").unlink()
    assert run_command(build.build_report) == 0
    assert (project / "figures" / "07-confusion.svg").is_file()
    assert (project / "report.pdf").read_bytes() == first
    assert (project / "report.fa.pdf").read_bytes() == first_fa

    # Published, once the contact sheets are there.
    for name in ("05-contact-sheet.svg", "05-random-faces.svg"):
        assert run_command(publish.publish_report) == 1
        assert f"{name} is missing" in capsys.readouterr().err
        (project / "figures" / name).write_text(SVG)
    assert run_command(publish.publish_report) == 1
    assert "holds(1 > 2)" in capsys.readouterr().err
    path = project / "notebooks" / "07_made.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("1 > 2", "1 < 2"), encoding="utf-8")
    assert run_command(build.build_report) == 0
    first, first_fa = ((project / name).read_bytes() for name in ("report.pdf", "report.fa.pdf"))
    assert run_command(publish.publish_report) == 0
    # 120 by 60 points at 220 dots an inch.
    with Image.open(project / "published" / "random-faces.png") as faces:
        assert faces.format == "PNG" and faces.size == (367, 183)
    assert (project / "published" / "report.pdf").read_bytes() == first
    assert (project / "published" / "report.fa.pdf").read_bytes() == first_fa
    assert (project / "published" / "page.png").read_bytes().startswith(b"\x89PNG")
    with monkeypatch.context() as patch:
        patch.setattr(publish, "LARGEST_PDF", 1000)
        assert run_command(publish.publish_report) == 1
    assert "MB is most" in capsys.readouterr().err

    monkeypatch.setattr(publish, "SHOWN_FIGURE", "fig-07-another")
    assert run_command(publish.publish_report) == 1
    assert "no figure fig-07-another" in capsys.readouterr().err

    # A notebook that can't be typeset is one clear message, and the old report stays.
    broken = notebook(text("# A chapter\n\nSee [Figure](#fig-07-none)."), code(SHOW), CAPTION)
    nbformat.write(broken, project / "notebooks" / "07_made.ipynb")
    assert run_command(build.build_report) == 1
    assert "reference to fig-07-none leads nowhere" in capsys.readouterr().err
    assert (project / "report.pdf").read_bytes() == first


def test_a_full_disk_leaves_the_old_report_and_the_caches(project, capsys, monkeypatch):
    (project / "report.pdf").write_bytes(b"old")

    def refuse(path):
        if path.name.endswith("report.pdf"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_bring_to_disk", refuse)
        assert run_command(build.build_report) == 1
    assert "report.pdf can't be written: No space left on device" in capsys.readouterr().err
    assert (project / "report.pdf").read_bytes() == b"old"
    monkeypatch.setattr(running.TextClient, "execute", None)  # nothing is executed again
    assert run_command(build.build_report) == 0
    assert (project / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_report_on_somebodys_data_is_not_published(project, capsys, monkeypatch):
    monkeypatch.setattr(build, "load_faces", lambda: make_faces(project, rendered=False))
    assert run_command(build.build_report) == 0
    for name in ("05-contact-sheet.svg", "05-random-faces.svg"):
        (project / "figures" / name).write_text(SVG)
    assert run_command(publish.publish_report) == 1
    assert "data: brought by the user" in capsys.readouterr().err
    assert not (project / "published").exists()


@pytest.mark.parametrize(("variable", "value"), [("PROFILE", "smoke"), ("DATA", "faces.zip")])
def test_only_the_default_run_is_published(project, capsys, monkeypatch, variable, value):
    monkeypatch.setenv(f"CNNLAB_{variable}", value)
    assert run_command(publish.publish_report) == 1
    assert "default profile on the rendered faces" in capsys.readouterr().err


def test_errors_of_the_user_are_one_message(project, capsys, monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "huge")
    assert run_command(build.build_report) == 1
    message = capsys.readouterr().err
    assert "PROFILE=huge is not known" in message and "Traceback" not in message


def test_what_is_published_is_shown_by_the_notebooks():
    for name in (publish.SHOWN_FIGURE.removeprefix("fig-"), publish.FACES.stem):
        [path] = NOTEBOOKS.glob(f"{name[:2]}_*.ipynb")
        assert name in path.read_text(encoding="utf-8").replace('\\"', '"').split('"')


def test_no_notebooks(tmp_path):
    with pytest.raises(build.ReportError, match="holds no notebooks"):
        build.find_notebooks(tmp_path)


def test_pictures_are_written_by_their_names(tmp_path):
    made = notebook(
        text("# A"),
        code("x", picture("04-wave"), shown({"image/png": PNG}, label="fig-04-face")),
    )
    build.write_figures([made], tmp_path / "figures")
    assert (tmp_path / "figures" / "04-wave.svg").read_text().startswith("<svg")
    assert (tmp_path / "figures" / "04-face.png").read_bytes() == base64.b64decode(PNG)
