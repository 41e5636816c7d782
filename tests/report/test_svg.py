"""What becomes of the photographs in a figure."""

import base64
import io
import re

import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from cnnlab.report.pages.svg import compress_photographs, limit_pixels, number_clips
from cnnlab.style import apply_style

from .made_notebooks import caption, chapter, code, shown, text


def make_photograph(side):
    """Return (side, side, 3) uint8 that is smooth, as photographs are, but not flat."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 8, side // 8, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))


def write_svg(*images):
    """Draw images below each other, each one inch wide, and return the SVG."""
    with plt.rc_context():
        apply_style()
        figure = plt.figure(figsize=(1, len(images)), layout="none")
        for number, image in enumerate(images):
            axes = figure.add_axes((0, number / len(images), 1, 1 / len(images)))
            axes.set_axis_off()
            axes.imshow(image, cmap="gray")
        limit_pixels(figure, 100)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None}, dpi=100)
        plt.close(figure)
    return stream.getvalue()


def read_pictures(svg):
    """Return the embedded pictures, in their order."""
    found = re.findall(r"data:image/\w+;base64,([A-Za-z0-9+/=\s]+)", svg)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in found]


def test_a_picture_has_its_own_pixels_or_as_many_as_are_printed():
    few, many = make_photograph(64), make_photograph(320)
    first, second = read_pictures(write_svg(few, many))
    np.testing.assert_array_equal(np.asarray(first.convert("RGB")), few)
    assert second.size == (100, 100)
    averaged = np.asarray(Image.fromarray(many).resize((100, 100), Image.Resampling.BOX), float)
    upright = np.asarray(second.convert("RGB"))[::-1]  # matplotlib writes it upside down
    assert np.abs(upright - averaged).mean() < 4


def test_photographs_become_jpegs_and_flat_or_transparent_pictures_stay():
    photograph = make_photograph(96)
    see_through = np.dstack([photograph, np.full((96, 96), 128, np.uint8)])
    svg = write_svg(photograph, np.eye(96), see_through)
    light = compress_photographs(svg)
    pictures = read_pictures(light)
    assert [each.format for each in pictures] == ["JPEG", "PNG", "PNG"]
    assert np.abs(np.asarray(pictures[0], float) - photograph).mean() < 5
    np.testing.assert_array_equal(np.asarray(pictures[2]), np.asarray(read_pictures(svg)[2]))
    assert compress_photographs(light) == light == compress_photographs(svg)


def test_the_pdf_takes_the_jpegs_as_they_are(typeset):
    svg = compress_photographs(write_svg(make_photograph(96)))
    photograph = shown({"image/svg+xml": svg}, label="fig-04-x")
    made = chapter(text("# A"), code("x", photograph), caption("A."))
    [image] = [image for page in typeset(made).pages for image in page.images]
    assert image.image.size == (96, 96) and image.name.endswith(".jpg")


def test_the_last_bit_of_an_axes_place_changes_no_byte():
    drawn = []
    with plt.rc_context():
        apply_style()
        for left in (0.1, np.nextafter(0.1, 1)):
            figure = plt.figure(layout="none")
            for bottom in (0.1, 0.6):
                figure.add_axes((left, bottom, 0.3, 0.3)).plot([0, 1])
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None})
            plt.close(figure)
            drawn.append(stream.getvalue())
    first, second = map(number_clips, drawn)
    assert drawn[0] != drawn[1]
    assert first == second
    assert set(re.findall(r"url\(#(clip\d)\)", first)) == {"clip1", "clip2"}
    assert first.count('<clipPath id="clip') == 2
