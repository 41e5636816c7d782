"""Haircuts: how long hair is where, which way it is combed, and how it curls."""

from dataclasses import dataclass

import numpy as np

from facesynth.head.mesh import normalise

SKULL = np.array([0.0, 7.55, 0.5])
CROWN = np.array([0.0, 8.35, 0.1])
UP, LEFT, AHEAD = np.eye(3)[[1, 0, 2]]
KNOTS = {"bun": ((0.0, 8.42, 0.05), (0.0, 7.6, -0.42)), "ponytail": ((0.0, 7.85, -0.42),) * 2}
"""Where tied hair meets, two choices for each style."""

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

# Styles that headwear fits over.
COVERED_STYLES_OF_MEN = {"buzzed": 0.5, "crew": 0.5}
COVERED_STYLES_OF_WOMEN = {"cap": {"long": 0.6, "bob": 0.4}, "hood": {"ponytail": 1.0}}

# Lengths of the top and of the sides, each drawn between two numbers.
LENGTHS = {
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
FRINGE_SHARES = {"pixie": 0.8, "messy": 0.4, "bob": 0.35, "long": 0.2, "wavy": 0.12}

# Measures of a ``Haircut``: a number, or two to draw between, in the order in which they are drawn.
USUAL = {
    "disorder": (0.05, 0.18),
    "lift": (0.05, 0.1),
    "rise": (0.3, 0.6),
    "bend": (0.05, 0.12),
    "gathering": (0.5, 0.8),
    "curl_radius": 0.004,
    "curl_length": 1.0,
}
_SMOOTH = {"lift": (0.08, 0.16), "gathering": (0.45, 0.8)}
_SMOOTH |= {"curl_radius": (0.0, 0.02), "curl_length": (0.8, 1.6)}
_TIED = {"lift": (0.02, 0.05), "rise": 0.15, "gathering": (0.2, 0.4)}
OF_STYLE = {
    "buzzed": {"lift": 0.0, "rise": 0.8, "bend": 1.0, "gathering": 0.0, "disorder": 0.5},
    "crew": {"rise": 0.75, "bend": 0.3, "gathering": 0.35, "disorder": 0.3},
    "messy": {"disorder": (0.35, 0.6), "lift": (0.08, 0.18)},
    "bob": _SMOOTH,
    "long": _SMOOTH,
    "wavy": {"lift": (0.12, 0.22), "gathering": (0.6, 0.85)}
    | {"curl_radius": (0.03, 0.07), "curl_length": (0.6, 1.0)},
    "curls": {"lift": (0.1, 0.2), "rise": 0.8, "bend": (0.15, 0.3), "gathering": (0.45, 0.7)}
    | {"curl_radius": (0.05, 0.08), "curl_length": (0.22, 0.35), "disorder": (0.3, 0.5)},
    "afro": {"lift": 0.0, "rise": 1.0, "bend": 1.0, "gathering": 0.1, "disorder": 0.2}
    | {"curl_radius": (0.035, 0.055), "curl_length": (0.1, 0.16)},
    "bun": _TIED,
    "ponytail": _TIED,
}
"""What differs from the usual."""
# Combed on top: to the side, up and back; combed at the sides: down and back.
OVER_TOP = {"parted": (1.0, 0.25, 0.25, 1.0, 0.45), "swept": (0.25, 0.0, 1.0, 0.6, 0.8)}
TIGHT = {"curl_radius": (0.03, 0.05), "curl_length": (0.2, 0.35)}


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
    recession: float
    thinning: float
    knot: tuple[float, float, float] | None


def choose_style(is_male: bool, tight: bool, headwear: str, rng: np.random.Generator) -> str:
    """Draw the name of a style that suits tight curls or loose ones and fits under headwear."""
    styles = STYLES_OF_MEN if is_male else STYLES_OF_WOMEN
    if tight:
        styles = STYLES_OF_TIGHT_CURLS[is_male]
    if headwear != "none":
        styles = COVERED_STYLES_OF_MEN if is_male else COVERED_STYLES_OF_WOMEN[headwear]
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
        KeyError: there is no such style.
    """
    uniform = rng.uniform

    def draw(measures):
        return {
            name: uniform(*value) if isinstance(value, tuple) else value
            for name, value in measures.items()
        }

    top, sides = LENGTHS[style]
    age_share = float(np.clip((age - 0.58) / 0.3, 0, 1)) * is_male
    wants_fringe = rng.random() < FRINGE_SHARES.get(style, 0.0)
    measures = draw(USUAL)
    measures |= draw(OF_STYLE.get(style, {}))
    if tight and style not in ("buzzed", "afro", "bun"):
        measures |= draw(TIGHT)
        measures["disorder"] = max(measures["disorder"], 0.25)
    return Haircut(
        style=style,
        top=uniform(*top),
        sides=uniform(*sides),
        **measures,
        parting=float(rng.choice([-1, 1]) * uniform(0.0, 0.34)),
        fringe=uniform(7.56, 7.72) if wants_fringe else 0.0,
        recession=uniform(0, 0.05) + is_male * uniform(0, 0.08) + 0.35 * age_share,
        thinning=age_share * uniform(0.2, 1.0) if rng.random() < 0.5 else 0.0,
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

    def over_top(points, share):
        sidewards, upwards, backwards, down, back_down = OVER_TOP[cut.style]
        top = sidewards * side * LEFT + upwards * front * UP - backwards * AHEAD
        below = -down * UP - back_down * AHEAD
        high = height(points)
        return normalise(along_skin(points, top) * high + along_skin(points, below) * (1 - high))

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

    flows = {"bob": hanging, "long": hanging, "wavy": hanging, "parted": over_top}
    flows |= {"swept": over_top, "messy": forwards, "pixie": forwards, "crew": upright}
    flows |= {"buzzed": upright, "afro": upright, "curls": outwards, "bun": back, "ponytail": back}
    return flows[cut.style]
