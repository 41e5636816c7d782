"""What a person wears on head and chin: hair, beard, headwear."""

from dataclasses import dataclass, replace

import numpy as np

from facesynth.hair.beards import Beard, draw_beard
from facesynth.hair.growth import Hair, grow_hair
from facesynth.hair.haircuts import choose_style, draw_haircut
from facesynth.hair.headwear import Headwear, cover_head, draw_kind
from facesynth.hair.strands import Strands
from facesynth.head.assets import SKIN, load_head
from facesynth.head.mesh import vertex_normals

TIGHT_CURLS = 0.55
"""Melanin above which most hair curls tightly."""
# Hair under a cap would pierce it; what grows below this height is seen.
BELOW_CAP = 7.6
HEAD_BOTTOM = 6.2


@dataclass(frozen=True, eq=False)
class Grooming:
    """A person's hair, beard and headwear.

    Attributes:
        hair: None for a bald head and under a headscarf.
        beard: None for a shaven face.
        headwear: None for a bare head.
    """

    hair: Hair | None = None
    beard: Beard | None = None
    headwear: Headwear | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """Where a head lies beside the average one: head = scale * average + offset, each (3,)."""

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


def draw_grooming(
    vertices: np.ndarray,
    is_male: bool,
    melanin: float,
    age: float,
    colour: np.ndarray,
    rng: np.random.Generator,
) -> Grooming:
    """Draw hair, beard and headwear.

    Args:
        vertices: (n, 3), the head at rest (coarse mesh).
        is_male: which styles there are.
        melanin: in [0, 1].
        age: MakeHuman's age, 0.5 being 25 years and 1 being 90.
        colour: (3,) reflectance of the hair.
        rng: source of the choices.
    """
    for_headwear, for_hair, for_beard = rng.spawn(3)
    model = load_head()
    head = model.refine(vertices)
    # Styles are measured on the average head, and so are grown at its place.
    fit = fit_head(head)
    positions = fit.to_average(head)
    normals = vertex_normals(positions, model.triangles)
    kind = draw_kind(is_male, for_headwear)
    headwear = None
    if kind != "none":
        worn = cover_head(kind, positions, for_headwear)
        mesh = replace(worn.mesh, positions=fit.to_head(worn.mesh.positions))
        headwear = replace(worn, mesh=mesh)
    hair = None
    tight = bool(melanin > TIGHT_CURLS and for_hair.random() < 0.85)
    style = "bald" if kind == "headscarf" else choose_style(is_male, tight, kind, for_hair)
    if style != "bald":
        cut = draw_haircut(style, is_male, tight, age, for_hair)
        below = BELOW_CAP if kind == "cap" else np.inf
        grown = grow_hair(cut, colour, positions, normals, below, for_hair)
        hair = Hair(cut, fit.carry_strands(grown))
    beard = draw_beard(positions, normals, colour, for_beard) if is_male else None
    if beard is not None and beard.strands is not None:
        beard = replace(beard, strands=fit.carry_strands(beard.strands))
    return Grooming(hair, beard, headwear)
