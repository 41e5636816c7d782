"""Who is seen on the rendered faces: sex, age, skin tone and glasses as drawn, counted."""

from collections.abc import Iterable

import cv2
import numpy as np
import pandas as pd

from facesynth.data.folder import draw_person
from facesynth.person.identity import Identity

AGE_BOUNDS = (18, 30, 45, 60, 81)
"""Years: each group begins at one of these and ends before the next."""

# Bounds of the individual typology angle in degrees (Chardon, Cretois & Hourseau 1991; the names
# and the darkest two groups after Del Bino & Bernerd, British Journal of Dermatology 169, 2013).
TONES = ("dark", "brown", "tan", "intermediate", "light", "very light")
TONE_BOUNDS = (-30, 10, 28, 41, 55)


def typology_angle(skin: np.ndarray) -> float:
    """Return the individual typology angle of a skin colour: light skin has a large one.

    The angle is arctan((L* - 50) / b*) in degrees, with L* and b* of CIELAB (D65).

    Args:
        skin: (3,) linear RGB reflectance in [0, 1].
    """
    lightness, _, yellow = cv2.cvtColor(skin.astype(np.float32)[None, None], cv2.COLOR_LRGB2LAB)[
        0, 0
    ]
    return float(np.rad2deg(np.arctan2(lightness - 50, yellow)))


def name_tone(skin: np.ndarray) -> str:
    """Return which of ``TONES`` a skin colour is."""
    return TONES[int(np.searchsorted(TONE_BOUNDS, typology_angle(skin), side="left"))]


def name_age(years: float) -> str:
    """Return the group of an age, such as ``18 to 29 years``.

    Raises:
        ValueError: no adult of the renderer is that old.
    """
    group = int(np.searchsorted(AGE_BOUNDS, years, side="right")) - 1
    if not 0 <= group < len(AGE_BOUNDS) - 1:
        raise ValueError(f"Nobody should be {years:.1f} years old.")
    return f"{AGE_BOUNDS[group]} to {AGE_BOUNDS[group + 1] - 1} years"


def describe_person(identity: Identity) -> dict[str, str]:
    """Return the groups that a person counts towards."""
    return {
        "sex": "men" if identity.is_male else "women",
        "age": name_age(identity.years),
        "skin tone": name_tone(identity.skin),
        "glasses": "without" if identity.glasses is None else "with",
    }


GROUPS = {
    "sex": ("women", "men"),
    "age": tuple(name_age(bound) for bound in AGE_BOUNDS[:-1]),
    "skin tone": TONES[::-1],
    "glasses": ("with", "without"),
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
        (what, group): int((people[what] == group).sum())
        for what, groups in GROUPS.items()
        for group in groups
    }
    return pd.Series(counts, name="people").rename_axis(["what", "group"])
