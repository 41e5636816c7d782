"""Headwear and how everything on a head is fitted to it."""

import numpy as np
import pytest

from facesynth.hair.grooming import draw_grooming, fit_head
from facesynth.hair.headwear import (
    CENTRE,
    SHARES_OF_MEN,
    SHARES_OF_WOMEN,
    cover_head,
    draw_kind,
    hull_distance,
)
from facesynth.head.assets import EARS, SKIN, load_head

KINDS = ("headscarf", "cap", "hood")
BROWN = np.array([0.075, 0.040, 0.020])


@pytest.fixture(scope="module", params=KINDS)
def worn(request, people):
    model = load_head()
    found = []
    for seed, one in enumerate(people[:12]):
        head = model.refine(one.vertices)
        average = fit_head(head).to_average(head)
        found.append(cover_head(request.param, average, np.random.default_rng(seed)))
    return found


def test_headwear_leaves_the_face_free(worn):
    for one in worn:
        x, y, z = one.mesh.positions.T
        before_face = (np.abs(x) < 0.42) & (y > 6.45) & (y < 7.5) & (z > 0.9)
        assert not before_face.any()


def test_headwear_is_a_smooth_surface_around_the_head(worn):
    for one in worn:
        assert np.isfinite(one.mesh.positions).all()
        assert np.abs(one.mesh.positions - CENTRE).max() < 2.6
        np.testing.assert_allclose(np.linalg.norm(one.mesh.normals, axis=1), 1, atol=1e-3)
        outwards = (one.mesh.normals * (one.mesh.positions - CENTRE)).sum(axis=1)
        assert (outwards > 0).mean() > 0.85
        assert (one.colour > 0).all()
        assert (one.colour < 1).all()


def test_a_headscarf_covers_ears_and_crown(people):
    model = load_head()
    skin = model.vertex_materials == SKIN
    hidden = skin & ((model.fine_masks[:, EARS] > 0.5) | (model.canonical[:, 1] > 8.2))
    for seed, one in enumerate(people[:4]):
        head = model.refine(one.vertices)
        average = fit_head(head).to_average(head)
        scarf = cover_head("headscarf", average, np.random.default_rng(seed)).mesh.positions
        apart = average[hidden] - CENTRE
        reach = np.linalg.norm(apart, axis=1)
        around = scarf - CENTRE
        distance = np.linalg.norm(around, axis=1)
        facing = (apart / reach[:, None]) @ (around / distance[:, None]).T
        assert (distance[facing.argmax(axis=1)] > reach - 0.02).mean() > 0.98


def test_the_hull_of_a_ball_is_the_ball():
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((3000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    distance = hull_distance(CENTRE + 0.8 * directions, directions[:50])
    np.testing.assert_allclose(distance, 0.8, rtol=1e-6)


def test_unknown_headwear_is_refused():
    with pytest.raises(KeyError, match="crown"):
        cover_head("crown", load_head().canonical, np.random.default_rng(0))


def test_shares_of_headwear():
    assert sum(SHARES_OF_MEN.values()) == pytest.approx(1)
    assert sum(SHARES_OF_WOMEN.values()) == pytest.approx(1)
    rng = np.random.default_rng(1)
    drawn = [draw_kind(False, rng) for _ in range(600)]
    assert drawn.count("none") / 600 == pytest.approx(SHARES_OF_WOMEN["none"], abs=0.06)


def test_the_fit_undoes_stretch_and_shift():
    canonical = load_head().canonical
    fit = fit_head(canonical * [1.1, 0.9, 1.05] + [0.0, 0.4, -0.1])
    np.testing.assert_allclose(fit.scale, [1.1, 0.9, 1.05], rtol=1e-4)
    np.testing.assert_allclose(fit.offset, [0.0, 0.4, -0.1], atol=1e-3)
    np.testing.assert_allclose(fit.to_average(fit.to_head(canonical)), canonical, atol=1e-4)


def test_hair_sits_on_heads_of_every_height(people):
    model = load_head()
    heights = []
    for one in people:
        if one.grooming.hair is None:
            continue
        strands, head = one.grooming.hair.strands, model.refine(one.vertices)
        roots = np.einsum("nk,nkc->nc", strands.weights, head[strands.roots])
        np.testing.assert_allclose(strands.anchors, roots, atol=1e-3)
        heights.append(head[:, 1].max())
    assert np.ptp(heights) > 0.1


def test_a_headscarf_hides_all_hair_and_women_have_no_beards():
    # What covers the head is drawn first, from a generator of its own.
    kinds = [draw_kind(False, np.random.default_rng(seed).spawn(1)[0]) for seed in range(60)]
    assert set(kinds) == {"none", *KINDS}
    for kind in set(kinds):
        rng = np.random.default_rng(kinds.index(kind))
        grooming = draw_grooming(load_head().vertices, False, 0.3, 0.5, BROWN, rng)
        assert grooming.beard is None
        assert (grooming.headwear is None) == (kind == "none")
        assert (grooming.hair is None) == (kind == "headscarf")


def test_the_same_seed_grows_the_same_hair():
    vertices = load_head().vertices
    first, second = (
        draw_grooming(vertices, True, 0.2, 0.5, BROWN, np.random.default_rng(5)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.hair.strands.points, second.hair.strands.points)
    np.testing.assert_array_equal(first.hair.strands.colours, second.hair.strands.colours)
