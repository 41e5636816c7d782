"""The whole build on a small notebook, and what may be published of it."""

import base64
import errno
import os
import subprocess
import sys

import nbformat
import pytest
from PIL import Image
from pypdf import PdfReader

from cnnlab import paths
from cnnlab.paths import NOTEBOOKS, ROOT
from cnnlab.report import build, publish
from cnnlab.report.checking import read_text, squeeze
from cnnlab.report.pages import editions
from plumbing.user_errors import run_command

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
        "PUBLISHED": tmp_path / "published",
        "SOURCES": {language: tmp_path / "build" / language for language in ("en", "fa")},
        "BUILT_NOTEBOOKS": tmp_path / "build" / "notebooks",
        "REPORT_PDFS": {"en": tmp_path / "report.pdf", "fa": tmp_path / "report.fa.pdf"},
        "EXECUTED": tmp_path / "executed",
    }
    for name, path in places.items():
        monkeypatch.setattr(paths, name, path)
    monkeypatch.setattr(build, "print_data", lambda: make_faces(tmp_path))
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


def edit(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def enlarge(pdf, size):
    """Put so many bytes into a PDF, as a comment before its end."""
    content = pdf.read_bytes()
    end = content.rindex(b"startxref")
    pdf.write_bytes(content[:end] + b"%" + b" " * size + b"\n" + content[end:])


def test_build_publish_and_refusals(project, capsys):
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
    assert [line.split()[0] for line in stages if line.endswith(" s")] == [
        "data",
        "notebooks",
        "typesetting",
    ]
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
    edit(project / "notebooks" / "07_made.ipynb", "1 > 2", "1 < 2")
    assert run_command(build.build_report) == 0
    first, first_fa = ((project / name).read_bytes() for name in ("report.pdf", "report.fa.pdf"))
    assert run_command(publish.publish_report) == 0
    # 120 by 60 points at 220 dots an inch.
    with Image.open(project / "published" / "random-faces.png") as faces:
        assert faces.format == "PNG" and faces.size == (367, 183)
    assert (project / "published" / "report.pdf").read_bytes() == first
    assert (project / "published" / "report.fa.pdf").read_bytes() == first_fa
    assert (project / "published" / "page.png").read_bytes().startswith(b"\x89PNG")
    enlarge(project / "report.pdf", publish.LARGEST_PDF)
    assert run_command(publish.publish_report) == 1
    assert "MB is most" in capsys.readouterr().err

    edit(project / "notebooks" / "07_made.ipynb", "fig-07-confusion", "fig-07-another")
    assert run_command(build.build_report) == 0
    first = (project / "report.pdf").read_bytes()
    assert run_command(publish.publish_report) == 1
    assert "no figure fig-07-confusion" in capsys.readouterr().err

    # A notebook that can't be typeset is one clear message, and the old report stays.
    broken = notebook(text("# A chapter\n\nSee [Figure](#fig-07-none)."), code(SHOW), CAPTION)
    nbformat.write(broken, project / "notebooks" / "07_made.ipynb")
    assert run_command(build.build_report) == 1
    assert "reference to fig-07-none leads nowhere" in capsys.readouterr().err
    assert (project / "report.pdf").read_bytes() == first


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs Linux's /proc")
def test_a_full_disk_leaves_the_old_report_and_the_caches(project, capsys, monkeypatch):
    (project / "report.pdf").write_bytes(b"old")

    def fill(descriptor):
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("report.pdf"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        assert run_command(build.build_report) == 1
    assert "report.pdf can't be written: No space left on device" in capsys.readouterr().err
    assert (project / "report.pdf").read_bytes() == b"old"
    executed = {path: path.read_bytes() for path in (project / "executed").glob("*.ipynb")}
    assert run_command(build.build_report) == 0
    assert executed == {path: path.read_bytes() for path in (project / "executed").glob("*.ipynb")}
    assert (project / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_report_on_somebodys_data_is_not_published(project, capsys, monkeypatch):
    monkeypatch.setattr(build, "print_data", lambda: make_faces(project, rendered=False))
    assert run_command(build.build_report) == 0
    for name in ("05-contact-sheet.svg", "05-random-faces.svg"):
        (project / "figures" / name).write_text(SVG)
    assert run_command(publish.publish_report) == 1
    said = capsys.readouterr().err
    assert "data: brought by the user" in said and "without PROFILE and DATA" in said
    assert not (project / "published").exists()


def test_errors_of_the_user_are_one_message(project, capsys, monkeypatch):
    monkeypatch.setenv("CNNLAB_PROFILE", "huge")
    assert run_command(build.build_report) == 1
    message = capsys.readouterr().err
    assert "PROFILE=huge is not known" in message and "Traceback" not in message


def test_what_is_published_is_shown_by_the_notebooks():
    names = [publish.SHOWN_FIGURE.removeprefix("fig-")]
    names += [figure.removesuffix(".svg") for figure in publish.PICTURES.values()]
    for name in names:
        [path] = NOTEBOOKS.glob(f"{name[:2]}_*.ipynb")
        assert name in path.read_text(encoding="utf-8").replace('\\"', '"').split('"')


def test_pictures_are_written_by_their_names(project):
    made = notebook(
        text("# A"),
        code("x", picture("04-wave"), shown({"image/png": PNG}, label="fig-04-face")),
        caption("One."),
        caption("Two."),
    )
    editions.typeset_report({"04_made": made}, [])
    assert (project / "figures" / "04-wave.svg").read_text().startswith("<svg")
    assert (project / "figures" / "04-face.png").read_bytes() == base64.b64decode(PNG)


def test_only_what_is_stale_is_made_anew(project, capsys):
    def make():
        before = times_of("*.pdf"), times_of("executed/*.json")
        assert run_command(build.build_report) == 0
        # Remarks are repeated, whatever was made.
        assert "holds(1 > 2)" in capsys.readouterr().out
        after = times_of("*.pdf"), times_of("executed/*.json")
        return after[1] != before[1], after[0] != before[0]

    def times_of(pattern):
        return {path: path.stat().st_mtime_ns for path in project.glob(pattern)}

    path = project / "notebooks" / "07_made.ipynb"
    assert make() == (True, True)
    assert make() == (False, False)
    edit(path, "A chapter", "Another chapter")
    assert make() == (False, True)
    edit(path, "6 * 7 == 42", "6 * 7 > 41")
    assert make() == (True, True)
    assert make() == (False, False)
    (project / "figures" / "07-confusion.svg").unlink()
    assert make() == (False, True)
    (project / "report.fa.pdf").write_bytes(b"%PDF")
    assert make() == (False, True)


def test_where_nothing_is_stale_no_heavy_library_is_loaded():
    heavy = ("tensorflow", "nbformat", "nbconvert", "nbclient", "matplotlib", "typst")
    code = f"import sys, cnnlab.report.build; print(*sorted({set(heavy)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b""
