import numpy as np
import pytest
from evaluation.made_predictions import make_predictions

from cnnlab.networks.predictions import Predictions


def build(labels, logits, identities=None):
    return Predictions(labels, logits, "Net", "some data", "Validation/", identities)


def test_probabilities_are_the_softmax_and_add_up_to_one():
    predictions = build(np.array([2]), np.log([[1.0, 2, 3, 4, 5, 6, 7, 8]]))
    assert predictions.probabilities[0] == pytest.approx(np.arange(1, 9) / 36)
    assert predictions.predicted.tolist() == [7]
    assert predictions.losses == pytest.approx([-np.log(3 / 36)])


def test_huge_logits_have_finite_losses():
    logits = np.zeros((1, 8), np.float32)
    logits[0, 0] = 3e4
    assert build(np.array([1]), logits).losses == pytest.approx([3e4])


@pytest.mark.parametrize(
    ("labels", "logits", "identities", "message"),
    [
        (np.zeros(3, int), np.zeros((4, 8)), None, r"logits have shape \(4, 8\).*\(3, 8\)"),
        (np.zeros(3, int), np.zeros((3, 7)), None, r"\(3, 7\)"),
        (np.zeros((3, 8), int), np.zeros((3, 8)), None, r"labels have shape \(3, 8\)"),
        (np.zeros(0, int), np.zeros((0, 8)), None, "n > 0"),
        (np.zeros(3), np.zeros((3, 8)), None, "float64"),
        (np.array([0, 8]), np.zeros((2, 8)), None, "run from 0 to 8"),
        (np.array([0, -1]), np.zeros((2, 8)), None, "run from -1 to 0"),
        (np.zeros(3, int), np.zeros((3, 8)), np.zeros(2), r"identities have shape \(2,\)"),
        (np.zeros(2, int), np.array([[0.0] * 8, [np.nan] * 8]), None, "first is 1.*diverged"),
    ],
)
def test_what_does_not_fit_is_refused(labels, logits, identities, message):
    with pytest.raises(ValueError, match=message):
        build(labels, logits, identities)


def test_the_error_names_network_and_data():
    with pytest.raises(ValueError, match="Net on some data"):
        build(np.zeros(3, int), np.zeros((2, 8)))


def test_length_is_the_number_of_images():
    assert len(make_predictions(per_class=5)) == 40
