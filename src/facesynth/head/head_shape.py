"""The shape of a head at rest: sex, age, ancestry, build, and what is a person's own."""

import numpy as np

from facesynth.head.assets import HeadModel

ANCESTRIES = ("african", "asian", "caucasian")
HEAD_TYPES = ("oval", "round", "square", "rectangular", "diamond", "triangular")
HEAD_TYPES += ("invertedtriangular",)
HEAD_TYPE_ODDS = {
    "female": np.array([5, 3, 0.3, 1, 1.5, 0.6, 2]),
    "male": np.array([3, 2, 2.5, 3, 1.2, 1, 1]),
}
# Opposite targets of one axis end in these; a person has one of the two.
OPPOSITES = {"decr": "incr", "down": "up", "in": "out", "backward": "forward"}
OPPOSITES |= {"concave": "convex", "compress": "uncompress"}
# Standard deviation along a part's axes and of its one-way targets, cut off at two.
PART_SPREAD = {"forehead": 0.18, "eyes": 0.15, "nose": 0.21, "mouth": 0.17, "cheek": 0.26}
PART_SPREAD |= {"chin": 0.22, "ears": 0.25, "neck": 0.15, "eyebrows": 0.15, "head": 0.16}
ASYMMETRY = 0.09
# Axes that only turn, move or age the whole head, or that make ears pointed.
UNUSED = ("head-trans", "neck-trans", "head-age", "ear-shape", "ear-trans", "back-scale")

# The average head's forehead is tall for an adult, and its chin short.
OF_ADULTS = {"forehead/forehead-scale-vert-decr": 0.25, "chin/chin-height-incr": 0.12}
# What sets the sexes apart beyond MakeHuman's macro targets: jaw, brow ridge and brow height
# above all (Brown & Perrett, 1993, "What gives a face its gender?"), then lips and neck. The
# amounts here and below are set by eye.
OF_WOMEN = {
    "chin/chin-width-decr": 0.22,
    "chin/chin-bones-decr": 0.30,
    "head/head-scale-horiz-decr": 0.15,
    "eyebrows/eyebrows-trans-backward": 0.25,
    "forehead/forehead-nubian-decr": 0.10,
    "eyes/l-eye-scale-incr": 0.10,
    "mouth/mouth-upperlip-height-incr": 0.22,
    "mouth/mouth-lowerlip-height-incr": 0.18,
    "nose/nose-scale-horiz-decr": 0.25,
    "neck/neck-scale-horiz-decr": 0.60,
}
OF_MEN = {
    "chin/chin-width-incr": 0.22,
    "chin/chin-bones-incr": 0.18,
    "chin/chin-prominent-incr": 0.15,
    "eyebrows/eyebrows-trans-forward": 0.40,
    "eyebrows/eyebrows-trans-down": 0.25,
    "eyes/l-eye-scale-decr": 0.10,
    "mouth/mouth-upperlip-height-decr": 0.18,
    "nose/nose-scale-horiz-incr": 0.10,
    "neck/neck-scale-horiz-incr": 0.10,
}
# What the years have brought at 80: bags, thin lips, a nose that drops, hollow cheeks, slack
# under the chin.
OF_AGE = {
    "eyes/l-eye-bag-incr": 0.55,
    "eyes/l-eye-eyefold-down": 0.35,
    "mouth/mouth-upperlip-height-decr": 0.15,
    "mouth/mouth-upperlip-volume-decr": 0.20,
    "mouth/mouth-laugh-lines-in": 0.30,
    "mouth/mouth-angles-down": 0.05,
    "nose/nose-point-down": 0.25,
    "cheek/l-cheek-volume-decr": 0.30,
    "neck/neck-double-incr": 0.30,
    "ears/l-ear-scale-incr": 0.25,
}
# Below this MakeHuman blends in a child; nobody's bones are younger.
YOUNGEST_SHAPE = 0.5
OLDEST_SHAPE = 0.88


def blend_three(value: float, names: tuple[str, str, str]) -> dict[str, float]:
    """Return the weights of the three named targets for a value in [0, 1], 0.5 being the middle."""
    weights = (max(0.0, 1 - 2 * value), 1 - abs(2 * value - 1), max(0.0, 2 * value - 1))
    return dict(zip(names, weights, strict=True))


def blend_macros(
    masculinity: float,
    age: float,
    ancestry: np.ndarray,
    muscle: float,
    weight: float,
) -> dict[str, float]:
    """Return the weights of MakeHuman's macro targets.

    Args:
        masculinity: in [0, 1].
        age: MakeHuman's age in [0.1875, 1]: 0.5 is 25 years, 1 is 90.
        ancestry: (3,) shares of ``ANCESTRIES``.
        muscle: in [0, 1], 0.5 being average.
        weight: in [0, 1], 0.5 being average.
    """
    ages = {"child": max(0.0, (0.5 - age) / 0.3125), "old": max(0.0, (age - 0.5) / 0.5)}
    ages["young"] = 1 - ages["child"] - ages["old"]
    tones = blend_three(muscle, ("minmuscle", "averagemuscle", "maxmuscle"))
    masses = blend_three(weight, ("minweight", "averageweight", "maxweight"))
    weights: dict[str, float] = {}
    for sex, sex_share in (("female", 1 - masculinity), ("male", masculinity)):
        for stage, age_share in ages.items():
            share = sex_share * age_share
            for name, part in zip(ANCESTRIES, ancestry, strict=True):
                weights[f"macrodetails/{name}-{sex}-{stage}"] = share * float(part)
            for tone, tone_share in tones.items():
                for mass, mass_share in masses.items():
                    name = f"macrodetails/universal-{sex}-{stage}-{tone}-{mass}"
                    weights[name] = share * tone_share * mass_share
    return weights


def list_axes(names: list[str]) -> list[tuple[str, str | None]]:
    """Return the detail targets of the head's left or middle, opposites as pairs.

    A target without an opposite has None for it. Whole-head types, asymmetries and ``UNUSED``
    are left out.
    """
    axes = []
    for name in names:
        part, detail = name.split("/")
        stem, _, end = name.rpartition("-")
        is_type = part == "head" and detail.removeprefix("head-") in HEAD_TYPES
        if part not in PART_SPREAD or detail.startswith("r-") or is_type:
            continue
        if any(word in detail for word in UNUSED):
            continue
        if end in OPPOSITES:
            axes.append((name, f"{stem}-{OPPOSITES[end]}"))
        elif end not in OPPOSITES.values():
            axes.append((name, None))
    return axes


def _draw_details(model: HeadModel, is_male: bool, rng: np.random.Generator) -> dict[str, float]:
    weights: dict[str, float] = {}
    for name, opposite in list_axes(model.target_names):
        spread = PART_SPREAD[name.split("/")[0]]
        amount = float(np.clip(rng.normal(0, spread), -2 * spread, 2 * spread))
        if amount > 0:
            weights[name] = amount
        elif opposite is not None:
            weights[opposite] = -amount
    odds = HEAD_TYPE_ODDS["male" if is_male else "female"]
    head_type = HEAD_TYPES[rng.choice(len(HEAD_TYPES), p=odds / odds.sum())]
    weights[f"head/head-{head_type}"] = float(rng.uniform(0.05, 0.45))
    for name in model.target_names:
        if name.startswith("asym/"):
            weights[name] = max(0.0, min(2 * ASYMMETRY, float(rng.normal(0, ASYMMETRY))))
    return weights


def draw_shape(
    model: HeadModel, is_male: bool, age: float, ancestry: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """Draw the weights of the targets that shape a head.

    Args:
        model: the head.
        is_male: which sex.
        age: MakeHuman's age; 0.354 is 18 years, 0.923 is 80.
        ancestry: (3,) shares of ``ANCESTRIES``.
        rng: source of the choices.
    """
    masculinity = rng.uniform(0.9, 1.0) if is_male else rng.uniform(0.0, 0.06)
    muscle, weight = np.clip(rng.normal((0.5, 0.48), (0.13, 0.16)), 0.1, 0.9)
    bones = float(np.clip(age, YOUNGEST_SHAPE, OLDEST_SHAPE))
    weights = blend_macros(float(masculinity), bones, ancestry, float(muscle), float(weight))
    old = float(np.clip((age - 0.58) / 0.34, 0, 1))
    parts = [
        (1.0, OF_ADULTS),
        (rng.uniform(0.6, 1.3), OF_MEN if is_male else OF_WOMEN),
        (old * rng.uniform(0.6, 1.2), OF_AGE),
        (1.0, _draw_details(model, is_male, rng)),
    ]
    for factor, part in parts:
        for name, amount in part.items():
            # The order in which targets are added must not depend on how strings are hashed.
            for side in dict.fromkeys((name, name.replace("/l-", "/r-"))):
                weights[side] = weights.get(side, 0.0) + factor * amount
    return {name: value for name, value in weights.items() if name in model.index and value}
