"""Light on surfaces: a key light with shadows, light from all around, gloss, and the film."""

import cv2
import numpy as np

from cnnlab.faces.rendering.assets import HAIR, LASHES
from cnnlab.faces.rendering.mesh import ONE_SIDED, TWO_SIDED, Mesh
from cnnlab.faces.rendering.rasteriser import rasterise
from cnnlab.faces.rendering.scene import Scene
from cnnlab.faces.rendering.surfaces import Surface

SHADOW_SIZE = 224
SHADOW_WIDTH = 5.2
SHADOW_BIAS = 0.045
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# The shoulder of the film curve pales colours; this gives them back.
SATURATION = 1.12
GROUND = np.array([0.55, 0.50, 0.47], np.float32)


def cast_shadows(
    mesh: Mesh, texture: np.ndarray, positions: np.ndarray, direction: np.ndarray
) -> np.ndarray:
    """Return (p,) float32 in [0, 1], how much of the key light reaches each point.

    A shadow map: the mesh seen from the light, orthographically [Williams, "Casting curved
    shadows on curved surfaces", 1978]; five looks at it around each point soften the border.

    Args:
        mesh: what casts the shadows.
        texture: of the strands.
        positions: (p, 3) points, in the mesh's axes.
        direction: (3,) unit vector to the light.
    """
    across = np.cross([0.0, 1.0, 0.0], direction)
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(direction, across), direction]).astype(np.float32)
    scale = SHADOW_SIZE / SHADOW_WIDTH

    def look(points):
        seen = points @ axes.T
        column, row = SHADOW_SIZE / 2 + scale * seen[:, 0], SHADOW_SIZE / 2 - scale * seen[:, 1]
        # Any number that grows towards the light serves as inverse depth; it must be positive.
        return np.stack([column, row, seen[:, 2] + 50], axis=1).astype(np.float32)

    casts = mesh.materials != LASHES
    kinds = np.where(mesh.kinds == ONE_SIDED, TWO_SIDED, mesh.kinds)[casts]
    triangles = mesh.triangles[casts]
    nearest = rasterise(
        look(mesh.positions),
        *(triangles, kinds, mesh.strands, mesh.thinness, texture),
        size=SHADOW_SIZE,
    ).inverse_depth
    nearest = np.pad(nearest, 2)
    column, row, height = look(positions).T
    light = np.zeros(len(positions), np.float32)
    for right, down in ((-0.7, -0.7), (0.7, -0.7), (-0.7, 0.7), (0.7, 0.7), (0.0, 0.0)):
        i = np.clip(np.floor(row + down).astype(int) + 2, 0, SHADOW_SIZE + 3)
        j = np.clip(np.floor(column + right).astype(int) + 2, 0, SHADOW_SIZE + 3)
        light += np.clip(1 - (nearest[i, j] - height - SHADOW_BIAS) / 0.05, 0, 1) / 5
    return light


def _gloss(surface: Surface, view: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return (p,) the GGX lobe (Walter et al., 2007) with Schlick's Fresnel term (1994)."""
    half = view + light.astype(np.float32)
    half /= np.linalg.norm(half, axis=1, keepdims=True) + 1e-6
    cosine = np.clip((surface.normals * half).sum(axis=1), 0, 1)
    alpha = np.maximum(surface.roughness**2, 0.01)
    lobe = alpha**2 / (np.pi * (cosine**2 * (alpha**2 - 1) + 1) ** 2)
    facing = np.clip((surface.normals * view).sum(axis=1), 0.05, 1)
    rim = 0.4 * (1 - surface.reflectance) * (1 - facing) ** 5 * (surface.reflectance > 0)
    fresnel = surface.reflectance + rim
    return np.minimum(0.25 * lobe * fresnel / np.maximum(0.6 * facing + 0.25, 0.2), 4.0)


def _hair_gloss(normals: np.ndarray, view: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return (p,) the highlight of strands that hang down (Kajiya and Kay, 1989, section 3)."""
    down = np.array([0.0, -1.0, 0.0], np.float32)
    tangent = down - (normals @ down)[:, None] * normals
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-3)
    half = view + light.astype(np.float32)
    half /= np.linalg.norm(half, axis=1, keepdims=True) + 1e-6
    along = (tangent * half).sum(axis=1)
    return np.clip(1 - along**2, 0, 1) ** 20


def light_points(
    surface: Surface,
    positions: np.ndarray,
    materials: np.ndarray,
    key_light: np.ndarray,
    openness: np.ndarray,
    scene: Scene,
) -> np.ndarray:
    """Return the (p, 3) float32 linear radiance of each point.

    Args:
        surface: how the points reflect.
        positions: (p, 3) in the camera's axes.
        materials: (p,).
        key_light: (p,) in [0, 1], share of the key light that arrives.
        openness: (p,) in [0, 1], ambient occlusion.
        scene: the lights.
    """
    normals = surface.normals
    key, ambient = scene.key.astype(np.float32), scene.ambient.astype(np.float32)
    direction = scene.light_direction.astype(np.float32)
    view = np.array([0, 0, scene.distance], np.float32) - positions
    view /= np.linalg.norm(view, axis=1, keepdims=True)

    cosine = normals @ direction
    wrapped = np.clip((cosine[:, None] + surface.wrap) / (1 + surface.wrap), 0, None)
    # Shadows on skin have a warm border, for red light scatters furthest.
    scattering = surface.wrap[:, :1] > 0.29
    softness = np.where(scattering, np.array([0.75, 1.0, 1.1], np.float32), 1.0)
    diffuse = 0.6 * key * wrapped * np.maximum(key_light, 1e-3)[:, None] ** softness

    sky = 0.5 + 0.5 * normals[:, 1:2]
    closing = np.maximum(openness, 0.02)[:, None] ** np.array([0.8, 1.1, 1.2], np.float32)
    around = ambient * (GROUND + (1 - GROUND) * sky) * closing
    azimuth = -0.8 * scene.light_azimuth
    opposite = np.array([np.sin(azimuth), 0.15, np.cos(azimuth)], np.float32)
    fill = np.clip(normals @ opposite, 0, 1) * scene.bounce * openness

    glossy = _gloss(surface, view, direction) * np.clip(3 * cosine, 0, 1) * key_light
    is_hair = materials == HAIR
    radiance = surface.albedo * (diffuse + around + fill[:, None] * ambient)
    strands = _hair_gloss(normals[is_hair], view[is_hair], direction)
    lit = strands * key_light[is_hair] * np.clip(cosine[is_hair] + 0.3, 0, 1)
    radiance[is_hair] += 0.25 * (0.03 + surface.albedo[is_hair]) * lit[:, None] * key
    radiance += glossy[:, None] * key * surface.openness[:, None]
    return radiance * surface.openness[:, None]


def expose(linear: np.ndarray, skin: np.ndarray, melanin: float, scene: Scene) -> np.ndarray:
    """Develop (h, w, 3) linear radiance to uint8 sRGB-like values.

    The gain depends on scene and skin only, not on the picture, so that the same scene with
    another expression is exposed alike.

    Args:
        linear: the radiance.
        skin: (3,) reflectance of the skin.
        melanin: of the skin in [0, 1]; dark skin is exposed somewhat darker.
        scene: exposure, blur and noise.
    """
    light = 0.33 * scene.key @ LUMINANCE + 0.75 * scene.ambient @ LUMINANCE
    expected = light * (skin @ LUMINANCE)
    gain = min(1.25, (scene.exposure * (1 - 0.35 * melanin) / expected) ** 0.75)
    bright = gain * linear
    shoulder = bright * (1 + bright / 6) / (1 + 0.55 * bright)
    grey = shoulder @ LUMINANCE
    vivid = grey[..., None] + SATURATION * (shoulder - grey[..., None])
    image = np.clip(1.25 * vivid, 0, 1) ** (1 / 2.2)
    image = cv2.GaussianBlur(image, (0, 0), scene.blur)
    grain = np.random.default_rng(scene.noise_seed).normal(0, scene.noise, image.shape)
    return np.round(255 * np.clip(image + grain, 0, 1)).astype(np.uint8)
