"""What notebooks show, as the exporter receives it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy import ndimage

from cnnlab.report import display as cnnlab_display
from cnnlab.report.text.values import Power
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


def test_figure_has_its_name_its_file_and_the_same_bytes_twice(shown, tmp_path):
    with plt.rc_context():
        apply_style()
        for _ in range(2):
            figure, axes = plt.subplots()
            axes.plot([0, 1])
            cnnlab_display.show_figure(figure, "04-line")
    data, metadata = shown[0]
    assert metadata == {"label": "fig-04-line"}
    assert shown[1] == shown[0]
    assert (tmp_path / "04-line.svg").read_text() == data["image/svg+xml"]
    assert not plt.get_fignums()


def test_only_what_is_called_photographs_is_compressed(shown):
    noise = np.random.default_rng(0).random((8, 8, 3)).repeat(8, 0).repeat(8, 1)
    picture = ndimage.gaussian_filter(noise, (4, 4, 0))
    for pixels in (False, True):
        figure, axes = plt.subplots()
        axes.imshow(picture)
        cnnlab_display.show_figure(figure, "04-face", pixels=pixels)
    plain, compressed = (data["image/svg+xml"] for data, _ in shown)
    assert "image/png" in plain and "image/jpeg" not in plain
    assert "image/jpeg" in compressed and "image/png" not in compressed


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
    head, rule, first, second, last = shown[0][0]["text/markdown"].splitlines()
    assert [part.strip() for part in head.split("|")[1:-1]] == ["layer", "score", "kernel", "note"]
    assert [part.endswith("-:") for part in rule.split("|")[1:-1]] == [False, True, False, False]
    assert r"$4 \times 10^{-16}$" in last
    assert r"a\|b" in first and r"c\|d" in second and r"c\\|d" not in second


def test_source_is_shown_as_code(shown):
    cnnlab_display.show_source(apply_style)
    data, metadata = shown[0]
    assert data["text/markdown"].startswith("```python\ndef apply_style(")
    assert metadata == {"role": "source"}
