import pytest

from cnnlab.studies.processors import answer_under
from plumbing.user_errors import UserError


def test_a_process_that_fails_is_said(tmp_path, monkeypatch, capfd):
    # The other process finds no data there.
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path / "none.zip"))
    with pytest.raises(UserError, match="ONEDNN_MAX_CPU_ISA=AVX2"):
        answer_under("AVX2")
    assert "none.zip" in capfd.readouterr().err
