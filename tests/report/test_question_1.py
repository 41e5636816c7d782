"""The figures of notebook 01 show what they are given, on scales that can be compared."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from cnnlab.report.diagrams import question_1 as figures
from cnnlab.style import TEXT_WIDTH, apply_style


@pytest.fixture(autouse=True)
def _style():
    apply_style()
    yield
    plt.close("all")


def test_two_ways_show_all_maps_on_one_scale():
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (8, 8, 3))
    filtered, one_way, other_way = generator.normal(size=(3, 8, 8, 1))
    figure = figures.draw_two_ways(image, filtered, one_way, other_way, image)
    assert figure.get_figwidth() <= TEXT_WIDTH
    maps = [axes.images[0] for axes in figure.axes[1:4]]
    assert len({picture.get_clim() for picture in maps}) == 1
    np.testing.assert_array_equal(maps[2].get_array(), other_way[..., 0])


def test_border_is_outlined_where_it_was_predicted():
    errors = {2: np.zeros((20, 20)), 3: np.zeros((20, 20))}
    figure = figures.draw_border_errors(errors, radius=1, shift=(3, 3))
    for axes, reach in zip(figure.axes, errors, strict=False):
        outline = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
        # Pixel i covers i - 1/2 to i + 1/2: the line runs along the last wrong pixels' far edge.
        assert outline.min() == reach + 3 - 0.5
        assert outline.max() == 20 - reach - 0.5


def test_error_by_shift_draws_a_line_for_each_map():
    errors = pd.DataFrame({"stride 2": [0.0, 0.2], "one layer": [0.0, 0.0]})
    (axes,) = figures.draw_error_by_shift(errors).axes
    assert [line.get_label() for line in axes.lines] == ["stride 2", "one layer"]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.0, 0.2])


def test_errors_by_depth_cut_no_line():
    generator = np.random.default_rng(1)
    errors = {"low": generator.random((2, 3)), "high": 5 * generator.random((2, 3))}
    figure = figures.draw_errors_by_depth(errors, [1, 2, 4])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["low", "high"]
    np.testing.assert_array_equal(figure.axes[1].lines[1].get_ydata(), errors["high"][1])
    highest = max(line.get_ydata().max() for axes in figure.axes for line in axes.lines)
    assert all(axes.get_ylim()[1] >= highest for axes in figure.axes)


def test_detector_frames_the_places_found():
    scene, response = np.zeros((20, 30, 3), dtype=int), np.full((20, 30), -1.0)
    figure = figures.draw_detector(scene, (4, 6), response, np.array([[10, 12]]))
    frames = [axes.patches[0].get_bbox().bounds for axes in figure.axes]
    assert frames == [(9, 8, 6, 4)] * 2
    assert (figure.axes[1].images[0].get_array() == 0).all()


def test_lifting_shows_all_maps_on_one_scale():
    generator = np.random.default_rng(2)
    rows = [
        (generator.random((6, 6, 3)), size * generator.normal(size=(6, 6, 4)), np.zeros((6, 6)))
        for size in (1, 2)
    ]
    figure = figures.draw_lifting(rows)
    assert figure.get_figwidth() <= TEXT_WIDTH
    panels = np.reshape(figure.axes, (2, 6))
    assert len({axes.images[0].get_clim() for axes in panels[:, 1:].flat}) == 1
    np.testing.assert_array_equal(panels[1, 3].images[0].get_array(), rows[1][1][..., 2])


def test_generalisation_draws_the_interval_given():
    mean = np.full((2, 2, 2), 0.5)
    figure = figures.draw_generalisation([4, 8], mean, mean - 0.1, mean + 0.2, ("a", "b"), 0.25)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b"]
    bars = figure.axes[1].containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.4, 0.7], [0.4, 0.7]])
