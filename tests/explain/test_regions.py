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
    share_energy,
)


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
    maps = np.random.default_rng(0).random((4, 128, 128)).astype(np.float32)
    maps[1] = 0
    maps[1, 90:100, 50:60] = 2
    shares = share_energy(maps)
    np.testing.assert_allclose(sum(shares.values()), 1)
    assert shares[LOWER][1] == 1
    # A constant map has each region's area as its share.
    areas = share_energy(np.ones((1, 128, 128)))
    assert areas[BORDER][0] == pytest.approx(1 - (96 / 128) ** 2)
    assert areas[UPPER][0] == areas[MIDDLE][0] == areas[LOWER][0]


def test_an_empty_map_has_no_shares():
    assert all(np.isnan(share).all() for share in share_energy(np.zeros((1, 32, 32))).values())
