import errno
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbing.storage import (
    discard,
    discard_sealed,
    make_sealed,
    new_path,
    read_seal,
    remove_leftovers,
    seal,
    write_bytes,
)
from plumbing.user_errors import UserError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    write_bytes(tmp_path / "new" / "a.bin", b"first")
    write_bytes(tmp_path / "new" / "a.bin", b"second")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"second"
    assert names(tmp_path / "new") == ["a.bin"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_what_goes_wrong_leaves_the_old_file(tmp_path, fault):
    file = tmp_path / "a.npy"
    file.write_bytes(b"old")
    with pytest.raises(fault), new_path(file) as temporary:
        temporary.write_bytes(b"half")
        raise fault
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["a.npy"]


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(b"old")
    told = pytest.raises(UserError, match=r"report\.pdf can't be written: No space left")
    with told, new_path(file) as temporary:
        temporary.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["report.pdf"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's /dev/full")
def test_a_write_that_the_kernel_refuses_is_told(tmp_path):
    with pytest.raises(UserError, match="No space left"), new_path(tmp_path / "a") as temporary:
        temporary.symlink_to("/dev/full")
        temporary.write_bytes(b"content")
    assert names(tmp_path) == []


def test_a_folder_appears_at_once(tmp_path):
    with new_path(tmp_path / "epoch") as temporary:
        temporary.mkdir()
        (temporary / "weights").write_bytes(b"1")
        assert not (tmp_path / "epoch").exists()
    assert names(tmp_path / "epoch") == ["weights"]
    discard(tmp_path / "epoch")
    assert names(tmp_path) == []


@settings(deadline=None)  # the disk takes its time
@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_change_of_a_sealed_file_is_found(tmp_path_factory, content, data):
    file = tmp_path_factory.mktemp("entry") / "entry.bin"
    file.write_bytes(content)
    seal(file, "key", rows=3)
    assert read_seal(file, "key")["rows"] == 3
    other = data.draw(st.binary(max_size=300).filter(lambda other: other != content))
    write_bytes(file, other)
    assert read_seal(file, "key") is None


def test_bad_entries_are_named_and_missing_ones_are_not(tmp_path, capsys):
    file = tmp_path / "entry.bin"
    assert read_seal(file, "key") is None
    assert capsys.readouterr().err == ""
    file.write_bytes(b"content")
    assert read_seal(file, "key") is None
    assert "entry.bin is damaged, or was not finished" in capsys.readouterr().err
    seal(file, "another")
    assert read_seal(file, "key") is None
    assert "belongs to something else: it is made again" in capsys.readouterr().err
    seal(file, "key")
    for damage in ("", "{", "[]", "null", json.dumps({"key": "key"})):
        (tmp_path / "entry.bin.json").write_text(damage)
        assert read_seal(file, "key") is None
        assert "entry.bin is damaged" in capsys.readouterr().err
    seal(file, "key")
    file.unlink()
    assert read_seal(file, "key") is None
    assert "entry.bin is damaged, or was not finished" in capsys.readouterr().err
    discard_sealed(file)
    assert names(tmp_path) == []


def test_a_sealed_file_is_made_once_for_each_key_and_again_when_it_is_damaged(tmp_path):
    file, calls = tmp_path / "new" / "entry.bin", []

    def write(temporary):
        calls.append(temporary)
        temporary.write_bytes(b"content")
        return {"rows": len(calls)}

    assert make_sealed(file, "key", write)["rows"] == 1
    assert make_sealed(file, "key", write) == read_seal(file, "key")
    assert make_sealed(file, "other", write)["rows"] == 2
    file.write_bytes(b"Content")
    assert make_sealed(file, "other", write)["rows"] == 3
    assert file.read_bytes() == b"content"


def test_only_what_killed_processes_left_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / f".{ended.pid}.part.a.npy").write_bytes(b"")
    (tmp_path / f".{ended.pid}.part.epoch").mkdir()
    (tmp_path / f".{ended.pid}.part.epoch" / f".{ended.pid}.part.b").write_bytes(b"")
    mine = f".{os.getpid()}.part.c"
    for name in (mine, ".hidden", "x.part.y"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(tmp_path)
    assert names(tmp_path) == sorted([mine, ".hidden", "deep", "x.part.y"])
    assert names(tmp_path / "deep") == []
