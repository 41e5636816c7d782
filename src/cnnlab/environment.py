"""What libraries find in every process of ours, and in the kernels that it starts.

``import cnnlab`` sets it, so that ``make``, Jupyter and plain Python compute the same.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from cnnlab.paths import LIBRARIES

VARIABLES = {
    # What libraries would keep in the user's home, and read there: Keras's settings of the user's
    # other projects must not change results.
    "MPLCONFIGDIR": f"{LIBRARIES / 'matplotlib'}",
    "IPYTHONDIR": f"{LIBRARIES / 'ipython'}",
    "JUPYTER_CONFIG_DIR": f"{LIBRARIES / 'jupyter'}",
    "JUPYTER_DATA_DIR": f"{LIBRARIES / 'jupyter'}",
    "JUPYTER_RUNTIME_DIR": f"{LIBRARIES / 'jupyter' / 'runtime'}",
    "KERAS_HOME": f"{LIBRARIES / 'keras'}",
    "KERAS_BACKEND": "tensorflow",
    # A kernel imports cnnlab before its first cell.
    "PYTHONSTARTUP": f"{Path(__file__).with_name('__init__.py')}",
    # The process that trains and the notebooks share a GPU.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}

# What TensorFlow's libraries write to descriptor 2 while they are loaded, whatever is set.
_REMARKS = re.compile(rb"^(?:WARNING: All log messages before absl::|I\d{4} ).*\n", re.MULTILINE)


@cache
def prepare_process() -> None:
    """Set the variables of the environment, once, and keep TensorFlow's remarks to itself.

    ``TF_CPP_MIN_LOG_LEVEL=0`` in the user's environment shows them all.
    """
    os.environ |= VARIABLES
    # OpenBLAS chooses its kernels by the processor, and they round differently: of a thousand
    # faces a few would be rendered with pixels one grey level apart. These run wherever there is
    # AVX2.
    if "avx2" in read_processor_flags():
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0":
        sys.meta_path.insert(0, _QuietFinder())


def read_processor_flags() -> set[str]:
    """Return what Linux says that this processor can do; nothing elsewhere."""
    information = Path("/proc/cpuinfo")
    return set(information.read_text().split()) if information.is_file() else set()


class _QuietFinder(MetaPathFinder):
    """Finds TensorFlow, and loads it without its remarks."""

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        load = spec.loader.exec_module

        def load_quietly(module: ModuleType) -> None:
            with _drop_remarks():
                load(module)

        spec.loader.exec_module = load_quietly
        return spec


@contextmanager
def _drop_remarks() -> Iterator[None]:
    """Hold back what is written to descriptor 2, and pass on all of it but the remarks."""
    descriptor = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)
            said.seek(0)
            os.write(2, _REMARKS.sub(b"", said.read()))
