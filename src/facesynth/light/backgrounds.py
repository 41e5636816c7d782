"""What stands behind the head, out of focus. Radiances are linear RGB; 1 is a lit white wall."""

import cv2
import numpy as np

from facesynth.light.lights import LUMINANCE, Lighting

BACKGROUND_SIZE = 128

# Reflectances of walls: whites and creams, greys, then stronger paints, wood and brick.
WALLS = np.array(
    [
        [0.78, 0.76, 0.72],
        [0.70, 0.64, 0.52],
        [0.56, 0.48, 0.37],
        [0.45, 0.44, 0.42],
        [0.20, 0.20, 0.20],
        [0.24, 0.29, 0.34],
        [0.30, 0.34, 0.27],
        [0.34, 0.17, 0.10],
        [0.22, 0.12, 0.06],
        [0.05, 0.07, 0.12],
    ]
)
WALL_ODDS = np.array([6, 4, 3, 3, 1.5, 1.2, 0.8, 0.6, 1, 0.7])
WALL_ODDS = WALL_ODDS / WALL_ODDS.sum()
BACKDROPS = np.array(
    [
        [0.80, 0.80, 0.79],
        [0.36, 0.36, 0.36],
        [0.14, 0.14, 0.145],
        [0.03, 0.03, 0.032],
        [0.16, 0.12, 0.09],
        [0.10, 0.14, 0.20],
    ]
)
LEAVES = np.array([[0.05, 0.09, 0.018], [0.11, 0.15, 0.035], [0.025, 0.05, 0.016]])
LAMPS = np.array([[1.0, 0.62, 0.25], [1.0, 0.8, 0.5], [1.0, 0.95, 0.85], [1.0, 0.16, 0.06]])
LAMPS = np.concatenate([LAMPS, [[0.35, 0.9, 0.55], [0.4, 0.6, 1.0]]])
LAMP_ODDS = [0.38, 0.25, 0.17, 0.1, 0.05, 0.05]


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return x to the right and y down, (size, size) in [0, 1]."""
    y, x = np.mgrid[0 : 1 : BACKGROUND_SIZE * 1j, 0 : 1 : BACKGROUND_SIZE * 1j]
    return x.astype(np.float32), y.astype(np.float32)


def _clouds(rng: np.random.Generator, cells: int, octaves: int = 3) -> np.ndarray:
    """Return (size, size) smooth noise of several scales with unit deviation."""
    total = np.zeros((BACKGROUND_SIZE, BACKGROUND_SIZE), np.float32)
    for k in range(octaves):
        noise = rng.standard_normal((cells << k, cells << k)).astype(np.float32)
        side = (BACKGROUND_SIZE, BACKGROUND_SIZE)
        total += 0.6**k * cv2.resize(noise, side, interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / total.std()


def _paint(rng: np.random.Generator) -> np.ndarray:
    """Draw a wall's reflectance, (3,)."""
    return _vary(WALLS[rng.choice(len(WALLS), p=WALL_ODDS)], rng)


def _vary(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a (3,) reflectance near the given one, hardly another hue."""
    return np.clip(colour * np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.025, 3)), 0.004, 0.92)


def _fill(image, left, top, right, bottom, colour) -> None:
    """Paint a rectangle given in shares of the side."""
    corners = [round(value * BACKGROUND_SIZE) for value in (left, top, right, bottom)]
    cv2.rectangle(image, corners[:2], corners[2:], [float(value) for value in colour], -1)


def _dot(image, x, y, radius, colour) -> None:
    centre = (round(x * BACKGROUND_SIZE), round(y * BACKGROUND_SIZE))
    radius = max(1, round(radius * BACKGROUND_SIZE))
    cv2.circle(image, centre, radius, [float(value) for value in colour], -1)


def _lit_wall(rng: np.random.Generator, paint: np.ndarray) -> np.ndarray:
    """A lit wall: light falls off from somewhere, with a little unevenness."""
    x, y = _grid()
    from_x, from_y, reach = rng.uniform(-0.3, 1.3), rng.uniform(-0.5, 0.7), rng.uniform(0.6, 1.6)
    falloff = 1 / (1 + ((x - from_x) ** 2 + (y - from_y) ** 2) / reach**2)
    level = rng.uniform(0.45, 1.15) * falloff * (1 + 0.02 * _clouds(rng, 4))
    return level[..., None] * paint.astype(np.float32)


def _wall(rng: np.random.Generator) -> np.ndarray:
    """A plain wall."""
    return _lit_wall(rng, _paint(rng))


def _corner(rng: np.random.Generator) -> np.ndarray:
    paint = _paint(rng)
    image, other = _lit_wall(rng, paint), _lit_wall(rng, paint)
    x, y = _grid()
    edge = rng.choice([rng.uniform(0.0, 0.3), rng.uniform(0.7, 1.0)])
    beyond = x > edge + rng.uniform(-0.05, 0.05) * y
    image[beyond] = rng.uniform(0.5, 0.85) * other[beyond]
    image *= (1 - 0.25 * np.exp(-np.abs(x - edge) / 0.05))[..., None]
    if rng.random() < 0.4:
        ceiling = y < rng.uniform(0.05, 0.2) + 0.25 * np.abs(x - edge)
        image[ceiling] = rng.uniform(0.5, 0.9) * np.array([0.8, 0.79, 0.76])
    return image


def _window(rng: np.random.Generator) -> np.ndarray:
    image = 0.55 * _wall(rng)
    width, height = rng.uniform(0.35, 0.8), rng.uniform(0.5, 1.0)
    left, top = rng.uniform(-0.3, 1.1 - width / 2), rng.uniform(-0.4, 0.15)
    frame = rng.choice([0.75, 0.75, 0.1]) * np.array([1.0, 0.98, 0.94])
    view = rng.uniform(1.2, 3.2) * np.array([0.95, 1.0, 1.06])
    _fill(image, left - 0.03, top - 0.03, left + width + 0.03, top + height + 0.03, 0.6 * frame)
    _fill(image, left, top, left + width, top + height, view)
    if rng.random() < 0.5:
        outside = 0.35 * view * _vary(np.array([0.6, 0.75, 0.5]), rng)
        _fill(
            image, left, top + height * rng.uniform(0.5, 0.8), left + width, top + height, outside
        )
    bars = int(rng.integers(1, 3))
    for k in range(bars):
        at = left + width * (k + 1) / (bars + 1)
        _fill(image, at - 0.012, top, at + 0.012, top + height, 0.5 * frame)
    at = top + height * rng.uniform(0.3, 0.6)
    _fill(image, left, at - 0.012, left + width, at + 0.012, 0.5 * frame)
    return image


def _curtain(rng: np.random.Generator) -> np.ndarray:
    image = _wall(rng)
    x, y = _grid()
    folds = np.sin(2 * np.pi * (rng.uniform(4, 10) * x + 0.2 * _clouds(rng, 2, 1)))
    return image * (0.8 + 0.25 * folds + 0.03 * y)[..., None]


def _shelves(rng: np.random.Generator) -> np.ndarray:
    wood = _vary(WALLS[rng.choice([0, 2, 8])], rng)
    image = np.full((BACKGROUND_SIZE, BACKGROUND_SIZE, 3), 0.25 * wood, np.float32)
    gap = rng.uniform(0.22, 0.4)
    for shelf in np.arange(rng.uniform(-0.2, 0.1), 1.2, gap):
        x = 0.0
        while x < 1:
            width = rng.uniform(0.015, 0.06)
            if rng.random() < 0.85:
                grey, hue = rng.uniform(0.02, 0.4), np.exp(rng.normal((0.1, 0, -0.1), 0.22))
                top = shelf + gap * rng.uniform(0.1, 0.45)
                _fill(image, x, top, x + width, shelf + gap, np.clip(grey * hue, 0.01, 0.8))
            x += width
        _fill(image, 0, shelf + gap - 0.03, 1, shelf + gap, 0.8 * wood)
    return image * rng.uniform(0.4, 0.9)


def _pictures(rng: np.random.Generator) -> np.ndarray:
    """A wall with a door or pictures in frames."""
    image = _wall(rng)
    if rng.random() < 0.45:
        left, width = rng.choice([rng.uniform(-0.25, 0.05), rng.uniform(0.65, 0.95)]), 0.36
        door, top = _vary(WALLS[rng.choice([0, 0, 8, 8, 3])], rng), rng.uniform(0.0, 0.2)
        _fill(image, left - 0.03, top - 0.03, left + width + 0.03, 1.1, 0.75 * door)
        _fill(image, left, top, left + width, 1.1, 0.6 * door)
        return image
    for _ in range(int(rng.integers(1, 4))):
        left, top = rng.uniform(-0.15, 0.95), rng.uniform(-0.15, 0.6)
        width, height = rng.uniform(0.15, 0.35, 2)
        _fill(
            image, left, top, left + width, top + height, rng.choice([0.02, 0.1, 0.5]) * np.ones(3)
        )
        inner = (left + 0.02, top + 0.02, left + width - 0.02, top + height - 0.02)
        _fill(image, *inner, _vary(np.array([0.5, 0.48, 0.42]), rng))
        middle = (left + 0.06, top + 0.06, left + width - 0.06, top + height - 0.06)
        _fill(image, *middle, _vary(WALLS[rng.integers(len(WALLS))], rng))
    return image


def _people(rng: np.random.Generator, behind: np.ndarray) -> np.ndarray:
    """Other people in the background: heads and shoulders that nobody will recognise."""
    image = behind.copy()
    for _ in range(int(rng.integers(1, 4))):
        x = rng.choice([rng.uniform(-0.05, 0.2), rng.uniform(0.8, 1.05)])
        y, scale = rng.uniform(0.3, 0.6), rng.uniform(0.05, 0.09)
        skin = np.array([0.5, 0.3, 0.2]) * rng.uniform(0.25, 1.0)
        cloth = np.clip(rng.uniform(0.01, 0.4) * np.exp(rng.normal(0, 0.25, 3)), 0.005, 0.6)
        _fill(image, x - 2.2 * scale, y + 1.7 * scale, x + 2.2 * scale, 1.1, cloth)
        _dot(image, x, y - 0.3 * scale, 1.1 * scale, rng.choice([0.015, 0.03, 0.1]) * np.ones(3))
        _dot(image, x, y + 0.15 * scale, 0.85 * scale, skin)
    return image


def _foliage(rng: np.random.Generator) -> np.ndarray:
    leaves = LEAVES * np.exp(rng.normal(0, 0.2) + np.array([rng.normal(0.1, 0.2), 0, 0]))
    large, small = _clouds(rng, 3), _clouds(rng, 14)
    image = leaves[0] + (leaves[1] - leaves[0]) * np.clip(0.5 + 0.5 * small, 0, 1)[..., None]
    image = image.astype(np.float32)
    image *= np.exp(0.55 * large + 0.3 * small)[..., None] * rng.uniform(0.7, 1.8)
    for _ in range(int(rng.integers(0, 40))):
        place = rng.uniform(0, 1, 2) ** (1.0, 1.4)
        glint = rng.uniform(0.6, 4.0) * np.array([0.95, 1.0, 0.75])
        _dot(image, *place, rng.uniform(0.004, 0.012), glint)
    return image


def _sky(rng: np.random.Generator) -> np.ndarray:
    """Sky from the top of the picture to the horizon: pale below, bluer above, or clouded."""
    _, y = _grid()
    clear = np.clip(rng.uniform(0, 1.3), 0, 1)
    zenith = np.array([0.9, 0.95, 1.0]) + clear * (np.array([0.25, 0.5, 0.95]) - 0.95)
    blend = np.clip(y, 0, 1)[..., None] ** 0.8
    image = zenith + (np.array([0.95, 1.0, 1.04]) - zenith) * blend
    clouds = np.clip(0.6 * _clouds(rng, 3), 0, 1)[..., None] * rng.uniform(0, 1)
    return (rng.uniform(0.8, 2.0) * (image + (1.15 - image) * clouds)).astype(np.float32)


def _horizon(rng: np.random.Generator) -> np.ndarray:
    image = _sky(rng)
    x, y = _grid()
    line, tilt = rng.uniform(0.3, 0.8), rng.normal(0, 0.02)
    grounds = [[0.08, 0.12, 0.03], [0.38, 0.31, 0.20], [0.10, 0.16, 0.19], [0.22, 0.21, 0.20]]
    ground = _vary(np.array(grounds[rng.integers(4)]), rng)
    below = y > line + tilt * (x - 0.5)
    texture = np.exp(0.15 * _clouds(rng, 8))[..., None]
    image[below] = (ground * texture)[below] * rng.uniform(0.7, 1.4)
    if rng.random() < 0.75:
        ridge = line - rng.uniform(0.02, 0.3) * (0.7 + 0.3 * _clouds(rng, 4)[:1])
        far = (y > ridge) & ~below
        haze = (
            np.array([0.12, 0.15, 0.17]) if rng.random() < 0.4 else rng.uniform(0.6, 2) * LEAVES[0]
        )
        image[far] = (haze * np.exp(0.25 * _clouds(rng, 10))[..., None])[far]
    return image


def _street(rng: np.random.Generator) -> np.ndarray:
    image = _sky(rng)
    x = rng.uniform(-0.3, 0.0)
    while x < 1.05:
        width, top = rng.uniform(0.2, 0.5), rng.choice([-0.1, rng.uniform(-0.1, 0.5)])
        front = _vary(WALLS[rng.choice([1, 2, 3, 4, 5, 7])], rng) * rng.uniform(0.3, 0.9)
        _fill(image, x, top, x + width, 1.1, front)
        step, storey = rng.uniform(0.06, 0.12), rng.uniform(0.09, 0.18)
        pane = front * rng.uniform(0.15, 0.5) + rng.choice([0, 0, 0.3]) * np.array([0.8, 0.9, 1])
        for row in np.arange(top + 0.05, 0.8, storey):
            for column in np.arange(x + 0.03, x + width - 0.6 * step, step):
                _fill(image, column, row, column + 0.5 * step, row + 0.6 * storey, pane)
        x += width
    street = rng.uniform(0.8, 0.95)
    _fill(image, 0, street, 1.1, 1.1, np.array([0.2, 0.19, 0.18]))
    if rng.random() < 0.4:
        leaves = _foliage(rng)
        x, y = _grid()
        crown = (x - rng.choice([0.0, 1.0])) ** 2 + (y - 0.25) ** 2 < rng.uniform(0.2, 0.4) ** 2
        image[crown] = leaves[crown]
    return image


def _sunset(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    stops = np.array([[0.16, 0.22, 0.36], [0.45, 0.38, 0.42], [1.1, 0.62, 0.32], [1.5, 0.95, 0.45]])
    stops = stops * rng.uniform(0.45, 1.0)
    line = rng.uniform(0.5, 0.85)
    height = np.clip(y / line, 0, 1)
    image = np.stack([np.interp(height, (0, 0.45, 0.85, 1), stops[:, c]) for c in range(3)], -1)
    glow = np.exp(-((x - rng.uniform(0, 1)) ** 2 + (y - line) ** 2) / rng.uniform(0.01, 0.1))
    image = image + glow[..., None] * np.array([2.5, 1.5, 0.6])
    ridge = line - 0.12 * np.clip(0.5 + 0.5 * _clouds(rng, 5)[:1], 0, 1)
    image[y > ridge] = np.array([0.03, 0.025, 0.025]) * rng.uniform(0.5, 2)
    return image.astype(np.float32)


def _night(rng: np.random.Generator) -> np.ndarray:
    """Lamps in the dark, indoors or in a street."""
    image = 0.02 * np.exp(0.8 * _clouds(rng, 3))[..., None] * np.array([1.0, 0.8, 0.62])
    image = np.ascontiguousarray(image * rng.uniform(0.3, 2.5), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        left, top = rng.uniform(-0.2, 1, 2)
        shade = rng.uniform(0.01, 0.12) * _vary(np.array([1, 0.75, 0.5]), rng)
        _fill(image, left, top, left + rng.uniform(0.1, 0.5), top + rng.uniform(0.2, 0.8), shade)
    for _ in range(int(rng.integers(3, 26))):
        lamp = LAMPS[rng.choice(len(LAMPS), p=LAMP_ODDS)] * rng.uniform(2, 14)
        _dot(image, *rng.uniform(0, 1, 2), rng.uniform(0.004, 0.012), lamp)
    return image


def _backdrop(rng: np.random.Generator) -> np.ndarray:
    """A studio's paper or canvas, brighter behind the head."""
    x, y = _grid()
    paint = _vary(BACKDROPS[rng.choice(len(BACKDROPS), p=[0.3, 0.25, 0.15, 0.12, 0.1, 0.08])], rng)
    distance = ((x - rng.uniform(0.3, 0.7)) ** 2 + (y - rng.uniform(0.2, 0.7)) ** 2) ** 0.5
    level = 1 - rng.uniform(0.1, 0.8) * np.clip(distance / 0.8, 0, 1) ** 1.5
    level = level * np.exp(rng.choice([0.01, 0.12]) * _clouds(rng, 3))
    return (rng.uniform(0.6, 1.25) * level[..., None] * paint).astype(np.float32)


def blur_disc(image: np.ndarray, radius: float) -> np.ndarray:
    """Blur (h, w, 3) as an open aperture does: each point becomes a disc of that radius, pixels."""
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(image, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)


SCENERY = {
    "room": {_wall: 3, _corner: 2, _pictures: 2, _shelves: 1.5, _curtain: 0.8, _window: 0.7},
    "window": {_window: 1.5, _corner: 2, _wall: 2, _pictures: 1, _shelves: 1, _curtain: 0.6},
    "studio": {_backdrop: 1},
    "shade": {_foliage: 2, _street: 2, _horizon: 1.5, _wall: 0.7},
    "sun": {_foliage: 1.5, _horizon: 2, _street: 1.5, _wall: 0.5},
    "evening": {_sunset: 1, _street: 0.5, _foliage: 0.5},
    "flash": {_night: 2, _wall: 1, _corner: 0.5, _curtain: 0.3},
}
"""What is seen in each kind of place, and how often."""


def draw_background(place: str, light: Lighting, rng: np.random.Generator) -> np.ndarray:
    """Draw what is behind the head: (128, 128, 3) float32 linear radiance.

    Args:
        place: one of :data:`~facesynth.light.lights.PLACES`.
        light: its light, which colours the background.
        rng: source of the choices.
    """
    odds = np.array(list(SCENERY[place].values()), float)
    scenery = list(SCENERY[place])[rng.choice(len(odds), p=odds / odds.sum())]
    image = scenery(rng)
    if place not in ("studio", "sun") and rng.random() < 0.12:
        image = _people(rng, image)
    dimming = rng.uniform(0.15, 0.5) if place == "flash" and scenery is not _night else 1.0
    colour = light.around / (light.around @ LUMINANCE)
    radius = BACKGROUND_SIZE * np.exp(rng.uniform(np.log(0.012), np.log(0.09)))
    if scenery in (_shelves, _night, _foliage):
        radius = max(radius, 0.025 * BACKGROUND_SIZE)
    image = blur_disc(np.ascontiguousarray(dimming * image * colour, np.float32), radius)
    return np.maximum(image, 0)
