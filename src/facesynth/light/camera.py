"""The camera: exposure, lens, sensor, film curve."""

from dataclasses import dataclass

import cv2
import numpy as np

from facesynth.light.lights import LUMINANCE

GREY_SHARE = 0.04
MOTION_SHARE = 0.12
NOISY_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Camera:
    """What stands between the light and the file.

    Attributes:
        exposure: factor on what the meter says, 1 being its advice.
        white_balance: (3,) factors, the error of the camera's idea of white.
        vignetting: share of light that is missing in the corners.
        blur: standard deviation of the lens, shares of the picture's side.
        motion: (2,) path of the shaking camera, shares of the picture's side, right and down.
        noise: shot noise: its variance at white, in units of white.
        read_noise: standard deviation of the noise in the dark, in units of white.
        sharpening: share of the detail that the camera adds again.
        is_grey: whether the photograph is black and white.
        seed: of the noise.
        jpeg_quality: in [0, 100].
    """

    exposure: float
    white_balance: np.ndarray
    vignetting: float
    blur: float
    motion: np.ndarray
    noise: float
    read_noise: float
    sharpening: float
    is_grey: bool
    seed: int
    jpeg_quality: int


def draw_camera(darkness: float, rng: np.random.Generator) -> Camera:
    """Draw a camera and how it is held.

    Args:
        darkness: of the place in [0, 1]; in the dark sensors are noisier.
        rng: source of the choices.
    """
    angle, shake = rng.uniform(0, 2 * np.pi), rng.uniform(0.006, 0.02)
    shakes, noisy = rng.random() < MOTION_SHARE, rng.random() < NOISY_SHARE
    level = (rng.uniform(0.3, 0.8) if noisy else rng.uniform(0.03, 0.2)) * (1 + darkness)
    blue, green = np.clip(rng.normal(0, (0.025, 0.008)), (-0.05, -0.012), (0.05, 0.012))
    return Camera(
        exposure=float(2 ** np.clip(rng.normal(0, 0.3), -0.7, 0.6)),
        white_balance=np.array([1 - blue, 1 + green, 1 + 1.3 * blue]),
        vignetting=float(rng.uniform(0, 0.25) ** 1.3),
        blur=float(
            rng.choice([rng.uniform(0.002, 0.0045), rng.uniform(0.0045, 0.0075)], p=[0.8, 0.2])
        ),
        motion=shake * shakes * np.array([np.cos(angle), np.sin(angle)]),
        noise=0.0007 * level,
        read_noise=0.003 * level,
        sharpening=float(rng.uniform(0, 0.45)),
        is_grey=bool(rng.random() < GREY_SHARE),
        seed=int(rng.integers(1 << 31)),
        jpeg_quality=int(rng.integers(70, 96)),
    )


def _move(image: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Smear a picture along a straight path of (2,) pixels, as a shaking camera does."""
    length = float(np.hypot(*path))
    if length < 0.5:
        return image
    half = int(np.ceil(length / 2)) + 1
    places = np.arange(-half, half + 1)
    x, y = np.meshgrid(places, places)
    along, across = (x * path[0] + y * path[1]) / length, (x * path[1] - y * path[0]) / length
    kernel = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def film_curve(linear: np.ndarray) -> np.ndarray:
    """Map linear values >= 0 to display values in [0, 1].

    Narkowicz's fit of the ACES curve ("ACES filmic tone mapping curve", 2015), then sRGB's
    transfer function (IEC 61966-2-1).
    """
    exposed = 0.6 * linear
    shown = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    shown = np.clip(shown, 0, 1)
    return np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055)


def meter(skin: np.ndarray) -> float:
    """Return the gain at which skin in the middle of the picture looks as in photographs.

    Darker skin is exposed darker, but less so than it is. The gain depends on the person only,
    so that the same scene with another expression is exposed alike.

    Args:
        skin: (3,) linear reflectance.
    """
    return float(0.78 * (skin @ LUMINANCE) ** (0.6 - 1))


def take_photograph(linear: np.ndarray, gain: float, camera: Camera) -> np.ndarray:
    """Turn (h, w, 3) linear radiance into (h, w, 3) uint8 values.

    Shot noise grows as the root of the light, read noise is the same everywhere; both are added
    to linear values, before the curve, where a sensor adds them.

    Args:
        linear: radiance >= 0.
        gain: see ``meter``.
        camera: the camera.
    """
    height, width = linear.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    falloff = 1 - camera.vignetting * (x**2 + y**2) / 2
    image = linear.astype(np.float32) * falloff[..., None]
    image *= np.float32(gain * camera.exposure) * camera.white_balance.astype(np.float32)
    image = _move(image, camera.motion * width)
    image = cv2.GaussianBlur(image, (0, 0), max(camera.blur * width, 0.1))
    rng = np.random.default_rng(camera.seed)
    grain = rng.standard_normal(image.shape, np.float32)
    deviation = np.sqrt(camera.noise * np.maximum(image, 0) + camera.read_noise**2)
    image = np.maximum(image + cv2.GaussianBlur(grain, (0, 0), 0.45) * 1.4 * deviation, 0)
    shown = film_curve(image)
    detail = shown - cv2.GaussianBlur(shown, (0, 0), 1.0)
    shown = shown + camera.sharpening * detail
    if camera.is_grey:
        shown = np.repeat(shown @ LUMINANCE.astype(np.float32)[:, None], 3, axis=2)
    return np.round(255 * np.clip(shown, 0, 1)).astype(np.uint8)
