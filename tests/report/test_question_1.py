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


def test_two_ways_show_equal_maps_in_equal_colours():
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (8, 8, 3))
    filtered, moved = generator.normal(size=(2, 8, 8, 1))
    filtered[0, 0], moved[0, 0] = 9, -9  # one scale for all
    figure = figures.draw_two_ways((image, filtered, moved, moved, image))
    assert figure.get_figwidth() <= TEXT_WIDTH
    _, first, one, other, _ = (axes.images[0].get_array() for axes in figure.axes if axes.images)
    np.testing.assert_array_equal(one, other)
    assert first[0, 0, 0] > first[0, 0, 2] and one[0, 0, 0] < one[0, 0, 2], "red above, blue below"


def test_border_is_outlined_where_it_was_predicted():
    errors = {2: np.zeros((20, 20)), 3: np.zeros((20, 20))}
    figure = figures.draw_border_errors(errors, radius=1, shift=(3, 3))
    for axes, reach in zip(figure.axes, errors, strict=False):
        outline = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
        # Pixel i covers i - 1/2 to i + 1/2: the line runs along the last wrong pixels' far edge.
        assert outline.min() == reach + 3 - 0.5
        assert outline.max() == 20 - reach - 0.5


def test_errors_have_a_line_for_each_map_and_cut_none():
    generator = np.random.default_rng(1)
    low, high = (
        pd.DataFrame(size * generator.random((3, 2)), [1, 2, 4], ["pool 1", "pool 2"])
        for size in (1, 5)
    )
    figure = figures.draw_errors_by_shift({"low": low, "high": high})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["low", "high"]
    lines = figure.axes[1].lines
    assert [line.get_label() for line in lines] == ["pool 1", "pool 2"]
    np.testing.assert_array_equal(lines[1].get_ydata(), high["pool 2"])
    assert all(axes.get_ylim()[1] >= high.to_numpy().max() for axes in figure.axes)


def test_detector_frames_the_places_found():
    scene, response = np.zeros((20, 30, 3), dtype=int), np.full((20, 30), -1.0)
    figure = figures.draw_detector(scene, (4, 6), response, np.array([[10, 12]]))
    frames = [axes.patches[0].get_bbox().bounds for axes in figure.axes]
    assert frames == [(9, 8, 6, 4)] * 2
    assert (figure.axes[1].images[0].get_array() == 0).all()


def test_lifting_shows_all_maps_on_one_scale():
    generator = np.random.default_rng(2)
    maps = generator.normal(size=(6, 6, 4))
    rows = [(generator.random((6, 6, 3)), size * maps, np.zeros((6, 6))) for size in (1, 2)]
    figure = figures.draw_lifting(rows)
    assert figure.get_figwidth() <= TEXT_WIDTH
    panels = np.reshape(figure.axes, (2, 6))
    pale, strong = (row[3].images[0].get_array()[..., :3].min() for row in panels)
    assert strong < pale, "twice the value has the stronger colour"
    assert [axes.get_title() for axes in panels[0, 1:]] == [
        *(f"$q = {q}$" for q in range(4)),
        "maximum",
    ]


def test_generalisation_draws_the_interval_given():
    mean = np.full((2, 2, 2), 0.5)
    figure = figures.draw_generalisation([4, 8], mean, mean - 0.1, mean + 0.2, ("a", "b"), 0.25)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b"]
    bars = figure.axes[1].containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.4, 0.7], [0.4, 0.7]])
