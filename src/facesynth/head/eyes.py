"""The eyeballs."""

from dataclasses import dataclass

import numpy as np

from facesynth.head.assets import EYES, load_head


@dataclass(frozen=True, eq=False)
class Eye:
    """An eyeball at rest in the head's axes: centre (3,) and radius, decimetres."""

    centre: np.ndarray
    radius: float


def find_eyes(vertices: np.ndarray) -> tuple[Eye, Eye]:
    """Return the left and the right eyeball, spheres through the model's eye vertices.

    Args:
        vertices: (n, 3), a head at rest (coarse mesh).
    """
    model = load_head()
    eyes = []
    for side in (1, -1):
        indices = model.coarse_vertices_of(EYES)
        points = vertices[indices[side * model.vertices[indices, 0] > 0]]
        centre = points.mean(axis=0)
        eyes.append(Eye(centre, float(np.linalg.norm(points - centre, axis=1).mean())))
    return eyes[0], eyes[1]
