"""Where a head of another height or size lies beside the average head."""

from dataclasses import dataclass, replace

import numpy as np

from facesynth.hair.strands import Strands
from facesynth.head.assets import SKIN, load_head
from facesynth.head.mesh import Mesh

HEAD_BOTTOM = 6.2


@dataclass(frozen=True, eq=False)
class Fit:
    """A stretch along each axis and a shift: head = scale * average + offset, each (3,)."""

    scale: np.ndarray
    offset: np.ndarray

    def to_average(self, points: np.ndarray) -> np.ndarray:
        """Carry (..., 3) points of the head to where they would be on the average head."""
        return ((points - self.offset) / self.scale).astype(np.float32)

    def to_head(self, points: np.ndarray) -> np.ndarray:
        """Carry (..., 3) points around the average head to this head."""
        return (points * self.scale + self.offset).astype(np.float32)

    def carry_strands(self, strands: Strands) -> Strands:
        """Return strands of the average head on this head."""
        return replace(
            strands, points=self.to_head(strands.points), anchors=self.to_head(strands.anchors)
        )

    def carry_mesh(self, mesh: Mesh) -> Mesh:
        """Return a mesh around the average head around this head."""
        return replace(mesh, positions=self.to_head(mesh.positions))


def fit_head(positions: np.ndarray) -> Fit:
    """Fit a stretch and a shift, by least squares over the skin above the neck.

    Args:
        positions: (m, 3), the subdivided head at rest.
    """
    model = load_head()
    on_head = (model.vertex_materials == SKIN) & (model.canonical[:, 1] > HEAD_BOTTOM)
    average = model.canonical[on_head].astype(float)
    head = positions[on_head].astype(float)
    centred = average - average.mean(axis=0)
    scale = (centred * head).sum(axis=0) / (centred**2).sum(axis=0)
    return Fit(scale, head.mean(axis=0) - scale * average.mean(axis=0))
