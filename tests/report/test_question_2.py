import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.deconvolution.patches import Patch
from cnnlab.explain.upconvolution.inversion import DECODED, ERROR, MEAN_FACE, STRANGER
from cnnlab.report.diagrams.question_2 import (
    draw_patches,
    draw_unpooling,
    plot_dependence,
    plot_growth,
    plot_survival,
)
from cnnlab.style import TEXT_WIDTH, apply_style

MEANS = [Mean(0.6, 0.5, 0.7, 9), Mean(0.5, np.nan, np.nan, 9)]


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


def test_the_worked_example_marks_where_the_maxima_were():
    h = np.array([[1.0, 3, 0, 2], [5, 2, 1, 0], [0, 4, 2, 1], [2, 1, 0, 6]])
    zeros = np.zeros((4, 4))
    figure = draw_unpooling(h, np.array([[5, 2], [4, 6]]), np.ones((2, 2)), zeros, np.eye(3), zeros)
    numbers = [text.get_text() for text in figure.axes[0].texts]
    marks = figure.axes[0].collections[0].get_array().ravel()
    assert [numbers[cell] for cell in np.flatnonzero(marks)] == ["2", "5", "4", "6"]


def test_projections_stand_above_their_patches():
    units = {
        name: [Patch(np.full((6, 6, 3), i / 10), np.zeros((6, 6, 3))) for i in range(1, 4)]
        for name in ("a", "b", "c")
    }
    figure = draw_patches(units)
    assert figure.get_figwidth() <= TEXT_WIDTH
    shown = [ax for ax in figure.axes if ax.images]
    assert len(shown) == 18
    assert [ax.get_xlabel() for ax in shown if ax.get_xlabel()] == ["a", "b", "c"]
    values = [ax.images[0].get_array()[0, 0, 0] for ax in shown[:12]]
    np.testing.assert_allclose(values, [0.5] * 6 + [0.1, 0.2, 0.3] * 2)


def test_plots_hold_every_network_and_block():
    table = pd.DataFrame(dict.fromkeys(("unit", "image", "gradient"), MEANS))
    figure = plot_dependence({"x": table, "y": table})
    for ax in figure.axes:
        assert [line.get_ydata().tolist() for line in ax.lines] == [[0.6, 0.5]] * 3
    figure = plot_growth({"x": [5, 14]}, {"x": [4.0, 9.0]}, {"x": MEANS})
    assert [line.get_ydata().tolist() for line in figure.axes[0].lines[:2]] == [[5, 14], [4, 9]]
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0.6, 0.5]


def test_survival_has_a_panel_for_each_figure_and_a_place_for_each_layer():
    rows = [("", "", MEAN_FACE, 50.0)]
    for network, layers in (("VGG16", ("pool1", "pool2")), ("light VGG", ("pool1",))):
        for layer in layers:
            rows += [(network, layer, DECODED, 10.0), (network, layer, STRANGER, 60.0)]
    table = pd.DataFrame(rows, columns=["network", "layer", "picture", "estimate"])
    table = table.assign(figure=ERROR, low=table["estimate"] - 1, high=table["estimate"] + 1)
    figure = plot_survival(
        pd.concat([table, table.assign(figure="other")]), {ERROR: "E", "other": "O"}
    )
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["E", "O"]
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names == ["pool1", "pool2", "pool1"]
