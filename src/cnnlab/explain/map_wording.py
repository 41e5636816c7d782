"""Sentences and tables on what maps are worth and on what was made of them."""

from collections.abc import Iterable, Mapping

import pandas as pd

from cnnlab.evaluation.intervals import Mean
from cnnlab.evaluation.wording import format_number, join_words
from cnnlab.explain.improvement import DIFFERENCE
from cnnlab.explain.screening import MEASURE, choose_winner
from cnnlab.models.light_vgg_variants import ORIGINAL

MOST_CORRELATED = 0.5
"""A map that correlates more with that of a shuffled head does not depend on what it learned."""

SHOWN = {
    MEASURE: (MEASURE, 2),
    "accuracy": ("accuracy", 3),
    "inside, HiResCAM": ("inside", 2),
    "border, HiResCAM": ("border", 2),
}
"""Figures of the screening that its table shows: heading and digits."""


def describe_plausibility(
    inside: Mapping[str, Mean], excess: Mapping[str, Mean], baseline: str
) -> str:
    """Say which maps lie more inside the moved pixels than a baseline, on right answers.

    Args:
        inside: candidate and baseline -> mean share of the energy inside.
        excess: candidate -> its share minus the baseline's, image by image.
        baseline: the best of the baselines.
    """
    above = [name for name, difference in excess.items() if difference.low > 0]
    below = [name for name, difference in excess.items() if difference.high < 0]
    best = max(excess, key=lambda name: inside[name].value)
    parts = [
        f"The baseline with the largest share inside is *{baseline}*, {inside[baseline].format()}; "
        f"the best map is that of {list_names([best])}, {inside[best].format()}"
    ]
    if above:
        parts.append(f"Clearly above that baseline: {list_names(above)}")
    if below:
        parts.append(f"Clearly below it: {list_names(below)}")
    if not above:
        parts.append("No map lies clearly above it")
    return ". ".join(parts) + "."


def describe_trust(verdicts: pd.DataFrame) -> str:
    """Say which candidates pass which tests.

    Args:
        verdicts: a row for each candidate, at least one, and a bool column for each test.
    """
    passed = verdicts.index[verdicts.all(axis=1)]
    tests = list(verdicts.columns)
    if len(passed):
        return (
            f"All of the tests ({join_words(tests)}) are passed by {list_names(passed)}: on this "
            "network these are the maps to trust first."
        )
    most = verdicts.sum(axis=1)
    if most.max() == 0:
        return (
            f"No candidate passes any of the tests ({join_words(tests)}): no map of this network "
            "is to be trusted on this sample."
        )
    leading = most.index[most == most.max()]
    failed = [test for test in tests if not verdicts[test].any()]
    none = f" No map passes: {join_words(failed)}." if failed else ""
    return (
        f"No candidate passes all of the tests ({join_words(tests)}). Most of them, "
        f"{int(most.max())} of {len(tests)}, are passed by {list_names(leading)}.{none} So no map "
        "of this network is to be trusted alone."
    )


def tabulate_screening(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network: parameters, figures, and the difference in ``MEASURE``.

    Args:
        records: as ``screening.screen_variants`` makes them.
    """
    values = records.pivot(index="network", columns="figure", values="value")
    rows = records[records["figure"] == MEASURE].set_index("network")
    table = pd.DataFrame({"parameters": [f"{value:,}" for value in rows["parameters"]]}, rows.index)
    for figure, (heading, digits) in SHOWN.items():
        table[heading] = [format_number(value, digits) for value in values.loc[rows.index, figure]]
    changed = rows.index != ORIGINAL.title
    table.insert(
        2,
        "difference",
        [
            format_difference(row) if other else "–"
            for (_, row), other in zip(rows.iterrows(), changed, strict=True)
        ],
    )
    return table


def describe_screening(records: pd.DataFrame) -> str:
    """Name the winner of the screening, and which differences are clear.

    Args:
        records: as ``screening.screen_variants`` makes them.
    """
    rows = records[(records["figure"] == MEASURE) & (records["network"] != ORIGINAL.title)]
    winner = rows.set_index("network").loc[choose_winner(records)]
    better = rows.loc[rows["high"] < 0, "network"]
    worse = rows.loc[rows["low"] > 0, "network"]
    sentences = [
        f"The lowest {MEASURE} of a changed network is that of *{winner.name}*: the light VGG's "
        f"and {format_difference(winner)}. It is taken to the trial"
    ]
    if len(better):
        sentences.append(f"Clearly lower than the light VGG's: {list_names(better)}")
    if len(worse):
        sentences.append(f"Clearly higher: {list_names(worse)}")
    return ". ".join(sentences) + "."


def tabulate_improvements(records: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return, for each data set and figure, both networks' means and their difference.

    Args:
        records: as ``improvement.compare_with_original`` makes them, one for each data set.
    """
    rows = []
    for table in records:
        differences = table[table["network"] == DIFFERENCE]
        single = table[table["network"] != DIFFERENCE]
        means = single.groupby(["network", "figure"])["value"].mean()
        winner = find_changed(table)
        for _, row in differences.iterrows():
            rows.append(
                {
                    "data": "rendered" if row["rendered"] else "photographs",
                    "figure": row["figure"],
                    "light VGG": format_number(means[ORIGINAL.title, row["figure"]], 3),
                    winner: format_number(means[winner, row["figure"]], 3),
                    "difference": format_difference(row.rename({"value": "difference"}), 3),
                }
            )
    return pd.DataFrame(rows).set_index("data")


def describe_improvement(table: pd.DataFrame) -> str:
    """Say in a sentence whether the change helped on one data set.

    Args:
        table: as ``improvement.compare_with_original`` makes it.
    """
    row = table[(table["network"] == DIFFERENCE) & (table["figure"] == "accuracy")].iloc[0]
    winner = find_changed(table)
    parameters = table.groupby("network")["parameters"].first()
    verdict = (
        f"*{winner}* is better"
        if row["low"] > 0
        else f"*{winner}* is worse"
        if row["high"] < 0
        else "the interval holds 0, so a gain is not shown"
    )
    kind = "rendered faces" if row["rendered"] else "photographs"
    return (
        f"On the {kind} ({int(row['n']):,} images of Validation/, {int(row['seeds'])} seeds each) "
        f"the accuracy of *{winner}* minus that of the light VGG is "
        f"{format_difference(row.rename({'value': 'difference'}), 3)}: {verdict}, with "
        f"{int(parameters[winner]):,} parameters against {int(parameters[ORIGINAL.title]):,}."
    )


def find_changed(table: pd.DataFrame) -> str:
    """Return the title of the changed network in a record of the trial."""
    (title,) = set(table["network"]) - {ORIGINAL.title, DIFFERENCE}
    return title


def format_difference(row: pd.Series, digits: int = 2) -> str:
    """Return such as ``−0.10 [−0.15, −0.05]`` for a row with difference, low and high."""
    return Mean(row["difference"], row["low"], row["high"], 1).format(digits)


def judge(
    excess: Mapping[str, Mean], use: Mapping[str, Mean], shuffled: Mapping[str, Mean]
) -> pd.DataFrame:
    """Return which candidates pass which tests: a bool column for each test that was made.

    Args:
        excess: candidate -> share inside minus the best baseline's; empty for photographs.
        use: candidate -> its insertion minus deletion, less that of the random map.
        shuffled: candidate -> correlation with the map of the network with a shuffled head.
    """
    tests = {
        "plausible": {name: each.low > 0 for name, each in excess.items()},
        "used": {name: each.low > 0 for name, each in use.items()},
        "sensitive": {name: each.high < MOST_CORRELATED for name, each in shuffled.items()},
    }
    made = {test: results for test, results in tests.items() if results}
    return pd.DataFrame(made).dropna().astype(bool)


def list_names(names: Iterable[str]) -> str:
    """Return names that hold commas as words: ``Grad-CAM (conv5_2) and edges``."""
    parts = [name.split(", ") for name in names]
    return join_words([name if not layer else f"{name} (`{layer[0]}`)" for name, *layer in parts])
