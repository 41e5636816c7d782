"""Who is seen: the shape of a head at rest and its colours."""

from dataclasses import dataclass

import numpy as np

from cnnlab.faces.rendering.assets import HeadModel, load_head
from cnnlab.faces.rendering.grooming import Grooming, draw_grooming
from cnnlab.faces.rendering.skin import Brows, SkinMaps, draw_skin_maps

ANCESTRIES = ("african", "asian", "caucasian")
# Standard deviation of a part's shape weights; beyond these heads stop looking human.
PART_SPREAD = {"head": 0.2, "forehead": 0.22, "eyes": 0.22, "nose": 0.21, "mouth": 0.2}
PART_SPREAD |= {"cheek": 0.28, "chin": 0.22, "ears": 0.3, "neck": 0.15, "asym": 0.12}
PART_SPREAD |= {"eyebrows": 0.15}
PART_RATE = 0.45

# Linear RGB reflectance in [0, 1].
LIGHT_SKIN = np.array([0.80, 0.53, 0.41])
MIDDLE_SKIN = np.array([0.52, 0.29, 0.18])
DARK_SKIN = np.array([0.13, 0.066, 0.042])
ANCESTRY_MELANIN = np.array([0.78, 0.34, 0.14])
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
        [0.05, 0.025, 0.012],
        [0.12, 0.06, 0.025],
        [0.17, 0.22, 0.27],
        [0.10, 0.16, 0.10],
        [0.25, 0.20, 0.10],
    ]
)
LIPSTICK = np.array([0.42, 0.09, 0.10])


@dataclass(frozen=True, eq=False)
class Identity:
    """A person. Colours are linear RGB reflectances in [0, 1], lengths decimetres.

    Attributes:
        vertices: (n, 3) float32, the head at rest (coarse mesh).
        is_male: which of the two sets of hair styles and brows the face has.
        age: MakeHuman's age: 0.5 is 25 years, 1 is 90 years.
        melanin: darkness of the skin in [0, 1].
        skin, lips, hair_colour, brow_colour, iris, clothes: colours, (3,).
        lashes: thickness of lashes and lid line in [0, 1].
        grooming: hair, beard and headwear.
        maps: what is painted on the skin.
        oiliness: of the skin, in [0, 1]; 0 is matte, 0.5 usual.
    """

    vertices: np.ndarray
    is_male: bool
    age: float
    melanin: float
    skin: np.ndarray
    lips: np.ndarray
    hair_colour: np.ndarray
    brow_colour: np.ndarray
    iris: np.ndarray
    clothes: np.ndarray
    lashes: float
    grooming: Grooming
    maps: SkinMaps
    oiliness: float


def blend_three(value: float, names: tuple[str, str, str]) -> dict[str, float]:
    """Return the weights of the three named targets for a value in [0, 1], 0.5 being the middle."""
    weights = (max(0.0, 1 - 2 * value), 1 - abs(2 * value - 1), max(0.0, 2 * value - 1))
    return dict(zip(names, weights, strict=True))


def draw_shape(
    model: HeadModel,
    masculinity: float,
    age: float,
    ancestry: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Draw the weights of the targets that shape a head.

    MakeHuman's macro targets are blended over sex, age, ancestry, muscle and weight; then each
    detail target, left and right alike, is used with probability ``PART_RATE``.
    """
    weights: dict[str, float] = {}
    ages = {"child": max(0.0, (0.5 - age) / 0.3125), "old": max(0.0, (age - 0.5) / 0.5)}
    ages["young"] = 1 - ages["child"] - ages["old"]
    muscle = blend_three(
        float(np.clip(rng.normal(0.5, 0.15), 0, 1)), ("minmuscle", "averagemuscle", "maxmuscle")
    )
    weight = blend_three(
        float(np.clip(rng.normal(0.48, 0.18), 0, 1)), ("minweight", "averageweight", "maxweight")
    )
    for sex, sex_share in (("female", 1 - masculinity), ("male", masculinity)):
        for stage, age_share in ages.items():
            share = sex_share * age_share
            for name, part in zip(ANCESTRIES, ancestry, strict=True):
                weights[f"macrodetails/{name}-{sex}-{stage}"] = share * float(part)
            for tone, tone_share in muscle.items():
                for mass, mass_share in weight.items():
                    name = f"macrodetails/universal-{sex}-{stage}-{tone}-{mass}"
                    weights[name] = share * tone_share * mass_share
    for name in model.target_names:
        part = name.split("/")[0]
        moves_head = part in ("head", "neck") and "trans" in name
        if part not in PART_SPREAD or "/r-" in name or moves_head or rng.random() > PART_RATE:
            continue
        amount = abs(rng.normal(0, PART_SPREAD[part])) * (0.3 if "age" in name else 1.0)
        weights[name] = amount
        if "/l-" in name:
            weights[name.replace("/l-", "/r-")] = amount
    return {name: value for name, value in weights.items() if name in model.index and value}


def skin_colour(melanin: float) -> np.ndarray:
    """Return the (3,) linear reflectance of skin, light to dark for melanin in [0, 1]."""
    stops = np.stack([LIGHT_SKIN, MIDDLE_SKIN, DARK_SKIN])
    return np.array([np.interp(melanin, (0.0, 0.5, 1.0), stops[:, c]) for c in range(3)])


def darken(colour: np.ndarray, brightest: float) -> np.ndarray:
    """Return the colour, scaled so that no channel exceeds ``brightest``."""
    return colour * min(1.0, brightest / colour.max())


def draw_hair_colour(melanin: float, age: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a natural hair colour, greyer with age."""
    odds = DARK_HAIR_ODDS if melanin > 0.3 else LIGHT_HAIR_ODDS
    greyness = float(np.clip((age - 0.6) / 0.25, 0, 0.85))
    odds = (1 - greyness) * odds / odds.sum() + greyness * GREY_HAIR
    return HAIR_COLOURS[rng.choice(len(HAIR_COLOURS), p=odds)] * np.exp(rng.normal(0, 0.15))


def draw_identity(rng: np.random.Generator) -> Identity:
    """Draw a person: an adult of any ancestry, half of them women."""
    model = load_head()
    ancestry = rng.dirichlet([0.35] * 3)
    is_male = bool(rng.random() < 0.5)
    masculinity = rng.uniform(0.82, 1.0) if is_male else rng.uniform(0.0, 0.12)
    age = float(rng.choice([rng.uniform(0.42, 0.56), rng.uniform(0.56, 0.85)], p=[0.65, 0.35]))
    shape = draw_shape(model, float(masculinity), age, ancestry, rng)

    melanin = float(np.clip(ancestry @ ANCESTRY_MELANIN + rng.normal(0, 0.07), 0.02, 0.95))
    warmth = rng.normal(0, 0.5)
    tint = np.array([1 + 0.03 * warmth, 1.0, 1 - 0.05 * warmth]) * np.exp(rng.normal(0, 0.05))
    skin = np.clip(skin_colour(melanin) * tint, 0.02, 0.95)
    hair_colour = draw_hair_colour(melanin, age, rng)
    brow_colour = darken(darken(0.9 * hair_colour, 0.17), 0.36 * skin.max())
    iris_odds = [0.68, 0.29, 0.01, 0.01, 0.01] if melanin > 0.3 else [0.2, 0.25, 0.3, 0.12, 0.13]
    lips = skin * np.array([0.92, 0.58, 0.58])
    if not is_male:
        paint = LIPSTICK * rng.uniform(0.6, 1.2) * (0.45 + 0.9 * skin[0])
        lips = lips + rng.uniform(0.25, 0.75) * (paint - lips)
    if is_male:
        brows = Brows(rng.uniform(0.95, 1.35), rng.uniform(0.75, 1.0), rng.normal(0, 0.25))
    else:
        brows = Brows(rng.uniform(0.5, 0.8), rng.uniform(0.6, 0.9), rng.normal(0.25, 0.25))
    vertices = model.vertices + model.displace(shape)
    return Identity(
        vertices=vertices,
        is_male=is_male,
        age=age,
        melanin=melanin,
        skin=skin,
        lips=np.clip(lips, 0.01, 1),
        hair_colour=hair_colour,
        brow_colour=brow_colour,
        iris=IRIS_COLOURS[rng.choice(len(IRIS_COLOURS), p=iris_odds)],
        clothes=np.clip(rng.uniform(0.02, 0.5) * np.exp(rng.normal(0, 0.4, 3)), 0.01, 0.8),
        lashes=0.3 if is_male else float(rng.uniform(0.6, 1.0)),
        maps=draw_skin_maps(brows, age, melanin, rng),
        oiliness=float(rng.beta(2.5, 3.0)),
        grooming=draw_grooming(vertices, is_male, melanin, age, hair_colour, rng.spawn(1)[0]),
    )
