"""How a face is photographed: pose, gaze, place, light, camera. All chance is drawn here."""

from dataclasses import dataclass, replace

import numpy as np

from facesynth.light.backgrounds import draw_background
from facesynth.light.camera import Camera, draw_camera
from facesynth.light.lights import PLACES, Lighting, draw_lighting

DARKNESS = {"flash": 0.8, "room": 0.4, "evening": 0.4}
"""How dark the kinds of place are, in [0, 1]; the others are bright."""

LIMITS = {
    "yaw": (-np.pi / 3, np.pi / 3),
    "pitch": (-np.pi / 4.5, np.pi / 4.5),
    "roll": (-np.pi / 4, np.pi / 4),
    "distance": (4.0, np.inf),
    "fill": (0.2, 1.0),
    "shift": (-0.25, 0.25),
}
"""Turned further half of the face is hidden; beyond the others it leaves the picture."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A pose in front of a camera, lights and a place to stand.

    Attributes:
        yaw, pitch, roll: of the head, radians; yaw turns to the head's left, pitch nods down.
        gaze: (2,) radians, to the head's left and up, beyond what the pose asks for.
        eye_contact: share of the head's turn that the eyes make good, in [0, 1].
        distance: of the camera, decimetres.
        fill: share of the picture's height from the dropped chin to mid-forehead.
        shift: (2,) of the face in the picture, shares of its side, right and down.
        place: kind of place, one of :data:`~facesynth.light.lights.PLACES`.
        light: the lights.
        background: (128, 128, 3) float32 linear RGB radiance, at least 0.
        camera: the camera.

    Raises:
        ValueError: the face is turned away or moved out of the picture: see ``LIMITS``.
    """

    yaw: float
    pitch: float
    roll: float
    gaze: np.ndarray
    eye_contact: float
    distance: float
    fill: float
    shift: np.ndarray
    place: str
    light: Lighting
    background: np.ndarray
    camera: Camera

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            # Written so that NaN is refused too.
            if not np.all((low <= value) & (value <= high)):
                raise ValueError(f"A scene's {name} must be {low:.3g} to {high:.3g}, not {value}.")

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
        return replace(self, camera=replace(self.camera, noise=0.0, read_noise=0.0))


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw everything about a picture that is neither the person nor the expression."""
    yaw = np.clip(rng.normal(0, 13), -38, 38)
    pitch, roll = np.clip(rng.normal(0, (6, 5)), -15, 15)
    gaze, eye_contact = rng.normal(0, (0.09, 0.05)), rng.uniform(0.35, 1.0)
    distance, fill = rng.uniform(7, 14), rng.uniform(0.88, 0.98)
    shift = np.clip(rng.normal(0, 0.012, 2), -0.02, 0.02)
    # Each part has a generator of its own: a change of one leaves the others' choices alone.
    lights, backgrounds, cameras = rng.spawn(3)
    odds = np.array(list(PLACES.values()))
    place = str(lights.choice(list(PLACES), p=odds / odds.sum()))
    light = draw_lighting(place, lights)
    return Scene(
        yaw=float(np.deg2rad(yaw)),
        pitch=float(np.deg2rad(pitch)),
        roll=float(np.deg2rad(roll)),
        gaze=gaze,
        eye_contact=float(eye_contact),
        distance=float(distance),
        fill=float(fill),
        shift=shift,
        place=place,
        light=light,
        background=draw_background(place, light, backgrounds),
        camera=draw_camera(DARKNESS.get(place, 0.0), cameras),
    )
