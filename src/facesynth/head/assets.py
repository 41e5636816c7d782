"""The head that every face is made of: a mesh and the ways it can be moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from facesynth.head.subdivision import subdivide

HEAD_FILE = Path(__file__).resolve().parents[1] / "assets" / "head.npz"

# The head is made of the first five.
SKIN, EYES, TEETH, TONGUE, LASHES, CLOTH, FRAME = range(7)
LIPS, INSIDE_MOUTH, EARS = range(3)


@dataclass(frozen=True, eq=False)
class HeadModel:
    """MakeHuman's head, in decimetres: x to the head's left, y up, z forward.

    Attributes:
        vertices: (n, 3) float32, the average head at rest.
        quads: (f, 4) int32.
        materials: (f,) int8, each quad's material, such as ``SKIN``.
        masks: (n, 4) float32 in [0, 1]: lips, inside of the mouth, ears, eyelids.
        target_names: names of the shape targets.
        targets: (t, n, 3) float32, displacement at weight 1.
    """

    vertices: np.ndarray
    quads: np.ndarray
    materials: np.ndarray
    masks: np.ndarray
    target_names: list[str]
    targets: np.ndarray

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each target."""
        return {name: k for k, name in enumerate(self.target_names)}

    def displace(self, weights: Mapping[str, float]) -> np.ndarray:
        """Return (n, 3) float32, the sum of the targets at these weights.

        Raises:
            KeyError: a name is not one of the model's targets.
        """
        total = np.zeros_like(self.vertices)
        for name, weight in weights.items():
            total += np.float32(weight) * self.targets[self.index[name]]
        return total

    @cached_property
    def _subdivision(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        matrix, quads = subdivide(len(self.vertices), self.quads)
        return matrix.astype(np.float32), quads

    def refine(self, attributes: np.ndarray) -> np.ndarray:
        """Map (n, c) attributes of the coarse mesh to (m, c) of the subdivided one."""
        return self._subdivision[0] @ attributes

    @cached_property
    def triangles(self) -> np.ndarray:
        """(2 x 4 f, 3) int64, the subdivided mesh's triangles."""
        quads = self._subdivision[1].astype(np.int64)
        return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])

    @cached_property
    def triangle_materials(self) -> np.ndarray:
        """(2 x 4 f,) the material of each triangle."""
        return np.tile(self.materials.astype(np.int64), 8)

    @cached_property
    def vertex_materials(self) -> np.ndarray:
        """(m,) the material of each vertex of the subdivided mesh."""
        materials = np.zeros(len(self.canonical), np.int64)
        materials[self.triangles.reshape(-1)] = np.repeat(self.triangle_materials, 3)
        return materials

    @cached_property
    def canonical(self) -> np.ndarray:
        """(m, 3) float32, the average head subdivided: where on the head a vertex is."""
        return self.refine(self.vertices)

    @cached_property
    def fine_masks(self) -> np.ndarray:
        """(m, 4) float32 in [0, 1], the masks on the subdivided mesh."""
        return np.clip(self.refine(self.masks), 0, 1)

    def coarse_vertices_of(self, material: int) -> np.ndarray:
        """Return the indices of the coarse vertices of a material."""
        return np.unique(self.quads[self.materials == material])


@cache
def load_head() -> HeadModel:
    """Read assets/head.npz."""
    with np.load(HEAD_FILE, allow_pickle=False) as file:
        arrays = dict(file)
    arrays["target_names"] = arrays["target_names"].tolist()
    arrays["targets"] = arrays["targets"].astype(np.float32)
    return HeadModel(**arrays)
