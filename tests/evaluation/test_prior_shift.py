import numpy as np
import pytest
from scipy.special import softmax

from cnnlab.evaluation.prior_shift import correct_for_shares, estimate_shares
from cnnlab.networks.predictions import Predictions

RNG = np.random.default_rng(0)
CENTRES = 2.0 * np.eye(8)
EQUAL = np.full(8, 1 / 8)


def sample(shares, n=6000):
    """Draw points around eight centres and the exact answers for equal shares."""
    labels = RNG.choice(8, n, p=shares)
    points = CENTRES[labels] + RNG.standard_normal((n, 8))
    logits = points @ CENTRES.T - (CENTRES**2).sum(axis=1) / 2
    return Predictions(labels, logits, "exact", "made", "Validation/")


def test_shares_are_found_without_labels():
    shares = np.array([0.3, 0.25, 0.15, 0.1, 0.1, 0.05, 0.03, 0.02])
    found = estimate_shares(sample(shares).probabilities, EQUAL)
    np.testing.assert_allclose(found, shares, atol=0.02)
    assert found.sum() == pytest.approx(1)


def test_equal_shares_stay_equal():
    np.testing.assert_allclose(
        estimate_shares(sample(EQUAL).probabilities, EQUAL), EQUAL, atol=0.02
    )


def test_a_class_that_no_image_shows_keeps_a_share():
    shares = np.array([0.6, 0.4, 0, 0, 0, 0, 0, 0])
    found = estimate_shares(sample(shares, 50).probabilities, EQUAL)
    assert (found > 0).all()
    assert found[2:].max() < found[:2].min()


def test_the_correction_is_bayes_rule_and_helps():
    shares = np.array([0.5, 0.3, 0.1, 0.04, 0.03, 0.01, 0.01, 0.01])
    before = sample(shares)
    after = correct_for_shares(before, EQUAL, shares)
    expected = softmax(before.logits, axis=1) * shares
    np.testing.assert_allclose(after.probabilities, expected / expected.sum(1, keepdims=True))
    assert (after.predicted == after.labels).mean() > (before.predicted == before.labels).mean()
    assert after.losses.mean() < before.losses.mean()
    np.testing.assert_allclose(correct_for_shares(after, shares, EQUAL).logits, before.logits)


@pytest.mark.parametrize("learned", [np.ones(7) / 7, np.append(np.ones(7) / 7, 0)])
def test_shares_that_cannot_be_are_refused(learned):
    with pytest.raises(ValueError, match="positive share for each of 8"):
        estimate_shares(sample(EQUAL, 20).probabilities, learned)
