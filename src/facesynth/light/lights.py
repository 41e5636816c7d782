"""Where a photograph is taken and how that place is lit."""

from dataclasses import dataclass, replace

import numpy as np

PLACES = {
    "room": 0.24,
    "window": 0.16,
    "studio": 0.17,
    "shade": 0.17,
    "sun": 0.12,
    "evening": 0.06,
    "flash": 0.08,
}
"""Kinds of place and how often they are drawn (scaled to a sum of 1)."""

# The key light, each a number or two to draw between: azimuth and elevation (radians), angular
# radius (radians), colour (kelvin), and to which colour the camera is set.
KEY_LIGHTS = {
    "room": ((0, 1.0), (0.25, 0.95), (0.12, 0.5), (2800, 4500), 3700),
    "window": ((0.4, 1.25), (0.0, 0.45), (0.35, 0.7), (5500, 7500), 5800),
    "studio": ((0.1, 0.95), (0.2, 0.7), (0.2, 0.5), (5200, 5800), 5500),
    "shade": ((0, 1.0), (0.5, 1.1), (0.6, 0.8), (6000, 7500), 6500),
    "sun": ((0.1, 1.3), (0.3, 0.85), (0.012, 0.05), (4800, 5600), 5300),
    "evening": ((0.3, 1.3), (0.05, 0.3), (0.03, 0.3), (3200, 4300), 4400),
    "flash": ((0.0, 0.12), (0.05, 0.2), (0.02, 0.06), (5200, 5800), 5400),
}
# What is around, likewise: its colour (kelvin), its light beside the key light's, the large
# light's, the ground's beside the sky's (None for the usual), the light's from behind, and how
# often there is one behind.
SURROUNDINGS = {
    "room": ((3000, 4800), (0.25, 0.75), (0, 0.25), None, 0.5, 0.12),
    "window": ((4200, 5600), (0.15, 0.5), (0, 0.15), None, 0.0, 0.0),
    "studio": (5500, (0.1, 0.4), (0.05, 0.35), None, (0.5, 1.3), 0.35),
    "shade": ((6000, 8000), (0.5, 1.1), 0.0, None, 0.8, 0.15),
    "sun": ((7000, 10000), (0.25, 0.5), 0.0, (0.6, 1.0), 0.0, 0.0),
    "evening": ((6500, 8500), (0.35, 0.8), 0.0, None, (0.6, 1.6), 0.5),
    "flash": ((3000, 5000), (0.12, 0.3), 0.0, None, 0.0, 0.0),
}

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# What a camera that is set to the light's colour still leaves of it.
COLOUR_CAST = 0.38


@dataclass(frozen=True, eq=False)
class Lighting:
    """Lights in the camera's axes; radiances are linear RGB, (3,).

    They are scaled so that the middle of a white face would have luminance 1.

    Attributes:
        direction: (3,) unit vector to the key light.
        size: angular radius of the key light, radians: a hundredth is the sun, 0.6 a window.
        key: radiance that a white surface facing the key light gets from it.
        sky, ground: what comes from above and from below.
        fill_direction, fill: a large light without shadows.
        rim_direction, rim: a light behind the head; zero for none.
    """

    direction: np.ndarray
    size: float
    key: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    fill_direction: np.ndarray
    fill: np.ndarray
    rim_direction: np.ndarray
    rim: np.ndarray

    @property
    def around(self) -> np.ndarray:
        """(3,), the mean of sky and ground."""
        return (self.sky + self.ground) / 2


def light_colour(kelvin: float) -> np.ndarray:
    """Return the (3,) linear sRGB of a black body with luminance 1.

    Chromaticity after Kim et al. (US patent 7024034, 2002), good from 1667 K to 25000 K.

    Args:
        kelvin: temperature.

    Raises:
        ValueError: the temperature is out of that range.
    """
    if not 1667 <= kelvin <= 25000:
        raise ValueError(f"A colour temperature must be in [1667, 25000] K, not {kelvin}.")
    t = 1000 / kelvin
    if kelvin < 4000:
        x = np.polyval([-0.2661239, -0.2343589, 0.8776956, 0.179910], t)
    else:
        x = np.polyval([-3.0258469, 2.1070379, 0.2226347, 0.240390], t)
    if kelvin < 2222:
        y = np.polyval([-1.1063814, -1.34811020, 2.18555832, -0.20219683], x)
    elif kelvin < 4000:
        y = np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x)
    else:
        y = np.polyval([3.0817580, -5.87338670, 3.75112997, -0.37001483], x)
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_srgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    return np.clip(to_srgb @ xyz, 0.01, None)


def aim(azimuth: float, elevation: float) -> np.ndarray:
    """Return the (3,) unit vector to a light: azimuth 0 is at the camera, positive to the right."""
    flat = np.cos(elevation)
    return np.array([np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat])


def mean_on_face(light: Lighting) -> float:
    """Return the luminance of a white face, averaged over the normals of its front."""
    turns = [(0, 0), (0.7, 0), (-0.7, 0), (0, 0.5), (0, -0.5), (0.4, 0.3), (-0.4, 0.3)]
    normals = np.stack([aim(*turn) for turn in turns])
    key = np.clip(normals @ light.direction, 0, 1).mean() * light.key
    fill = np.clip(normals @ light.fill_direction, 0, 1).mean() * light.fill
    upward = (0.5 + 0.5 * normals[:, 1]).mean()
    return float((key + fill + upward * light.sky + (1 - upward) * light.ground) @ LUMINANCE)


def draw_lighting(place: str, rng: np.random.Generator) -> Lighting:
    """Draw the light of a kind of place.

    Args:
        place: one of ``PLACES``.
        rng: source of the choices.

    Raises:
        KeyError: there is no such place.
    """

    def draw(value):
        return rng.uniform(*value) if isinstance(value, tuple) else value

    azimuth, elevation, sizes, kelvin, white = KEY_LIGHTS[place]
    around_kelvin, around, fill, ground_share, rim, rim_share = SURROUNDINGS[place]
    side = rng.choice([-1.0, 1.0])
    behind = rng.random()
    # Drawn also where the place has a share of its own, which replaces it.
    usual_ground_share = rng.uniform(0.35, 0.75)
    azimuth, elevation, kelvin = draw(azimuth), draw(elevation), draw(kelvin)
    around_kelvin, around, fill = draw(around_kelvin), draw(around), draw(fill)
    ground_share = draw(ground_share) if ground_share else usual_ground_share
    rim = draw(rim) * (behind < rim_share)

    def tinted(temperature):
        return (light_colour(temperature) / light_colour(white)) ** COLOUR_CAST

    ambient = around * tinted(around_kelvin)
    bounce = np.array([1.06, 1.0, 0.93]) if place != "shade" else np.array([1.0, 1.02, 0.94])
    light = Lighting(
        direction=aim(side * azimuth, elevation),
        size=rng.uniform(*sizes),
        key=tinted(kelvin),
        sky=ambient,
        ground=ground_share * ambient * bounce,
        fill_direction=aim(-side * rng.uniform(0.5, 1.0), rng.uniform(0, 0.3)),
        fill=fill * tinted(kelvin),
        rim_direction=aim(-side * rng.uniform(2.1, 2.7), rng.uniform(0.1, 0.6)),
        rim=rim * tinted(kelvin),
    )
    level = mean_on_face(light)
    radiances = ("key", "sky", "ground", "fill", "rim")
    return replace(light, **{name: getattr(light, name) / level for name in radiances})
