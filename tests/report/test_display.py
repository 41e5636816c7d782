"""What notebooks show, as the exporter receives it, and what becomes of photographs in figures."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt
from PIL import Image
from traitlets.config import Config

from cnnlab.report import display as cnnlab_display
from cnnlab.report.display import DOTS_PER_INCH, draw_svg
from cnnlab.report.text.values import Power
from cnnlab.style import apply_style

from .made_notebooks import caption, chapter, code, text
from .made_notebooks import shown as made_output


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Collect what IPython is given to show: data and metadata of each output."""
    monkeypatch.setattr(cnnlab_display, "FIGURES", tmp_path)
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture_output() as captured:
        yield captured
    InteractiveShell.clear_instance()


def test_figure_has_its_name_its_file_and_the_same_bytes_twice(shown, tmp_path):
    with plt.rc_context():
        apply_style()
        for _ in range(2):
            figure, axes = plt.subplots()
            axes.plot([0, 1])
            cnnlab_display.show_figure(figure, "04-line")
    first, second = shown.outputs
    assert first.metadata == {"label": "fig-04-line"}
    assert second.data == first.data
    assert (tmp_path / "04-line.svg").read_text() == first.data["image/svg+xml"]
    assert not plt.get_fignums()


def make_photograph(side, grain=8):
    """Return (side, side, 3) uint8 that is smooth, as photographs are, but not flat."""
    noise = np.random.default_rng(0).integers(0, 256, (side // grain, side // grain, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))


def draw(*images, pixels=True):
    """Draw images below each other, each one inch wide, and return the SVG."""
    with plt.rc_context():
        apply_style()
        figure = plt.figure(figsize=(1, len(images)), layout="none")
        for number, image in enumerate(images):
            axes = figure.add_axes((0, number / len(images), 1, 1 / len(images)))
            axes.set_axis_off()
            axes.imshow(image, cmap="gray")
        svg = draw_svg(figure, pixels=pixels)
        plt.close(figure)
    return svg


def read_pictures(svg):
    """Return the embedded pictures, in their order."""
    found = re.findall(r"data:image/\w+;base64,([A-Za-z0-9+/=\s]+)", svg)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in found]


def test_photographs_become_jpegs_and_flat_or_transparent_pictures_stay():
    photograph = make_photograph(96)
    see_through = np.dstack([photograph, np.full((96, 96), 128, np.uint8)])
    plain, light = (draw(photograph, np.eye(96), see_through, pixels=few) for few in (False, True))
    assert {each.format for each in read_pictures(plain)} == {"PNG"}
    pictures = read_pictures(light)
    assert [each.format for each in pictures] == ["JPEG", "PNG", "PNG"]
    assert np.abs(np.asarray(pictures[0], float) - photograph).mean() < 5


def test_no_picture_has_more_pixels_than_are_printed():
    many = make_photograph(640, grain=64)
    [picture] = read_pictures(draw(many))
    assert picture.size == (DOTS_PER_INCH, DOTS_PER_INCH)
    averaged = np.asarray(Image.fromarray(many).resize(picture.size, Image.Resampling.BOX), float)
    upright = np.asarray(picture.convert("RGB"))[::-1]  # matplotlib writes it upside down
    assert np.abs(upright - averaged).mean() < 4


def test_the_pdf_takes_the_jpegs_as_they_are(typeset):
    photograph = made_output({"image/svg+xml": draw(make_photograph(96))}, label="fig-04-x")
    made = chapter(text("# A"), code("x", photograph), caption("A."))
    [image] = [image for page in typeset(made).pages for image in page.images]
    assert image.image.size == (96, 96) and image.name.endswith(".jpg")


def test_the_last_bit_of_an_axes_place_changes_no_byte():
    drawn, plain = [], []
    with plt.rc_context():
        apply_style()
        for left in (0.1, np.nextafter(0.1, 1)):
            figure = plt.figure(layout="none")
            for bottom in (0.1, 0.6):
                figure.add_axes((left, bottom, 0.3, 0.3)).plot([0, 1])
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None}, dpi=DOTS_PER_INCH)
            plain.append(stream.getvalue())
            drawn.append(draw_svg(figure, pixels=False))
            plt.close(figure)
    assert plain[0] != plain[1]
    assert drawn[0] == drawn[1]
    assert set(re.findall(r"url\(#(clip\d)\)", drawn[0])) == {"clip1", "clip2"}


def test_table_columns_of_numbers_stand_at_the_right(shown):
    table = pd.DataFrame(
        {
            "score": ["0.91 (0.88 to 0.94)", "−3.1", "—"],
            "kernel": ["conv1", "conv2", "3"],
            "note": ["a|b", r"c\|d", Power(4e-16, 0)],
        },
        index=pd.Index(["x", "y", "z"], name="layer"),
    )
    cnnlab_display.show_table(table, "04-scores")
    head, rule, first, second, last = shown.outputs[0].data["text/markdown"].splitlines()
    assert [part.strip() for part in head.split("|")[1:-1]] == ["layer", "score", "kernel", "note"]
    assert [part.endswith("-:") for part in rule.split("|")[1:-1]] == [False, True, False, False]
    assert r"$4 \times 10^{-16}$" in last
    assert r"a\|b" in first and r"c\|d" in second and r"c\\|d" not in second
