import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnlab.evaluation.intervals import Mean
from cnnlab.explain.figures import (
    draw_grid,
    draw_maps,
    draw_regions,
    draw_shares,
)
from cnnlab.explain.regions import REGIONS
from cnnlab.style import TEXT_WIDTH, apply_style

IMAGE = np.random.default_rng(0).random((32, 32, 3))
HEAT = np.linspace(0, 1, 32 * 32).reshape(32, 32)


@pytest.fixture(autouse=True)
def styled():
    apply_style()
    yield
    plt.close("all")


def test_samples_follow_each_other_without_gaps():
    fear = ("fear", IMAGE, [("fear 0.50", HEAT), ("anger 0.20", HEAT * 0)])
    figure = draw_maps([fear] * 4, samples_a_row=3)
    assert figure.get_figwidth() <= TEXT_WIDTH
    filled = [bool(ax.images) for ax in figure.axes]
    assert filled == [True] * 12 + [False] * 6
    labels = [ax.get_xlabel() for ax in figure.axes[:6]]
    assert labels == ["", "fear 0.50", "anger 0.20"] * 2
    empty = ["empty" in {text.get_text() for text in ax.texts} for ax in figure.axes[:6]]
    assert empty == [False, False, True] * 2
    figure.savefig("/dev/null", format="png")


def test_eight_classes_fit_a_page():
    for maps, samples_a_row in ((1, 4), (2, 3)):
        sample = ("happiness", IMAGE, [("happiness 0.99", HEAT)] * maps)
        assert draw_maps([sample] * 16, samples_a_row).get_figheight() < 8.3


def test_shares_show_what_is_there_and_leave_out_what_is_not():
    there, alone, missing = (
        Mean(0.4, 0.3, 0.5, 9),
        Mean(0.2, np.nan, np.nan, 1),
        Mean(*[np.nan] * 3, 0),
    )
    by_class = {
        "fear": {"right": there, "wrong": alone},
        "anger": {"right": there, "wrong": missing},
    }
    figure = draw_shares(dict.fromkeys(REGIONS, by_class), dict.fromkeys(REGIONS, 0.25))
    ends = [sorted(line.get_xdata()) for line in figure.axes[0].lines]
    assert [0.3, 0.5] in ends
    assert [0.2] in ends
    # Two intervals, three marks, one line for an even map.
    assert len(ends) == 6
    figure.savefig("/dev/null", format="svg")


def test_grids_have_a_place_for_every_picture():
    figure = draw_grid({"a": [IMAGE] * 4, "b": [IMAGE] * 4}, titles=list("wxyz"))
    assert [ax.get_title() for ax in figure.axes[:4]] == list("wxyz")
    assert {text.get_text() for text in draw_regions(IMAGE).axes[0].texts} == set(REGIONS)
