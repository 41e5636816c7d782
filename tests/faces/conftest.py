from pathlib import Path

import pytest

from .made_files import write_folder, write_zip


@pytest.fixture(params=["folder", "zip"])
def write(request, tmp_path):
    """Write files as a folder, then as a .zip: every layout must read alike in both."""

    def _write(files: dict[str, bytes]) -> Path:
        if request.param == "folder":
            return write_folder(tmp_path / "data", files)
        return write_zip(tmp_path / "data.zip", files)

    return _write
