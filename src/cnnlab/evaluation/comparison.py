"""Two networks on the same images."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from cnnlab.evaluation.metrics import compute_figures
from cnnlab.evaluation.resampling import draw_counts, percentile_interval
from cnnlab.networks.predictions import Predictions


@dataclass(frozen=True)
class Comparison:
    """What tells two networks apart.

    Attributes:
        first: title of the first network.
        second: title of the second.
        differences: second minus first; index: figure of merit; columns: estimate, low, high
            (95% interval of the paired bootstrap).
        only_first: images that only the first network gets right.
        only_second: images that only the second gets right.
        p_value: of McNemar's exact test.
    """

    first: str
    second: str
    differences: pd.DataFrame
    only_first: int
    only_second: int
    p_value: float


def compare_networks(
    first: Predictions, second: Predictions, num_resamples: int, seed: int
) -> Comparison:
    """Compare two networks on the images that both saw.

    The bootstrap draws the same images for both, so that what makes an image hard for both
    cancels. McNemar's exact test asks whether the images on which one network alone is right
    are split evenly between the two; it assumes that images are independent, which several
    images of one person are not. The bootstrap draws whole people where they are known.

    Args:
        first: predictions of one network.
        second: predictions of the other on the same images in the same order.
        num_resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ValueError: the two are not about the same images, or a class has no image.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError(
            f"{first.title} and {second.title} were not given the same images: their labels "
            "differ. Predict the same rows of the same data with both."
        )
    ones = np.ones((1, len(first)))
    estimate = (compute_figures(second, ones) - compute_figures(first, ones)).iloc[0]
    replicates = [
        compute_figures(second, counts) - compute_figures(first, counts)
        for counts in draw_counts(first.labels, first.identities, num_resamples, seed)
    ]
    low, high = percentile_interval(pd.concat(replicates).to_numpy())
    first_right = first.predicted == first.labels
    second_right = second.predicted == second.labels
    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    return Comparison(
        first=first.title,
        second=second.title,
        differences=pd.DataFrame({"estimate": estimate, "low": low, "high": high}).rename_axis(
            "figure of merit"
        ),
        only_first=only_first,
        only_second=only_second,
        p_value=_mcnemar(only_first, only_second),
    )


def _mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p value; 1 where the networks never differ."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
