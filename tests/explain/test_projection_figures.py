import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.patches import Patch
from cnnlab.explain.projection_figures import (
    centre_on_grey,
    draw_cascade,
    draw_growth,
    draw_units,
)
from cnnlab.style import TEXT_WIDTH, apply_style

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


def make_patches(count, side):
    return [
        Patch(np.full((side, side, 3), i / 10), np.zeros((side, side, 3))) for i in range(count)
    ]


def test_zero_is_grey_and_signs_are_kept():
    projection = np.zeros((4, 4, 3))
    assert (centre_on_grey(projection) == 0.5).all()
    projection[0, 0], projection[1, 1], projection[2, 2] = 4, -4, 2
    scaled = centre_on_grey(projection)
    assert scaled[0, 0, 0] == 1
    assert scaled[1, 1, 0] == 0
    assert scaled[2, 2, 0] == pytest.approx(0.75)
    assert scaled[3, 3, 0] == 0.5


def test_one_large_value_does_not_hide_the_others():
    projection = np.random.default_rng(0).normal(size=(20, 20, 3))
    projection[0, 0, 0] = 1000
    scaled = centre_on_grey(projection)
    assert scaled.std() > 0.1
    assert scaled.max() == 1


def test_patches_stand_in_reading_order_right_of_their_projections():
    rows = {"one": {"unit 3": make_patches(9, 6)}, "two": {"unit 5": make_patches(4, 128)}}
    figure = draw_units({"left": rows})
    assert figure.get_figwidth() <= TEXT_WIDTH
    shown = [ax.images[0].get_array() for ax in figure.axes if ax.images]
    assert [ax.get_title(loc="left") for ax in figure.axes if ax.images][::2] == [
        "unit 3",
        "unit 5",
    ]
    for projections, patches in (shown[:2], shown[2:]):
        assert projections.shape == patches.shape
        assert projections[5, 5, 0] == 0.5
    thirds = [int(shown[1].shape[0] * share) for share in (0.1, 0.45, 0.8)]
    values = [shown[1][row, column, 0] for row in thirds for column in thirds]
    np.testing.assert_allclose(values, np.arange(9) / 10)
    missing = shown[3][-10, -10]
    np.testing.assert_array_equal(missing, 1)


def test_networks_stand_side_by_side_under_their_names():
    rows = {"one": {"unit 3": make_patches(2, 6)}, "two": {"unit 5": make_patches(1, 6)}}
    figure = draw_units({"left": rows, "right": rows})
    assert figure.get_figwidth() <= TEXT_WIDTH
    named = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert named == ["one", "left", "one", "right", "two", "two"]
    assert sum(bool(ax.images) for ax in figure.axes) == 8


def test_plots_hold_every_network_rule_and_stage():
    means = [Mean(0.6, 0.5, 0.7, 9), Mean(0.5, np.nan, np.nan, 9)]
    figure = draw_growth({"x": [5, 14]}, {"x": [4.0, 9.0]}, {"x": means})
    assert [line.get_ydata().tolist() for line in figure.axes[0].lines[:2]] == [[5, 14], [4, 9]]
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0.6, 0.5]
    by_rule = dict.fromkeys(("gradient", "deconvnet", "guided"), means)
    figure = draw_cascade({"x": (("top", "bottom"), by_rule), "y": (("top", "bottom"), by_rule)})
    for ax in figure.axes:
        assert [text.get_text() for text in ax.get_xticklabels()] == ["none", "top", "bottom"]
        assert [line.get_ydata().tolist() for line in ax.lines[:3]] == [[1, 0.6, 0.5]] * 3
