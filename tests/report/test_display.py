"""What notebooks show, as the exporter receives it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy import ndimage

from cnnlab.report import display as cnnlab_display
from cnnlab.style import apply_style


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Collect what is shown: (data, metadata) of each output."""
    outputs = []
    monkeypatch.setattr(
        cnnlab_display,
        "display",
        lambda data, metadata=None, raw=False: outputs.append((data, metadata)),
    )
    monkeypatch.setattr(cnnlab_display, "FIGURES", tmp_path)
    return outputs


def test_figure_has_its_words_its_file_and_the_same_bytes_twice(shown, tmp_path):
    with plt.rc_context():
        apply_style()
        for _ in range(2):
            figure, axes = plt.subplots()
            axes.plot([0, 1])
            cnnlab_display.show_figure(figure, "04-line", "A line.", "Rises.")
    (data, metadata), (caption, role) = shown[:2]
    assert metadata == {
        "label": "fig-04-line",
        "caption": "A line.",
        "alt": "Rises.",
        "caption_fa": "",
        "alt_fa": "",
    }
    assert role == {"role": "caption"} and "A line." in caption["text/markdown"]
    assert shown[2] == shown[0]
    assert (tmp_path / "04-line.svg").read_text() == data["image/svg+xml"]
    assert not plt.get_fignums()


def test_only_what_is_called_photographs_is_compressed(shown):
    noise = np.random.default_rng(0).random((8, 8, 3)).repeat(8, 0).repeat(8, 1)
    picture = ndimage.gaussian_filter(noise, (4, 4, 0))
    for pixels in (False, True):
        figure, axes = plt.subplots()
        axes.imshow(picture)
        cnnlab_display.show_figure(figure, "04-face", "A face.", "Eyes.", pixels=pixels)
    plain, compressed = (data["image/svg+xml"] for data, _ in shown[::2])
    assert "image/png" in plain and "image/jpeg" not in plain
    assert "image/jpeg" in compressed and "image/png" not in compressed


def test_table_columns_of_numbers_stand_at_the_right(shown):
    table = pd.DataFrame(
        {
            "score": ["0.91 (0.88 to 0.94)", "−3.1", "—"],
            "kernel": ["conv1", "conv2", "3"],
            "note": ["a|b", r"c\|d", "3 faces seen"],
        },
        index=pd.Index(["x", "y", "z"], name="layer"),
    )
    cnnlab_display.show_table(table, "04-scores", "Scores.")
    head, rule, first, second, _ = shown[0][0]["text/markdown"].splitlines()
    assert [part.strip() for part in head.split("|")[1:-1]] == ["layer", "score", "kernel", "note"]
    assert [part.endswith("-:") for part in rule.split("|")[1:-1]] == [False, True, False, False]
    assert r"a\|b" in first and r"c\|d" in second and r"c\\|d" not in second


def test_text_in_both_languages_is_shown_once_each(shown):
    cnnlab_display.show_text("The error is 0.5.", "خطا 0.5 است.")
    (english, in_english), (persian, in_persian) = shown
    assert (in_english, in_persian) == ({"language": "en"}, {"language": "fa"})
    assert english.data == "The error is 0.5."
    assert persian.data == '<div dir="rtl">\n\nخطا ۰٫۵ است.\n\n</div>'


def test_captions_travel_in_both_languages_and_stand_below_in_jupyter(shown):
    table = pd.DataFrame({"a": [1]})
    cnnlab_display.show_table(table, "04-scores", "12 scores.", caption_fa="12 امتیاز.")
    (_, metadata), (below, role) = shown
    assert metadata == {
        "label": "tbl-04-scores",
        "caption": "12 scores.",
        "caption_fa": "۱۲ امتیاز.",
    }
    assert role == {"role": "caption"}
    assert below["text/markdown"] == '*12 scores.*\n\n<div dir="rtl">\n\n۱۲ امتیاز.\n\n</div>'
