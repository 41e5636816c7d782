import numpy as np
import pytest
from evaluation.made_predictions import make_predictions

from cnnlab.networks.predictions import Predictions


def build(labels, logits):
    return Predictions(labels, logits, "Net", "some data", "Validation/")


def test_probabilities_are_the_softmax_and_add_up_to_one():
    predictions = build(np.array([2]), np.log([[1.0, 2, 3, 4, 5, 6, 7, 8]]))
    assert predictions.probabilities[0] == pytest.approx(np.arange(1, 9) / 36)
    assert predictions.predicted.tolist() == [7]
    assert predictions.losses == pytest.approx([-np.log(3 / 36)])


def test_huge_logits_have_finite_losses():
    logits = np.zeros((1, 8), np.float32)
    logits[0, 0] = 3e4
    assert build(np.array([1]), logits).losses == pytest.approx([3e4])


def test_a_network_that_has_diverged_is_named_with_its_data():
    with pytest.raises(ValueError, match=r"Net on some data: 1 rows.*first is 1.*diverged"):
        build(np.zeros(2, int), np.array([[0.0] * 8, [np.nan] * 8]))


def test_length_is_the_number_of_images():
    assert len(make_predictions(per_class=5)) == 40
