"""How a face is photographed: pose, gaze, camera, light, background. All chance is drawn here."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

BACKGROUND_SIZE = 64


@dataclass(frozen=True, eq=False)
class Scene:
    """A camera, lights and a place to stand.

    Attributes:
        yaw, pitch, roll: of the head, radians; yaw turns to the head's left, pitch nods down.
        gaze: (2,) radians, to the head's left and up, beyond what the pose asks for.
        eye_contact: share of the head's turn that the eyes make good, in [0, 1].
        distance: of the camera, decimetres.
        fill: share of the picture's height from the dropped chin to the hairline.
        shift: (2,) of the face in the picture, shares of its side, right and down.
        light_azimuth, light_elevation: of the key light, radians from the camera.
        key, ambient: (3,) linear RGB radiances.
        bounce: strength of the fill light relative to ambient.
        exposure: median luminance aimed at, in [0, 1].
        background: (64, 64, 3) float32 linear RGB in [0, 1].
        blur: standard deviation in pixels of the lens.
        noise: standard deviation of the sensor, in [0, 1].
        noise_seed: seed of the sensor's noise.
    """

    yaw: float
    pitch: float
    roll: float
    gaze: np.ndarray
    eye_contact: float
    distance: float
    fill: float
    shift: np.ndarray
    light_azimuth: float
    light_elevation: float
    key: np.ndarray
    ambient: np.ndarray
    bounce: float
    exposure: float
    background: np.ndarray
    blur: float
    noise: float
    noise_seed: int

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3), from the head's axes to the camera's (x right, y up, z to the camera)."""
        (cy, sy), (cp, sp), (cr, sr) = (
            (np.cos(angle), np.sin(angle)) for angle in (self.yaw, self.pitch, self.roll)
        )
        turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        return tilt @ nod @ turn

    def without_noise(self) -> "Scene":
        """Return the same scene, photographed by a sensor without noise."""
        return replace(self, noise=0.0)

    @property
    def light_direction(self) -> np.ndarray:
        """(3,) unit vector to the key light, in the camera's axes."""
        flat = np.cos(self.light_elevation)
        return np.array(
            [
                np.sin(self.light_azimuth) * flat,
                np.sin(self.light_elevation),
                np.cos(self.light_azimuth) * flat,
            ]
        )


def _muted_colour(rng: np.random.Generator) -> np.ndarray:
    return np.clip(rng.uniform(0.03, 0.6) * np.exp(rng.normal(0, 0.16, 3)), 0.01, 0.9)


def draw_background(rng: np.random.Generator) -> np.ndarray:
    """Draw a room or street out of focus: (64, 64, 3) float32 linear RGB in [0, 1].

    A wall with a gradient, a few upright slabs and round lights, blurred.
    """
    size = BACKGROUND_SIZE
    top, bottom = _muted_colour(rng), _muted_colour(rng)
    ramp = np.linspace(0, rng.uniform(0.2, 1.0), size)[:, None, None]
    image = np.broadcast_to(top + ramp * (bottom - top), (size, size, 3)).astype(np.float32)
    image = np.ascontiguousarray(image)
    for _ in range(rng.integers(0, 5)):
        left, width = int(rng.integers(-8, size)), int(rng.integers(4, 30))
        upper = int(rng.integers(-20, size // 2)) if rng.random() < 0.5 else 0
        colour = 0.55 * _muted_colour(rng) + 0.45 * top
        cv2.rectangle(image, (left, upper), (left + width, size), colour.tolist(), -1)
    for _ in range(int(rng.integers(0, 6)) * int(rng.random() < 0.4)):
        centre = tuple(int(value) for value in rng.integers(0, size, 2))
        colour = np.clip(1.6 * _muted_colour(rng), 0, 1)
        cv2.circle(image, centre, int(rng.integers(1, 5)), colour.tolist(), -1)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(1.5, 5.0))
    return np.clip(image, 0, 1)


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw everything about a picture that is neither the person nor the expression."""
    yaw = np.clip(rng.normal(0, 13), -38, 38)
    pitch, roll = np.clip(rng.normal(0, (6, 5)), -15, 15)
    warmth, tint = rng.normal(0.03, 0.035), rng.normal(0.0, 0.03)
    return Scene(
        yaw=float(np.deg2rad(yaw)),
        pitch=float(np.deg2rad(pitch)),
        roll=float(np.deg2rad(roll)),
        gaze=rng.normal(0, (0.09, 0.05)),
        eye_contact=float(rng.uniform(0.35, 1.0)),
        distance=float(rng.uniform(7, 14)),
        fill=float(rng.uniform(0.84, 0.96)),
        shift=np.clip(rng.normal(0, 0.012, 2), -0.02, 0.02),
        light_azimuth=float(rng.uniform(-1.15, 1.15)),
        light_elevation=float(rng.uniform(0.1, 0.9)),
        key=rng.uniform(1.6, 2.6) * np.array([1 + warmth, 1.0, 1 - warmth]),
        ambient=rng.uniform(0.4, 0.9) * np.array([1 + tint, 1.0, 1 - tint]),
        bounce=float(rng.uniform(0.2, 0.6)),
        exposure=float(rng.uniform(0.22, 0.34)),
        background=draw_background(rng),
        blur=float(rng.uniform(0.25, 0.6)),
        noise=float(rng.uniform(0.003, 0.014)),
        noise_seed=int(rng.integers(1 << 31)),
    )
