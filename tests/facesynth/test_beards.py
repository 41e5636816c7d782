"""Beards: where they grow and how they stay on the face."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.hair.beards import LENGTHS, STYLES, beard_cover, draw_beard, grow_beard
from facesynth.hair.grooming import Grooming
from facesynth.head.action_units import NEUTRAL, Expression
from facesynth.head.assets import LIPS, load_head
from facesynth.head.mesh import vertex_normals
from facesynth.light.scene import draw_scene
from facesynth.picture.posing import pose_head

GREY = np.array([0.26, 0.252, 0.245])


@pytest.fixture(scope="module")
def average_head():
    model = load_head()
    return model.canonical, vertex_normals(model.canonical, model.triangles)


def test_a_beard_covers_chin_and_jaw_but_neither_lips_nor_cheekbones():
    chin, jaw, cheekbone, lip, forehead, nape = np.array(
        [
            [0, 6.25, 1.48],
            [0.62, 6.6, 0.75],
            [0.5, 7.1, 1.1],
            [0, 6.58, 1.58],
            [0, 7.8, 1.45],
            [0.3, 6.6, -0.3],
        ]
    )
    cover = beard_cover(np.stack([chin, jaw, cheekbone, lip, forehead, nape]), "full")
    assert (cover[:2] > 0.8).all()
    assert (cover[2:] < 0.1).all()


@pytest.mark.parametrize("style", list(LENGTHS))
def test_a_beard_leaves_lips_and_cheeks_free(style, average_head):
    strands = grow_beard(style, GREY, *average_head, np.random.default_rng(0))
    model = load_head()
    roots = np.einsum("nk,nkc->nc", strands.weights, model.canonical[strands.roots])
    assert (beard_cover(roots, style) > 0).mean() > 0.99
    assert model.fine_masks[strands.roots][..., LIPS].max() < 0.1
    length = np.linalg.norm(np.diff(strands.points, axis=1), axis=2).sum(axis=1)
    assert length.min() > 0.005
    assert length.max() < 0.6


def test_a_moustache_is_no_goatee_and_a_goatee_no_full_beard(average_head):
    covered = {style: beard_cover(average_head[0], style).sum() for style in LENGTHS}
    assert covered["moustache"] < covered["goatee"] < covered["full"]


def test_every_kind_of_beard_is_drawn(average_head):
    shown = set()
    for seed in range(160):
        beard = draw_beard(*average_head, GREY, np.random.default_rng(seed))
        shown.add("none" if beard is None else beard.style)
        if beard is not None:
            assert (beard.strands is None) == (beard.style == "stubble")
        if shown == set(STYLES):
            break
    assert shown == set(STYLES)


def test_an_unknown_beard_is_refused(average_head):
    with pytest.raises(KeyError, match="ringlets"):
        grow_beard("ringlets", GREY, *average_head, np.random.default_rng(0))


def test_a_beard_follows_the_jaw(average_head, people):
    """The chin's hair goes down with the jaw as far as the chin does."""
    one = people[1]
    beard = next(
        beard
        for beard in (
            draw_beard(load_head().refine(one.vertices), average_head[1], GREY, rng)
            for rng in map(np.random.default_rng, range(40))
        )
        if beard is not None and beard.style in ("short", "full")
    )
    bearded = replace(one, grooming=Grooming(beard=beard))
    scene = replace(draw_scene(np.random.default_rng(0)), yaw=0.0, pitch=0.0, roll=0.0)
    shut, open_ = (
        pose_head(bearded, expression, scene)
        for expression in (NEUTRAL, Expression("surprise", 1.0, {26: (1, 1)}))
    )
    drop = open_.strands[0].points - shut.strands[0].points
    weights, roots = beard.strands.weights, beard.strands.roots
    moved = np.einsum(
        "nk,nkc->nc", weights, open_.mesh.positions[roots] - shut.mesh.positions[roots]
    )
    np.testing.assert_allclose(drop, np.repeat(moved[:, None], drop.shape[1], axis=1), atol=1e-4)
    assert drop[..., 1].min() < -0.05
