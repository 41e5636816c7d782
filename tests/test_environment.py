"""What libraries find, whoever starts the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnnlab.paths import ROOT

TELL = "import json, os, cnnlab; print(json.dumps(dict(os.environ)))"
ALL_REMARKS = "absl::InitializeLog"


def run(code: str, **variables: str) -> subprocess.CompletedProcess:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=bare | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


def environment(**variables: str) -> dict[str, str]:
    return json.loads(run(TELL, **variables).stdout)


def test_libraries_keep_what_they_keep_in_the_checkout():
    found = environment(KERAS_HOME="elsewhere/.keras", KERAS_BACKEND="torch")
    for name in (
        "MPLCONFIGDIR",
        "IPYTHONDIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "KERAS_HOME",
    ):
        assert Path(found[name]).is_relative_to(ROOT / ".venv"), name
    assert found["KERAS_BACKEND"] == "tensorflow"


@pytest.mark.parametrize("outside", [None, "Prescott"])
def test_faces_are_rendered_with_the_same_kernels_whatever_is_set_outside(outside):
    found = environment(**({"OPENBLAS_CORETYPE": outside} if outside else {}))
    cpuinfo = Path("/proc/cpuinfo")
    has_avx2 = cpuinfo.exists() and "avx2" in cpuinfo.read_text().split()
    assert found.get("OPENBLAS_CORETYPE") == ("Haswell" if has_avx2 else outside)


def test_tensorflow_is_loaded_without_its_remarks_and_with_all_else():
    code = "import os, cnnlab\nimport tensorflow as tf\nos.write(2, b'E0000 an error')\n"
    done = run(code + "print(tf.add(1, 1).numpy())")
    assert (done.stdout, done.stderr) == ("2\n", "E0000 an error")


def test_what_fails_while_tensorflow_is_loaded_is_told(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os\n"
        "os.write(2, b'WARNING: All log messages before absl::InitializeLog() is called\\n')\n"
        "os.write(2, b'I0000 00:00:1.2 3 port.cc:1] a remark\\nE0000 00:00:1.2 3 a.cc:1] no\\n')\n"
        "raise OSError('libcudart.so is broken')\n"
    )
    code = "import cnnlab\ntry:\n    import tensorflow\nexcept OSError as error:\n    print(error)"
    done = run(code, PYTHONPATH=str(tmp_path))
    assert done.stdout == "libcudart.so is broken\n"
    assert done.stderr == "E0000 00:00:1.2 3 a.cc:1] no\n"
    told = run(code, PYTHONPATH=str(tmp_path), TF_CPP_MIN_LOG_LEVEL="0")
    assert ALL_REMARKS in told.stderr
