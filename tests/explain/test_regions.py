import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.explain.cam.regions import (
    BORDER,
    LOWER,
    MIDDLE,
    REGIONS,
    UPPER,
    make_regions,
    measure_overlap,
    share_energy,
    share_inside,
)

RNG = np.random.default_rng(0)


@given(st.integers(16, 150), st.integers(16, 150))
def test_regions_cover_every_pixel_once(height, width):
    masks = make_regions(height, width)
    assert set(masks) == set(REGIONS)
    assert (sum(mask.astype(int) for mask in masks.values()) == 1).all()


def test_bands_lie_from_top_to_bottom_within_a_frame():
    masks = make_regions(128, 128)
    assert masks[UPPER][16:48, 16:112].all()
    assert masks[MIDDLE][48:80, 16:112].all()
    assert masks[LOWER][80:112, 16:112].all()
    assert masks[BORDER].sum() == 128 * 128 - 96 * 96


def test_shares_add_up_and_find_the_place():
    maps = RNG.random((4, 128, 128)).astype(np.float32)
    maps[1] = 0
    maps[1, 90:100, 50:60] = 2
    shares = share_energy(maps)
    np.testing.assert_allclose(sum(shares.values()), 1)
    assert shares[LOWER][1] == 1
    # A constant map has each region's area as its share.
    areas = share_energy(np.ones((1, 128, 128)))
    assert areas[BORDER][0] == pytest.approx(1 - (96 / 128) ** 2)
    assert areas[UPPER][0] == areas[MIDDLE][0] == areas[LOWER][0]


def test_energy_is_shared_between_inside_and_outside():
    maps, masks = RNG.random((5, 6, 7)), RNG.random((5, 6, 7)) < 0.4
    inside = share_inside(maps, masks)
    np.testing.assert_allclose(inside + share_inside(maps, ~masks), 1)
    np.testing.assert_allclose(share_inside(3 * maps, masks), inside)
    np.testing.assert_allclose(share_inside(np.ones((5, 6, 7)), masks), masks.mean(axis=(1, 2)))


def test_maps_and_masks_that_say_nothing_have_no_shares():
    maps = np.stack([np.zeros((2, 2)), np.ones((2, 2))])
    masks = np.array([[[True, False]] * 2, [[False, False]] * 2])
    assert np.isnan(share_inside(maps, masks)).all()
    assert all(np.isnan(share).all() for share in share_energy(np.zeros((1, 32, 32))).values())


def test_overlap_of_equal_disjoint_nested_and_empty_maps():
    first = np.zeros((4, 4, 4))
    second = np.zeros((4, 4, 4))
    first[0, 1, 1] = second[0, 1, 1] = 0.5
    first[1, 0, 0] = second[1, 3, 3] = 1
    first[2, 0, :2] = 1
    second[2, 0, :1] = 1
    np.testing.assert_allclose(measure_overlap(first, second), [1, 0, 0.5, np.nan])
    np.testing.assert_allclose(measure_overlap(second, first), [1, 0, 0.5, np.nan])
