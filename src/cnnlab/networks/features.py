"""Features of networks that stay fixed, computed once for each image or augmented copy and kept."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.lib import format as npy
from tqdm import tqdm

from cnnlab import paths
from cnnlab.faces.augmentation import Augmentation, augment
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches
from cnnlab.networks.devices import FLOAT32, describe_cap, use_policy
from cnnlab.networks.training import digest_of, digest_rows
from cnnlab.networks.vgg16 import build_vgg16_base, build_vgg16_classifier
from cnnlab.networks.vgg16_weights import VGG16_DIGEST
from cnnlab.settings import IMAGE_SIZE
from plumbing.locking import hold_lock
from plumbing.storage import discard_sealed, new_path, read_seal, seal
from plumbing.user_errors import tell_if_interrupted

BATCH_SIZE = 32
PART = 16 * BATCH_SIZE
"""Images whose features are kept together while a copy is computed: half a minute's work."""


@dataclass(frozen=True)
class FixedNetwork:
    """A network whose layers are read and not trained.

    Attributes:
        title: how figures and tables call it.
        name: how the names of its files start.
        digest: names its weights.
        dtype: Keras dtype policy that it computes in.
        build: makes it, or returns it: (n, 128, 128, 3) RGB in [0, 1] to anything.
        starts: for a layer the lower one whose features are kept too, and from which its own are
            computed. All other layers' are computed from the image.
    """

    title: str
    name: str
    digest: str
    dtype: str
    build: Callable[[], keras.Model]
    starts: Mapping[str, str] = field(default_factory=dict)


def fix_vgg16(dtype: str, build: Callable[[], keras.Model] = build_vgg16_base) -> FixedNetwork:
    """Return VGG16's convolutional part as one that stays fixed, built when it is needed.

    Block 5's features are computed from block 4's, and those from block 3's.

    Args:
        dtype: Keras dtype policy that it computes in.
        build: makes a network with VGG16's blocks, which are as ImageNet's weights leave them. One
            that answers an image otherwise, as with other weights or preprocessing, is named by
            its answer.
    """

    @cache
    def build_in_policy() -> keras.Model:
        with use_policy(dtype):
            return build()

    starts = {"block4_pool": "block3_pool", "block5_pool": "block4_pool"}
    return FixedNetwork("VGG16", "vgg16", _name_weights(build), dtype, build_in_policy, starts)


def _name_weights(build: Callable[[], keras.Model]) -> str:
    if build in (build_vgg16_base, build_vgg16_classifier):
        return VGG16_DIGEST
    image = np.random.default_rng(0).random((1, IMAGE_SIZE, IMAGE_SIZE, 3), np.float32)
    network = build()
    convolutions = keras.Model(network.input, network.get_layer("block5_pool").output)
    answer, expected = np.asarray(convolutions(image)), np.asarray(build_vgg16_base()(image))
    if np.allclose(answer, expected, rtol=0, atol=1e-4 * expected.max()):
        return VGG16_DIGEST
    return hashlib.sha256(answer.tobytes()).hexdigest()


def cache_layer_features(
    faces: Faces,
    indices: np.ndarray,
    network: FixedNetwork,
    layer: str,
    augmentation: Augmentation | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """Return a layer's features of some images.

    Blocks 1 to 4 are 9/10 of VGG16's arithmetic, blocks 1 to 3 are 6/10; computed once, they cost
    nothing when what is above them is fine-tuned.

    Args:
        faces: the data.
        indices: (n,) rows of ``faces``.
        network: whose layer.
        layer: its name.
        augmentation: how the images are moved; None leaves them as they are.
        seed: of the augmentation.

    Returns:
        A memory-mapped float16 array (n, height, width, channels).
    """
    description = {
        "data": faces.digest,
        "rows": digest_rows(indices),
        "augmentation": asdict(augmentation) if augmentation else None,
        "seed": seed if augmentation else None,
        "dtype": network.dtype,
        "weights": network.digest,
    }
    key = digest_of(description | describe_start(network, layer) | describe_cap())
    file = paths.FEATURES / f"{network.name}-{layer.removesuffix('_pool')}-{key[:16]}.npy"

    def load_images(start: int, stop: int) -> Iterator[tf.Tensor]:
        batches = evaluation_batches(faces.images, indices[start:stop], BATCH_SIZE)
        for number, batch in enumerate(batches):
            batch_seed = (seed, start + number * BATCH_SIZE)
            yield augment(batch, augmentation, batch_seed) if augmentation else batch

    with hold_lock(file.with_suffix(".lock"), f"computes features of {network.title}"):
        if read_seal(file, key) is None:
            load = load_images
            if start := network.starts.get(layer):
                lower = cache_layer_features(faces, indices, network, start, augmentation, seed)
                load = partial(_load_rows, lower)
            title = f"{network.title}: features of {layer}{', augmented' if augmentation else ''}"
            _write_features(file, key, load, _run(network, start, layer), len(indices), title)
    return np.load(file, mmap_mode="r")


def describe_start(network: FixedNetwork, layer: str) -> dict[str, str]:
    """Return from which kept features a layer's are computed, where that changes them.

    They are kept as float16, which holds all digits of bfloat16, and fewer than float32 has.
    """
    start = network.starts.get(layer)
    return {"start": start} if start and network.dtype == FLOAT32 else {}


def pool_block5(features: Sequence[np.ndarray], network: FixedNetwork) -> list[np.ndarray]:
    """Run block 4's features through block 5 and average each map.

    Args:
        features: arrays (n, 8, 8, 512), one for each copy of the images.
        network: as ``fix_vgg16`` makes it.

    Returns:
        For each of them a float32 array (n, 512).
    """
    model = network.build()
    maps = model.get_layer("block5_pool").output
    means = keras.layers.GlobalAveragePooling2D(dtype=FLOAT32)(maps)
    block5 = keras.Model(model.get_layer("block4_pool").output, means)
    forward = tf.function(block5, reduce_retracing=True)
    # Slice by slice: Keras's predict would hold all features in memory.
    return [
        np.concatenate([forward(batch).numpy() for batch in _load_rows(copy, 0, len(copy))])
        for copy in features
    ]


def _load_rows(features: np.ndarray, start: int, stop: int) -> Iterator[np.ndarray]:
    for row in range(start, stop, BATCH_SIZE):
        yield features[row : min(row + BATCH_SIZE, stop)].astype(np.float32)


def _run(
    network: FixedNetwork, start: str | None, layer: str
) -> Callable[[tf.Tensor | np.ndarray], np.ndarray]:
    """Return what computes a layer's features from the image, or from those of another layer."""
    model = network.build()
    inputs = model.get_layer(start).output if start else model.input
    part = keras.Model(inputs, model.get_layer(layer).output)
    forward = tf.function(part, reduce_retracing=True)
    return lambda batch: forward(batch, training=False).numpy().astype(np.float16)


def _write_features(
    file: Path,
    key: str,
    load: Callable[[int, int], Iterator[tf.Tensor | np.ndarray]],
    forward: Callable[[tf.Tensor | np.ndarray], np.ndarray],
    count: int,
    title: str,
) -> None:
    """Write features part by part, so that who is interrupted goes on behind the last part.

    Args:
        file: where to.
        key: of the seals.
        load: gives the batches of some rows.
        forward: computes the features of a batch.
        count: of all rows.
        title: of the progress.
    """
    starts = range(0, count, PART)
    parts = [file.with_name(f"{file.stem}-{start:06d}.npy") for start in starts]
    with (
        tell_if_interrupted(lambda: f"{title}: {progress.n // PART * PART} of {count} images"),
        tqdm(total=count, desc=title, unit="image") as progress,
    ):
        for start, part in zip(starts, parts, strict=True):
            stop = min(start + PART, count)
            if read_seal(part, key) is None:
                features = []
                for batch in load(start, stop):
                    features.append(forward(batch))
                    progress.update(len(features[-1]))
                # Written, not mapped: a full disk is an error under write, the end under a map.
                with new_path(part) as temporary:
                    np.save(temporary, np.concatenate(features))
                seal(part, key)
            progress.update(stop - progress.n)
        _join(parts, file, count)
        seal(file, key)
    for part in parts:
        discard_sealed(part)


def _join(parts: list[Path], file: Path, count: int) -> None:
    shape = np.load(parts[0], mmap_mode="r").shape[1:]
    header = {"descr": "<f2", "fortran_order": False, "shape": (count, *shape)}
    with new_path(file) as temporary, temporary.open("wb") as stream:
        npy.write_array_header_1_0(stream, header)
        for part in parts:
            stream.write(np.load(part).tobytes())
