"""Which action units make an expression, and how strongly a face shows them.

Which units make an expression follows EMFACS [@friesen1983], with our additions named in
``RECIPES``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facesynth.head.action_units import STRONGEST, Expression

# Ranges of activation at intensity 1. Beyond EMFACS: 7 and 10 in happiness, 6, 17 and 43 in
# sadness, 16 in fear, 4, 6, 7, 10 and 17 in disgust, 9, 15 and 17 in anger, 2 and 7 in contempt.
RECIPES = {
    "neutral": {},
    "happiness": {6: (0.6, 1.0), 7: (0.1, 0.4), 10: (0.0, 0.2), 12: (0.75, 1.1)},
    "sadness": {1: (0.95, 1.3), 4: (0.3, 0.55), 6: (0.0, 0.2), 15: (0.7, 1.1)}
    | {17: (0.3, 0.8), 43: (0.15, 0.35)},
    "surprise": {1: (0.8, 1.1), 2: (0.8, 1.1), 5: (0.7, 1.1), 22: (0.0, 0.25), 26: (0.55, 1.1)},
    "fear": {1: (1.0, 1.3), 2: (0.35, 0.6), 4: (0.4, 0.65), 5: (0.95, 1.3), 7: (0.1, 0.4)}
    | {16: (0.6, 1.0), 20: (0.9, 1.25), 26: (0.12, 0.35)},
    "disgust": {4: (0.2, 0.45), 6: (0.2, 0.5), 7: (0.5, 0.9), 9: (0.95, 1.3), 10: (0.4, 0.8)}
    | {15: (0.2, 0.6), 16: (0.0, 0.4), 17: (0.1, 0.5)},
    "anger": {4: (1.0, 1.35), 5: (0.2, 0.6), 7: (0.5, 0.9), 9: (0.1, 0.3)}
    | {15: (0.1, 0.35), 17: (0.2, 0.45), 23: (0.4, 0.8)},
    "contempt": {2: (0.0, 0.3), 7: (0.0, 0.3), 12: (0.6, 0.9), 14: (0.9, 1.2)},
}

EXPRESSIONS = tuple(RECIPES)
"""What a face can show. Random numbers depend on this order."""
# A second form and how often it is shown: a smile with the teeth bared, anger likewise.
VARIANTS = {
    "happiness": (0.65, {10: (0.3, 0.7), 16: (0.3, 0.7), 26: (0.1, 0.45)}),
    "anger": (
        0.35,
        {9: (0.3, 0.6), 10: (0.4, 0.8), 16: (0.5, 0.9), 17: (0, 0), 22: (0.2, 0.45)}
        | {23: (0, 0), 26: (0.1, 0.4)},
    ),
}
ONE_SIDED = {"contempt": (2, 12, 14)}
OTHER_SIDE = 0.04
STRAY_UNITS = (1, 2, 4, 6, 7, 12, 14, 15, 17)
TALKING = {16: (0.0, 0.5), 22: (0.0, 0.4), 26: (0.05, 0.4)}
# Units of a region wax and wane together: a face may show an expression with the brows above all.
REGIONS = ((1, 2, 4), (5, 6, 7, 43), (9, 10, 12, 14, 15, 16, 17, 20, 22, 23, 26))


@dataclass(frozen=True)
class Difficulty:
    """How hard the expressions are to recognise.

    Attributes:
        weakest: least intensity of an expression, in [0, 1].
        intensity: the two parameters of the beta distribution that intensities are drawn from
            (those below ``weakest`` are raised to it), both above 0.
        variation: how far units stray from the middle of their recipe's range, relative to half
            its width, as a standard deviation; at least 0. Ranges are never left.
        asymmetry: standard deviation of a unit's difference between left and right, relative
            to its activation, in [0, 0.3].
        stray_units: how many units of ``STRAY_UNITS`` every face moves besides.
        stray_strength: the most that a stray unit is activated, in [0, 1].
        talking_rate: share of faces that talk.
        blink_rate: share of faces that blink.
    """

    weakest: float = 0.5
    intensity: tuple[float, float] = (4.0, 1.6)
    variation: float = 0.6
    asymmetry: float = 0.08
    stray_units: int = 2
    stray_strength: float = 0.12
    talking_rate: float = 0.1
    blink_rate: float = 0.02


DEFAULT_DIFFICULTY = Difficulty()


def _draw_levels(
    recipe: Mapping[int, tuple[float, float]], difficulty: Difficulty, rng: np.random.Generator
) -> dict[int, float]:
    """Draw the activation at intensity 1 of each unit of a recipe, together within a region."""
    shared = rng.standard_normal(len(REGIONS))
    levels = {}
    for unit in sorted(recipe):
        region = next(k for k, units in enumerate(REGIONS) if unit in units)
        deviation = (shared[region] + rng.standard_normal()) / np.sqrt(2)
        low, high = recipe[unit]
        offset = np.clip(difficulty.variation * deviation, -1, 1)
        levels[unit] = float((low + high) / 2 + offset * (high - low) / 2)
    return levels


def _draw_distractors(difficulty: Difficulty, rng: np.random.Generator) -> dict[int, float]:
    levels = {
        int(unit): float(rng.uniform(0, difficulty.stray_strength))
        for unit in rng.choice(STRAY_UNITS, difficulty.stray_units, replace=False)
    }
    if rng.random() < difficulty.talking_rate:
        levels |= {unit: float(rng.uniform(*TALKING[unit])) for unit in sorted(TALKING)}
    if rng.random() < difficulty.blink_rate:
        levels[43] = 1.0
    return levels


def _split_sides(
    levels: Mapping[int, float], difficulty: Difficulty, rng: np.random.Generator
) -> dict[int, tuple[float, float]]:
    """Give each unit a left and a right: one side of the face is the stronger, more or less."""
    shared = rng.standard_normal()
    sides = {}
    for unit in sorted(levels):
        lean = difficulty.asymmetry * (shared + rng.standard_normal()) / np.sqrt(2)
        lean = 0.0 if unit == 43 else float(np.clip(lean, -0.2, 0.2))
        sides[unit] = tuple(min(STRONGEST, levels[unit] * (1 + sign * lean)) for sign in (1, -1))
    return sides


def draw_expression(
    name: str, rng: np.random.Generator, difficulty: Difficulty = DEFAULT_DIFFICULTY
) -> Expression:
    """Draw how strongly and in which form an expression is shown.

    All units of a recipe follow one intensity, and deviate from it together within a region of
    the face. Every class, neutral too, may come with stray units, a talking mouth or a blink,
    so that no single unit gives the class away. Contempt is one-sided.

    Args:
        name: one of ``EXPRESSIONS``.
        rng: source of the choices.
        difficulty: how varied and how weak expressions are, how frequent distractors.

    Raises:
        KeyError: there is no expression of that name.
    """
    drawn = max(difficulty.weakest, float(rng.beta(*difficulty.intensity)))
    intensity = drawn if RECIPES[name] else 0.0
    rate, variant = VARIANTS.get(name, (0.0, {}))
    recipe = RECIPES[name] | (variant if rng.random() < rate else {})
    levels = _draw_levels(recipe, difficulty, rng)
    units = _split_sides({u: intensity * level for u, level in levels.items()}, difficulty, rng)
    weak_side = int(rng.integers(2))
    for unit in ONE_SIDED.get(name, ()):
        sides = list(units[unit])
        sides[weak_side] *= OTHER_SIDE
        units[unit] = tuple(sides)
    distractors = _split_sides(_draw_distractors(difficulty, rng), difficulty, rng)
    return Expression(name, intensity, units, distractors)
