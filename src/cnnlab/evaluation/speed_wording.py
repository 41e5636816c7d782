"""The recorded times of training, as a table and as text."""

from collections.abc import Callable

import pandas as pd

from cnnlab.evaluation.training_speed import (
    AUGMENTATION,
    AUTHORS,
    COMPOSED,
    DECODING,
    FORWARD,
    PRODUCT,
    QUIET,
    STEP,
    STUDY,
)
from cnnlab.evaluation.wording import format_number


def choose_precision(study: pd.DataFrame) -> str:
    """Return the precision in which the recorded machine multiplies matrices fastest."""
    products = study[study["stage"] == PRODUCT]
    return products.loc[products["gflop_per_second"].idxmax(), "precision"]


def tabulate_stages(study: pd.DataFrame, precision: str) -> pd.DataFrame:
    """Return what each network takes in one precision.

    Args:
        study: the recorded study.
        precision: a Keras dtype policy that was measured.

    Returns:
        Index: network, in the order of the study; columns: forward, backward (with the
        optimiser's step; both milliseconds an image), images_per_second of training, and
        share_of_peak of the whole step, or of the forward pass where nothing is trained.
    """
    timed = study[(study["precision"] == precision) & (study["stage"] != PRODUCT)]
    order = timed["network"].drop_duplicates()
    wide = timed.pivot(index="network", columns="stage").reindex(order)
    forward, step = (wide["milliseconds"][stage] for stage in (FORWARD, STEP))
    shares = wide["share_of_peak"]
    return pd.DataFrame(
        {
            "forward": forward,
            "backward": step - forward,
            "images_per_second": 1000 / step,
            "share_of_peak": shares[STEP].fillna(shares[FORWARD]),
        }
    )


def format_stages(stages: pd.DataFrame) -> pd.DataFrame:
    """Return ``tabulate_stages`` as text; what is not trained has no way back."""
    columns = {
        "forward, ms": stages["forward"].map(lambda value: format_number(value, 2)),
        "backward, ms": stages["backward"].map(_or_dash(lambda value: format_number(value, 2))),
        "images/s": stages["images_per_second"].map(_or_dash(lambda value: f"{value:.0f}")),
        "of the peak": stages["share_of_peak"].map(lambda value: f"{value:.0%}"),
    }
    return pd.DataFrame(columns)


def describe_training_speed(study: pd.DataFrame) -> str:
    """Return a paragraph on the recorded times: peak, pipeline, batch normalisation and noise."""
    precision = choose_precision(study)
    peaks = study[study["stage"] == PRODUCT].groupby("precision")["gflop_per_second"].max()
    milliseconds = study.groupby("stage")["milliseconds"].first()
    speeds = tabulate_stages(study, precision)["images_per_second"]
    machine = study.iloc[0]
    products = " and ".join(
        f"{peak:.0f} GFLOP/s in {name.removeprefix('mixed_')}" for name, peak in peaks.items()
    )
    return (
        f"The processor reaches {products} in a large product of matrices; the last column "
        f"compares the network's arithmetic with that. An image is decoded once, in "
        f"{milliseconds[DECODING]:.1f} ms, and moved in each epoch, in "
        f"{milliseconds[AUGMENTATION]:.1f} ms. The authors' form trains at "
        f"{speeds[AUTHORS]:.0f} images a second; with Keras's own batch normalisation, which is "
        f"composed of elementary operations, it would be {speeds[COMPOSED]:.0f}, and without the "
        f"random numbers of Gaussian dropout {speeds[QUIET]:.0f}. All times are "
        f"from the record `report/studies/{STUDY}.csv` of {machine['date']} "
        f"({machine['processor']}; {machine['versions']})."
    )


def _or_dash(form: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: "\N{EN DASH}" if pd.isna(value) else form(value)
