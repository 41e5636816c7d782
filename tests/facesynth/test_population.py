"""Who is seen on the rendered faces."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.data.folder import draw_person
from facesynth.data.population import (
    AGES,
    GROUPS,
    TONES,
    count_people,
    describe_person,
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


def test_tones_go_from_dark_to_very_light(people):
    skins = np.geomspace(0.03, 1, 40)[:, None] * [0.85, 0.62, 0.5]
    shown = [describe_person(replace(people[0], skin=skin))["skin tone"] for skin in skins]
    ranks = [TONES.index(tone) for tone in shown]
    assert ranks == sorted(ranks)
    assert set(ranks) == set(range(len(TONES)))


def test_ages_are_in_groups_without_gaps(people):
    years = (18, 29.9, 30, 44.9, 45, 59.9, 60, 80)
    shown = [describe_person(replace(people[0], years=age))["age"] for age in years]
    assert shown == np.repeat(AGES, 2).tolist()


def test_everybody_is_counted_once_in_each_list():
    counts = count_people([0, 1, 1, 2, 1_000_000], seed=3)
    assert (counts.groupby("what").sum() == 4).all()
    assert set(counts.index.get_level_values("what")) == set(GROUPS)
    drawn = [draw_person(number, 3) for number in (0, 1, 2, 1_000_000)]
    assert counts["sex", "men"] == sum(one.is_male for one in drawn)
    assert counts["glasses", "without"] == sum(one.glasses is None for one in drawn)
