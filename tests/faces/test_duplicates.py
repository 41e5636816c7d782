from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cnnlab.faces.decoding import decode_image
from cnnlab.faces.duplicates import _near_pairs, find_copies, find_duplicates
from cnnlab.faces.files import read_files
from cnnlab.faces.readers import read_dataset

from .made_files import encode, write_folder


def smooth_image(seed: int) -> np.ndarray:
    """Distinct low frequencies, as photographs have them."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((96, 96), Image.Resampling.BICUBIC))


@pytest.fixture
def faces(tmp_path):
    classes = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
    files = {}
    for seed, (split, name) in enumerate(
        (split, name) for split in ("Train", "Validation") for name in classes
    ):
        files[f"{split}/{name}/0.png"] = encode(smooth_image(seed))
    files["Validation/fear/copy.png"] = files["Train/neutral/0.png"]
    brighter = np.clip(smooth_image(1) * 0.9 + 20, 0, 255).astype(np.uint8)
    files["Validation/happy/again.jpg"] = encode(brighter, "JPEG", quality=70)
    dataset = read_dataset(write_folder(tmp_path / "data", files))
    return dataset, np.stack([decode_image(each, 128) for each in read_files(dataset.files)])


def test_copies_and_near_copies_are_found_and_nothing_else(faces):
    table = find_duplicates(*faces)
    assert list(table["train"]) == ["Train/neutral/0.png", "Train/happy/0.png"]
    assert list(table["validation"]) == ["Validation/fear/copy.png", "Validation/happy/again.jpg"]
    assert list(table["identical"]) == [True, False]
    assert table["distance"][0] == 0
    assert list(table["train_label"]) == ["neutral", "happiness"]
    assert list(table["validation_label"]) == ["fear", "happiness"]


def test_copies_are_the_validation_images_unless_they_show_somebody_else(faces):
    dataset, images = faces
    names = [file.name for file in dataset.files]
    copy, near = (
        names.index(f"Validation/{name}") for name in ("fear/copy.png", "happy/again.jpg")
    )
    assert find_copies(dataset, images).tolist() == sorted([copy, near])
    strangers = replace(dataset, identities=np.arange(len(dataset)))
    assert find_copies(strangers, images).tolist() == [copy]
    known = strangers.identities.copy()
    known[near] = known[names.index("Train/happy/0.png")]
    same = replace(dataset, identities=known)
    assert find_copies(same, images).tolist() == sorted([copy, near])


def test_no_duplicates_give_an_empty_table_with_the_same_columns(faces):
    dataset, images = faces
    rows = np.array([row for row, f in enumerate(dataset.files) if f.name.endswith("/0.png")])
    table = find_duplicates(dataset.select(rows), images[rows])
    assert len(table) == 0
    assert list(table.columns) == list(find_duplicates(dataset, images).columns)


def test_pairs_agree_with_counting_bits_one_by_one():
    generator = np.random.default_rng(0)
    left = generator.integers(0, 2**63, 700, dtype=np.uint64)
    right = np.concatenate(
        [left[::50] ^ np.uint64(5), generator.integers(0, 2**63, 40, dtype=np.uint64)]
    )
    expected = {
        (i, j, (int(a) ^ int(b)).bit_count())
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if (int(a) ^ int(b)).bit_count() <= 16
    }
    assert len(expected) >= 14
    found = _near_pairs(left, right, 16)
    assert set(zip(*(part.tolist() for part in found), strict=True)) == expected
