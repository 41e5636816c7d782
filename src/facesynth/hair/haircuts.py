"""Haircuts: how long hair is where, which way it is combed, and how it curls."""

from dataclasses import dataclass

import numpy as np

from facesynth.hair.strands import normalise

SKULL = np.array([0.0, 7.55, 0.5])
CROWN = np.array([0.0, 8.35, 0.1])
KNOTS = {"bun": ((0.0, 8.42, 0.05), (0.0, 7.6, -0.42)), "ponytail": ((0.0, 7.85, -0.42),) * 2}
"""Where tied hair meets, two choices for each style."""
UP, LEFT, AHEAD = np.eye(3)[[1, 0, 2]]

STYLES_OF_MEN = {
    "bald": 0.07,
    "buzzed": 0.16,
    "crew": 0.17,
    "parted": 0.2,
    "swept": 0.12,
    "messy": 0.15,
    "curls": 0.08,
    "long": 0.05,
}
STYLES_OF_WOMEN = {
    "crew": 0.02,
    "pixie": 0.1,
    "bob": 0.17,
    "long": 0.3,
    "wavy": 0.2,
    "curls": 0.05,
    "bun": 0.08,
    "ponytail": 0.08,
}
STYLES_OF_TIGHT_CURLS = {
    True: {"bald": 0.12, "buzzed": 0.4, "afro": 0.22, "curls": 0.18, "crew": 0.08},
    False: {"buzzed": 0.08, "afro": 0.28, "curls": 0.26, "bun": 0.18, "wavy": 0.1, "long": 0.1},
}
"""For hair that curls tightly, for men and for women."""

STYLES_UNDER_COVER = {
    (True, False): {"buzzed": 0.5, "crew": 0.5},
    (True, True): {"buzzed": 0.5, "crew": 0.5},
    (False, False): {"long": 0.6, "bob": 0.4},
    (False, True): {"ponytail": 1.0},
}
"""For hair that headwear fits over: for men and for women, caps first, then hoods."""


@dataclass(frozen=True)
class Haircut:
    """A haircut; lengths in decimetres.

    Attributes:
        style: one of the names above, but for "bald".
        top, sides: lengths.
        lift: least height over the skin of the hair as a whole.
        rise: in [0, 1], how upright hair leaves the skin.
        bend: length over which it turns to where it is combed.
        gathering: in [0, 1], how far the tips of a lock come together.
        curl_radius, curl_length: of a coil, and the length of strand that one turn takes.
        disorder: spread of directions, radians.
        parting: where the hair divides, to the head's left.
        fringe: height at which hair over the forehead ends; 0 for none.
        tight: whether the curls are tight.
        recession: how far the hairline has gone back at the temples.
        thinning: in [0, 1], how bare the crown is.
        knot: where tied hair meets; None for loose hair.
    """

    style: str
    top: float
    sides: float
    lift: float
    rise: float
    bend: float
    gathering: float
    curl_radius: float
    curl_length: float
    disorder: float
    parting: float
    fringe: float
    tight: bool
    recession: float
    thinning: float
    knot: tuple[float, float, float] | None


def choose_style(is_male: bool, tight: bool, headwear: str, rng: np.random.Generator) -> str:
    """Draw the name of a style that suits tight curls or loose ones and fits under headwear."""
    styles = STYLES_OF_MEN if is_male else STYLES_OF_WOMEN
    if tight:
        styles = STYLES_OF_TIGHT_CURLS[is_male]
    if headwear != "none":
        styles = STYLES_UNDER_COVER[is_male, headwear == "hood"]
    odds = np.array(list(styles.values()))
    return str(rng.choice(list(styles), p=odds / odds.sum()))


def draw_haircut(
    style: str, is_male: bool, tight: bool, age: float, rng: np.random.Generator
) -> Haircut:
    """Draw the measures of a haircut.

    Args:
        style: which; "bald" has none.
        is_male: men's hair recedes and thins with age.
        tight: whether the hair curls tightly.
        age: MakeHuman's age, 0.5 being 25 years and 1 being 90.
        rng: source of the choices.

    Raises:
        ValueError: there is no such style.
    """
    uniform = rng.uniform
    lengths = {
        "buzzed": ((0.03, 0.06), (0.02, 0.045)),
        "crew": ((0.14, 0.3), (0.05, 0.1)),
        "parted": ((0.35, 0.65), (0.1, 0.2)),
        "swept": ((0.55, 0.9), (0.12, 0.3)),
        "messy": ((0.4, 0.75), (0.2, 0.4)),
        "curls": ((0.4, 0.75), (0.22, 0.5)),
        "afro": ((0.15, 0.6), (0.3, 0.8)),
        "pixie": ((0.55, 0.85), (0.3, 0.5)),
        "bob": ((1.7, 2.1), (1.1, 1.5)),
        "long": ((2.8, 4.2), (2.2, 3.6)),
        "wavy": ((2.6, 4.0), (2.0, 3.4)),
        "bun": ((1.2, 1.3), (0.9, 1.0)),
        "ponytail": ((1.2, 1.3), (0.9, 1.0)),
    }
    if style not in lengths:
        raise ValueError(f"There is no haircut called {style}; choose of {', '.join(lengths)}.")
    (low_top, high_top), (low_sides, high_sides) = lengths[style]
    age_share = float(np.clip((age - 0.58) / 0.3, 0, 1)) * is_male
    forward = {"pixie": 0.8, "messy": 0.4, "bob": 0.35, "long": 0.2, "wavy": 0.12, "crew": 0.0}
    wants_fringe = rng.random() < forward.get(style, 0.0)
    curl_radius, curl_length, disorder = 0.004, 1.0, uniform(0.05, 0.18)
    lift, rise, bend = uniform(0.05, 0.1), uniform(0.3, 0.6), uniform(0.05, 0.12)
    gathering = uniform(0.5, 0.8)
    if style == "buzzed":
        lift, rise, bend, gathering, disorder = 0.0, 0.8, 1.0, 0.0, 0.5
    elif style == "crew":
        rise, bend, gathering, disorder = 0.75, 0.3, 0.35, 0.3
    elif style == "messy":
        disorder, lift = uniform(0.35, 0.6), uniform(0.08, 0.18)
    elif style in ("bob", "long"):
        lift, gathering = uniform(0.08, 0.16), uniform(0.45, 0.8)
        curl_radius, curl_length = uniform(0.0, 0.02), uniform(0.8, 1.6)
    elif style == "wavy":
        lift, gathering = uniform(0.12, 0.22), uniform(0.6, 0.85)
        curl_radius, curl_length = uniform(0.03, 0.07), uniform(0.6, 1.0)
    elif style == "curls":
        lift, rise, bend = uniform(0.1, 0.2), 0.8, uniform(0.15, 0.3)
        gathering = uniform(0.45, 0.7)
        curl_radius, curl_length = uniform(0.05, 0.08), uniform(0.22, 0.35)
        disorder = uniform(0.3, 0.5)
    elif style == "afro":
        lift, rise, bend, gathering, disorder = 0.0, 1.0, 1.0, 0.1, 0.2
        curl_radius, curl_length = uniform(0.035, 0.055), uniform(0.1, 0.16)
    elif style in ("bun", "ponytail"):
        lift, rise, gathering = uniform(0.02, 0.05), 0.15, uniform(0.2, 0.4)
    if tight and style not in ("buzzed", "afro", "bun"):
        curl_radius, curl_length = uniform(0.03, 0.05), uniform(0.2, 0.35)
        disorder = max(disorder, 0.25)
    return Haircut(
        style=style,
        top=float(uniform(low_top, high_top)),
        sides=float(uniform(low_sides, high_sides)),
        lift=float(lift),
        rise=float(rise),
        bend=float(bend),
        gathering=float(gathering),
        curl_radius=float(curl_radius),
        curl_length=float(curl_length),
        disorder=float(disorder),
        parting=float(rng.choice([-1, 1]) * uniform(0.0, 0.34)),
        fringe=float(uniform(7.56, 7.72)) if wants_fringe else 0.0,
        tight=tight,
        recession=float(uniform(0, 0.05) + is_male * uniform(0, 0.08) + 0.35 * age_share),
        thinning=float(age_share * uniform(0.2, 1.0) if rng.random() < 0.5 else 0.0),
        knot=KNOTS[style][int(rng.random() < 0.4)] if style in KNOTS else None,
    )


def hair_length(cut: Haircut, canonical: np.ndarray) -> np.ndarray:
    """Return (n,) decimetres for roots at (n, 3) points of the average head."""
    height = np.clip((canonical[:, 1] - 7.55) / 0.55, 0, 1)
    length = cut.sides + (cut.top - cut.sides) * height**1.3
    if cut.style == "afro":
        # Cut to a ball, shorter towards the neck and in front of the ears.
        ball = 0.55 + cut.top - 0.72 * (np.linalg.norm(canonical - SKULL, axis=1) - 0.6)
        fading = np.clip((canonical[:, 1] - 6.9) / 0.6, 0.15, 1)
        return np.clip((ball - 0.45) * fading, 0.06, None)
    # Over the round of the forehead down to where the fringe ends.
    down = 0.8 * (1.4 - canonical[:, 2]) + 1.15 * (canonical[:, 1] - cut.fringe)
    return np.where(over_forehead(cut, canonical), np.maximum(down, 0.1), length)


def over_forehead(cut: Haircut, canonical: np.ndarray) -> np.ndarray:
    """Return (n,) bool, which roots make the fringe."""
    x, y, z = canonical.T
    return (cut.fringe > 0) & (np.abs(x) < 0.5) & (y > 7.75) & (z > 0.75)


def comb(cut: Haircut, canonical: np.ndarray):
    """Return the flow that hair of (k, 3) roots follows, for ``grow_guides``."""
    x, y, z = canonical.T
    side = np.tanh((x - cut.parting) / 0.05)[:, None]
    front = np.clip((z - 0.75) / 0.5, 0, 1)[:, None]
    on_top = np.clip((y - 7.85) / 0.3, 0, 1)[:, None]
    fringe = over_forehead(cut, canonical)[:, None]

    def along_skin(points, direction):
        outwards = normalise(points - SKULL)
        return normalise(direction - (direction * outwards).sum(axis=1, keepdims=True) * outwards)

    def hanging(points, share):
        high = np.clip((points[:, 1:2] - 7.55) / 0.5, 0, 1)
        aside = np.where(fringe, 0.35 * side, side)
        ahead = np.where(fringe, 1.0, -0.30 * front)
        draped = along_skin(points, 1.3 * high * aside * LEFT + ahead * AHEAD * high - 1.0 * UP)
        # Below the widest part of the head hair falls freely.
        free = np.clip((7.35 - points[:, 1:2]) / 0.25, 0, 1)
        flow = draped + free * (-UP - 0.12 * AHEAD * front - draped)
        # Off the face.
        on_face = np.clip((points[:, 2:3] - 0.8) / 0.2, 0, 1) * (points[:, 1:2] < 7.9) * ~fringe
        nearer_side = np.sign(points[:, :1] + 1e-3)
        return normalise(flow + on_face * (0.3 * nearer_side * LEFT - 0.9 * AHEAD))

    def height(points):
        """Return (k, 1), 1 on top of the head and 0 at its sides."""
        return np.clip((points[:, 1:2] - 7.75) / 0.35, 0, 1)

    def parted(points, share):
        top = along_skin(points, side * LEFT + 0.25 * front * UP - 0.25 * AHEAD)
        down = along_skin(points, -UP - 0.45 * AHEAD)
        return normalise(top * height(points) + down * (1 - height(points)))

    def swept(points, share):
        top = along_skin(points, -AHEAD + 0.25 * side * LEFT)
        down = along_skin(points, -0.6 * UP - 0.8 * AHEAD)
        return normalise(top * height(points) + down * (1 - height(points)))

    def forwards(points, share):
        high = height(points)
        away = normalise(points - CROWN)
        lean = np.sign(cut.parting) * 0.4 * LEFT
        top = along_skin(points, away + 0.4 * AHEAD * fringe + lean * high)
        down = along_skin(points, -UP - 0.3 * AHEAD)
        upright = 0.3 * normalise(points - SKULL) * (1 - fringe)
        return normalise(top * high + down * (1 - high) + upright * (0.4 + 0.6 * high))

    def upright(points, share):
        return normalise(normalise(points - SKULL) + 0.25 * on_top * AHEAD * front)

    def outwards(points, share):
        return normalise(0.6 * normalise(points - SKULL) - (0.3 + 0.6 * share) * UP)

    def back(points, share):
        return along_skin(points, np.array(cut.knot) - points)

    flows = {"bob": hanging, "long": hanging, "wavy": hanging, "parted": parted}
    flows |= {"swept": swept, "messy": forwards, "pixie": forwards, "crew": upright}
    flows |= {"buzzed": upright, "afro": upright, "curls": outwards, "bun": back, "ponytail": back}
    return flows[cut.style]
