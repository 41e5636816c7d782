import io
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnlab.faces import decoding
from cnnlab.faces.decoding import (
    BACKGROUND,
    Unreadable,
    UnreadableImageError,
    decode_dataset,
    decode_image,
    group_contents,
)
from cnnlab.faces.files import read_files
from cnnlab.faces.readers import read_dataset

from .made_files import course_files, encode, write_folder

BROKEN = "Train/fear/1.png"


@pytest.fixture
def dataset(tmp_path):
    files = course_files() | {BROKEN: b"not an image"}
    return read_dataset(write_folder(tmp_path / "data", files))


def expected_pixels(dataset):
    good = [file for file in dataset.files if file.name != BROKEN]
    return np.stack([decode_image(content, 16) for content in read_files(good)])


@pytest.mark.parametrize(("block", "size"), [(3, 2**26), (256, 2**26), (256, 1), (256, 2000)])
def test_pixels_are_those_of_the_readable_files_in_order(
    dataset, tmp_path, monkeypatch, block, size
):
    monkeypatch.setattr(decoding, "BLOCK", block)
    monkeypatch.setattr(decoding, "BLOCK_BYTES", size)
    images, unreadable = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(images, expected_pixels(dataset))
    assert isinstance(images, np.memmap)
    assert unreadable == (Unreadable(BROKEN, "cannot identify image file"),)


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


def test_second_time_the_files_are_not_needed(dataset, tmp_path):
    first = decode_dataset(dataset, 16, tmp_path / "cache")
    for file in dataset.files:
        file.path.unlink()
    second = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]


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
    images, unreadable = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(images, expected_pixels(dataset))
    assert [image.name for image in unreadable] == [BROKEN]


def test_interrupted_decoding_leaves_no_entry(dataset, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "decode_image", interrupt)
        with pytest.raises(KeyboardInterrupt):
            decode_dataset(dataset, 16, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))
    images, _ = decode_dataset(dataset, 16, tmp_path / "cache")
    np.testing.assert_array_equal(images, expected_pixels(dataset))


def test_sizes_have_their_own_entries(dataset, tmp_path):
    for size in (16, 8):
        images, _ = decode_dataset(dataset, size, tmp_path)
        assert images.shape[1:] == (size, size, 3)


# One image -------------------------------------------------------------------------------------

RAMP = np.linspace(0, 255, 64, dtype=np.uint8).reshape(8, 8)
COLOURS = np.stack([RAMP, RAMP.T, RAMP[::-1]], axis=-1)


def save(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_rgb_of_the_right_size_is_unchanged():
    np.testing.assert_array_equal(decode_image(encode(COLOURS), 8), COLOURS)


def test_grey():
    decoded = decode_image(encode(RAMP), 8)
    np.testing.assert_array_equal(decoded, np.repeat(RAMP[..., None], 3, axis=-1))


def test_one_bit():
    decoded = decode_image(save(Image.fromarray(RAMP > 128), "PNG"), 8)
    np.testing.assert_array_equal(decoded[..., 1], np.where(RAMP > 128, 255, 0))


def test_palette_gives_colours_not_indices():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert (decode_image(save(image, "PNG"), 8) == (10, 200, 30)).all()


def test_transparent_palette_entry_shows_the_background():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert (decode_image(save(image, "PNG", transparency=1), 8) == BACKGROUND).all()


@pytest.mark.parametrize(("alpha", "expected"), [(0, 128), (255, 200), (128, 164)])
def test_rgba_is_laid_on_mid_grey(alpha, expected):
    pixels = np.full((8, 8, 4), 200, np.uint8)
    pixels[..., 3] = alpha
    assert np.abs(decode_image(encode(pixels), 8).astype(int) - expected).max() <= 1


def test_cmyk():
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    decoded = decode_image(save(image, "TIFF"), 8)
    assert (decoded == (0, 255, 255)).all()


def test_cmyk_jpeg():
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    decoded = decode_image(save(image, "JPEG", quality=100), 8).astype(int)
    assert np.abs(decoded - (255, 0, 0)).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(kind):
    deep = RAMP.astype(np.uint16) * 257
    decoded = decode_image(encode(deep, kind), 8)
    np.testing.assert_array_equal(decoded, np.repeat(RAMP[..., None], 3, axis=-1))


def test_16_bit_colour_is_scaled_not_clipped():
    _, content = cv2.imencode(".png", COLOURS[..., ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(decode_image(content.tobytes(), 8), COLOURS)


def test_grey_with_transparency():
    image = Image.merge("LA", [Image.fromarray(RAMP), Image.new("L", (8, 8), 255)])
    np.testing.assert_array_equal(decode_image(save(image, "PNG"), 8)[..., 0], RAMP)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, lambda x: x),
        (2, lambda x: x[:, ::-1]),
        (3, lambda x: x[::-1, ::-1]),
        (4, lambda x: x[::-1]),
        (5, lambda x: x.transpose(1, 0, 2)),
        (6, lambda x: np.rot90(x, -1)),
        (7, lambda x: np.rot90(x, 2).transpose(1, 0, 2)),
        (8, lambda x: np.rot90(x, 1)),
    ],
)
def test_exif_rotation_is_carried_out(orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode_image(encode(COLOURS, "PNG", exif=exif), 8)
    np.testing.assert_array_equal(decoded, turn(COLOURS))


def test_exif_rotation_of_a_jpeg():
    exif = Image.Exif()
    exif[0x0112] = 6
    halves = np.zeros((16, 16, 3), np.uint8)
    halves[:8] = 255
    decoded = decode_image(encode(halves, "JPEG", quality=100, exif=exif), 16)
    # The camera was held so that the top of its picture is the right of what was seen.
    assert (decoded[:, 8:] > 250).all() and (decoded[:, :8] < 5).all()


def test_oblong_image_is_kept_whole_between_grey_bars():
    decoded = decode_image(encode(np.full((32, 16, 3), 250, np.uint8)), 16)
    assert (decoded[:, :4] == BACKGROUND).all()
    assert (decoded[:, -4:] == BACKGROUND).all()
    assert (decoded[:, 4:-4] == 250).all()


def test_reduction_is_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(decode_image(encode(stripes), 8).astype(int) - 128).max() <= 8


def test_cut_off_image():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encode(noise, "JPEG")
    with pytest.raises(UnreadableImageError, match="truncated"):
        decode_image(content[: len(content) // 2], 8)


def test_text_is_no_image():
    with pytest.raises(UnreadableImageError, match=r"cannot identify image file$"):
        decode_image(b"not an image", 8)


def test_32_bit_values_are_refused_not_guessed():
    with pytest.raises(UnreadableImageError, match="32-bit"):
        decode_image(encode(np.full((8, 8), 0.5, np.float32), "TIFF"), 8)


def test_more_pixels_than_the_limit(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64)
    assert decode_image(encode(COLOURS), 8).shape == (8, 8, 3)
    with (
        pytest.warns(Image.DecompressionBombWarning),
        pytest.raises(UnreadableImageError, match="limit"),
    ):
        decode_image(encode(np.zeros((9, 8, 3), np.uint8)), 8)
    with pytest.raises(UnreadableImageError, match="limit"):
        decode_image(encode(np.zeros((64, 64, 3), np.uint8)), 8)


@given(st.integers(0, 2**32), st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
def test_damaged_bytes_decode_or_are_called_unreadable(seed, kind):
    generator = np.random.default_rng(seed)
    content = bytearray(encode(COLOURS, kind))
    for position in generator.integers(0, len(content), 5):
        content[position] = generator.integers(256)
    try:
        assert decode_image(bytes(content), 8).shape == (8, 8, 3)
    except UnreadableImageError as error:
        assert str(error)
