import numpy as np
import pytest

from cnnlab.evaluation.chance import NotLearnedError, assert_learned
from cnnlab.networks.predictions import Predictions

from .made_predictions import make_predictions


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
