import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from cnnlab.evaluation.metrics import trace_roc
from cnnlab.evaluation.plots import (
    plot_confusion,
    plot_costs,
    plot_roc,
    plot_signal,
    plot_training,
)
from cnnlab.style import TEXT_WIDTH, apply_style

from .made_predictions import make_predictions, predictions_of


@pytest.fixture(autouse=True)
def styled_figures():
    with plt.rc_context():
        apply_style()
        yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_roc_figure_has_a_panel_for_every_curve_with_its_area():
    predictions = make_predictions()
    panels = plot_roc(predictions).axes
    curves = trace_roc(predictions)
    assert [axes.get_title(loc="left") for axes in panels] == list(curves)
    assert [texts(axes) for axes in panels] == [[f"AUC {area:.3f}"] for *_, area in curves.values()]
    for axes, (_, true_positives, _) in zip(panels, curves.values(), strict=True):
        own = axes.lines[len(curves)]
        np.testing.assert_array_equal(own.get_ydata(), true_positives)


def test_confusion_figure_of_unequal_classes_shows_counts_and_percentages():
    confusion = np.diag(np.full(8, 3))
    confusion[1, 4] = 1
    left, right = plot_confusion(predictions_of(confusion)).axes
    counts = np.where(confusion > 0, confusion.astype(str), "")
    assert np.reshape(texts(left), (8, 8)).tolist() == counts.tolist()
    shown = np.reshape(texts(right), (8, 8))
    assert (shown[1, 1], shown[1, 4], shown[4, 1]) == ("75", "25", "")
    assert left.get_ylim()[0] > left.get_ylim()[1], "the first class belongs on top"


def test_confusion_figure_of_equal_classes_shows_counts_alone():
    [axes] = plot_confusion(make_predictions(per_class=5, signal=50)).axes
    assert np.diag(np.reshape(texts(axes), (8, 8))).tolist() == ["5"] * 8
    assert axes.get_ylabel() == "true class (5 each)"


def test_confusion_figure_stands_a_class_without_images():
    confusion = np.diag([0, 1, 1, 1, 1, 1, 1, 1])
    _, right = plot_confusion(predictions_of(confusion)).axes
    assert texts(right)[0] == ""


def history(stages):
    epochs = pd.RangeIndex(1, len(stages) + 1)
    columns = ("loss", "accuracy", "val_loss", "val_accuracy")
    return pd.DataFrame({name: 0.1 * epochs for name in columns}, index=epochs).assign(stage=stages)


def test_training_figure_marks_the_chosen_epoch_and_where_stages_begin():
    stages = ["frozen"] * 3 + ["block 5"] * 2 + ["block 4"]
    figure = plot_training(history(stages), chosen_epoch=4)
    for axes in figure.axes:
        assert texts(axes) == ["frozen", "block 5", "block 4"]
        (circle,) = [line for line in axes.lines if line.get_label() == "chosen epoch"]
        assert not axes.get_legend(), "one legend serves both"
        assert circle.get_xydata().tolist() == [[4, pytest.approx(0.4)]]
        lines = [list(line.get_xdata()) for line in axes.lines]
        assert [3.5, 3.5] in lines and [5.5, 5.5] in lines


def test_training_figure_of_one_stage_names_none():
    assert not texts(plot_training(history(["from scratch"] * 2), chosen_epoch=1).axes[0])


def test_signal_stays_within_the_text():
    signal = plot_signal({"He": pd.Series([1.0, 2.0], index=["conv", "fc"])})
    assert signal.get_figwidth() <= TEXT_WIDTH


def made_costs(milliseconds):
    costs = {
        "estimate": [0.6, 0.5],
        "low": [0.5, 0.45],
        "high": [0.65, 0.6],
        "parameters": [15e6, 4e6],
        "MACs": [5e9, 1e8],
        "milliseconds": milliseconds,
    }
    return pd.DataFrame(costs, index=["A", "B"])


def test_accuracy_is_plotted_with_its_interval_against_each_cost():
    axes_of = plot_costs(made_costs([40.0, 3.0])).axes
    for axes, costs in zip(axes_of, ([15, 4], [5000, 100], [40, 3]), strict=True):
        assert axes.get_xscale() == "log"
        intervals = ((0.5, 0.65), (0.45, 0.6))
        for bars, cost, ends in zip(axes.containers, costs, intervals, strict=True):
            (low, high) = bars.lines[2][0].get_segments()[0]
            assert (low[0], high[0]) == (cost, cost)
            np.testing.assert_allclose((low[1], high[1]), ends)
    labels = [[text.get_text() for text in axes.get_xticklabels()] for axes in axes_of]
    assert labels == [["15.0\n(60)", "4.0\n(16)"], ["5,000", "100"], ["40.0", "3.0"]]


def test_time_that_was_not_measured_has_no_panel():
    assert len(plot_costs(made_costs([40.0, np.nan])).axes) == 2
