"""Faces as action units, and action units as displacements of the head.

Action units (AU) are those of the Facial Action Coding System [@ekman2002].
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

# AU: target with two sides ("unit/<name>Left", "unit/<name>Right").
PAIRED_TARGETS = {
    2: "browOuterUp",
    4: "browDown",
    5: "eyeWide",
    6: "cheekSquint",
    7: "eyeSquint",
    9: "noseSneer",
    10: "mouthUpperUp",
    12: "mouthSmile",
    14: "mouthDimple",
    15: "mouthFrown",
    16: "mouthLowerDown",
    20: "mouthStretch",
    43: "eyeBlink",
}
# AU: targets without sides. Tight lips (23) are approximated by a roll: the
# model's press draws the corners up and out, as a smile does.
MIDDLE_TARGETS = {
    1: ("browInnerUp",),
    17: ("mouthShrugLower",),
    22: ("mouthFunnel",),
    23: ("mouthRollLower", "mouthRollUpper"),
    26: ("jawOpen",),
}
ACTION_UNITS = tuple(sorted(PAIRED_TARGETS.keys() | MIDDLE_TARGETS.keys()))

# The targets are timid: their weight at a fully active unit, set by eye on frontal renders.
GAINS = {1: 1.7, 2: 1.15, 4: 1.85, 5: 1.35, 6: 0.95, 7: 1.1, 9: 1.7, 10: 1.1, 12: 1.12, 14: 1.3}
GAINS |= {15: 1.75, 16: 1.1, 17: 1.2, 20: 1.4, 22: 0.9, 23: 0.95, 26: 0.75, 43: 1.0}

STRONGEST = 1.5
"""Activation beyond which lips and lids pass through one another."""

# Degrees on Russell's circumplex (1980, Fig. 2: happy, sad, astonished, afraid, angry); disgust
# and contempt are not among his words, their angles are our choice. Neutral has no intensity.
CIRCUMPLEX = {"neutral": 0, "happiness": 8, "sadness": 208, "surprise": 70, "fear": 116}
CIRCUMPLEX |= {"disgust": 150, "anger": 99, "contempt": 165}

AT_REST = (0.0, 0.0)


@dataclass(frozen=True)
class Expression:
    """What a face shows.

    Activations are given for the head's left and right, in [0, ``STRONGEST``].

    Attributes:
        name: one of the classes.
        intensity: in [0, 1]; 0 for neutral.
        recipe: activation of the units that make the expression.
        distractors: activation of units that have nothing to do with it: stray movements, a
            talking mouth, a blink.

    Raises:
        ValueError: a unit is unknown or cannot be that strong.
    """

    name: str
    intensity: float
    recipe: Mapping[int, tuple[float, float]]
    distractors: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for unit, sides in (*self.recipe.items(), *self.distractors.items()):
            if unit not in ACTION_UNITS:
                known = ", ".join(map(str, ACTION_UNITS))
                raise ValueError(f"AU{unit} is not one of the head's action units: {known}.")
            # Written so that NaN is refused too.
            if not all(0 <= level <= STRONGEST for level in sides):
                raise ValueError(f"AU{unit}'s activation must be 0 to {STRONGEST}, not {sides}.")

    @cached_property
    def units(self) -> dict[int, tuple[float, float]]:
        """Activation of every active unit: where both ask for one, the stronger prevails."""
        return {
            unit: tuple(
                map(max, self.recipe.get(unit, AT_REST), self.distractors.get(unit, AT_REST))
            )
            for unit in sorted(self.recipe.keys() | self.distractors.keys())
        }

    def strength(self, unit: int) -> float:
        """Return the activation of a unit on its stronger side."""
        return max(self.units.get(unit, AT_REST))

    @property
    def valence(self) -> float:
        """Pleasantness in [-1, 1]: the cosine of the circumplex angle times the intensity.

        The angle is the expression's place in ``CIRCUMPLEX``, after Russell (1980), "A
        circumplex model of affect", Fig. 2; units and distractors play no part. Neutral is 0.
        """
        return float(self.intensity * np.cos(np.deg2rad(CIRCUMPLEX[self.name])))

    @property
    def arousal(self) -> float:
        """Excitement in [-1, 1]: the sine of the same angle times the intensity."""
        return float(self.intensity * np.sin(np.deg2rad(CIRCUMPLEX[self.name])))

    def target_weights(self) -> dict[str, float]:
        """Return the weights of the head model's targets."""
        weights: dict[str, float] = {}
        for unit, (left, right) in self.units.items():
            if unit in PAIRED_TARGETS:
                weights[f"unit/{PAIRED_TARGETS[unit]}Left"] = GAINS[unit] * left
                weights[f"unit/{PAIRED_TARGETS[unit]}Right"] = GAINS[unit] * right
            for target in MIDDLE_TARGETS.get(unit, ()):
                weights[f"unit/{target}"] = GAINS[unit] * (left + right) / 2
        return weights


NEUTRAL = Expression("neutral", 0.0, {})
"""A face at rest, without any distracting movement."""


def neutral_twin(expression: Expression) -> Expression:
    """Return the same face without its expression.

    The distractors stay, also the share of a unit that a distractor would ask for alone: what
    differs between the pictures of an expression and of its twin is the expression.
    """
    return replace(NEUTRAL, distractors=expression.distractors)
