"""Light on surfaces: a key light, light from all around, gloss, and light inside the skin."""

from dataclasses import dataclass

import cv2
import numpy as np

from facesynth.head.mesh import normalise
from facesynth.light.scene import Scene
from facesynth.picture.surfaces import MIRROR, Surface

# How far red, green and blue light wander inside skin, shares of the picture's side.
SCATTERING = (0.008, 0.004, 0.0025)
# Catchlights are at least as large as a pixel of an eye, and leave most of the iris free.
CATCHLIGHT_SIZES = (0.22, 0.32)


@dataclass(frozen=True, eq=False)
class Arriving:
    """What share of the lights arrives at each of p points, each (p,) float32 in [0, 1].

    Attributes:
        key, rim: of the key light and of the light from behind.
        openness: of the light from all around.
    """

    key: np.ndarray
    rim: np.ndarray
    openness: np.ndarray


def spread(values: np.ndarray, seen: np.ndarray, sigma: float) -> np.ndarray:
    """Blur (p,) values of the seen pixels among themselves.

    Args:
        values: float32.
        seen: (h, w) bool with p true pixels.
        sigma: standard deviation in pixels.
    """
    image = np.zeros((*seen.shape, 2), np.float32)
    image[seen, 0], image[seen, 1] = values, 1
    image = cv2.GaussianBlur(image, (0, 0), sigma)[seen]
    return image[:, 0] / image[:, 1]


def _gloss(surface: Surface, view: np.ndarray, direction: np.ndarray, size: float) -> np.ndarray:
    """Return (p,) the GGX lobe (Walter et al., 2007) with Schlick's Fresnel term (1994).

    A light of some size widens the lobe (Karis, "Real shading in Unreal Engine 4", 2013, eq. 10).
    """
    half = view + direction.astype(np.float32)
    half /= np.linalg.norm(half, axis=1, keepdims=True) + 1e-6
    cosine = np.clip((surface.normals * half).sum(axis=1), 0, 1)
    narrow = np.maximum(surface.roughness**2, 0.02)
    alpha = np.minimum(narrow + size / 3, 1)
    lobe = narrow**2 / (np.pi * (cosine**2 * (alpha**2 - 1) + 1) ** 2)
    facing = np.clip((surface.normals * view).sum(axis=1), 0.05, 1)
    rim = 0.4 * (1 - surface.reflectance) * (1 - facing) ** 5 * (surface.reflectance > 0)
    fresnel = surface.reflectance + rim
    # A mirror shows the light's disc.
    seen = np.clip(size, *CATCHLIGHT_SIZES)
    off = 2 * np.arccos(cosine)
    disc = np.clip((1.2 * seen - off) / (0.4 * seen), 0, 1) / np.sin(seen) ** 2
    lobe = np.where(surface.roughness <= np.float32(MIRROR), 0.75 * disc, lobe)
    return np.minimum(0.8 * lobe * fresnel / np.maximum(0.6 * facing + 0.25, 0.2), 8.0)


def _mirrored(surface: Surface, view: np.ndarray, scene: Scene) -> np.ndarray:
    """Return (p, 3) what sky and ground add as a sheen, most at grazing angles."""
    facing = np.clip((surface.normals * view).sum(axis=1), 0.0, 1)
    upward = 2 * facing * surface.normals[:, 1] - view[:, 1]
    sky = np.clip(0.5 + 0.5 * upward / (0.3 + surface.roughness), 0, 1)[:, None]
    light = scene.light
    reflected = (light.ground + (light.sky - light.ground) * sky).astype(np.float32)
    # Schlick's term with a roughness that holds it down (Lagarde, 2011).
    grazing = np.maximum(0.75 - surface.roughness, 0) * (1 - facing) ** 5
    return reflected * ((surface.reflectance > 0) * (surface.reflectance + grazing))[:, None]


def light_points(
    surface: Surface,
    positions: np.ndarray,
    arriving: Arriving,
    seen: np.ndarray,
    scene: Scene,
) -> np.ndarray:
    """Return the (p, 3) float32 linear radiance of each point.

    Args:
        surface: how the points reflect.
        positions: (p, 3) in the camera's axes.
        arriving: which lights reach them.
        seen: (h, w) bool, the pixels that the points belong to.
        scene: the lights.
    """
    normals, light = surface.normals, scene.light
    key, rim, fill = (part.astype(np.float32) for part in (light.key, light.rim, light.fill))
    direction = light.direction.astype(np.float32)
    view = normalise(np.array([0, 0, scene.distance], np.float32) - positions)

    cosine = normals @ direction
    # A large light is still seen in part from beyond the line where a small one has set.
    wrap = surface.wrap + np.float32(0.5 * np.sin(light.size))
    wrapped = np.clip((cosine[:, None] + wrap) / (1 + wrap), 0, None)
    diffuse = key * wrapped * arriving.key[:, None]
    sky = 0.5 + 0.5 * normals[:, 1:2]
    closing = np.maximum(arriving.openness, 0.02)[:, None] ** np.float32([0.8, 1.1, 1.2])
    around = (light.ground + (light.sky - light.ground) * sky).astype(np.float32)
    diffuse += around * closing
    facing_fill = np.clip(normals @ light.fill_direction.astype(np.float32), 0, 1)
    diffuse += (facing_fill * arriving.openness)[:, None] * fill
    behind = light.rim_direction.astype(np.float32)
    diffuse += (np.clip(normals @ behind + 0.1, 0, 1) * arriving.rim)[:, None] * rim

    # Only skin lets red light wander further than blue.
    scatters = surface.wrap[:, 0] > surface.wrap[:, 2]
    inside = seen.copy()
    inside[seen] = scatters
    for channel, reach in enumerate(SCATTERING):
        values = np.ascontiguousarray(diffuse[scatters, channel])
        diffuse[scatters, channel] = spread(values, inside, reach * len(seen))

    radiance = surface.albedo * diffuse
    glossy = _gloss(surface, view, direction, light.size)
    glossy *= np.clip(3 * cosine, 0, 1) * arriving.key
    radiance += glossy[:, None] * key
    radiance += _mirrored(surface, view, scene) * (arriving.openness**2)[:, None]
    return radiance * surface.openness[:, None]
