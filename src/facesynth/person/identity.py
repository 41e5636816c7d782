"""Who is seen: the shape of a head at rest and its colours."""

from dataclasses import dataclass

import numpy as np

from facesynth.hair.grooming import Grooming, draw_grooming
from facesynth.head.assets import load_head
from facesynth.head.head_shape import draw_shape
from facesynth.person.colouring import (
    Makeup,
    brow_colour,
    draw_hair_colour,
    draw_iris_colour,
    draw_lip_colour,
    draw_makeup,
    draw_skin_colour,
)
from facesynth.person.glasses import Glasses, choose_glasses, fit_glasses
from facesynth.person.skin import Brows, SkinMaps, draw_skin_maps

ANCESTRY_MELANIN = np.array([0.80, 0.32, 0.13])
YOUNGEST, OLDEST = 18, 80
SHARE_WITH_MAKEUP = 0.7


@dataclass(frozen=True, eq=False)
class Identity:
    """A person. Colours are linear RGB reflectances in [0, 1], lengths decimetres.

    Attributes:
        vertices: (n, 3) float32, the head at rest (coarse mesh).
        is_male: which of the two sets of hair styles and brows the face has.
        years: age.
        melanin: darkness of the skin in [0, 1].
        skin, lips, hair_colour, brow_colour, iris, clothes: colours, (3,).
        lashes: thickness of lashes and lid line in [0, 1].
        grooming: hair, beard and headwear.
        shave_shadow: how much of a shaven beard shows through the skin, in [0, 1].
        makeup: what is put on the face; the lipstick is already in ``lips``.
        maps: what is painted on the skin.
        oiliness: of the skin, in [0, 1]; 0 is matte, 0.5 usual.
        glasses: what the person wears on the nose; None for nothing.
    """

    vertices: np.ndarray
    is_male: bool
    years: float
    melanin: float
    skin: np.ndarray
    lips: np.ndarray
    hair_colour: np.ndarray
    brow_colour: np.ndarray
    iris: np.ndarray
    clothes: np.ndarray
    lashes: float
    grooming: Grooming
    shave_shadow: float
    makeup: Makeup
    maps: SkinMaps
    oiliness: float
    glasses: Glasses | None


def age_of_years(years: float) -> float:
    """Return MakeHuman's age of so many years: 0.5 at 25, linear from 1 and to 90."""
    return (years - 1) / 48 if years < 25 else 0.5 + (years - 25) / 130


def draw_identity(rng: np.random.Generator) -> Identity:
    """Draw a person: an adult from 18 to 80 years, of any ancestry; half are women."""
    model = load_head()
    ancestry = rng.dirichlet([0.35] * 3)
    is_male = bool(rng.random() < 0.5)
    years = YOUNGEST + (OLDEST - YOUNGEST) * rng.beta(1.2, 1.9)
    age = age_of_years(years)
    shape = draw_shape(model, is_male, age, ancestry, rng.spawn(1)[0])
    vertices = model.vertices + model.displace(shape)

    melanin = float(np.clip(ancestry @ ANCESTRY_MELANIN + rng.normal(0, 0.09), 0.0, 1.0))
    skin = draw_skin_colour(melanin, rng)
    hair_colour = draw_hair_colour(melanin, age, rng)
    makeup = draw_makeup(not is_male and rng.random() < SHARE_WITH_MAKEUP, melanin, rng)
    lips = draw_lip_colour(skin, melanin, rng)
    lips = lips + makeup.lips * (makeup.lipstick - lips)
    if is_male:
        brows = Brows(rng.uniform(0.9, 1.3), rng.uniform(0.75, 1.0), rng.normal(-0.15, 0.25))
    else:
        brows = Brows(rng.uniform(0.5, 0.8), rng.uniform(0.6, 0.9), rng.normal(0.1, 0.25))
    grooming = draw_grooming(vertices, is_male, melanin, age, hair_colour, rng.spawn(1)[0])
    style = choose_glasses(years, rng.spawn(1)[0])
    shadow = rng.uniform(0.0, 0.5) * (1 - 0.6 * melanin) * (0.2 + 0.8 * (hair_colour[0] < 0.1))
    return Identity(
        vertices=vertices,
        is_male=is_male,
        years=years,
        melanin=melanin,
        skin=skin,
        lips=lips,
        hair_colour=hair_colour,
        brow_colour=brow_colour(hair_colour, skin),
        iris=draw_iris_colour(melanin, rng),
        clothes=np.clip(rng.uniform(0.02, 0.5) * np.exp(rng.normal(0, 0.4, 3)), 0.01, 0.8),
        lashes=0.25 if is_male else float(rng.uniform(0.5, 1.0)),
        makeup=makeup,
        maps=draw_skin_maps(brows, age, melanin, makeup.blush, rng),
        oiliness=float(rng.beta(2.5, 3.0)),
        grooming=grooming,
        shave_shadow=float(shadow * (is_male and grooming.beard is None)),
        glasses=None if style is None else fit_glasses(style, vertices),
    )
