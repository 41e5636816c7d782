"""What figures share: pictures stand where they belong, numbers and intervals are those given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cnnlab.drawing import draw_estimates, draw_matrix, draw_means, draw_pictures
from cnnlab.evaluation.intervals import Mean
from cnnlab.style import TEXT_WIDTH, apply_style

IMAGE = np.random.default_rng(0).random((32, 32, 3))


@pytest.fixture(autouse=True)
def styled():
    with plt.rc_context():
        apply_style()
        yield
    plt.close("all")


def test_pictures_stand_in_rows_with_empty_places_and_gaps():
    rows = [[IMAGE, IMAGE, None], [IMAGE, 1 - IMAGE, IMAGE]]
    figure = draw_pictures(
        rows,
        ["fear", "anger"],
        ["right", "map", "wrong"],
        gaps={2: "="},
        texts={(0, 0): "anger 0.50"},
    )
    figure.canvas.draw()
    grid = np.reshape(figure.axes, (2, 4))
    assert [[len(ax.images) for ax in line] for line in grid] == [[1, 1, 0, 0], [1, 1, 0, 1]]
    np.testing.assert_array_equal(grid[1, 1].images[0].get_array(), 1 - IMAGE)
    assert [grid[0, column].get_title() for column in (0, 1, 3)] == ["right", "map", "wrong"]
    assert [line[0].get_ylabel() for line in grid] == ["fear", "anger"]
    assert grid[0, 0].get_xlabel() == "anger 0.50"
    assert grid[0, 2].texts[0].get_text() == "="
    left, middle, _, right = (ax.get_position() for ax in grid[1])
    assert right.x0 - middle.x1 > middle.x0 - left.x1 + 0.01


def test_large_grids_fit_the_text_and_half_a_page():
    names = ["neutral", "happiness"] * 4
    texts = {(row, 0): "happiness 0.99" for row in range(8)}
    figure = draw_pictures([[IMAGE] * 14] * 8, names, ["map"] * 14, texts=texts, font_size=5.5)
    assert figure.get_figwidth() <= TEXT_WIDTH
    assert figure.get_figheight() < 5.2


def test_few_pictures_are_no_larger_than_asked():
    assert draw_pictures([[IMAGE] * 4], largest=0.5).get_figwidth() == pytest.approx(2)


def test_a_row_may_be_shorter_than_others():
    figure = draw_pictures([[IMAGE], [IMAGE] * 3])
    assert [len(ax.images) for ax in figure.axes] == [1, 0, 0, 1, 1, 1]


def test_a_matrix_shows_its_numbers_with_a_true_minus():
    _, axes = plt.subplots()
    draw_matrix(axes, np.eye(2), np.array([[0, 1.5], [-1, 4]]), "A")
    shown = [text.get_text() for text in axes.texts]
    assert shown == ["0", "1.5", "\N{MINUS SIGN}1", "4"]
    assert axes.get_title() == "A"


def test_bars_end_where_the_intervals_end():
    _, axes = plt.subplots()
    rows = pd.DataFrame({"estimate": [0.5, 0.6], "low": [0.4, 0.3], "high": [0.7, np.nan]})
    draw_estimates(axes, [1, 2], rows)
    first, *_ = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(first, [[1, 0.4], [1, 0.7]])


def test_a_band_spans_the_intervals_there_are():
    _, axes = plt.subplots()
    draw_means(axes, [1, 2, 3], [Mean(0.5, 0.4, 0.7), Mean(0.6, 0.5, 0.8), Mean(1.0)])
    assert axes.lines[0].get_ydata().tolist() == [0.5, 0.6, 1]
    corners = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert set(map(tuple, corners)) == {(1, 0.4), (1, 0.7), (2, 0.5), (2, 0.8)}
