import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.files import DataError
from cnnlab.faces.readers import read_dataset

from .made_files import EXPRESSIONS


def save_number(value, text=True):
    buffer = io.BytesIO()
    np.save(buffer, np.array(str(value) if text else value))
    return buffer.getvalue()


def made_image(grey):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), (grey, grey, grey)).save(buffer, "JPEG")
    return buffer.getvalue()


def make_release(root, classes=tuple(range(8)), text=True):
    """Write a release with one image of each given class in each split; return its folder."""
    for number, split in enumerate(("train_set", "val_set")):
        for folder in ("images", "annotations"):
            (root / split / folder).mkdir(parents=True)
        for position, category in enumerate(classes):
            stem = f"{100 * number + position}"
            (root / split / "images" / f"{stem}.jpg").write_bytes(made_image(10 * position))
            for kind, value in (("exp", category), ("val", -0.5 + 0.1 * position), ("aro", 0.25)):
                path = root / split / "annotations" / f"{stem}_{kind}.npy"
                path.write_bytes(save_number(value, text))
    return root


@pytest.mark.parametrize("text", [True, False])
def test_labels_valence_and_arousal_are_those_of_the_files(tmp_path, text):
    dataset = read_dataset(make_release(tmp_path / "AffectNet", text=text))
    assert [CLASSES[label] for label in dataset.labels] == 2 * [*EXPRESSIONS]
    assert dataset.splits.tolist() == ["train"] * 8 + ["validation"] * 8
    np.testing.assert_allclose(dataset.valence[:8], -0.5 + 0.1 * np.arange(8), atol=1e-6)
    np.testing.assert_allclose(dataset.arousal, 0.25)
    assert dataset.files[3].name == "train_set/images/3.jpg"
    assert dataset.notes == ()


def test_a_zip_reads_as_the_folder_does(tmp_path):
    folder = make_release(tmp_path / "wrapped" / "AffectNet")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    unpacked, packed = read_dataset(folder), read_dataset(tmp_path / "data.zip")
    assert packed.digest == unpacked.digest


def test_categories_that_are_no_expression_are_left_out_and_counted(tmp_path):
    root = make_release(tmp_path / "AffectNet", classes=[*range(8), 8, 9, 9, 10])
    dataset = read_dataset(root)
    assert len(dataset) == 16
    assert "none: 1, uncertain: 2, no face: 1" in dataset.notes[0]


def test_unknown_dimensions_are_left_out_and_counted(tmp_path):
    root = make_release(tmp_path / "AffectNet", classes=[*range(8), 3])
    (root / "train_set/annotations/8_val.npy").write_bytes(save_number(-2))
    dataset = read_dataset(root)
    assert (dataset.splits == "train").sum() == 8
    assert dataset.notes == (
        "Left out of train_set/ by their annotations: valence or arousal unknown: 1.",
    )


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("exp", save_number(11), "holds '11.0'; it must be a whole number from 0 to 10"),
        ("exp", save_number(2.5), "holds '2.5'; it must be a whole number"),
        ("exp", save_number("sad"), "does not hold one number"),
        ("val", save_number(1.5), "must be a number from -1 to 1"),
        ("aro", save_number("nan"), "holds 'nan'"),
        ("aro", b"", "does not hold one number"),
        ("aro", b"\x93NUMPY\x01", "does not hold one number"),
    ],
)
def test_annotations_that_cannot_be_right_are_refused(tmp_path, kind, content, message):
    root = make_release(tmp_path / "AffectNet")
    (root / f"train_set/annotations/5_{kind}.npy").write_bytes(content)
    with pytest.raises(DataError, match=f"train_set/annotations/5_{kind}.npy.*{message}"):
        read_dataset(root)


def test_pickled_annotations_are_never_loaded(tmp_path):
    root = make_release(tmp_path / "AffectNet")
    with (root / "train_set/annotations/5_exp.npy").open("wb") as stream:
        np.save(stream, np.array({"exp": 5}, dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"5_exp\.npy does not hold one number"):
        read_dataset(root)


def test_a_missing_annotation_is_named(tmp_path):
    root = make_release(tmp_path / "AffectNet")
    (root / "val_set/annotations/104_aro.npy").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of 8 annotations, such as .*104_aro\.npy"):
        read_dataset(root)


def test_a_missing_split_or_class_is_named(tmp_path):
    root = make_release(tmp_path / "AffectNet", classes=[0, 1, 2, 3, 4, 5, 6, 6])
    with pytest.raises(DataError, match="train has too few images of contempt"):
        read_dataset(root)
    (root / "val_set").rename(root / "other")
    with pytest.raises(DataError, match="lacks the folder val_set"):
        read_dataset(root)


def test_what_is_no_image_of_the_release_is_counted_and_named(tmp_path):
    root = make_release(tmp_path / "AffectNet")
    (root / "train_set/images/readme.txt").write_bytes(b"x")
    (root / "train_set/images/more").mkdir()
    (root / "train_set/images/more/5.jpg").write_bytes(made_image(3))
    (root / "val_set/images/100.jpg").unlink()
    (root / "extra").mkdir()
    (root / "val_set/images/100.jpeg").write_bytes(made_image(1))
    (root / "val_set/annotations/999_exp.npy").write_bytes(save_number(1))
    dataset = read_dataset(root)
    assert len(dataset) == 16
    assert dataset.notes == (
        "The folder extra/ was not read: train_set/ is train and val_set/ is validation.",
        "Left out of train_set/, being no labelled images: 2 (such as "
        "train_set/images/more/5.jpg).",
        "1 annotations in val_set/ have no image and were not used.",
    )


@pytest.mark.parametrize("shape", [(2,), (10**12,), (1, 1)])
def test_arrays_that_are_no_single_number_are_refused_whatever_size_they_claim(tmp_path, shape):
    root = make_release(tmp_path / "AffectNet")
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    (root / "train_set/annotations/5_val.npy").write_bytes(stream.getvalue() + bytes(8))
    with pytest.raises(DataError, match=r"5_val\.npy does not hold one number \(its shape"):
        read_dataset(root)
