"""What the renderer can show: refused is what would come out broken, or outside the picture."""

from itertools import chain

import numpy as np

from facesynth.head.action_units import ACTION_UNITS, Expression
from facesynth.light.scene import Scene

STRONGEST = 1.5
"""Activation beyond which lips and lids pass through one another."""

# Degrees; beyond these half of the face is hidden.
MOST_TURNED = {"yaw": 60.0, "pitch": 40.0, "roll": 45.0}
NEAREST = 4.0
SMALLEST_FILL, LARGEST_FILL = 0.2, 1.0
FURTHEST_SHIFT = 0.25


def check_expression(expression: Expression) -> None:
    """Refuse action units that are unknown or cannot be that strong.

    Raises:
        ValueError: they are.
    """
    for unit, sides in chain(expression.recipe.items(), expression.distractors.items()):
        if unit not in ACTION_UNITS:
            raise ValueError(
                f"AU{unit} is none of the action units that the head can show: "
                f"{', '.join(map(str, ACTION_UNITS))}."
            )
        for side, level in zip(("left", "right"), sides, strict=True):
            _check_range(f"The activation of AU{unit} on the {side}", level, 0, STRONGEST)


def check_scene(scene: Scene) -> None:
    """Refuse a scene that turns the face away or moves it out of the picture.

    Raises:
        ValueError: it does.
    """
    for name, most in MOST_TURNED.items():
        _check_range(f"A scene's {name} in degrees", np.rad2deg(getattr(scene, name)), -most, most)
    _check_range("A scene's distance in decimetres", scene.distance, NEAREST, np.inf)
    _check_range("A scene's fill", scene.fill, SMALLEST_FILL, LARGEST_FILL)
    for shift in scene.shift:
        _check_range("A scene's shift", shift, -FURTHEST_SHIFT, FURTHEST_SHIFT)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    # Written so that NaN is refused too.
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}, not {value:g}.")
