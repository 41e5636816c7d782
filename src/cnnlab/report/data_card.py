"""The tables of the data card, made from code and studies: ``python -m cnnlab.report.data_card``.

``data/README.md`` has a place for each, between ``<!-- table: name -->`` and ``<!-- end -->``.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pandas as pd

from cnnlab.faces.dataset import CLASSES
from cnnlab.paths import DATA
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies.learning_curve import is_current, read_curve
from facesynth.data.folder import REPETITIONS
from facesynth.data.population import count_people
from facesynth.head.expressions import DEFAULT_DIFFICULTY
from plumbing.commands import UserError, run_command
from plumbing.storage import write_bytes

CARD = DATA / "README.md"
COUNTED_PEOPLE = 200
_PLACE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tabulate_sizes() -> pd.DataFrame:
    """Return how many images and people the rendered faces of each profile have."""
    rows = {}
    for profile in PROFILES.values():
        counts = (profile.train_per_class, profile.validation_per_class)
        images = [len(CLASSES) * count for count in counts]
        people = [-(-count // REPETITIONS) for count in counts]
        rows[f"`{profile.name}`"] = [
            f"{number:,}" for both in (counts, images, people) for number in both
        ]
    columns = [
        f"{split}, {what}"
        for what in ("each class", "images", "people")
        for split in ("Train", "Validation")
    ]
    return pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("profile")


def tabulate_people() -> pd.DataFrame:
    """Return the shares of sex, age, skin tone and glasses among the first training people."""
    counts = count_people(range(COUNTED_PEOPLE), SEED)
    shares = (counts / COUNTED_PEOPLE).map("{:.0%}".format)
    return shares.rename(f"share of {COUNTED_PEOPLE} people").reset_index().set_index("what")


def tabulate_difficulty() -> pd.DataFrame:
    """Return what sets how hard the expressions are to recognise, as it is by default."""
    rows = {
        f"`{field.name}`": str(getattr(DEFAULT_DIFFICULTY, field.name))
        for field in fields(DEFAULT_DIFFICULTY)
    }
    return pd.DataFrame.from_dict(rows, "index", columns=["default"]).rename_axis("setting")


def tabulate_learning_curve() -> pd.DataFrame:
    """Return the recorded learning curve; without a record a table without rows."""
    columns = ("people in Train", "epochs", "accuracy on Validation", "95% interval", "rendered by")
    curve = read_curve()
    rows = [] if curve is None else curve.to_dict("records")
    return pd.DataFrame(
        [
            (
                f"{row['train_people']:,}",
                f"{row['epochs']}",
                f"{row['estimate']:.1%}",
                f"{row['low']:.1%} to {row['high']:.1%}",
                "this version" if is_current(row["renderer"]) else "an earlier version",
            )
            for row in rows
        ],
        columns=columns,
        index=pd.Index(
            [f"{row['train_per_class']:,}" for row in rows], name="images a class in Train"
        ),
    )


TABLES = {
    "sizes": tabulate_sizes,
    "people": tabulate_people,
    "difficulty": tabulate_difficulty,
    "learning-curve": tabulate_learning_curve,
}


def fill_card(text: str, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the card with its tables made anew.

    Args:
        text: Markdown with one place for each table.
        tables: by the names of the places.

    Raises:
        UserError: a place or a table is missing.
    """
    places = [name for _, name, _ in _PLACE.findall(text)]
    if sorted(places) != sorted(tables):
        raise UserError(
            f"The data card has places for {', '.join(places) or 'no tables'}, but the tables are "
            f"{', '.join(tables)}. Each needs one `<!-- table: name -->` ... `<!-- end -->`."
        )
    return _PLACE.sub(
        lambda place: place[1] + tables[place[2]].to_markdown() + "\n" + place[3], text
    )


def renew_card(card: Path = CARD) -> None:
    """Make the tables of the data card anew."""
    tables = {name: tabulate() for name, tabulate in TABLES.items()}
    write_bytes(card, fill_card(card.read_text(encoding="utf-8"), tables).encode())
    print(f"Renewed: {card}")


if __name__ == "__main__":
    sys.exit(run_command(renew_card))
