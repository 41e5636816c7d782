from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cnnlab.evaluation.metrics import (
    MACRO,
    MICRO,
    NotLearnedError,
    accuracy,
    assert_learned,
    calibration_error,
    cohen_kappa,
    compute_class_figures,
    compute_figures,
    count_confusions,
    f1,
    precision,
    recall,
    summarise,
    summarise_classes,
    trace_roc,
)
from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.predictions import Predictions

from .made_predictions import make_predictions, predictions_of

HEWITT_GUNES_CONFUSION = np.array(
    [
        [247, 7, 52, 60, 11, 22, 34, 67],
        [20, 358, 6, 26, 4, 15, 4, 67],
        [63, 9, 279, 22, 38, 41, 37, 11],
        [33, 22, 15, 298, 97, 20, 7, 8],
        [21, 6, 32, 72, 320, 32, 12, 5],
        [29, 9, 36, 24, 31, 316, 42, 13],
        [71, 4, 39, 22, 29, 98, 216, 21],
        [71, 56, 12, 21, 3, 33, 26, 278],
    ]
)
"""Confusion matrix of the VGG variant of Hewitt & Gunes (2018), arXiv 1807.08775, on AffectNet's
4,000 validation images; rows: true class, columns: answer, in the order of ``CLASSES``."""

KAPPA = "Cohen's kappa"


def with_scikit_learn(predictions, weights):
    labels, answers = predictions.labels, predictions.predicted
    probabilities = predictions.probabilities
    one_hot = labels[:, None] == np.arange(8)
    weigh = {"sample_weight": weights}
    return {
        "accuracy": sk.accuracy_score(labels, answers, **weigh),
        "balanced accuracy": sk.balanced_accuracy_score(labels, answers, **weigh),
        "macro-F1": sk.f1_score(labels, answers, average="macro", zero_division=0, **weigh),
        KAPPA: sk.cohen_kappa_score(labels, answers, **weigh),
        "macro AUC": sk.roc_auc_score(one_hot, probabilities, average="macro", **weigh),
        "micro AUC": sk.roc_auc_score(one_hot, probabilities, average="micro", **weigh),
        "macro AUC-PR": sk.average_precision_score(one_hot, probabilities, **weigh),
        "cross-entropy": sk.log_loss(labels, probabilities, **weigh),
    }


@pytest.mark.parametrize("signal", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("decimals", [0, 7])
def test_figures_are_those_of_scikit_learn_with_ties_and_with_weights(signal, decimals):
    predictions = make_predictions(signal=signal)
    # Rounded logits make many probabilities equal.
    predictions = replace(predictions, logits=predictions.logits.round(decimals))
    weights = np.random.default_rng(1).integers(0, 4, size=(3, len(predictions)))
    figures = compute_figures(predictions, weights.astype(float))
    for row, sample in enumerate(weights):
        for name, value in with_scikit_learn(predictions, sample).items():
            assert figures[name][row] == pytest.approx(value, abs=1e-9), name


def test_class_figures_are_those_of_scikit_learn():
    predictions = make_predictions()
    figures = compute_class_figures(predictions, np.ones((1, len(predictions)))).iloc[0]
    expected = sk.precision_recall_fscore_support(predictions.labels, predictions.predicted)
    for name, values in zip(("precision", "recall", "F1"), expected, strict=False):
        assert figures[name].to_numpy() == pytest.approx(values)
    for label, name in enumerate(CLASSES):
        scores = predictions.probabilities[:, label]
        assert figures["AUC", name] == pytest.approx(
            sk.roc_auc_score(predictions.labels == label, scores)
        )


def test_counts_equal_repeating_the_images():
    predictions = make_predictions()
    counts = np.random.default_rng(2).integers(1, 4, len(predictions))
    rows = np.arange(len(predictions)).repeat(counts)
    repeated = replace(
        predictions, labels=predictions.labels[rows], logits=predictions.logits[rows]
    )
    pd.testing.assert_frame_equal(
        compute_figures(predictions, counts[None].astype(float)),
        compute_figures(repeated, np.ones((1, len(rows)))),
    )


def test_confusion_matrix_of_hewitt_and_gunes_gives_their_figures():
    # Hewitt & Gunes (2018), Table 4: accuracy .58, F1 .58, kappa .52.
    figures = compute_figures(predictions_of(HEWITT_GUNES_CONFUSION), np.ones((1, 4000))).iloc[0]
    assert f"{figures['accuracy']:.2f}" == "0.58"
    assert f"{figures['macro-F1']:.2f}" == "0.58"
    assert f"{figures[KAPPA]:.2f}" == "0.52"


def test_hand_made_confusion_matrix():
    confusion = np.array([[3, 1], [2, 4]])
    assert accuracy(confusion) == pytest.approx(0.7)
    assert recall(confusion) == pytest.approx([3 / 4, 4 / 6])
    assert precision(confusion) == pytest.approx([3 / 5, 4 / 5])
    assert f1(confusion) == pytest.approx([6 / 9, 8 / 11])
    assert cohen_kappa(confusion) == pytest.approx((0.7 - 0.5) / 0.5)


def test_a_class_that_is_never_answered_has_precision_and_f1_zero():
    predictions = predictions_of(np.full((8, 1), 5) * (np.arange(8) == 3))
    figures = compute_class_figures(predictions, np.ones((1, 40))).iloc[0]
    assert figures["precision"].drop("surprise").eq(0).all()
    assert figures["F1"].drop("surprise").eq(0).all()
    assert figures["recall", "surprise"] == 1
    assert compute_figures(predictions, np.ones((1, 40)))[KAPPA][0] == pytest.approx(0)


def test_calibration_error_by_hand():
    # Two answers "neutral" with the same confidence p, one of them right: |1/2 - p|.
    logits = np.zeros((8, 8))
    logits[:, 0] = 2
    confidence = np.exp(2) / (np.exp(2) + 7)
    predictions = Predictions(np.arange(8), logits, "Network", "data", "split")
    counts = np.array([[1.0, 1, 0, 0, 0, 0, 0, 0], [1.0, 0, 0, 0, 0, 0, 0, 0]])
    assert calibration_error(predictions, counts) == pytest.approx(
        [confidence - 0.5, 1 - confidence]
    )


def test_perfect_answers_have_the_interval_one_to_one():
    table = summarise(make_predictions(signal=50), num_resamples=300, seed=0)
    perfect = table.drop(["cross-entropy", "calibration error"])
    assert perfect.to_numpy() == pytest.approx(1)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_estimates_do_not_depend_on_the_order_of_the_images(seed):
    predictions = make_predictions()
    order = np.random.default_rng(seed).permutation(len(predictions))
    shuffled = replace(
        predictions, labels=predictions.labels[order], logits=predictions.logits[order]
    )
    ones = np.ones((1, len(predictions)))
    pd.testing.assert_frame_equal(
        compute_figures(predictions, ones), compute_figures(shuffled, ones)
    )


def test_estimates_lie_within_their_intervals_and_seeds_repeat():
    predictions = make_predictions(per_class=20)
    table = summarise(predictions, 300, seed=5).drop("calibration error")
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    pd.testing.assert_frame_equal(
        summarise(predictions, 300, seed=5), summarise(predictions, 300, seed=5)
    )
    assert not summarise(predictions, 300, seed=6)["low"].equals(
        summarise(predictions, 300, seed=5)["low"]
    )


def test_classes_are_summarised_by_figure_and_class():
    table = summarise_classes(make_predictions(), 100, seed=0)
    assert table.loc["recall"].index.tolist() == list(CLASSES)
    assert table.index.names == ["figure of merit", "class"]
    assert (table["low"] <= table["high"]).all()


@pytest.mark.parametrize(
    "use",
    [
        trace_roc,
        lambda predictions: summarise(predictions, 10, seed=0),
        lambda predictions: summarise_classes(predictions, 10, seed=0),
    ],
)
def test_a_class_without_images_is_refused(use):
    predictions = make_predictions()
    kept = predictions.labels != CLASSES.index("disgust")
    without = replace(predictions, labels=predictions.labels[kept], logits=predictions.logits[kept])
    with pytest.raises(ValueError, match="no image of disgust"):
        use(without)


def test_confusions_have_true_classes_in_rows():
    predictions = predictions_of(HEWITT_GUNES_CONFUSION)
    counted = count_confusions(predictions, np.ones((1, 4000)))[0]
    assert counted.tolist() == HEWITT_GUNES_CONFUSION.tolist()


def test_areas_below_the_traced_curves_are_the_aucs():
    predictions = make_predictions(per_class=30)
    curves = trace_roc(predictions)
    assert list(curves) == [*CLASSES, MACRO, MICRO]
    for name, (false_positives, true_positives, area) in curves.items():
        below = np.trapezoid(true_positives, false_positives)
        # The averaged curve is known at 201 places only.
        assert below == pytest.approx(area, abs=5e-3 if name == MACRO else 1e-9), name
        assert (np.diff(true_positives) >= 0).all()
    figures = compute_figures(predictions, np.ones((1, len(predictions)))).iloc[0]
    assert curves[MACRO][-1] == pytest.approx(figures["macro AUC"])
    assert curves[MICRO][-1] == pytest.approx(figures["micro AUC"])


def test_perfect_answers_have_curves_through_the_corner():
    curves = trace_roc(make_predictions(signal=50)).values()
    for false_positives, true_positives, area in curves:
        assert area == 1
        assert true_positives[false_positives > 0].min() == 1


def test_a_network_that_has_learned_passes():
    assert_learned(make_predictions(per_class=20, signal=3))


def test_random_answers_do_not_pass_and_the_error_has_the_numbers():
    with pytest.raises(NotLearnedError, match=r"Network.*made-up data, Validation/, n = 160.*2\.0"):
        assert_learned(make_predictions(per_class=20, signal=0))


def test_a_good_estimate_from_few_images_does_not_pass():
    # Of two images a class, one is answered rightly and one wrongly with some conviction.
    labels = np.arange(8).repeat(2)
    logits = np.zeros((16, 8))
    logits[np.arange(16), labels] = np.tile([8, -1.4], 8)
    few = Predictions(labels, logits, "Network", "data", "split")
    assert few.losses.mean() < np.log(8) - 0.1
    with pytest.raises(NotLearnedError):
        assert_learned(few)


def test_knowing_only_the_shares_of_unequal_classes_does_not_pass():
    labels = np.repeat(np.arange(8), [300, 300, 10, 10, 10, 10, 10, 10])
    shares = np.bincount(labels) / len(labels)
    logits = np.tile(np.log(shares), (len(labels), 1))
    constant = Predictions(labels, logits, "Network", "data", "split")
    assert constant.losses.mean() < np.log(8) - 0.5
    with pytest.raises(NotLearnedError):
        assert_learned(constant)
