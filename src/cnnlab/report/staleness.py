"""What the results of a notebook rest on, and whether they were computed from just that.

Its own code, the values that its text asks for, and the modules of ours that it imports count;
prose, docstrings, comments and other modules do not. Nothing here needs Jupyter's libraries, which
take seconds to load.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cnnlab.faces.loading import Faces
from cnnlab.paths import ROOT, STUDIES
from cnnlab.report.text.values import find_expressions
from cnnlab.settings import current_profile
from plumbing.storage import read_seal

SRC = ROOT / "src"
TRAINING = SRC / "cnnlab" / "networks" / "training.py"

# What IPython understands besides Python, such as %time.
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A notebook and its place among the executed ones.

    Attributes:
        path: the notebook.
        key: a digest of all that its results rest on.
        executed: the file that holds it with its results.
        uses_networks: whether it imports what trains networks.
    """

    path: Path
    key: str
    executed: Path
    uses_networks: bool

    def is_stale(self) -> bool:
        """Return whether it has to be executed; a damaged file of results is named."""
        return read_seal(self.executed, self.key) is None


def make_entry(path: Path, state: str, folder: Path) -> Entry:
    """Return the entry of a notebook.

    Args:
        path: the notebook.
        state: see ``digest_state``.
        folder: where executed notebooks are kept.
    """
    code, computed = [], []
    for cell in json.loads(path.read_bytes())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            code.append(source)
            computed.append(read_code(source))
        elif cell["cell_type"] == "markdown" and (expressions := find_expressions(source)):
            computed.append(expressions)
    modules = find_modules(code)
    key = digest([state, computed, digest_files(modules)])
    return Entry(path, key, folder / f"{path.stem}-{key[:16]}.ipynb", TRAINING in modules)


def digest_state(faces: Faces) -> str:
    """Return a digest of what every notebook rests on besides code.

    These are the profile, the data with what is noted of them, the recorded studies, the pinned
    requirements, the style sheet and the renderer's assets.
    """
    files = [ROOT / "requirements.txt", *STUDIES.rglob("*.csv")]
    files += [*SRC.glob("*/*.mplstyle"), *SRC.glob("*/assets/*")]
    data = [faces.digest, faces.dataset.title, *faces.dataset.notes]
    return digest([current_profile().name, data, digest_files(files)])


def digest(content: Any) -> str:
    """Return a sha256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def digest_files(paths: Iterable[Path]) -> str:
    """Return a digest of files, in any order: their places and what they hold, of modules the code.

    Places are relative to the project: every checkout has the same.
    """
    found = []
    for path in paths:
        content = read_code(_read(path)) if path.suffix == ".py" else path.read_bytes().hex()
        found.append((Path(os.path.relpath(path, ROOT)).as_posix(), digest(content)))
    return digest(sorted(found))


def find_modules(sources: Iterable[str], src: Path = SRC) -> set[Path]:
    """Return the modules below ``src`` that some code imports, and all that these import."""
    found: set[Path] = set()
    waiting = {path for source in sources for path in _find_imports(source, src)}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= _find_imports(_read(path), src) - found
    return found


@cache
def read_code(source: str) -> str:
    """Return what Python reads in some code: neither comments nor layout nor docstrings."""
    return "\n".join([ast.dump(_DropDocstrings().visit(_parse(source))), *_MAGIC.findall(source)])


class _DropDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        value = getattr(node.value, "value", None)
        return None if isinstance(value, str) else node


@cache
def _find_imports(source: str, src: Path) -> set[Path]:
    """Return the modules below ``src`` that some code itself imports, with their packages."""
    names: set[str] = set()
    for node in ast.walk(_parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    found = set()
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            place = src.joinpath(*parts[:end])
            found |= {place.with_suffix(".py"), place / "__init__.py"}
    return {path for path in found if path.is_file()}


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(_MAGIC.sub("", source))
    except SyntaxError:
        # Where it is wrong is said by the kernel.
        return ast.Module([ast.Name(source)], [])


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
