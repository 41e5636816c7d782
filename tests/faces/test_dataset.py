import os
from dataclasses import replace

import numpy as np

from cnnlab.faces.readers import read_dataset

from .made_files import course_files, write_folder


def test_digest_changes_with_content_name_label_split_and_identity(tmp_path):
    files = course_files()
    dataset = read_dataset(write_folder(tmp_path / "a", files))

    changed = dict(files)
    changed["Train/fear/0.png"] = changed["Train/fear/1.png"]
    renamed = {name.replace("fear/0", "fear/9"): content for name, content in files.items()}
    others = [
        read_dataset(write_folder(tmp_path / "b", changed)),
        read_dataset(write_folder(tmp_path / "c", renamed)),
        replace(dataset, labels=dataset.labels[::-1].copy()),
        replace(dataset, splits=dataset.splits[::-1].copy()),
        replace(dataset, identities=np.arange(len(dataset))),
    ]
    assert len({dataset.digest, *(other.digest for other in others)}) == 6
    assert replace(dataset, title="another", notes=("a note",)).digest == dataset.digest


def test_a_file_name_that_is_no_utf_8_has_a_digest(tmp_path):
    folder = write_folder(tmp_path / "a", course_files())
    before = read_dataset(folder).digest
    (folder / "Train/fear/0.png").rename(folder / "Train/fear" / os.fsdecode(b"f\xe9e.png"))
    assert read_dataset(folder).digest != before


def test_select_keeps_rows_together_and_reads_no_file_twice(tmp_path):
    folder = write_folder(tmp_path / "a", course_files())
    dataset = replace(read_dataset(folder), identities=np.arange(40))
    hashes = dataset.content_hashes
    for file in dataset.files:
        file.path.unlink()
    rows = np.array([5, 3, 30])
    chosen = dataset.select(rows)
    assert [file.name for file in chosen.files] == [dataset.files[row].name for row in rows]
    assert chosen.labels.tolist() == dataset.labels[rows].tolist()
    assert chosen.identities.tolist() == rows.tolist()
    assert chosen.content_hashes == tuple(hashes[row] for row in rows)
