"""Where a photograph is taken and how that place is lit."""

from dataclasses import dataclass

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


def _face_normals() -> np.ndarray:
    turns = [(0, 0), (0.7, 0), (-0.7, 0), (0, 0.5), (0, -0.5), (0.4, 0.3), (-0.4, 0.3)]
    return np.stack([aim(*turn) for turn in turns])


def mean_on_face(light: Lighting) -> float:
    """Return the luminance of a white face, averaged over the normals of its front."""
    normals = _face_normals()
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
        ValueError: there is no such place.
    """
    side = rng.choice([-1.0, 1.0])
    behind = rng.random()
    ground_share, rim = rng.uniform(0.35, 0.75), 0.0
    if place == "room":
        azimuth, elevation, size = rng.uniform(0, 1.0), rng.uniform(0.25, 0.95), (0.12, 0.5)
        kelvin, white, around_kelvin = rng.uniform(2800, 4500), 3700, rng.uniform(3000, 4800)
        around, fill, rim = rng.uniform(0.25, 0.75), rng.uniform(0, 0.25), 0.5 * (behind < 0.12)
    elif place == "window":
        azimuth, elevation, size = rng.uniform(0.4, 1.25), rng.uniform(0.0, 0.45), (0.35, 0.7)
        kelvin, white, around_kelvin = rng.uniform(5500, 7500), 5800, rng.uniform(4200, 5600)
        around, fill = rng.uniform(0.15, 0.5), rng.uniform(0, 0.15)
    elif place == "studio":
        azimuth, elevation, size = rng.uniform(0.1, 0.95), rng.uniform(0.2, 0.7), (0.2, 0.5)
        kelvin, white, around_kelvin = rng.uniform(5200, 5800), 5500, 5500
        around, fill = rng.uniform(0.1, 0.4), rng.uniform(0.05, 0.35)
        rim = rng.uniform(0.5, 1.3) * (behind < 0.35)
    elif place == "shade":
        azimuth, elevation, size = rng.uniform(0, 1.0), rng.uniform(0.5, 1.1), (0.6, 0.8)
        kelvin, white, around_kelvin = rng.uniform(6000, 7500), 6500, rng.uniform(6000, 8000)
        around, fill, rim = rng.uniform(0.5, 1.1), 0.0, 0.8 * (behind < 0.15)
    elif place == "sun":
        azimuth, elevation, size = rng.uniform(0.1, 1.3), rng.uniform(0.3, 0.85), (0.012, 0.05)
        kelvin, white, around_kelvin = rng.uniform(4800, 5600), 5300, rng.uniform(7000, 10000)
        around, fill, ground_share = rng.uniform(0.25, 0.5), 0.0, rng.uniform(0.6, 1.0)
    elif place == "evening":
        azimuth, elevation, size = rng.uniform(0.3, 1.3), rng.uniform(0.05, 0.3), (0.03, 0.3)
        kelvin, white, around_kelvin = rng.uniform(3200, 4300), 4400, rng.uniform(6500, 8500)
        around, fill, rim = rng.uniform(0.35, 0.8), 0.0, rng.uniform(0.6, 1.6) * (behind < 0.5)
    elif place == "flash":
        azimuth, elevation, size = rng.uniform(0.0, 0.12), rng.uniform(0.05, 0.2), (0.02, 0.06)
        kelvin, white, around_kelvin = rng.uniform(5200, 5800), 5400, rng.uniform(3000, 5000)
        around, fill = rng.uniform(0.12, 0.3), 0.0
    else:
        raise ValueError(f"No place is called {place!r}. Choose one of: {', '.join(PLACES)}.")

    def tinted(temperature):
        return (light_colour(temperature) / light_colour(white)) ** COLOUR_CAST

    ambient = around * tinted(around_kelvin)
    bounce = np.array([1.06, 1.0, 0.93]) if place != "shade" else np.array([1.0, 1.02, 0.94])
    light = Lighting(
        direction=aim(side * azimuth, elevation),
        size=float(rng.uniform(*size)),
        key=tinted(kelvin),
        sky=ambient,
        ground=ground_share * ambient * bounce,
        fill_direction=aim(-side * rng.uniform(0.5, 1.0), rng.uniform(0, 0.3)),
        fill=fill * tinted(kelvin),
        rim_direction=aim(-side * rng.uniform(2.1, 2.7), rng.uniform(0.1, 0.6)),
        rim=rim * tinted(kelvin),
    )
    level = mean_on_face(light)
    scaled = {
        name: getattr(light, name) / level for name in ("key", "sky", "ground", "fill", "rim")
    }
    return Lighting(
        direction=light.direction,
        size=light.size,
        fill_direction=light.fill_direction,
        rim_direction=light.rim_direction,
        **scaled,
    )
