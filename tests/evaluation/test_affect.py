"""Figures of merit of valence and arousal, against NumPy, SciPy and Lin's own words."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy.stats import pearsonr

from cnnlab.evaluation.affect import (
    DIMENSIONS,
    AffectPredictions,
    compute_affect_figures,
    predict_validation_affect,
    summarise_affect,
    tabulate_affect,
)
from cnnlab.evaluation.plots import plot_affect
from cnnlab.faces.dataset import CLASSES

from .made_faces import make_faces


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    true = rng.uniform(-1, 1, (60, 2))
    true[:5] = 0
    predicted = 0.5 * true + 0.2 + rng.normal(0, 0.2, true.shape)
    labels = np.arange(60) % 8
    return AffectPredictions(true, predicted, labels)


def figures_of(predictions):
    return compute_affect_figures(predictions, np.ones((1, len(predictions)))).iloc[0]


@pytest.mark.parametrize("column", [0, 1])
def test_figures_agree_with_an_independent_computation(predictions, column):
    found, name = figures_of(predictions), DIMENSIONS[column]
    true, answer = predictions.true[:, column], predictions.predicted[:, column]
    assert found[f"{name} RMSE"] == pytest.approx(np.linalg.norm(true - answer) / np.sqrt(60))
    assert found[f"{name} correlation"] == pytest.approx(pearsonr(true, answer).statistic)
    # Lin (1989): one less the mean squared distance from the diagonal, over that without relation.
    independent = true.var() + answer.var() + (true.mean() - answer.mean()) ** 2
    concordance = 1 - np.mean((true - answer) ** 2) / independent
    assert found[f"{name} concordance"] == pytest.approx(concordance)
    signed = true != 0
    agreement = np.mean(true[signed] * answer[signed] > 0)
    assert found[f"{name} sign agreement"] == pytest.approx(agreement)


def test_counts_are_repetitions(predictions):
    counts = np.random.default_rng(1).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), counts)
    repeated = replace(
        predictions,
        true=predictions.true[rows],
        predicted=predictions.predicted[rows],
        labels=predictions.labels[rows],
    )
    weighted = compute_affect_figures(predictions, counts[None].astype(float)).iloc[0]
    np.testing.assert_allclose(weighted, figures_of(repeated))


def test_a_wrong_scale_costs_concordance_but_no_correlation(predictions):
    shrunk = figures_of(replace(predictions, predicted=predictions.true / 3))
    assert shrunk["valence correlation"] == pytest.approx(1)
    assert shrunk["valence concordance"] < 0.7
    perfect = figures_of(replace(predictions, predicted=predictions.true))
    expected = {"RMSE": 0, "correlation": 1, "concordance": 1, "sign agreement": 1}
    for figure, value in expected.items():
        assert perfect[f"arousal {figure}"] == pytest.approx(value, abs=1e-12)


def test_a_constant_answer_has_no_correlation_and_no_concordance(predictions):
    constant = figures_of(replace(predictions, predicted=np.full((60, 2), 0.1)))
    assert np.isnan(constant["valence correlation"])
    assert constant["valence concordance"] == 0


def test_interval_holds_the_estimate_and_people_widen_it(predictions):
    alone = summarise_affect(predictions, 400, seed=0)
    assert (alone["low"] <= alone["estimate"]).all()
    assert (alone["estimate"] <= alone["high"]).all()
    # Six people, each seen ten times with one and the same error.
    people = np.arange(60) // 8
    shift = np.random.default_rng(2).normal(0, 0.5, (8, 2))[people]
    of_people = replace(predictions, predicted=predictions.true + shift)
    drawn_alone = summarise_affect(of_people, 400, seed=0).loc["valence RMSE"]
    together = summarise_affect(replace(of_people, identities=people), 400, seed=0)
    drawn_together = together.loc["valence RMSE"]
    assert drawn_together["high"] - drawn_together["low"] > drawn_alone["high"] - drawn_alone["low"]


def test_figure_leads_from_each_class_that_is_there_to_its_answers(predictions):
    is_there = predictions.labels != 3
    names = ("true", "predicted", "labels")
    some = replace(predictions, **{name: getattr(predictions, name)[is_there] for name in names})
    figure = plot_affect(some)
    plane = figure.axes[-1]
    assert plane.get_legend_handles_labels()[1] == [*CLASSES[:3], *CLASSES[4:]]
    true, answer = (each[some.labels == 4].mean(axis=0) for each in (some.true, some.predicted))
    ways = [line.get_xydata() for line in plane.lines if len(line.get_xydata()) == 2]
    assert any(np.allclose(way, [true, answer]) for way in ways)
    plt.close(figure)


@pytest.mark.parametrize("stretch", [1, 3])
def test_figure_shows_every_image_and_every_class(predictions, stretch):
    predictions = replace(predictions, predicted=stretch * predictions.predicted)
    figure = plot_affect(predictions)
    valence, arousal, plane = figure.axes
    for column, axes in enumerate((valence, arousal)):
        shown = np.concatenate([line.get_xydata() for line in axes.lines[:8]])
        assert len(shown) == 60
        assert np.abs(shown).max() < axes.get_ylim()[1]
        assert set(map(tuple, shown)) == set(
            zip(predictions.true[:, column], predictions.predicted[:, column], strict=True)
        )
    assert len(plane.get_legend_handles_labels()[1]) == 8
    plt.close(figure)


def test_the_table_has_a_row_a_figure_and_a_column_a_dimension(predictions):
    summary = summarise_affect(predictions, 100, seed=0)
    table = tabulate_affect(summary)
    assert table.shape == (4, 2)
    assert table.loc["concordance", "arousal"].startswith(
        f"{summary.loc['arousal concordance', 'estimate']:.2f} ["
    )


def test_where_the_data_do_not_tell_there_is_no_answer_no_figure_of_merit_and_an_empty_figure(
    tmp_path,
):
    nothing = predict_validation_affect(None, make_faces(tmp_path, affect=False))
    assert len(nothing) == 0
    table = tabulate_affect(summarise_affect(nothing, 10, seed=0))
    assert set(table.to_numpy().ravel()) == {"–"}
    assert len(plot_affect(nothing).axes) == 3
    plt.close("all")
