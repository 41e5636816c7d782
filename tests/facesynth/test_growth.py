"""Strands, haircuts and how they are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facesynth.hair.growth import colour_strands, grow_hair, hair_depth
from facesynth.hair.haircuts import (
    STYLES_OF_MEN,
    STYLES_OF_TIGHT_CURLS,
    STYLES_OF_WOMEN,
    choose_style,
    draw_haircut,
)
from facesynth.hair.strands import (
    Obstacle,
    curl,
    follow_guides,
    grow_guides,
    scatter_roots,
    turn_strands,
)
from facesynth.head.assets import SKIN, load_head
from facesynth.head.mesh import vertex_normals
from facesynth.light.scene import draw_scene
from facesynth.picture.strand_rasteriser import draw_strands
from facesynth.picture.strand_shading import light_strands, look_from_light, pass_hair

SHARES = [STYLES_OF_MEN, STYLES_OF_WOMEN, *STYLES_OF_TIGHT_CURLS.values()]
STYLES = sorted({name for shares in SHARES for name in shares} - {"bald"})
BROWN = np.array([0.075, 0.040, 0.020])


@pytest.fixture(scope="module")
def average_head():
    model = load_head()
    return model.canonical, vertex_normals(model.canonical, model.triangles)


@pytest.fixture(scope="module")
def grown(average_head):
    """Every style, twice, on the average head."""
    heads = []
    for name in STYLES:
        for seed in (0, 1):
            rng = np.random.default_rng([seed, STYLES.index(name)])
            cut = draw_haircut(name, seed == 0, name == "afro", 0.5, rng)
            heads.append((cut, grow_hair(cut, BROWN, *average_head, 99.0, rng)))
    return heads


def test_hair_hangs_over_no_eye_nose_or_mouth(grown):
    for cut, strands in grown:
        x, y, z = strands.points.reshape(-1, 3).T
        over_face = (np.abs(x) < 0.4) & (y > 6.3) & (y < 7.4) & (z > 1.1)
        assert over_face.mean() < 0.001, cut.style


def test_hair_grows_behind_the_hairline_only(grown):
    for cut, strands in grown:
        canonical = load_head().canonical[strands.roots]
        roots = np.einsum("nk,nkc->nc", strands.weights, canonical)
        assert hair_depth(cut, roots).min() > -0.15
        np.testing.assert_allclose(strands.weights.sum(axis=1), 1, atol=1e-5)
        assert strands.weights.min() >= -1e-6


def test_hair_stays_out_of_the_head(grown, average_head):
    positions, normals = average_head
    skin = load_head().vertex_materials == SKIN
    obstacle = Obstacle(positions[skin], normals[skin])
    for cut, strands in grown:
        points = strands.points[::20].reshape(-1, 3)
        pushed = obstacle.push_out(points, np.zeros(len(points)))
        inside = np.linalg.norm(pushed - points, axis=1)
        assert np.quantile(inside, 0.95) < 0.06, cut.style


def test_strands_are_finite_and_taper(grown):
    for cut, strands in grown:
        assert np.isfinite(strands.points).all()
        np.testing.assert_allclose(np.linalg.norm(strands.outwards, axis=-1), 1, atol=1e-3)
        assert (strands.widths[:, -1] < strands.widths[:, 0]).all(), cut.style
        assert (strands.colours > 0).all()
        assert (strands.colours < 1).all()


def test_styles_differ_in_how_far_they_hang(grown):
    lowest = {}
    for cut, strands in grown:
        lowest.setdefault(cut.style, []).append(np.quantile(strands.points[..., 1], 0.02))
    reach = {name: np.mean(values) for name, values in lowest.items()}
    assert reach["long"] < reach["bob"] < reach["pixie"]
    assert reach["long"] < 6.0
    assert reach["buzzed"] > 6.5


def test_shares_of_styles_are_shares():
    for shares in SHARES:
        assert sum(shares.values()) == pytest.approx(1)
    rng = np.random.default_rng(0)
    drawn = [choose_style(False, False, "none", rng) for _ in range(500)]
    assert drawn.count("long") / 500 == pytest.approx(STYLES_OF_WOMEN["long"], abs=0.07)


def test_an_unknown_style_is_refused():
    with pytest.raises(KeyError, match="mullet"):
        draw_haircut("mullet", True, False, 0.5, np.random.default_rng(0))


def test_old_mens_hair_recedes():
    cuts = [
        [draw_haircut("crew", True, False, age, np.random.default_rng(k)) for k in range(20)]
        for age in (0.5, 0.85)
    ]
    young, old = (np.mean([cut.recession for cut in group]) for group in cuts)
    assert old > young + 0.1


def test_grey_hair_is_a_mixture_of_dark_and_white():
    grey = np.array([0.26, 0.252, 0.245])
    spread = np.log(colour_strands(grey, 4000, np.random.default_rng(0))[:, 1]).std()
    plain = np.log(colour_strands(BROWN, 4000, np.random.default_rng(0))[:, 1]).std()
    assert spread > 1.5 * plain
    assert colour_strands(grey, 4000, np.random.default_rng(1)).mean() == pytest.approx(
        0.252, rel=0.15
    )


def test_roots_are_scattered_by_area_and_density():
    positions = np.array([[0, 0, 0], [3, 0, 0], [0, 1, 0], [0, 0, 9], [1, 0, 9], [0, 1, 9]], float)
    normals = np.tile([0.0, 0.0, 1.0], (6, 1))
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    rng = np.random.default_rng(0)
    even = scatter_roots(4000, triangles, np.ones(6), positions, normals, positions, rng)
    assert (even.points[:, 2] < 1).mean() == pytest.approx(0.75, abs=0.03)
    uneven = scatter_roots(
        4000, triangles, np.array([0, 0, 0, 1, 1, 1.0]), positions, normals, positions, rng
    )
    assert (uneven.points[:, 2] == 9).all()
    with pytest.raises(ValueError, match="nowhere to grow"):
        scatter_roots(10, triangles, np.zeros(6), positions, normals, positions, rng)


def test_guides_keep_their_length_and_stay_above_a_floor():
    x, z = np.meshgrid(np.linspace(-3, 3, 60), np.linspace(-3, 3, 60))
    floor = np.stack([x.ravel(), 0 * x.ravel(), z.ravel()], axis=1)
    obstacle = Obstacle(floor, np.tile([0.0, 1.0, 0.0], (len(floor), 1)))

    def down(points, share):
        return np.tile([0.3, -1.0, 0.0], (len(points), 1))

    starts = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    up = np.tile([0.0, 1.0, 0.0], (2, 1))
    lengths, margin = np.array([1.0, 2.0]), np.full(2, 0.1)
    curves = grow_guides(starts, up, lengths, down, 0.1, margin, obstacle, 20)
    walked = np.linalg.norm(np.diff(curves, axis=1), axis=2).sum(axis=1)
    np.testing.assert_allclose(walked, lengths, rtol=1e-6)
    assert curves[:, 8:, 1].min() > 0.0
    assert curves[:, -1, 0].min() > 0.4


@given(st.floats(0.1, 1.0), st.floats(0.0, 1.0))
def test_strands_start_at_their_roots_and_gather(reach, gathering):
    guides = np.stack([np.zeros(9), np.linspace(0, 1, 9), np.zeros(9)], axis=1)[None]
    roots = np.array([[0.2, 0.0, 0.0], [-0.2, 0.0, 0.0]])
    strands = follow_guides(
        roots, guides, np.zeros(2, int), np.full(2, reach), np.full(2, gathering)
    )
    np.testing.assert_allclose(strands[:, 0], roots, atol=1e-6)
    gap = strands[0, -1, 0] - strands[1, -1, 0]
    assert gap == pytest.approx(0.4 * (1 - gathering), abs=1e-6)
    np.testing.assert_allclose(strands[:, -1, 1], reach, atol=1e-6)


def test_a_coil_winds_around_its_strand():
    straight = np.zeros((1, 61, 3), np.float32)
    straight[0, :, 1] = np.linspace(0, 3, 61)
    wound = curl(straight, np.array([0.1]), np.array([4.0]), np.zeros(1))
    away = np.linalg.norm((wound - straight)[0, 21:], axis=1)
    np.testing.assert_allclose(away, 0.1, rtol=1e-4)
    np.testing.assert_allclose(wound[:, 0], straight[:, 0], atol=1e-6)


def test_strands_turn_with_the_head_and_their_roots_follow_the_skin(grown, average_head):
    _, strands = next(pair for pair in grown if pair[0].style == "long")
    turn = draw_scene(np.random.default_rng(4)).rotation
    positions, shift = average_head[0], np.array([0.0, 0.1, 0.0])
    pivot = np.array([0, 7, 0.5])
    still = turn_strands(strands, positions, pivot, turn)
    np.testing.assert_allclose(still.points, (strands.points - pivot) @ turn.T, atol=1e-4)
    moved = turn_strands(strands, positions + shift, pivot, turn).points - still.points
    along = np.linalg.norm(moved, axis=2)
    np.testing.assert_allclose(along[:, 0], 0.1, atol=1e-3)
    assert along[strands.points[..., 1] < 6.0].max() < 1e-3


def line(x0, y0, x1, y1, near=0.2):
    return np.array([[[x0, y0, near], [x1, y1, near]]], np.float32)


def draw(lines, width, behind=0.0):
    picture = np.zeros((32, 32, 3), np.float32)
    nearest = np.full((32, 32), behind, np.float32)
    colours = np.ones((*lines.shape[:2], 3), np.float32)
    widths = np.full(lines.shape[:2], width, np.float32)
    draw_strands(lines, colours, widths, 1.0, nearest, picture)
    # White strands on black: a pixel is as bright as it is covered.
    return picture[..., 0]


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("ends", [(4, 16.3, 28, 16.3), (16.7, 4, 16.7, 28), (4, 6, 28, 20)])
def test_a_strand_covers_its_area(width, ends):
    cover = draw(line(*ends), width)
    length = np.hypot(ends[2] - ends[0], ends[3] - ends[1])
    assert cover.sum() == pytest.approx(width * length, rel=0.08)


def test_a_strand_behind_the_head_is_hidden():
    assert draw(line(4, 16, 28, 16), 1.0, behind=0.3).max() == 0


def test_the_nearer_strand_lies_on_top_whatever_the_order():
    near, far = line(4, 16, 28, 16, 0.3), line(16, 4, 16, 28, 0.2)
    for pair in ((near, far), (far, near)):
        lines = np.concatenate(pair)
        colours = np.where(lines[..., 2:] > 0.25, 1.0, 0.0).repeat(3, axis=2).astype(np.float32)
        picture = np.full((32, 32, 3), 0.5, np.float32)
        nearest, widths = np.zeros((32, 32), np.float32), np.full((2, 2), 3, np.float32)
        draw_strands(lines, colours, widths, 1.0, nearest, picture)
        assert picture[16, 16, 0] == pytest.approx(1.0)
        assert picture[8, 16, 0] == pytest.approx(0.0)


def test_strands_outside_the_picture_do_no_harm():
    cover = draw(np.concatenate([line(-50, -9, 90, 60), line(40, 5, 60, 5)]), 2.0)
    assert 0 < cover.sum() < 32 * 32


def test_hair_shades_what_lies_behind_it_and_nothing_before_it():
    rng = np.random.default_rng(0)
    layer = rng.uniform(-0.5, 0.5, (16000, 3)).astype(np.float32)
    layer[:, 2] = 1.0
    shadow = look_from_light(layer, np.array([0.0, 0.0, 1.0]))
    light = pass_hair(shadow, np.array([[0, 0, 0], [0, 0, 2], [2, 0, 0]], np.float32))
    assert light[0] < 0.5
    np.testing.assert_allclose(light[1:], 1)


def test_inner_strands_are_darker_than_outer_ones():
    scene = draw_scene(np.random.default_rng(0))
    scene = replace(scene, light=replace(scene.light, direction=np.array([0.0, 0.0, 1.0])))
    outer = np.stack([np.zeros(8), np.linspace(0, 1, 8), np.full(8, 0.5)], axis=1)
    points = np.stack([outer, outer - [0, 0, 0.4]]).astype(np.float32)
    outwards = np.broadcast_to(np.float32([0, 0, 1]), points.shape).copy()
    colours = np.full((2, 3), 0.1, np.float32)
    radiance = light_strands(points, outwards, colours, points.reshape(-1, 3), scene)
    assert (radiance[1] < 0.7 * radiance[0]).all()
    assert (radiance > 0).all()
