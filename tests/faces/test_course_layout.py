import os
import random
import struct
import zipfile

import numpy as np
import pytest

from cnnlab.faces.dataset import CLASSES, TRAIN, VALIDATION
from cnnlab.faces.files import DataError, read_files
from cnnlab.faces.readers import read_dataset

from .made_files import EXPRESSIONS, course_files, write_folder, write_zip


def test_folder_and_zip_give_the_same_dataset(tmp_path):
    files = course_files()
    folder = read_dataset(write_folder(tmp_path / "faces", files))
    archive = read_dataset(write_zip(tmp_path / "faces.zip", files))
    assert folder.digest == archive.digest
    assert folder.title == archive.title == "faces"
    assert list(read_files(archive.files)) == [files[file.name] for file in archive.files]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("AffectNet 1.5", "AffectNet 1.5"),
        ("my_faces+more", "my_faces+more"),
        ("faces @home *2* $x$", "faces -home -2- -x"),
        ("_[a]^b~", "a-b"),
        ("چهره‌ها", "چهره‌ها"),
        ("悲", "data"),
    ],
)
def test_title_is_the_name_as_a_caption_can_print_it(tmp_path, name, title):
    files = course_files()
    assert read_dataset(write_folder(tmp_path / name, files)).title == title
    assert read_dataset(write_zip(tmp_path / f"{name}.zip", files)).title == title


def test_title_of_a_folder_given_by_its_parent(tmp_path):
    folder = write_folder(tmp_path / "faces", course_files())
    assert read_dataset(folder / "Train" / "..").title == "faces"


def test_labels_and_splits_follow_the_folders(write):
    dataset = read_dataset(write(course_files(train=3, validation=2)))
    assert len(dataset) == 8 * 5
    for file, label, split in zip(dataset.files, dataset.labels, dataset.splits, strict=True):
        assert CLASSES[label] == file.name.split("/")[1]
        assert split == {"Train": TRAIN, "Validation": VALIDATION}[file.name.split("/")[0]]
    assert dataset.labels.dtype == np.int64
    assert dataset.notes == ()


def test_order_does_not_depend_on_the_order_in_the_archive(tmp_path):
    files = course_files()
    shuffled = random.Random(1).sample(sorted(files), len(files))
    one = read_dataset(write_zip(tmp_path / "a.zip", files))
    two = read_dataset(write_zip(tmp_path / "b.zip", {name: files[name] for name in shuffled}))
    assert [file.name for file in one.files] == [file.name for file in two.files]
    assert one.digest == two.digest


SYNONYMS = ("Neutral", "HAPPY", "sad", "Surprised", "afraid", "Disgusted", "angry", "Contemptuous")


@pytest.mark.parametrize("splits", [("train", "val"), ("TRAINING", "Valid"), ("Train", "TEST")])
@pytest.mark.parametrize("names", [tuple("01234567"), SYNONYMS])
def test_names_of_splits_and_classes_are_taken_in_their_usual_forms(write, splits, names):
    dataset = read_dataset(write(course_files(names=names, splits=splits)))
    for file, label in zip(dataset.files, dataset.labels, strict=True):
        assert CLASSES[label] == EXPRESSIONS[names.index(file.name.split("/")[1])]
    assert set(dataset.splits) == {TRAIN, VALIDATION}


def test_folders_around_the_layout_do_not_matter(write):
    files = course_files()
    wrapped = {f"AffectNet/sample 1/{name}": content for name, content in files.items()}
    dataset = read_dataset(write(wrapped | {"AffectNet/readme.txt": b"about"}))
    assert [file.name for file in dataset.files] == sorted(files)


def test_junk_of_operating_systems_is_ignored_without_a_note(write):
    files = course_files()
    junk = {
        "__MACOSX/Train/anger/._0.png": b"x",
        ".DS_Store": b"x",
        "Train/.DS_Store": b"x",
        "Train/anger/Thumbs.db": b"x",
        "Train/anger/.hidden.png": b"x",
        ".git/Train/anger/0.png": b"x",
    }
    dataset = read_dataset(write(files | junk))
    assert [file.name for file in dataset.files] == sorted(files)
    assert dataset.notes == ()


def test_files_that_are_not_images_are_counted_and_named(write):
    extra = {"Train/anger/notes.txt": b"x", "Train/stray.png": b"x", "extra/a.png": b"x"}
    dataset = read_dataset(write(course_files() | extra))
    assert len(dataset) == 8 * 5
    assert any("2" in note and "Train/anger/notes.txt" in note for note in dataset.notes)
    assert any("extra/" in note for note in dataset.notes)


def test_val_wins_over_test_and_a_note_says_so(write):
    files = course_files(splits=("train", "val"))
    test = {name.replace("val/", "test/"): c for name, c in files.items() if "val/" in name}
    dataset = read_dataset(write(files | test))
    assert not any(file.name.startswith("test") for file in dataset.files)
    assert any(
        "test/ was not read" in note and "val/ is validation" in note for note in dataset.notes
    )


def test_two_folders_of_one_class_are_merged_and_a_note_says_so(write):
    files = course_files()
    more = {"Train/happy/a.png": files["Train/happiness/0.png"]}
    dataset = read_dataset(write(files | more))
    assert (dataset.labels == 1).sum() == 3 + 2 + 1
    assert any("happiness and happy" in note for note in dataset.notes)


def without(files, start):
    return {name: content for name, content in files.items() if not name.startswith(start)}


BAD_LAYOUTS = {
    "no layout": (lambda f: {"pictures/a.png": b"x"}, "no known layout"),
    "nothing": (lambda f: {"readme.txt": b"x"}, "no known layout"),
    "no Train": (lambda f: without(f, "Train/"), "lacks the folder train"),
    "no Validation": (lambda f: without(f, "Validation/"), "lacks the folder validation"),
    "unknown class": (lambda f: f | {"Train/boredom/0.png": b"x"}, "Train/boredom is not"),
    "index 8": (lambda f: f | {"Validation/8/0.png": b"x"}, "Validation/8 is not"),
    "missing class": (lambda f: without(f, "Train/fear"), "train has too few images of fear"),
    "only other files": (
        lambda f: without(f, "Train/fear") | {"Train/fear/a.txt": b"x"},
        "train has too few images of fear",
    ),
    "a split twice": (lambda f: f | {"training/anger/0.png": b"x"}, "Train and training"),
}


@pytest.mark.parametrize("case", BAD_LAYOUTS)
def test_bad_layout_is_an_error_that_names_place_and_remedy(write, case):
    change, message = BAD_LAYOUTS[case]
    path = write(change(course_files()))
    with pytest.raises(DataError, match=message) as caught:
        read_dataset(path)
    assert str(path) in str(caught.value)


def test_empty_class_folder(tmp_path):
    folder = write_folder(tmp_path / "data", without(course_files(), "Train/fear"))
    (folder / "Train" / "fear").mkdir()
    with pytest.raises(DataError, match="train has too few images of fear"):
        read_dataset(folder)


def test_empty_class_folder_in_a_zip(tmp_path):
    path = write_zip(tmp_path / "data.zip", without(course_files(), "Train/fear"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.mkdir("Train/fear")
    with pytest.raises(DataError, match="train has too few images of fear"):
        read_dataset(path)


def test_path_that_does_not_exist(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.zip does not exist"):
        read_dataset(tmp_path / "nowhere.zip")


def test_path_below_a_file_and_path_that_no_system_takes(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(DataError, match="does not exist"):
        read_dataset(tmp_path / "file" / "faces.zip")
    with pytest.raises(DataError, match="cannot be read"):
        read_dataset(tmp_path / ("x" * 300))


def test_file_that_is_no_archive(tmp_path):
    path = tmp_path / "faces.rar"
    path.write_bytes(b"Rar!")
    with pytest.raises(DataError, match="neither a folder nor a"):
        read_dataset(path)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.999])
def test_zip_that_is_cut_off(tmp_path, keep):
    path = write_zip(tmp_path / "data.zip", course_files())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match=r"data\.zip is cut off"):
        read_dataset(path)


def test_zip_with_a_damaged_member(tmp_path):
    files = course_files()
    path = write_zip(tmp_path / "data.zip", files)
    content = bytearray(path.read_bytes())
    content[content.index(files["Train/anger/1.png"]) + 40] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"Train/anger/1\.png is damaged"):
        _ = read_dataset(path).digest


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "Train/anger/../../../evil.png",
        "/etc/evil.png",
        "C:/evil.png",
        "..\\..\\evil.png",
    ],
)
def test_zip_with_paths_that_lead_outside(tmp_path, name):
    path = write_zip(tmp_path / "data.zip", course_files() | {name: b"x"})
    with pytest.raises(DataError, match="leads outside"):
        read_dataset(path)


def test_zip_with_a_symbolic_link(tmp_path):
    path = write_zip(tmp_path / "data.zip", course_files())
    link = zipfile.ZipInfo("Train/anger/link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"link\.png.*leads outside"):
        read_dataset(path)


def test_encrypted_zip(tmp_path):
    path = write_zip(tmp_path / "data.zip", course_files())
    content = bytearray(path.read_bytes())
    # The standard library cannot encrypt: set the flag in the first entry of the directory.
    flags = content.index(b"PK\x01\x02") + 8
    struct.pack_into("<H", content, flags, struct.unpack_from("<H", content, flags)[0] | 1)
    path.write_bytes(content)
    with pytest.raises(DataError, match="is encrypted"):
        read_dataset(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_that_may_not_be_read(tmp_path):
    folder = write_folder(tmp_path / "data", course_files())
    (folder / "Train" / "fear").chmod(0)
    with pytest.raises(DataError, match="may read it"):
        read_dataset(folder)


def label_table(files, edit=lambda row: row):
    rows = ["file,label,split,identity,valence,arousal,AU1,AU12"]
    for number, name in enumerate(reversed(sorted(files))):
        label = name.split("/")[1]
        row = f"{name},{label},x,{number},{number / 100},{-number / 100},{number % 2},0.5"
        rows += [edit(row)] if edit(row) else []
    return {"labels.csv": "\n".join(rows).encode()}


def test_label_table_is_matched_by_name_not_by_order(write):
    files = course_files()
    dataset = read_dataset(write(files | label_table(files)))
    numbers = np.arange(len(files))[::-1]
    np.testing.assert_array_equal(dataset.identities, numbers)
    np.testing.assert_allclose(dataset.valence, numbers / 100, rtol=1e-6)
    np.testing.assert_allclose(dataset.arousal, -numbers / 100, rtol=1e-6)
    np.testing.assert_allclose(dataset.action_units, np.stack([numbers % 2, 0.5 + 0 * numbers], 1))


def test_label_table_with_windows_newlines_and_byte_order_mark(write):
    files = course_files()
    content = label_table(files)["labels.csv"].replace(b"\n", b"\r\n")
    dataset = read_dataset(write(files | {"labels.csv": b"\xef\xbb\xbf" + content}))
    np.testing.assert_array_equal(dataset.identities, np.arange(len(files))[::-1])


def test_label_table_of_another_kind_is_noted(write):
    table = {"labels.csv": b"pth,label\nanger/image0000006.jpg,surprise\n"}
    dataset = read_dataset(write(course_files() | table))
    assert dataset.identities is None
    assert any("labels.csv" in note for note in dataset.notes)


BAD_TABLES = {
    "row missing": (
        lambda row: None if row.startswith("Train/anger/1.png") else row,
        "lacks 1 of 40 images, such as Train/anger/1.png",
    ),
    "contradiction": (
        lambda row: row.replace("Train/anger/1.png,anger", "Train/anger/1.png,fear"),
        "calls Train/anger/1.png 'fear', its folder calls it anger",
    ),
    "text for a number": (lambda row: row.replace(",0.5", ",much"), "AU12: .* holds 'much'"),
    "empty cell": (lambda row: row.replace(",0.5", ","), "AU12: .* must be a number"),
    "half a person": (
        lambda row: row.replace(",x,", ",x,0.5"),
        "identity: .* must be a whole number",
    ),
    "row twice": (lambda row: f"{row}\n{row}", "more than one row for 40 images, such as"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_label_table(write, case):
    edit, message = BAD_TABLES[case]
    files = course_files()
    with pytest.raises(DataError, match=message):
        read_dataset(write(files | label_table(files, edit)))


def test_a_name_that_is_no_utf_8_is_shown_spelt_out_and_read(tmp_path):
    folder = write_folder(tmp_path / "data", course_files())
    image = folder / "Train" / "anger" / "0.png"
    content = image.read_bytes()
    image.rename(image.with_name(os.fsdecode(b"caf\xe9.png")))
    dataset = read_dataset(folder)
    names = [file.name for file in dataset.files]
    assert "Train/anger/caf\\xe9.png" in names
    (read,) = read_files([dataset.files[names.index("Train/anger/caf\\xe9.png")]])
    assert read == content
    assert dataset.digest


def test_a_pipe_given_as_data_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "faces.zip")
    with pytest.raises(DataError, match="neither a folder nor a"):
        read_dataset(tmp_path / "faces.zip")
