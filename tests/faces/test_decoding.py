import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.faces import decoding
from cnnlab.faces.decoding import Unreadable, decode_dataset, group_contents
from cnnlab.faces.images import decode_image
from cnnlab.faces.readers import read_dataset

from .made_files import course_files, write_folder

BROKEN = "Train/fear/1.png"


@pytest.fixture
def dataset(tmp_path):
    files = course_files() | {BROKEN: b"not an image"}
    return read_dataset(write_folder(tmp_path / "data", files))


def expected_pixels(dataset):
    good = [file for file in dataset.files if file.name != BROKEN]
    return np.stack([decode_image(file.read_bytes(), 16) for file in good])


@pytest.mark.parametrize(("block", "size"), [(3, 2**26), (256, 2**26), (256, 1), (256, 2000)])
def test_pixels_are_those_of_the_readable_files_in_order(
    dataset, tmp_path, monkeypatch, block, size
):
    monkeypatch.setattr(decoding, "BLOCK", block)
    monkeypatch.setattr(decoding, "BLOCK_BYTES", size)
    decoded = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(decoded.images, expected_pixels(dataset))
    assert isinstance(decoded.images, np.memmap)
    assert decoded.unreadable == (Unreadable(BROKEN, "cannot identify image file"),)
    assert [dataset.files[row].name for row in decoded.readable] == [
        file.name for file in dataset.files if file.name != BROKEN
    ]


@given(st.lists(st.binary(max_size=30), max_size=40), st.integers(1, 10), st.integers(1, 60))
def test_blocks_are_bounded_in_number_and_in_bytes(contents, most, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "BLOCK", most)
        patch.setattr(decoding, "BLOCK_BYTES", size)
        blocks = list(group_contents(contents))
    assert [content for block in blocks for content in block] == contents
    for block in blocks:
        assert 1 <= len(block) <= most
        assert sum(map(len, block[:-1])) < size


def test_remarks_of_pillow_do_not_reach_the_user(dataset, tmp_path, monkeypatch, recwarn):
    def remark(*args):
        warnings.warn_explicit("Truncated File Read", UserWarning, "Tiff.py", 1, "PIL.Tiff")
        return decode_image(*args)

    monkeypatch.setattr(decoding, "decode_image", remark)
    decode_dataset(dataset, 16, tmp_path / "cache")
    assert not recwarn.list


def count_decoding(monkeypatch):
    calls = []
    monkeypatch.setattr(
        decoding, "decode_image", lambda *args: calls.append(args) or decode_image(*args)
    )
    return calls


def test_second_time_nothing_is_decoded(dataset, tmp_path, monkeypatch):
    first = decode_dataset(dataset, 16, tmp_path / "cache")
    calls = count_decoding(monkeypatch)
    second = decode_dataset(dataset, 16, tmp_path / "cache")
    assert calls == []
    np.testing.assert_array_equal(first.images, second.images)
    assert first.unreadable == second.unreadable
    np.testing.assert_array_equal(first.readable, second.readable)


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.write_bytes(content)


DAMAGES = {
    "pixels cut off": lambda pixels, record: pixels.write_bytes(pixels.read_bytes()[:-100]),
    "pixel changed": lambda pixels, record: flip_a_byte(pixels),
    "pixels gone": lambda pixels, record: pixels.unlink(),
    "record cut off": lambda pixels, record: record.write_text(record.read_text()[:30]),
    "record empty": lambda pixels, record: record.write_text("[]"),
    "record gone": lambda pixels, record: record.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entry_is_made_again(dataset, tmp_path, damage):
    decode_dataset(dataset, 16, tmp_path / "cache")
    (pixels,) = (tmp_path / "cache").glob("*.npy")
    (record,) = (tmp_path / "cache").glob("*.json")
    DAMAGES[damage](pixels, record)
    decoded = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(decoded.images, expected_pixels(dataset))
    assert [image.name for image in decoded.unreadable] == [BROKEN]


def test_interrupted_decoding_leaves_no_entry(dataset, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "decode_image", interrupt)
        with pytest.raises(KeyboardInterrupt):
            decode_dataset(dataset, 16, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))
    decoded = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(decoded.images, expected_pixels(dataset))


def test_sizes_have_their_own_entries(dataset, tmp_path):
    assert decode_dataset(dataset, 16, tmp_path).images.shape[1:] == (16, 16, 3)
    assert decode_dataset(dataset, 8, tmp_path).images.shape[1:] == (8, 8, 3)
