import numpy as np
import pandas as pd

from cnnlab.evaluation.metrics import summarise, summarise_classes
from cnnlab.evaluation.wording import (
    describe_classes,
    describe_confusions,
    describe_differences,
    describe_disagreement,
    describe_widths,
    format_classes,
    format_interval,
    format_number,
    format_power,
    format_summaries,
    name_network,
    name_sample,
)
from cnnlab.faces.dataset import CLASSES

from .languages import assert_same_numbers
from .made_predictions import make_predictions, predictions_of


def test_intervals_have_a_minus_sign_and_fixed_digits():
    row = pd.Series({"estimate": -0.1, "low": -0.25, "high": 0.05})
    assert format_interval(row) == "−0.10 [−0.25, 0.05]"
    assert format_interval(row, 1) == "−0.1 [−0.3, 0.1]"


def test_halves_are_rounded_alike_whatever_the_unit():
    for images in range(41):
        share = images / 40
        percent = format_number(100 * share, 0)
        assert format_number(share, 2) == f"{int(percent) / 100:.2f}"
    assert format_number(-0.004, 2) == "0.00"
    assert format_number(-0.005, 2) == "−0.01"


def test_powers_of_ten():
    assert format_power(5e-5) == r"$5 \times 10^{-5}$"
    assert format_power(1.23456e-7) == r"$1.23 \times 10^{-7}$"
    assert format_power(0.0025) == r"$2.5 \times 10^{-3}$"


def test_samples_are_named_with_people_where_known():
    assert name_sample(make_predictions(), 7) == (
        "made-up data, Validation/, n = 96 images, seed 7"
    )
    people = make_predictions(identities=np.arange(96) // 8)
    assert "96 images of 12 people" in name_sample(people, 7)


def test_mistakes_are_ranked_by_their_share_of_the_true_class():
    confusion = np.diag(np.full(8, 10))
    confusion[1, 2] = 10
    confusion[0, 7] = 15
    confusion[5, 6] = 1
    text = describe_confusions(predictions_of(confusion), most=2)
    assert text == (
        "Of 26 mistakes, the most frequent by share of the true class: neutral taken for "
        "contempt (15 of 25 images, 60%); happiness taken for sadness (10 of 20 images, 50%)."
    )
    confusion[4, 3] = 10  # as frequent as the last that is named
    text = describe_confusions(predictions_of(confusion), most=2)
    assert "fear taken for surprise (10 of 20 images, 50%)." in text


def test_no_mistakes_are_said_to_be_none():
    assert "no mistake" in describe_confusions(predictions_of(np.diag(np.full(8, 2))))


def test_best_and_worst_class_are_named_and_overlap_is_admitted():
    confusion = np.diag(np.full(8, 60))
    confusion[3] = [1, 0, 0, 99, 0, 0, 0, 0]
    confusion[7] = [90, 0, 0, 0, 0, 0, 0, 10]
    confusion[[0, 1, 2, 4, 5, 6], [1, 2, 4, 5, 6, 0]] = 40
    text = describe_classes(summarise_classes(predictions_of(confusion), 100, seed=0))
    assert "highest recall is that of surprise (0.99" in text
    assert "lowest that of contempt (0.10" in text
    assert "do not overlap" in text


def test_an_interval_without_width_proves_nothing():
    confusion = np.diag(np.full(8, 20))
    confusion[[0, 1, 2, 4, 5, 6], [1, 2, 4, 5, 6, 0]] = 10
    confusion[[0, 1, 2, 4, 5, 6], [0, 1, 2, 4, 5, 6]] = 10
    confusion[7] = [18, 0, 0, 0, 0, 0, 0, 2]
    predictions = predictions_of(confusion)
    classes = summarise_classes(predictions, 100, seed=0)
    text = describe_classes(classes)
    assert "surprise (1.00 [1.00, 1.00])" in text and "without width" in text
    assert "do not overlap" not in text
    widths = describe_widths(classes, predictions)
    assert "between 0.00" not in widths and "that of surprise has no width" in widths
    assert_same_numbers(widths, describe_widths(classes, predictions, "fa"))


def test_classes_with_equal_recall_are_named_together():
    small = np.diag(np.full(8, 2))
    small[2, 1] = 1
    text = describe_classes(summarise_classes(predictions_of(small), 100, seed=0))
    assert all(name in text for name in CLASSES)
    assert "order is not certain" in text
    equal = predictions_of(np.diag(np.full(8, 2)))
    assert "All classes" in describe_classes(summarise_classes(equal, 10, seed=0))


def test_the_widths_of_the_rarest_classes_are_said():
    confusion = np.diag([40, 40, 40, 40, 40, 3, 40, 5])
    confusion[5, 4], confusion[7, 0] = 2, 5
    predictions = predictions_of(confusion)
    classes = summarise_classes(predictions, 100, seed=0)
    text = describe_widths(classes, predictions)
    widths = classes.loc["recall", "high"] - classes.loc["recall", "low"]
    assert f"disgust (5 images; {widths['disgust']:.2f} wide)" in text
    assert f"contempt (10 images; {widths['contempt']:.2f} wide)" in text
    assert "median width of the others is 0.00" in text
    equal = make_predictions()
    text = describe_widths(summarise_classes(equal, 100, seed=0), equal)
    assert "With 12 images of each class" in text


def test_mcnemars_test_is_said_with_what_it_assumes():
    text = describe_disagreement(("A", "B"), (1234, 5), 2.5e-7)
    assert "A alone is right on 1,234 images, B alone on 5." in text
    assert r"p-value of $2.5 \times 10^{-7}$; it takes the images to be independent" in text
    assert "p-value of 0.040;" in describe_disagreement(("A", "B"), (7, 9), 0.04)


def test_a_network_is_ahead_only_where_the_interval_excludes_zero():
    differences = pd.DataFrame(
        {"low": [-0.2, 0.1, -0.1, -0.3], "high": [-0.1, 0.2, 0.1, -0.2]},
        index=["accuracy", "macro-F1", "kappa", "macro AUC"],
    )
    assert describe_differences(differences, list(differences.index), ("A", "B")) == (
        "A is ahead in accuracy and macro AUC; B is ahead in macro-F1; this sample does not "
        "decide which is ahead in kappa"
    )


def test_tables_have_a_row_for_each_figure_and_class():
    predictions = make_predictions()
    table = format_summaries({"A": summarise(predictions, 20, 0)})
    assert table.loc["accuracy", "A"].count(".") == 3
    classes = format_classes(summarise_classes(predictions, 20, 0), predictions)
    assert classes.index.tolist() == list(CLASSES)
    assert classes["images"].eq("12").all()
    assert classes.columns.tolist() == ["images", "recall", "precision", "F1", "AUC"]


def test_what_is_undefined_is_a_dash_and_without_an_interval_alone():
    nothing = float("nan")
    row = pd.Series({"estimate": nothing, "low": nothing, "high": nothing})
    assert format_interval(row) == "–"
    assert format_interval(row.fillna({"estimate": 0.5})) == "0.50"


def test_persian_sentences_have_the_same_numbers_and_no_english_names():
    predictions = make_predictions(identities=np.arange(96) // 8)
    classes = summarise_classes(predictions, 50, seed=0)
    uneven = predictions_of(np.diag([40, 40, 40, 40, 40, 3, 40, 5]) + np.eye(8, k=1, dtype=int))
    for describe in (
        lambda language: describe_classes(classes, language),
        lambda language: describe_widths(classes, predictions, language),
        lambda language: describe_widths(summarise_classes(uneven, 20, 0), uneven, language),
        lambda language: describe_confusions(predictions, language=language),
        lambda language: describe_disagreement(("A", "B"), (1234, 567), 0.04, language),
        lambda language: name_sample(predictions, 1403, language),
    ):
        persian = describe("fa")
        assert_same_numbers(describe("en"), persian)
        assert not any(name in persian for name in CLASSES)


def test_persian_names_the_network_that_is_ahead():
    differences = pd.DataFrame({"low": [-0.2, 0.1], "high": [-0.1, 0.2]}, ["accuracy", "macro AUC"])
    titles = ("VGG16", "the light VGG")
    assert describe_differences(differences, list(differences.index), titles, "fa") == (
        "VGG16 در دقت پیش است؛ VGG سبک در AUC کلان پیش است"
    )
    assert name_network("Light VGG", "fa") == "VGG سبک"
    assert name_network("Light VGG", "en") == "Light VGG"
