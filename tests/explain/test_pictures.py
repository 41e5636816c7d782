import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.cam.regions import REGIONS
from cnnlab.explain.pictures import (
    centre_on_grey,
    draw_cascade,
    draw_curves,
    draw_matrices,
    draw_shares,
    draw_weighted_sum,
    lay_over,
)
from cnnlab.style import apply_style

IMAGE = np.random.default_rng(0).random((32, 32, 3))
HEAT = np.linspace(0, 1, 32 * 32).reshape(32, 32)


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


def test_a_map_leaves_its_image_grey_where_it_is_zero():
    grey = np.repeat(IMAGE.mean(axis=-1, keepdims=True), 3, axis=-1)
    np.testing.assert_allclose(lay_over(IMAGE, 0 * HEAT), grey)
    assert not np.allclose(lay_over(IMAGE, HEAT), grey)


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


def test_the_sum_shows_each_map_with_its_weight():
    maps = np.random.default_rng(1).random((8, 8, 3))
    figure = draw_weighted_sum(IMAGE, maps, np.array([0.25, -0.5, 1]), maps.sum(axis=-1), HEAT)
    _, *shown, total, _ = (axes for axes in figure.axes if axes.images)
    assert [axes.get_xlabel() for axes in shown] == [
        rf"$\times$ {weight}" for weight in ("0.250", "\N{MINUS SIGN}0.500", "1.000")
    ]
    assert [axes.get_title() for axes in (*shown, total)] == ["$A^1$", "$A^2$", "$A^3$", "$M$"]
    signs = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert signs[:3] == [r"$\to$", "$+$", "$+$"] and len(signs) == 5


def test_matrices_show_their_numbers():
    figure = draw_matrices({"A": np.array([[0, 1.5], [-1, 4]]), "B": np.zeros((2, 2))})
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "0",
        "1.5",
        "\N{MINUS SIGN}1",
        "4",
    ]
    assert [ax.get_title() for ax in figure.axes] == ["A", "B"]


def test_curves_run_from_no_pixel_to_all_of_them():
    curves = {"map": np.array([0.1, 0.5, 0.9]), "random": np.array([0.1, 0.2, 0.9])}
    figure = draw_curves({"insertion": curves, "deletion": curves})
    for ax in figure.axes:
        lines = [line for line in ax.lines if len(line.get_xdata())]
        assert [line.get_xdata().tolist() for line in lines] == [[0, 0.5, 1]] * 2
        np.testing.assert_array_equal(lines[0].get_ydata(), curves["map"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(curves)


def test_shares_show_what_is_there_and_leave_out_what_is_not():
    there, alone, missing = (
        Mean(0.4, 0.3, 0.5, 9),
        Mean(0.2, np.nan, np.nan, 1),
        Mean(*[np.nan] * 3, 0),
    )
    shares = {
        "right": {key: {"fear": there, "anger": there} for key in REGIONS},
        "wrong": {key: {"fear": alone, "anger": missing} for key in REGIONS},
    }
    figure = draw_shares(shares, dict.fromkeys(REGIONS, 0.25))
    right, wrong = figure.axes[0].containers
    assert right.lines[0].get_xdata().tolist() == [0.4, 0.4]
    assert wrong.lines[0].get_xdata()[0] == 0.2 and np.isnan(wrong.lines[0].get_xdata()[1])
    ends = [segment[:, 0].tolist() for segment in right.lines[2][0].get_segments()]
    assert ends == [[pytest.approx(0.3), pytest.approx(0.5)]] * 2
    assert not any(len(segment) for segment in wrong.lines[2][0].get_segments())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["right", "wrong"]


def test_a_cascade_holds_every_network_rule_and_stage():
    means = [Mean(0.6, 0.5, 0.7, 9), Mean(0.5, np.nan, np.nan, 9)]
    by_rule = dict.fromkeys(("gradient", "deconvnet", "guided"), means)
    figure = draw_cascade({"x": (("top", "bottom"), by_rule), "y": (("top", "bottom"), by_rule)})
    for ax in figure.axes:
        assert [text.get_text() for text in ax.get_xticklabels()] == ["none", "top", "bottom"]
        assert [line.get_ydata().tolist() for line in ax.lines[:3]] == [[1, 0.6, 0.5]] * 3
