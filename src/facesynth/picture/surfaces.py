"""What each visible point is made of: colour, bumps, gloss."""

from dataclasses import dataclass

import cv2
import numpy as np

from facesynth.hair.beards import beard_cover
from facesynth.hair.growth import hair_depth, strand_texture
from facesynth.head.action_units import Expression
from facesynth.head.assets import (
    CLOTH,
    EARS,
    EYES,
    FRAME,
    INSIDE_MOUTH,
    LASHES,
    LIPS,
    SKIN,
    TEETH,
    TONGUE,
)
from facesynth.head.mesh import normalise
from facesynth.person.identity import Identity
from facesynth.person.skin import (
    MAP_SIZE,
    X_RANGE,
    Y_RANGE,
    draw_creases,
    eyeshadow_cover,
    lash_line,
    map_coordinates,
)
from facesynth.picture.posing import PosedHead

# Linear RGB reflectances.
SCLERA = np.array([0.56, 0.51, 0.48], np.float32)
TOOTH = np.array([0.78, 0.71, 0.58], np.float32)
MUCOSA = np.array([0.25, 0.05, 0.05], np.float32)
TONGUE_COLOUR = np.array([0.50, 0.16, 0.15], np.float32)
LASH_COLOUR = np.array([0.012, 0.010, 0.009], np.float32)
CREASE_DEPTH = 0.020
IRIS_ANGLE = 0.45
# The cornea's centre lies in front of the eyeball's by this share of the ball's radius.
CORNEA_SHIFT = 0.4
MIRROR = 0.1
"""Roughness of what mirrors lights instead of spreading them."""
SKIN_WRAP = np.array([0.30, 0.14, 0.08], np.float32)


@dataclass(frozen=True, eq=False)
class Points:
    """The p visible points, in the order of the pixels.

    Attributes:
        positions, normals: (p, 3) float32 in the camera's axes.
        canonical: (p, 3) float32, the same places on the average head.
        masks: (p, 4) float32.
        materials: (p,) int64.
    """

    positions: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray
    masks: np.ndarray
    materials: np.ndarray


@dataclass(frozen=True, eq=False)
class Surface:
    """How the p points reflect light.

    Attributes:
        albedo: (p, 3) float32, linear RGB.
        normals: (p, 3) float32 unit vectors, bumps included.
        roughness: (p,) float32, the square root of GGX's alpha.
        reflectance: (p,) float32, at normal incidence.
        wrap: (p, 3) float32, how far light scatters past the shadow line.
        openness: (p,) float32, share of light that enters the mouth's cavity.
    """

    albedo: np.ndarray
    normals: np.ndarray
    roughness: np.ndarray
    reflectance: np.ndarray
    wrap: np.ndarray
    openness: np.ndarray


def _mix(base: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    return base + (colour.astype(np.float32) - base) * share[:, None]


def _look_up(maps: np.ndarray, canonical: np.ndarray) -> np.ndarray:
    """Sample (512, 512, c) maps bilinearly at (p, 3) places: (p, c)."""
    # OpenCV takes no picture with more than 2^15 rows.
    columns = 128
    padded = np.pad(canonical, ((0, -len(canonical) % columns), (0, 0)), mode="edge")
    column, row = map_coordinates(padded.reshape(-1, columns, 3))
    values = cv2.remap(maps, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape(len(padded), -1)[: len(canonical)]


def _crease_maps(identity: Identity, expression: Expression) -> np.ndarray:
    """Return (512, 512, 3): depth of the creases, and the skin's slopes along x and y."""
    creases = draw_creases(identity.maps, expression)
    height = identity.maps.grain - CREASE_DEPTH * creases
    per_x = MAP_SIZE / (X_RANGE[1] - X_RANGE[0])
    per_y = MAP_SIZE / (Y_RANGE[1] - Y_RANGE[0])
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=per_x / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=per_y / 8)
    return np.dstack([creases, slope_x, slope_y])


def _skin(points: Points, identity: Identity, expression: Expression, rotation: np.ndarray):
    """Return albedo, normals, roughness, reflectance and cloth cover of skin."""
    canonical, masks, maps = points.canonical, points.masks, identity.maps
    front = np.clip((canonical[:, 2] - 0.35) / 0.35, 0, 1)
    front *= np.clip((canonical[:, 1] - 5.95) / 0.15, 0, 1)

    def look_up(*layers):
        return (_look_up(np.dstack(layers), canonical) * front[:, None]).T

    brows, redness, darkness, liner, lids = look_up(
        maps.brows, maps.redness, maps.darkness, lash_line(), eyeshadow_cover()
    )
    crease, slope_x, slope_y = look_up(_crease_maps(identity, expression))
    right, up = rotation[:, 0].astype(np.float32), rotation[:, 1].astype(np.float32)
    normals = points.normals - slope_x[:, None] * right - slope_y[:, None] * up

    # Blood absorbs green and blue, pigment all, blue most: optical depths, so exponentials.
    blood = np.clip(redness, -0.3, 1.2)[:, None] * np.array([-0.05, 0.22, 0.20], np.float32)
    pigment = darkness[:, None] * np.array([0.8, 1.0, 1.1], np.float32)
    shade = np.clip(crease, 0, 1.5)[:, None] * np.array([0.22, 0.32, 0.32], np.float32)
    albedo = identity.skin.astype(np.float32) * np.exp(-blood * (1.2 - identity.melanin))
    albedo = albedo * np.exp(-pigment - shade)
    makeup = identity.makeup
    albedo = _mix(albedo, makeup.eyeshadow, makeup.lids * np.clip(lids, 0, 1))
    # The border of bare lips is soft.
    lips = np.clip((masks[:, LIPS] - 0.12) / 0.75, 0, 1) * front
    lips = lips * lips * (3 - 2 * lips)
    lines = 1 + 0.10 * np.sin(canonical[:, 0] * 150 + 9 * np.sin(canonical[:, 0] * 23))
    albedo = _mix(albedo, identity.lips, 0.9 * lips) * (1 + (lines - 1) * lips)[:, None]
    albedo = _mix(albedo, identity.brow_colour, brows)
    albedo *= np.exp(-(0.5 + 0.9 * identity.lashes) * liner)[:, None]
    inside = np.clip(masks[:, INSIDE_MOUTH], 0, 1)
    seam = np.clip(4 * inside, 0, 1) * (1 - np.clip(1.5 * inside - 0.5, 0, 1))
    albedo *= (1 - 0.55 * seam)[:, None]
    if identity.shave_shadow:
        cover = identity.shave_shadow * beard_cover(canonical, "full") * (1 - lips)
        albedo *= np.exp(-cover[:, None] * np.array([0.75, 0.62, 0.45], np.float32))
    hair, beard = identity.grooming.hair, identity.grooming.beard
    if beard is not None:
        texture = strand_texture(curly=True)
        angle = np.arctan2(canonical[:, 0], canonical[:, 2] - 0.45)
        grain = texture[
            (canonical[:, 1] * 400).astype(int) % len(texture),
            (angle * 250).astype(int) % len(texture),
        ]
        cover = beard_cover(canonical, beard.style) * (0.75 + 0.35 * grain) * (1 - lips)
        albedo = _mix(albedo, identity.brow_colour, np.clip(beard.density * cover, 0, 0.93))
    if hair is not None:
        # The scalp between the strands, where hair is dense enough to darken it.
        scalp = np.clip((hair_depth(hair.cut, canonical) - 0.04) / 0.2, 0, 1)
        albedo = _mix(albedo, 0.5 * identity.hair_colour, 0.9 * scalp * (masks[:, EARS] < 0.3))
    albedo = _mix(albedo, MUCOSA, inside)
    collar = 5.42 + 0.35 * np.abs(canonical[:, 0]) + 0.12 * np.clip(-canonical[:, 2], 0, 1)
    cloth = np.clip((collar - canonical[:, 1]) / 0.02, 0, 1)
    albedo = _mix(albedo, identity.clothes, cloth)
    # Forehead, nose and chin are the oiliest.
    oil = identity.oiliness * (0.6 + 0.6 * np.exp(-((canonical[:, 0] / 0.28) ** 2)))
    gloss = (0.014 - 0.006 * identity.melanin + 0.022 * oil + 0.012 * lips) * (1 - 0.7 * cloth)
    return albedo, normals, 0.52 - 0.15 * oil - 0.12 * lips, gloss, cloth


def _from_centre(points: Points, posed: PosedHead) -> np.ndarray:
    """Return the (p, 3) unit vectors from the eyeballs' centres, in the head's axes."""
    places = points.positions @ posed.rotation + posed.pivot
    is_left = points.canonical[:, 0] > 0
    return normalise(
        places - np.where(is_left[:, None], posed.eyes[0].centre, posed.eyes[1].centre)
    )


def _cornea(points: Points, posed: PosedHead) -> np.ndarray:
    """Return the (p, 3) normals of the eyes, whose cornea is rounder than the ball.

    So catchlights are small and lie on the iris.
    """
    direction = _from_centre(points, posed)
    angle = np.arccos(np.clip(direction @ posed.gaze, -1, 1))
    bulge = CORNEA_SHIFT * np.clip((1.15 * IRIS_ANGLE - angle) / (0.3 * IRIS_ANGLE), 0, 1)
    return (direction - bulge[:, None] * posed.gaze) @ posed.rotation.T


def _eyeball(points: Points, identity: Identity, posed: PosedHead) -> np.ndarray:
    """Return (p, 3) colours of sclera, iris and pupil."""
    direction = _from_centre(points, posed)
    angle = np.arccos(np.clip(direction @ posed.gaze, -1, 1))
    spoke = np.arctan2(direction[:, 1] - posed.gaze[1], direction[:, 0] - posed.gaze[0])
    radius = angle / IRIS_ANGLE
    veins = np.clip(angle - 0.55, 0, 1)[:, None] * np.array([0.1, 0.7, 0.7])
    # The upper lid shades the ball below it, and both corners lie deep.
    side = np.abs(direction[:, 0]) - 0.35
    shade = 0.42 * np.clip((direction[:, 1] + 0.10) / 0.45, 0, 1) + 0.5 * np.clip(side, 0, 0.6)
    sclera = SCLERA * np.exp(-veins)
    fibres = 1 + 0.18 * np.sin(23 * spoke + 2 * np.sin(7 * spoke)) + 0.5 * (1 - radius)
    limbus = 1.25 - 0.9 * np.clip((radius - 0.72) / 0.28, 0, 1)
    iris = identity.iris * (fibres * limbus)[:, None]
    colour = sclera + (iris - sclera) * np.clip((1.03 - radius) / 0.09, 0, 1)[:, None]
    pupil = np.clip((0.42 - radius) / 0.08, 0, 1)[:, None]
    return (colour + (0.008 - colour) * pupil) * (1 - np.clip(shade, 0, 0.7))[:, None]


def describe_surface(
    points: Points, identity: Identity, expression: Expression, posed: PosedHead
) -> Surface:
    """Say of each visible point how it reflects light."""
    materials, count = points.materials, len(points.materials)
    albedo = np.zeros((count, 3), np.float32)
    normals = points.normals.copy()
    roughness = np.full(count, 0.45, np.float32)
    reflectance = np.full(count, 0.03, np.float32)
    wrap = np.full((count, 3), 0.05, np.float32)
    openness = np.ones(count, np.float32)

    def select(mask):
        return Points(**{name: value[mask] for name, value in vars(points).items()})

    skin = materials == SKIN
    parts = _skin(select(skin), identity, expression, posed.rotation)
    albedo[skin], normals[skin], roughness[skin], reflectance[skin], cloth = parts
    wrap[skin] = np.where(cloth[:, None] < 0.5, SKIN_WRAP, 0.05)
    openness[skin] = 1 - 0.8 * np.clip(points.masks[skin, INSIDE_MOUTH], 0, 1)

    eyes = materials == EYES
    albedo[eyes] = _eyeball(select(eyes), identity, posed)
    normals[eyes] = _cornea(select(eyes), posed)
    roughness[eyes], reflectance[eyes] = MIRROR, 0.05

    teeth = materials == TEETH
    gaps = np.abs(np.sin(points.canonical[teeth, 0] * np.pi / 0.085)) / 0.16
    # Cheeks shut the light off from the back teeth.
    depth = np.clip((np.abs(points.canonical[teeth, 0]) - 0.13) / 0.12, 0, 1)
    albedo[teeth] = TOOTH * ((1 - 0.22 * np.exp(-(gaps**2))) * (1 - 0.75 * depth))[:, None]
    reflectance[teeth] *= 1 - depth
    roughness[teeth], wrap[teeth] = 0.25, 0.3
    albedo[materials == TONGUE] = TONGUE_COLOUR
    openness[materials == TONGUE] = 0.6

    albedo[materials == LASHES] = LASH_COLOUR
    reflectance[materials == LASHES] = 0

    if identity.grooming.headwear is not None:
        cloth = materials == CLOTH
        albedo[cloth] = identity.grooming.headwear.colour
        roughness[cloth], reflectance[cloth], wrap[cloth] = 0.8, 0.01, 0.15
    if identity.glasses is not None:
        frame, style = materials == FRAME, identity.glasses.style
        # Metal mirrors with its own colour; what light it scatters stands for the surroundings.
        albedo[frame] = style.colour * (0.6 if style.is_metal else 1.0)
        roughness[frame], reflectance[frame] = (0.4, 0.3) if style.is_metal else (0.3, 0.04)
    return Surface(albedo, normalise(normals), roughness, reflectance, wrap, openness)
