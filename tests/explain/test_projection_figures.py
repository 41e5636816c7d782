import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.deconvolution.projection_figures import centre_on_grey, draw_cascade
from cnnlab.style import apply_style


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


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


def test_a_cascade_holds_every_network_rule_and_stage():
    means = [Mean(0.6, 0.5, 0.7, 9), Mean(0.5, np.nan, np.nan, 9)]
    by_rule = dict.fromkeys(("gradient", "deconvnet", "guided"), means)
    figure = draw_cascade({"x": (("top", "bottom"), by_rule), "y": (("top", "bottom"), by_rule)})
    for ax in figure.axes:
        assert [text.get_text() for text in ax.get_xticklabels()] == ["none", "top", "bottom"]
        assert [line.get_ydata().tolist() for line in ax.lines[:3]] == [[1, 0.6, 0.5]] * 3
