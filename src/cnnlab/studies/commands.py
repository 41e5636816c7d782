"""The studies by name, in the order in which they are made."""

from collections.abc import Sequence

from cnnlab.studies import (
    ablation,
    accuracy,
    changes,
    decoder_sizes,
    learning_curves,
    phone,
    processors,
    stage_costs,
    timing,
    training_speed,
)
from cnnlab.studies.study import run_study
from plumbing.user_errors import UserError

STUDIES = {
    study.name: study
    for study in (
        accuracy.REPORTED,
        decoder_sizes.STUDY,
        changes.SCREENING,
        changes.IMPROVEMENT,
        timing.LATENCY,
        timing.DILATION,
        training_speed.STUDY,
        learning_curves.LEARNING_CURVE,
        processors.STUDY,
        accuracy.FAMILY_OF_THREE,
        phone.STUDY,
        ablation.STUDY,
        learning_curves.TRANSFER_CURVE,
        stage_costs.STUDY,
    )
}


def run_studies(names: Sequence[str]) -> None:
    """Measure what the tables of some studies lack.

    Args:
        names: of the studies; none: all.

    Raises:
        UserError: a name is not known, or as ``run_study``.
    """
    if unknown := [name for name in names if name not in STUDIES]:
        raise UserError(
            f"No study is called {', '.join(unknown)}. Name some of: {', '.join(STUDIES)}."
        )
    counts = [run_study(STUDIES[name]) for name in names or STUDIES]
    measured, skipped = map(sum, zip(*counts, strict=True))
    print(
        f"{measured} measured, {skipped} skipped. To measure anew what is in a table, remove its "
        "rows or the file."
    )
