"""The figures of notebook 01 show what they are given, on scales that can be compared."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnnlab.report.figures import equivariance as figures
from cnnlab.style import TEXT_WIDTH, apply_style


@pytest.fixture(autouse=True)
def _style():
    apply_style()
    yield
    plt.close("all")


def test_commuting_square_shows_the_difference_on_the_maps_scale():
    generator = np.random.default_rng(0)
    image = generator.random((8, 8, 3))
    one_way, other_way = generator.normal(size=(2, 8, 8, 1))
    figure = figures.draw_commuting_square(image, image, one_way, one_way, other_way)
    assert figure.get_figwidth() <= TEXT_WIDTH
    maps = [figure.axes[index].images[0] for index in (1, 2, 4, 5)]
    assert len({picture.get_clim() for picture in maps}) == 1
    np.testing.assert_array_equal(maps[-1].get_array(), (other_way - one_way)[..., 0])


def test_border_is_outlined_where_it_was_predicted():
    errors = {2: np.zeros((20, 20)), 3: np.zeros((20, 20))}
    figure = figures.draw_border_errors(errors, radius=1, shift=(3, 3))
    for axes, reach in zip(figure.axes, errors, strict=False):
        outline = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
        # Pixel i covers i - 1/2 to i + 1/2: the line runs along the last wrong pixels' far edge.
        assert outline.min() == reach + 3 - 0.5
        assert outline.max() == 20 - reach - 0.5


def test_error_by_shift_draws_the_mean_over_images():
    errors = np.array([[0.0, 0.2], [0.0, 0.4]])
    figure = figures.draw_error_by_shift({"stride 2": errors}, [0, 1])
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [0.0, 0.3])


def test_errors_by_depth_draw_the_mean_over_images_and_cut_no_line():
    generator = np.random.default_rng(1)
    errors = {"low": generator.random((2, 3, 2)), "high": 5 * generator.random((2, 3, 2))}
    figure = figures.draw_errors_by_depth(errors, [1, 2, 4])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["low", "high"]
    second = figure.axes[1].lines[1]
    np.testing.assert_allclose(second.get_ydata(), errors["high"].mean(axis=0)[:, 1])
    highest = max(line.get_ydata().max() for axes in figure.axes for line in axes.lines)
    assert all(axes.get_ylim()[1] >= highest for axes in figure.axes)


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
