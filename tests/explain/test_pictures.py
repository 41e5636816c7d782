import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.cam.regions import REGIONS
from cnnlab.explain.pictures import (
    Tile,
    draw_curves,
    draw_grid,
    draw_matrices,
    draw_shares,
    draw_tiles,
    draw_weighted_sum,
)
from cnnlab.style import TEXT_WIDTH, apply_style

IMAGE = np.random.default_rng(0).random((32, 32, 3))
HEAT = np.linspace(0, 1, 32 * 32).reshape(32, 32)


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


def test_tiles_stand_in_rows_with_empty_places_and_gaps():
    rows = {
        "fear": [Tile(IMAGE, text="anger 0.50"), Tile(IMAGE, HEAT), None],
        "anger": [Tile(IMAGE), Tile(IMAGE, HEAT * 0), Tile(IMAGE)],
    }
    figure = draw_tiles(rows, ["right", "map", "wrong"], gaps_before=(2,))
    assert figure.get_figwidth() <= TEXT_WIDTH
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 0, 1, 1, 1]
    grey = np.repeat(IMAGE.mean(axis=-1, keepdims=True), 3, axis=-1)
    np.testing.assert_allclose(figure.axes[4].images[0].get_array(), grey)
    assert not np.allclose(figure.axes[1].images[0].get_array(), grey)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["right", "map", "wrong"]
    assert [ax.get_ylabel() for ax in figure.axes[::3]] == ["fear", "anger"]
    assert figure.axes[0].get_xlabel() == "anger 0.50"
    figure.canvas.draw()
    left, middle, right = (ax.get_position() for ax in figure.axes[3:])
    assert right.x0 - middle.x1 > middle.x0 - left.x1 + 0.01


def test_eight_classes_with_four_samples_fit_half_a_page():
    row = [Tile(IMAGE, text="happiness 0.99")] * 14
    figure = draw_tiles({str(name): row for name in range(8)}, ["map"] * 14, (3, 6, 10))
    assert figure.get_figheight() < 5.2


def test_the_sum_shows_each_map_with_its_weight():
    maps = np.random.default_rng(1).random((8, 8, 3))
    figure = draw_weighted_sum(IMAGE, maps, np.array([0.25, -0.5, 1]), maps.sum(axis=-1), HEAT)
    assert [ax.get_xlabel() for ax in figure.axes[1:4]] == [
        rf"$\times$ {weight}" for weight in ("0.250", "\N{MINUS SIGN}0.500", "1.000")
    ]
    for ax, shown in zip(figure.axes[1:4], np.moveaxis(maps, -1, 0), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), shown)


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


def test_grids_have_a_place_for_every_picture():
    figure = draw_grid({"a": [IMAGE] * 4, "b": [IMAGE] * 4}, titles=list("wxyz"))
    assert [ax.get_title() for ax in figure.axes[:4]] == list("wxyz")
