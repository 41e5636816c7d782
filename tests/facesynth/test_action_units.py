"""Expressions move the parts of the face that their action units name."""

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES
from facesynth.head.action_units import (
    ACTION_UNITS,
    GAINS,
    NEUTRAL,
    Expression,
    neutral_twin,
)
from facesynth.head.assets import LIPS, SKIN, load_head
from facesynth.head.expressions import (
    ONE_SIDED,
    RECIPES,
    Difficulty,
    draw_expression,
)

# EMFACS: the units without which the expression isn't itself.
CORE = {
    "happiness": {6, 12},
    "sadness": {1, 4, 15},
    "surprise": {1, 2, 5, 26},
    "fear": {1, 2, 4, 5, 20, 26},
    "disgust": {9, 15},
    "anger": {4, 5, 7},
    "contempt": {12, 14},
}


@pytest.fixture(scope="module")
def places():
    """Coarse vertices of landmarks on the head's left, found by their place on the head."""
    model = load_head()
    x, y, z = model.vertices.T
    skin = np.zeros(len(x), bool)
    skin[model.coarse_vertices_of(SKIN)] = True
    lips = model.masks[:, LIPS] > 0.5

    def nearest(px, py):
        distance = np.where(skin & (z > 0.9), np.hypot(x - px, y - py), np.inf)
        return int(np.argmin(distance))

    return {
        "mouth corner": int(np.argmax(np.where(lips, x, -np.inf))),
        "right mouth corner": int(np.argmin(np.where(lips, x, np.inf))),
        "inner brow": nearest(0.10, 7.47),
        "outer brow": nearest(0.42, 7.48),
        "chin": nearest(0.0, 6.25),
        "nose wing": nearest(0.17, 6.95),
        "upper lip": nearest(0.05, 6.70),
        "cheek": nearest(0.35, 7.05),
    }


def displacement(expression):
    return load_head().displace(expression.target_weights())


def strong(name, rng):
    """Draw the expression until it is strong and neither talks nor blinks."""
    while True:
        drawn = draw_expression(name, rng)
        if drawn.intensity > 0.6 and drawn.strength(43) < 0.5:
            return drawn


@pytest.mark.parametrize("name", sorted(CORE))
def test_every_draw_shows_the_core_units(name):
    for seed in range(40):
        drawn = draw_expression(name, np.random.default_rng(seed))
        assert all(drawn.strength(unit) > 0 for unit in CORE[name])
        assert drawn.intensity >= 0.5


# expression, landmark, axis (0 left, 1 up), sign
MOVES = [
    ("happiness", "mouth corner", 1, 1),
    ("happiness", "mouth corner", 0, 1),
    ("happiness", "right mouth corner", 0, -1),
    ("happiness", "cheek", 1, 1),
    ("sadness", "mouth corner", 1, -1),
    ("sadness", "inner brow", 1, 1),
    ("surprise", "chin", 1, -1),
    ("surprise", "inner brow", 1, 1),
    ("surprise", "outer brow", 1, 1),
    ("fear", "inner brow", 1, 1),
    ("fear", "mouth corner", 0, 1),
    ("fear", "chin", 1, -1),
    ("disgust", "nose wing", 1, 1),
    ("disgust", "upper lip", 1, 1),
    ("anger", "inner brow", 1, -1),
    ("anger", "outer brow", 1, -1),
]


@pytest.mark.parametrize(("name", "place", "axis", "sign"), MOVES)
def test_landmarks_move_as_the_units_say(places, name, place, axis, sign):
    rng = np.random.default_rng(3)
    for _ in range(6):
        moved = displacement(strong(name, rng))[places[place], axis]
        assert sign * moved > 0.004


def test_contempt_lifts_one_corner_and_both_sides_occur(places):
    rng = np.random.default_rng(0)
    sides = set()
    for _ in range(12):
        drawn = strong("contempt", rng)
        left = np.linalg.norm(displacement(drawn)[places["mouth corner"]])
        right = np.linalg.norm(displacement(drawn)[places["right mouth corner"]])
        assert max(left, right) > 3 * min(left, right)
        sides.add(left > right)
    assert sides == {True, False}


def test_other_expressions_are_nearly_symmetric():
    rng = np.random.default_rng(1)
    for name in set(CLASSES) - set(ONE_SIDED):
        for left, right in draw_expression(name, rng).units.values():
            assert abs(left - right) <= 0.21 * (left + right)


def test_the_neutral_constant_moves_nothing_and_drawn_neutral_little():
    assert not displacement(NEUTRAL).any()
    moved = [
        np.abs(displacement(draw_expression("neutral", np.random.default_rng(seed)))).max()
        for seed in range(60)
    ]
    surprised = np.abs(displacement(strong("surprise", np.random.default_rng(0)))).max()
    assert 0 < np.median(moved) < 0.25 * surprised


def test_distractors_occur_in_every_class():
    for name in CLASSES:
        drawn = [draw_expression(name, np.random.default_rng(seed)) for seed in range(300)]
        strays = {unit for one in drawn for unit in one.units} - set(RECIPES[name])
        assert len(strays) >= 5
        assert any(one.strength(43) == 1 for one in drawn)
        assert len({one.intensity for one in drawn}) > 100 or name == "neutral"


def test_valence_and_arousal_lie_on_the_circumplex():
    for name in CLASSES:
        drawn = draw_expression(name, np.random.default_rng(2))
        assert np.hypot(drawn.valence, drawn.arousal) == pytest.approx(drawn.intensity)
    signs = {
        name: (np.sign(one.valence), np.sign(one.arousal))
        for name in CORE
        for one in [Expression(name, 1.0, {})]
    }
    assert signs["happiness"] == signs["surprise"] == (1, 1)
    assert signs["fear"] == signs["anger"] == signs["disgust"] == (-1, 1)
    assert signs["sadness"] == (-1, -1)


def test_each_unit_has_a_gain_and_known_targets():
    model = load_head()
    assert set(GAINS) == set(ACTION_UNITS)
    for unit in ACTION_UNITS:
        weights = Expression("neutral", 0.0, {unit: (1.0, 0.0)}).target_weights()
        assert np.abs(model.displace(weights)).max() > 0.01


def test_an_unknown_expression_is_refused():
    with pytest.raises(KeyError, match="boredom"):
        draw_expression("boredom", np.random.default_rng(0))


def test_the_neutral_twin_keeps_the_distractors_alone():
    for seed in range(40):
        for name in CLASSES:
            drawn = draw_expression(name, np.random.default_rng(seed))
            twin = neutral_twin(drawn)
            assert (twin.name, twin.intensity) == ("neutral", 0)
            assert twin.units == dict(drawn.distractors)
            for unit, sides in drawn.units.items():
                mine, theirs = drawn.recipe.get(unit, (0, 0)), twin.units.get(unit, (0, 0))
                assert sides == tuple(np.maximum(mine, theirs))
            assert neutral_twin(twin) == twin


def test_units_of_a_region_vary_together_within_their_ranges():
    rng = np.random.default_rng(0)
    drawn = [draw_expression("fear", rng) for _ in range(400)]
    relative = {
        unit: np.array([sum(one.recipe[unit]) / 2 / one.intensity for one in drawn])
        for unit in (1, 4, 20)
    }
    for unit, values in relative.items():
        low, high = RECIPES["fear"][unit]
        # The stronger side may be cut off at the largest activation.
        assert (values > low - 0.05).all()
        assert (values < high + 0.01).all()
        assert values.std() > 0.1 * (high - low)
    together = np.corrcoef(relative[1], relative[4])[0, 1]
    apart = np.corrcoef(relative[1], relative[20])[0, 1]
    assert together > 0.25
    assert together > apart + 0.15


def test_difficulty_sets_intensities_and_distractors():
    easy = Difficulty(
        weakest=1.0, variation=0, asymmetry=0, stray_units=0, talking_rate=0, blink_rate=0
    )
    drawn = draw_expression("sadness", np.random.default_rng(0), easy)
    assert drawn.intensity == 1
    assert not drawn.distractors
    for unit, (low, high) in RECIPES["sadness"].items():
        assert drawn.units[unit] == pytest.approx(((low + high) / 2,) * 2)
    restless = Difficulty(talking_rate=1, blink_rate=1, stray_units=9)
    shown = draw_expression("neutral", np.random.default_rng(0), restless)
    assert shown.strength(43) == 1
    assert shown.intensity == 0
    assert len(shown.units) >= 12


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({12: (1.0, 1.6)}, r"AU12's activation must be 0 to 1\.5, not .*1\.6"),
        ({4: (-0.1, 0.0)}, "AU4"),
        ({26: (np.nan, 0.0)}, "nan"),
        ({3: (1.0, 1.0)}, "AU3 is not one of the head's action units"),
    ],
)
def test_impossible_action_units_are_refused(units, message):
    with pytest.raises(ValueError, match=message):
        Expression("happiness", 1.0, units)
    with pytest.raises(ValueError, match=message):
        Expression("happiness", 1.0, {}, units)
