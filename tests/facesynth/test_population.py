"""Who is seen on the rendered faces."""

import numpy as np
import pytest

from facesynth.data.folder import draw_person
from facesynth.data.population import (
    AGE_BOUNDS,
    GROUPS,
    TONES,
    count_people,
    name_age,
    name_tone,
    typology_angle,
)


def angle_from_xyz(skin):
    """CIELAB written out (CIE 15:2004) from the matrix of sRGB (IEC 61966-2-1)."""
    y = np.array([0.2126, 0.7152, 0.0722]) @ skin
    z = np.array([0.0193, 0.1192, 0.9505]) @ skin / 1.089

    def root(value):
        return np.cbrt(value) if value > (6 / 29) ** 3 else value / (3 * (6 / 29) ** 2) + 4 / 29

    return np.rad2deg(np.arctan2(116 * root(y) - 66, 200 * (root(y) - root(z))))


@pytest.mark.parametrize("skin", [(0.8, 0.53, 0.41), (0.52, 0.29, 0.18), (0.13, 0.066, 0.042)])
def test_the_typology_angle_is_the_published_formula(skin):
    skin = np.array(skin)
    assert typology_angle(skin) == pytest.approx(angle_from_xyz(skin), abs=0.5)


def test_tones_go_from_dark_to_very_light():
    light = np.array([0.85, 0.62, 0.5])
    ranks = [TONES.index(name_tone(level * light)) for level in np.geomspace(0.03, 1, 40)]
    assert ranks == sorted(ranks)
    assert set(ranks) == set(range(len(TONES)))


def test_ages_are_adult_and_in_groups_without_gaps():
    assert name_age(AGE_BOUNDS[0]) == "18 to 29 years"
    assert name_age(29.9) == "18 to 29 years"
    assert name_age(30) == "30 to 44 years"
    for years in (17.9, 81, np.nan):
        with pytest.raises(ValueError, match="should be"):
            name_age(years)


def test_everybody_is_counted_once_in_each_list():
    counts = count_people([0, 1, 1, 2, 1_000_000], seed=3)
    assert (counts.groupby("what").sum() == 4).all()
    assert set(counts.index.get_level_values("what")) == set(GROUPS)
    men = [draw_person(number, 3).is_male for number in (0, 1, 2, 1_000_000)]
    assert counts["sex", "men"] == sum(men)
    bare = [draw_person(number, 3).glasses is None for number in (0, 1, 2, 1_000_000)]
    assert counts["glasses", "without"] == sum(bare)
