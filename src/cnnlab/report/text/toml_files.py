"""The report's settings: small TOML files that people edit."""

import tomllib
from pathlib import Path
from typing import Any

from cnnlab.report.errors import ReportError


def read_toml(path: Path, holds: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Args:
        path: the file.
        holds: what it is for, for the message where it is missing.

    Raises:
        ReportError: the file is missing, no TOML, or not in UTF-8.
    """
    if not path.is_file():
        raise ReportError(f"{path} is missing: it holds {holds}.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} is no valid TOML: {error}.") from error
