"""Who people are: sexes, ages, colours, proportions, over many draws."""

from dataclasses import replace

import numpy as np
import pytest

from facesynth.head.action_units import NEUTRAL
from facesynth.head.assets import LIPS, SKIN, TEETH, load_head
from facesynth.head.head_shape import (
    OF_AGE,
    OF_MEN,
    OF_WOMEN,
    draw_shape,
    list_axes,
)
from facesynth.light.scene import draw_scene
from facesynth.person.colouring import (
    draw_lip_colour,
    draw_makeup,
    draw_skin_colour,
    lab_to_linear,
    linear_to_lab,
    skin_lab,
)
from facesynth.person.identity import age_of_years
from facesynth.picture.posing import frame_face, pose_head
from facesynth.picture.rasteriser import rasterise


@pytest.fixture(scope="module")
def shapes():
    """Vertices and sex of 150 heads."""
    model, rng = load_head(), np.random.default_rng(0)
    drawn = []
    for number in range(150):
        is_male, age = bool(number % 2), age_of_years(float(rng.uniform(18, 80)))
        weights = draw_shape(model, is_male, age, rng.dirichlet([0.35] * 3), rng)
        drawn.append((model.vertices + model.displace(weights), is_male))
    return drawn


def nearest(x, y, z):
    """The coarse skin vertex at a place on the average head."""
    model = load_head()
    skin = model.coarse_vertices_of(SKIN)
    return int(skin[np.argmin(np.linalg.norm(model.vertices[skin] - [x, y, z], axis=1))])


def test_nobody_is_a_child_and_all_ages_occur(people):
    years = np.array([one.years for one in people])
    assert years.min() >= 18
    assert years.max() <= 80
    assert (years < 30).mean() > 0.1
    assert (years > 55).mean() > 0.1


def test_ages_are_makehuman_s():
    ages = [age_of_years(years) for years in (1, 12.5, 25, 57.5, 90)]
    assert ages == pytest.approx([0, 0.2396, 0.5, 0.75, 1], abs=1e-4)


def test_skin_has_the_lightness_hue_and_chroma_of_skin():
    rng = np.random.default_rng(0)
    for melanin in np.linspace(0, 1, 41):
        for _ in range(10):
            lightness, red, yellow = linear_to_lab(draw_skin_colour(melanin, rng))
            hue, chroma = np.rad2deg(np.arctan2(yellow, red)), np.hypot(red, yellow)
            assert 23 < lightness < 74
            # Neither pink nor green, neither grey nor orange.
            assert 36 < hue < 68
            assert 7 < chroma < 25
            assert abs(lightness - skin_lab(melanin)[0]) < 3


def test_colours_go_to_cielab_and_back():
    # Black, white, and sRGB red in CIELAB (D65) as tables have it.
    np.testing.assert_allclose(linear_to_lab(np.ones(3)), [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(linear_to_lab(np.array([1, 0, 0])), [53.24, 80.09, 67.2], atol=0.3)
    np.testing.assert_allclose(lab_to_linear(np.array([53.24, 80.09, 67.2])), [1, 0, 0], atol=0.01)


def test_lips_are_redder_and_darker_than_skin():
    rng = np.random.default_rng(1)
    for melanin in np.linspace(0, 1, 20):
        skin = draw_skin_colour(melanin, rng)
        lips = np.mean([linear_to_lab(draw_lip_colour(skin, melanin, rng)) for _ in range(12)], 0)
        assert lips[0] < linear_to_lab(skin)[0]
        assert lips[1] > linear_to_lab(skin)[1] + 2


def test_make_up_is_worn_by_some_women_and_no_man(people):
    worn = [one.makeup.lips + one.makeup.lids + one.makeup.blush for one in people]
    women = [amount for one, amount in zip(people, worn, strict=True) if not one.is_male]
    assert not any(amount for one, amount in zip(people, worn, strict=True) if one.is_male)
    assert 0.3 < np.mean(np.array(women) > 0) < 0.95
    bare = draw_makeup(False, 0.5, np.random.default_rng(0))
    assert (bare.lips, bare.lids, bare.blush) == (0, 0, 0)


def test_only_shaven_men_have_a_shadow_of_a_beard(people):
    for one in people:
        assert 0 <= one.shave_shadow <= 0.5
        assert not one.shave_shadow or (one.is_male and one.grooming.beard is None)
    assert any(one.shave_shadow for one in people)


def test_jaw_neck_and_lips_set_the_sexes_apart(shapes):
    jaw = nearest(0.55, 6.45, 0.75), nearest(-0.55, 6.45, 0.75)
    lips = load_head().masks[:, LIPS] > 0.5

    def measures(vertices):
        width = vertices[jaw[0], 0] - vertices[jaw[1], 0]
        return width, np.ptp(vertices[lips, 1])

    women = np.array([measures(v) for v, is_male in shapes if not is_male])
    men = np.array([measures(v) for v, is_male in shapes if is_male])
    pooled = np.sqrt((women.var(axis=0) + men.var(axis=0)) / 2)
    difference = (men.mean(axis=0) - women.mean(axis=0)) / pooled
    assert difference[0] > 0.8
    assert difference[1] < -0.3


def test_faces_have_thirds_of_about_equal_height(shapes):
    # Hairline, brow ridge, base of the nose, chin: the neoclassical canon of equal thirds, from
    # which real faces stray (Farkas et al. 1985, Plastic and Reconstructive Surgery 75).
    places = [(0, 7.97, 1.42), (0, 7.46, 1.52), (0, 6.82, 1.55), (0, 6.14, 1.42)]
    rows = [nearest(*place) for place in places]
    heights = np.array([-np.diff(vertices[rows, 1]) for vertices, _ in shapes])
    shares = heights / heights.sum(axis=1, keepdims=True)
    assert shares.min() > 0.24
    assert shares.max() < 0.43
    assert shares.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.05)


def test_no_head_strays_far_from_the_average_of_its_sex(shapes):
    model = load_head()
    x, y, z = model.vertices.T
    skin = np.zeros(len(x), bool)
    skin[model.coarse_vertices_of(SKIN)] = True
    face = skin & (z > 0.6) & (y > 6.1) & (y < 8.0)
    for sex in (False, True):
        heads = np.stack([v[face] for v, is_male in shapes if is_male is sex])
        heads -= heads.mean(axis=1, keepdims=True)
        distance = np.linalg.norm(heads - heads.mean(axis=0), axis=-1)
        assert distance.mean() > 0.02
        # 22 mm between a head and the average, as a root mean square, would be no human's.
        assert np.sqrt((distance**2).mean(axis=1)).max() < 0.22


def test_heads_are_nearly_but_not_quite_symmetric(shapes):
    model = load_head()
    left, right = nearest(0.5, 7.1, 1.1), nearest(-0.5, 7.1, 1.1)
    assert model.vertices[left] == pytest.approx(model.vertices[right] * [-1, 1, 1], abs=1e-3)
    gaps = [abs(v[left, 0] + v[right, 0]) for v, _ in shapes]
    assert 0 < np.median(gaps) < 0.05


def test_axes_are_pairs_of_opposites_without_a_second_use():
    model = load_head()
    axes = list_axes(model.target_names)
    names = [name for axis in axes for name in axis if name is not None]
    assert len(names) == len(set(names))
    assert set(names) <= set(model.target_names)
    assert (set(OF_AGE) | set(OF_MEN) | set(OF_WOMEN)) <= set(model.target_names)


def test_closed_lips_hide_the_teeth(people):
    """From straight ahead, hardly any tooth is nearer to the camera than the lips are."""
    ahead = dict(yaw=0.0, pitch=0.0, roll=0.0)
    shown = []
    for seed, one in enumerate(people[:25]):
        place = replace(draw_scene(np.random.default_rng(seed)), **ahead)
        posed = pose_head(one, NEUTRAL, place)
        mesh, frame = posed.mesh, frame_face(one, posed, place, 256)
        solid = np.ones((2, 2), np.float32)
        found = rasterise(frame.project(mesh.positions), mesh, solid, 256)
        materials = mesh.materials[found.triangle[found.triangle >= 0]]
        shown.append(int((materials == TEETH).sum()))
    # Some lips part at rest, by a line at most.
    assert np.median(shown) < 12
    assert max(shown) < 120
