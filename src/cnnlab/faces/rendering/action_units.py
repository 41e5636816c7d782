"""Expressions as action units, and action units as displacements of the head.

Action units (AU) are those of the Facial Action Coding System [@ekman2002]; which ones make an
expression follows EMFACS [@friesen1983], with our additions named in ``RECIPES``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnlab.faces.dataset import CLASSES

# AU: targets of both sides ("unit/<name>Left", "unit/<name>Right").
PAIRED_TARGETS = {
    2: ("browOuterUp",),
    4: ("browDown",),
    5: ("eyeWide",),
    6: ("cheekSquint",),
    7: ("eyeSquint",),
    9: ("noseSneer",),
    10: ("mouthUpperUp",),
    12: ("mouthSmile",),
    14: ("mouthDimple",),
    15: ("mouthFrown",),
    16: ("mouthLowerDown",),
    20: ("mouthStretch",),
    23: ("mouthPress",),
    43: ("eyeBlink",),
}
# AU: targets without sides. Lips pressed tight (23) are approximated by press and roll.
MIDDLE_TARGETS = {
    1: ("browInnerUp",),
    17: ("mouthShrugLower",),
    22: ("mouthFunnel",),
    23: ("mouthRollLower", "mouthRollUpper"),
    26: ("jawOpen",),
}
ACTION_UNITS = tuple(sorted(PAIRED_TARGETS.keys() | MIDDLE_TARGETS.keys()))

# The targets are timid: their weight at a fully active unit, set by eye on frontal renders.
GAINS = {1: 1.7, 2: 1.15, 4: 1.5, 5: 1.35, 6: 0.95, 7: 1.1, 9: 1.7, 10: 1.1, 12: 1.12, 14: 1.3}
GAINS |= {15: 1.6, 16: 1.1, 17: 1.2, 20: 1.15, 22: 0.9, 23: 0.75, 26: 0.75, 43: 1.0}

# Ranges of activation at intensity 1. Beyond EMFACS: 7 and 10 in happiness, 6, 17 and 43 in
# sadness, 16 in fear, 4, 6, 7, 10 and 17 in disgust, 9 and 17 in anger, 2 and 7 in contempt.
RECIPES = {
    "neutral": {},
    "happiness": {6: (0.6, 1.0), 7: (0.0, 0.3), 10: (0.0, 0.2), 12: (0.75, 1.1)},
    "sadness": {1: (0.8, 1.2), 4: (0.35, 0.7), 6: (0.0, 0.2), 15: (0.75, 1.2)}
    | {17: (0.3, 0.8), 43: (0.1, 0.3)},
    "surprise": {1: (0.8, 1.1), 2: (0.8, 1.1), 5: (0.7, 1.1), 22: (0.0, 0.25), 26: (0.55, 1.1)},
    "fear": {1: (0.9, 1.2), 2: (0.35, 0.65), 4: (0.5, 0.8), 5: (0.85, 1.2), 7: (0.1, 0.4)}
    | {16: (0.4, 0.8), 20: (0.7, 1.1), 26: (0.12, 0.4)},
    "disgust": {4: (0.3, 0.6), 6: (0.2, 0.5), 7: (0.4, 0.8), 9: (0.9, 1.25), 10: (0.6, 1.05)}
    | {15: (0.2, 0.6), 16: (0.0, 0.4), 17: (0.1, 0.5)},
    "anger": {4: (0.9, 1.25), 5: (0.2, 0.6), 7: (0.5, 0.9), 9: (0.1, 0.3)}
    | {17: (0.2, 0.5), 23: (0.6, 1.05)},
    "contempt": {2: (0.0, 0.3), 7: (0.0, 0.3), 12: (0.6, 0.9), 14: (0.9, 1.2)},
}
# A second form and how often it is shown: a smile with the teeth bared, anger likewise.
VARIANTS = {
    "happiness": (0.65, {10: (0.3, 0.7), 16: (0.3, 0.7), 26: (0.1, 0.45)}),
    "anger": (0.35, {9: (0.3, 0.6), 10: (0.3, 0.7), 16: (0.5, 1.0), 23: (0, 0), 26: (0.15, 0.5)}),
}
ONE_SIDED = {"contempt": (2, 12, 14)}
OTHER_SIDE = 0.04
STRAY_UNITS = (1, 2, 4, 6, 7, 12, 14, 15, 17)
TALKING = {16: (0.0, 0.5), 22: (0.0, 0.4), 26: (0.05, 0.4)}
TALKING_RATE, BLINK_RATE = 0.1, 0.02
WEAKEST = 0.4

# Degrees on Russell's circumplex (1980, Fig. 2: happy, sad, astonished, afraid, angry); disgust
# and contempt are not among his words, their angles are our choice.
CIRCUMPLEX = {"happiness": 8, "sadness": 208, "surprise": 70, "fear": 116}
CIRCUMPLEX |= {"disgust": 150, "anger": 99, "contempt": 165}


@dataclass(frozen=True)
class Expression:
    """What a face shows.

    Attributes:
        name: one of the classes.
        intensity: in [0, 1]; 0 for neutral.
        units: activation of each active unit on the head's left and right, in [0, 1.5].
    """

    name: str
    intensity: float
    units: Mapping[int, tuple[float, float]]

    def strength(self, unit: int) -> float:
        """Return the activation of a unit on its stronger side."""
        return max(self.units.get(unit, (0.0, 0.0)))

    @property
    def valence(self) -> float:
        """In [-1, 1]: the cosine of the circumplex angle times the intensity."""
        return self._on_circumplex(np.cos)

    @property
    def arousal(self) -> float:
        """In [-1, 1]: the sine of the circumplex angle times the intensity."""
        return self._on_circumplex(np.sin)

    def _on_circumplex(self, component: np.ufunc) -> float:
        if self.name not in CIRCUMPLEX:
            return 0.0
        return float(self.intensity * component(np.deg2rad(CIRCUMPLEX[self.name])))

    def target_weights(self) -> dict[str, float]:
        """Return the weights of the head model's targets."""
        weights: dict[str, float] = {}
        for unit, (left, right) in self.units.items():
            for target in PAIRED_TARGETS.get(unit, ()):
                weights[f"unit/{target}Left"] = GAINS[unit] * left
                weights[f"unit/{target}Right"] = GAINS[unit] * right
            for target in MIDDLE_TARGETS.get(unit, ()):
                weights[f"unit/{target}"] = GAINS[unit] * (left + right) / 2
        return weights


NEUTRAL = Expression("neutral", 0.0, {})
"""A face at rest, without any distracting movement."""


def draw_expression(name: str, rng: np.random.Generator) -> Expression:
    """Draw how strongly and in which form an expression is shown.

    Every class, neutral too, may come with a stray unit, a talking mouth or a blink, so that
    no single unit gives the class away. Contempt is one-sided.

    Args:
        name: one of the classes.
        rng: source of the choices.

    Raises:
        ValueError: the name is not one of the classes.
    """
    if name not in CLASSES:
        raise ValueError(f"No expression is called {name!r}. Choose one of: {', '.join(CLASSES)}.")
    intensity = float(np.clip(rng.beta(4.0, 1.6), WEAKEST, 1)) if name != "neutral" else 0.0
    rate, variant = VARIANTS.get(name, (0.0, {}))
    recipe = RECIPES[name] | (variant if rng.random() < rate else {})
    levels = {unit: intensity * rng.uniform(*recipe[unit]) for unit in sorted(recipe)}
    for unit in rng.choice(STRAY_UNITS, 2, replace=False):
        levels[int(unit)] = levels.get(int(unit), 0.0) + rng.uniform(0, 0.12)
    if rng.random() < TALKING_RATE:
        for unit in sorted(TALKING):
            levels[unit] = max(levels.get(unit, 0.0), rng.uniform(*TALKING[unit]))
    if rng.random() < BLINK_RATE:
        levels[43] = 1.0
    strong_left = rng.random() < 0.5
    tilt = float(np.clip(rng.normal(0, 0.08), -0.2, 0.2))
    units = {}
    for unit in sorted(levels):
        level = float(levels[unit])
        if unit in ONE_SIDED.get(name, ()):
            weak = OTHER_SIDE * level
            units[unit] = (level, weak) if strong_left else (weak, level)
        elif unit == 43:
            units[unit] = (level, level)
        else:
            units[unit] = (level * (1 + tilt), level * (1 - tilt))
    return Expression(name, intensity, units)
