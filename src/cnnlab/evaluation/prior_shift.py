"""Answers for data whose classes have other shares than those that a network learned from.

A network answers as if the classes were as frequent as in the loss that it was trained by.
Where the images keep their look within each class and only the shares differ, Bayes' rule gives
the answers for other shares; the shares themselves follow from the unlabelled images.
"""

from dataclasses import replace

import numpy as np

from cnnlab.networks.predictions import Predictions

TOLERANCE = 1e-8
MOST_ITERATIONS = 10_000


def estimate_shares(probabilities: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Estimate the shares of the classes from a network's answers alone.

    Expectation maximisation after Saerens, Latinne & Decaestecker (2002), equation 2.9: labels
    are not needed, so nothing is learned from the labels that the answers are measured by. One
    image is added to each class (Laplace's rule), or a class that few images show would vanish.
    Probabilities are taken at their word: those of a badly calibrated network mislead.

    Args:
        probabilities: (n, c) float, the network's, rows adding up to 1.
        learned: (c,) float, positive, the shares that the network was trained for.

    Returns:
        (c,) float64, positive, adding up to 1.

    Raises:
        ValueError: shapes do not fit or a learned share is not positive.
    """
    learned = np.asarray(learned, np.float64)
    if learned.shape != probabilities.shape[1:] or (learned <= 0).any():
        raise ValueError(
            f"Answers of shape {probabilities.shape} need a positive share for each of "
            f"{probabilities.shape[1]} classes; got {learned}."
        )
    shares = learned / learned.sum()
    for _ in range(MOST_ITERATIONS):
        answers = probabilities * (shares / learned)
        answers /= answers.sum(axis=1, keepdims=True)
        found = answers.sum(axis=0) + 1
        previous, shares = shares, found / found.sum()
        if np.abs(shares - previous).max() < TOLERANCE:
            break
    return shares


def correct_for_shares(
    predictions: Predictions, learned: np.ndarray, shares: np.ndarray
) -> Predictions:
    """Return the answers of the same network for classes of other shares.

    Bayes' rule: each probability is multiplied by the ratio of the shares and the row scaled to
    add up to 1 (Saerens et al. 2002, equation 2.4).

    Args:
        predictions: the network's answers.
        learned: (8,) float, positive, the shares that it was trained for.
        shares: (8,) float, positive, those of the data.
    """
    shift = np.log(np.asarray(shares) / np.asarray(learned))
    return replace(predictions, logits=predictions.logits + shift)
