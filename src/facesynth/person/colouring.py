"""The colours of a person: skin, lips, hair, eyes, make-up. All linear RGB reflectances."""

from dataclasses import dataclass

import cv2
import numpy as np

# CIELAB of facial skin from the palest to the darkest, at melanin 0, 0.25 ... 1. Set by eye along
# the path that measured skin takes: lightness and yellowness tell people apart, redness hardly
# does (Xiao et al. 2017, Skin Research and Technology 23), chroma is greatest in the middle and
# falls towards both ends.
SKIN_LAB = np.array(
    [[70, 9.5, 13.5], [63, 11.0, 17.0], [53, 11.5, 17.5], [40, 10.5, 14.5], [27, 7.0, 8.0]]
)
SKIN_STOPS = np.linspace(0, 1, len(SKIN_LAB))
# How lips differ from skin in CIELAB, on the palest and on the darkest skin.
LIPS_PALE, LIPS_DARK = np.array([-11.0, 10.0, 0.5]), np.array([-3.0, 4.5, -1.5])
LIPSTICKS_LAB = np.array(
    [[40, 34, 16], [46, 26, 10], [52, 22, 12], [33, 24, 6], [45, 24, 15], [47, 28, 5]]
)
EYESHADOWS_LAB = np.array([[32, 8, 10], [24, 2, 2], [45, 14, 12], [30, 10, -6], [38, 0, -8]])

HAIR_COLOURS = np.array(
    [
        [0.012, 0.010, 0.009],
        [0.030, 0.018, 0.011],
        [0.075, 0.040, 0.020],
        [0.160, 0.090, 0.040],
        [0.360, 0.240, 0.120],
        [0.200, 0.060, 0.025],
        [0.260, 0.252, 0.245],
        [0.460, 0.450, 0.440],
    ]
)
DARK_HAIR_ODDS = np.array([4, 3, 0.4, 0.1, 0, 0, 0, 0])
LIGHT_HAIR_ODDS = np.array([1, 2, 2.5, 1.5, 1, 0.5, 0, 0])
GREY_HAIR = np.array([0, 0, 0, 0, 0, 0, 0.7, 0.3])
IRIS_COLOURS = np.array(
    [
        [0.040, 0.020, 0.010],
        [0.100, 0.050, 0.022],
        [0.095, 0.125, 0.155],
        [0.070, 0.100, 0.070],
        [0.180, 0.140, 0.070],
    ]
)
BROW_BROWN = np.array([0.060, 0.036, 0.022])
DARK_IRIS_ODDS = np.array([0.68, 0.29, 0.01, 0.01, 0.01])
LIGHT_IRIS_ODDS = np.array([0.2, 0.25, 0.3, 0.12, 0.13])


@dataclass(frozen=True, eq=False)
class Makeup:
    """What is put on a face; a share of 0 is none.

    Attributes:
        lipstick, eyeshadow: colours, (3,).
        lips, lids: share of the colour that covers lips and lids, in [0, 1].
        blush: added redness of the cheeks, in [0, 1].
    """

    lipstick: np.ndarray
    eyeshadow: np.ndarray
    lips: float
    lids: float
    blush: float


def lab_to_linear(lab: np.ndarray) -> np.ndarray:
    """Return the (3,) linear RGB (sRGB primaries, D65) of a CIELAB colour, at least 0."""
    colour = cv2.cvtColor(np.float32(lab).reshape(1, 1, 3), cv2.COLOR_LAB2LRGB)
    return np.clip(colour.reshape(3).astype(float), 0, 1)


def linear_to_lab(colour: np.ndarray) -> np.ndarray:
    """Return the (3,) CIELAB (D65) of a linear RGB colour."""
    lab = cv2.cvtColor(np.float32(colour).reshape(1, 1, 3), cv2.COLOR_LRGB2LAB)
    return lab.reshape(3).astype(float)


def skin_lab(melanin: float) -> np.ndarray:
    """Return the (3,) CIELAB of average skin, light to dark for melanin in [0, 1]."""
    return np.array([np.interp(melanin, SKIN_STOPS, SKIN_LAB[:, k]) for k in range(3)])


def draw_skin_colour(melanin: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a person's skin: (3,), around the average for the melanin, redder or yellower."""
    offset = np.clip(rng.normal(0, (1.0, 1.1, 1.5)), (-2, -2, -2.5), (2, 2, 2.5))
    return np.maximum(lab_to_linear(skin_lab(melanin) + offset), 0.01)


def draw_lip_colour(skin: np.ndarray, melanin: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the colour of bare lips, (3,): darker and redder than the skin, least on dark skin."""
    offset = LIPS_PALE + melanin * (LIPS_DARK - LIPS_PALE) + rng.normal(0, (2.0, 2.0, 1.0))
    return np.maximum(lab_to_linear(linear_to_lab(skin) + offset), 0.01)


def draw_makeup(wears: bool, melanin: float, rng: np.random.Generator) -> Makeup:
    """Draw make-up; who wears none gets all shares 0."""
    lipstick = LIPSTICKS_LAB[rng.integers(len(LIPSTICKS_LAB))] + rng.normal(0, 2, 3)
    eyeshadow = EYESHADOWS_LAB[rng.integers(len(EYESHADOWS_LAB))] + rng.normal(0, 2, 3)
    darker = np.array([-12.0 * melanin, -4 * melanin, 0])
    lips = rng.uniform(0.2, 0.7) * (rng.random() < 0.75)
    lids = rng.uniform(0.15, 0.6) * (rng.random() < 0.6)
    blush = rng.uniform(0.1, 0.5) * (rng.random() < 0.6)
    return Makeup(
        lipstick=np.maximum(lab_to_linear(lipstick + darker), 0.005),
        eyeshadow=np.maximum(lab_to_linear(eyeshadow + darker), 0.005),
        lips=float(lips * wears),
        lids=float(lids * wears),
        blush=float(blush * wears),
    )


def darken(colour: np.ndarray, brightest: float) -> np.ndarray:
    """Return the colour, scaled so that no channel exceeds ``brightest``."""
    return colour * min(1.0, brightest / colour.max())


def draw_hair_colour(melanin: float, age: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a natural hair colour, greyer with age."""
    odds = DARK_HAIR_ODDS if melanin > 0.3 else LIGHT_HAIR_ODDS
    greyness = float(np.clip((age - 0.63) / 0.24, 0, 0.85))
    odds = (1 - greyness) * odds / odds.sum() + greyness * GREY_HAIR
    return HAIR_COLOURS[rng.choice(len(HAIR_COLOURS), p=odds)] * np.exp(rng.normal(0, 0.15))


def brow_colour(hair: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Return the colour of the brows, (3,): darker than the skin, and browner than grey hair."""
    return darken(darken(0.55 * hair + 0.45 * BROW_BROWN, 0.15), 0.36 * skin.max())


def draw_iris_colour(melanin: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the colour of the iris, (3,): brown unless the skin is light."""
    odds = DARK_IRIS_ODDS if melanin > 0.3 else LIGHT_IRIS_ODDS
    return IRIS_COLOURS[rng.choice(len(IRIS_COLOURS), p=odds)]
