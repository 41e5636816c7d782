"""What the sources may not do with data from elsewhere, read from their syntax."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnlab.paths import NOTEBOOKS, ROOT

SRC = ROOT / "src"

# Each of these turns bytes into code, or text into a shell's commands, or a .zip into files.
FORBIDDEN_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve", "tarfile"}
FORBIDDEN_CALLS = {
    "compile",
    "create_subprocess_shell",
    "enable_unsafe_deserialization",
    "eval",
    "exec",
    "execl",
    "execv",
    "execve",
    "execvp",
    "extract",
    "extractall",
    "getoutput",
    "getstatusoutput",
    "mktemp",
    "popen",
    "read_pickle",
    "spawnl",
    "spawnv",
    "system",
    "unpack_archive",
}
FORBIDDEN_ARGUMENTS = {("allow_pickle", True), ("safe_mode", False), ("shell", True)}

SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash"}
# The Makefile's own command, from before there is an environment.
MAY_START_A_SHELL = {SRC / "plumbing" / "installing.py"}

NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib", "urllib3"}
MAY_REACH_THE_NETWORK = {
    SRC / "plumbing" / "downloads.py": set(),
    # Keras's own download is given a time-out.
    SRC / "cnnlab" / "networks" / "vgg16_weights.py": {"socket"},
}
MAY_START_PROGRAMS = {
    SRC / "plumbing" / "downloads.py",
    SRC / "cnnlab" / "studies" / "processors.py",
    SRC / "cnnlab" / "studies" / "stage_costs.py",
    SRC / "plumbing" / "installing.py",
    SRC / "cnnlab" / "report" / "pages" / "typesetting.py",
}


def sources() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(SRC.rglob("*.py")):
        yield str(path), ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield str(path), ast.parse("".join(cell["source"]))


def modules_of(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return names


def faults_of(tree: ast.AST) -> list[str]:
    faults = [f"imports {name}" for name in modules_of(tree) & FORBIDDEN_MODULES]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        # re.compile and keras.Model.compile make no code of text.
        if name in FORBIDDEN_CALLS and not (name == "compile" and hasattr(function, "attr")):
            faults.append(f"calls {name}")
        for keyword in node.keywords:
            value = getattr(keyword.value, "value", None)
            if (keyword.arg, value) in FORBIDDEN_ARGUMENTS:
                faults.append(f"passes {keyword.arg}={value}")
    return faults


def test_no_bytes_become_code_and_no_text_a_command():
    faults = [(path, fault) for path, tree in sources() for fault in faults_of(tree)]
    assert faults == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "np.load(file, allow_pickle=True)",
        "keras.models.load_model(file, safe_mode=False)",
        "subprocess.run(command, shell=True)",
        "os.system(command)",
        "os.execvp(command, arguments)",
        "eval(text)",
        "archive.extractall(folder)",
    ],
)
def test_the_scan_sees_what_it_looks_for(code):
    assert faults_of(ast.parse(code))


def test_the_network_is_reached_and_programs_are_started_where_it_is_said():
    for name, tree in sources():
        path, used = Path(name), modules_of(tree)
        assert used & NETWORK <= MAY_REACH_THE_NETWORK.get(path, set()), name
        assert "subprocess" not in used or path in MAY_START_PROGRAMS, name
        assert not SHELLS & set(texts_of(tree)) or path in MAY_START_A_SHELL, name
        assert "http" not in {text.partition("://")[0] for text in texts_of(tree)}, name


def texts_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_requirement_is_pinned_with_digests():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[A-Za-z0-9_.-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
