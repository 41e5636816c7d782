"""Who is seen on the rendered faces: sex, age, skin tone and glasses as drawn, counted."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from facesynth.data.folder import draw_person
from facesynth.person.colouring import linear_to_lab
from facesynth.person.identity import Identity

# Groups from one bound to the next.
AGES = ("18 to 29 years", "30 to 44 years", "45 to 59 years", "60 to 80 years")
AGE_BOUNDS = (30, 45, 60)
# Bounds of the individual typology angle in degrees (Chardon, Cretois & Hourseau 1991; the names
# and the darkest two groups after Del Bino & Bernerd, British Journal of Dermatology 169, 2013).
TONES = ("dark", "brown", "tan", "intermediate", "light", "very light")
TONE_BOUNDS = (-30, 10, 28, 41, 55)
GROUPS = {
    "sex": ("women", "men"),
    "age": AGES,
    "skin tone": TONES[::-1],
    "glasses": ("with", "without"),
}


def typology_angle(skin: np.ndarray) -> float:
    """Return the individual typology angle of a skin colour: light skin has a large one.

    The angle is arctan((L* - 50) / b*) in degrees, with L* and b* of CIELAB (D65).

    Args:
        skin: (3,) linear RGB reflectance in [0, 1].
    """
    lightness, _, yellow = linear_to_lab(skin)
    return float(np.rad2deg(np.arctan2(lightness - 50, yellow)))


def describe_person(identity: Identity) -> dict[str, str]:
    """Return the group of each of ``GROUPS`` that a person counts towards."""
    return {
        "sex": "men" if identity.is_male else "women",
        "age": AGES[np.searchsorted(AGE_BOUNDS, identity.years, side="right")],
        "skin tone": TONES[np.searchsorted(TONE_BOUNDS, typology_angle(identity.skin))],
        "glasses": "without" if identity.glasses is None else "with",
    }


def count_people(numbers: Iterable[int], seed: int) -> pd.Series:
    """Draw people of a data set and count them by group.

    Args:
        numbers: the people's numbers, as ``labels.csv`` has them; each person counts once.
        seed: of the data set.

    Returns:
        Index: (what, group), for all of ``GROUPS``; values: how many of the people.
    """
    people = pd.DataFrame(
        describe_person(draw_person(number, seed)) for number in sorted(set(numbers))
    )
    counts = {
        what: people[what].value_counts().reindex(groups, fill_value=0)
        for what, groups in GROUPS.items()
    }
    return pd.concat(counts, names=["what", "group"])
