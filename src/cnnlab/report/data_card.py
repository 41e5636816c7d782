"""The tables of the data card, made from code and studies.

``data/README.md`` has a place for each, between ``<!-- table: name -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Mapping

import pandas as pd

from cnnlab.faces.dataset import CLASSES
from cnnlab.paths import DATA
from cnnlab.settings import PROFILES, SEED
from cnnlab.studies.learning_curves import LEARNING_CURVE, read_curve
from cnnlab.studies.study import SHORT_DIGEST
from facesynth.data.folder import RENDERER, REPETITIONS
from facesynth.data.population import count_people
from facesynth.head.expressions import DEFAULT_DIFFICULTY
from plumbing.storage import write_bytes
from plumbing.user_errors import UserError

CARD = DATA / "README.md"
COUNTED_PEOPLE = 200
_PLACE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tabulate_sizes() -> pd.DataFrame:
    """Return how many images and people the rendered faces of each profile have."""
    sizes = {
        f"`{profile.name}`": (profile.train_per_class, profile.validation_per_class)
        for profile in PROFILES.values()
    }
    counts = pd.DataFrame.from_dict(sizes, "index", columns=["Train", "Validation"])
    people = -(-counts // REPETITIONS)
    columns = {"each class": counts, "images": len(CLASSES) * counts, "people": people}
    table = pd.concat(columns, axis="columns").map("{:,}".format)
    table.columns = [f"{split}, {what}" for what, split in table.columns]
    return table.rename_axis("profile")


def tabulate_people() -> pd.DataFrame:
    """Return the shares of sex, age, skin tone and glasses among the first training people."""
    counts = count_people(range(COUNTED_PEOPLE), SEED)
    shares = (counts / COUNTED_PEOPLE).map("{:.0%}".format)
    return shares.rename(f"share of {COUNTED_PEOPLE} people").reset_index().set_index("what")


def tabulate_difficulty() -> pd.DataFrame:
    """Return what sets how hard the expressions are to recognise, as it is by default."""
    rows = {f"`{name}`": str(value) for name, value in vars(DEFAULT_DIFFICULTY).items()}
    return pd.DataFrame.from_dict(rows, "index", columns=["default"]).rename_axis("setting")


def tabulate_learning_curve() -> pd.DataFrame:
    """Return the recorded learning curve."""
    curve = read_curve(LEARNING_CURVE)
    whole, percent = "{:,}".format, "{:.1%}".format
    versions = {True: "this version", False: "an earlier version"}
    table = {
        "images a class in Train": curve["train_per_class"].map(whole),
        "people in Train": curve["train_people"].map(whole),
        "epochs": curve["epochs"].map(str),
        "accuracy on Validation": curve["estimate"].map(percent),
        "95% interval": curve["low"].map(percent) + " to " + curve["high"].map(percent),
        "rendered by": (curve["renderer"] == RENDERER[:SHORT_DIGEST]).map(versions),
    }
    return pd.DataFrame(table).set_index("images a class in Train")


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


def renew_card() -> None:
    """Make the tables of the data card anew."""
    tables = {name: tabulate() for name, tabulate in TABLES.items()}
    write_bytes(CARD, fill_card(CARD.read_text(encoding="utf-8"), tables).encode())
    print(f"Renewed: {CARD}")
