"""Features of networks that stay fixed, computed once for each image or augmented copy and kept."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.lib import format as npy
from tqdm import tqdm

from cnnlab.faces.augmentation import Augmentation, augment
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches
from cnnlab.networks.precision import FLOAT32, describe_cap, use_policy
from cnnlab.networks.training import RECORD, digest_of
from cnnlab.networks.vgg16 import build_vgg16_base, build_vgg16_classifier
from cnnlab.networks.vgg16_weights import VGG16_DIGEST
from cnnlab.paths import FEATURES
from cnnlab.settings import IMAGE_SIZE
from plumbing.commands import tell_if_interrupted
from plumbing.locking import hold_lock
from plumbing.storage import discard_sealed, new_path, read_seal, seal

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


@dataclass(frozen=True)
class CachedFeatures:
    """Features of blocks of VGG16 that stay fixed.

    Attributes:
        copies: for each augmented copy a memory-mapped float16 array (n, height, width, channels).
        seconds: wall-clock seconds that computing them took, when they were computed; with those
            of the lower blocks that they were computed from.
    """

    copies: list[np.ndarray]
    seconds: float


def fix_vgg16(dtype: str, build: Callable[[], keras.Model] = build_vgg16_base) -> FixedNetwork:
    """Return VGG16's convolutional part as one that stays fixed, built when it is needed.

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


def fix_trained(title: str, name: str, model: keras.Model, folder: Path) -> FixedNetwork:
    """Return a trained network of the report as one that stays fixed.

    Args:
        title: how figures and tables call it.
        name: how the names of its files start.
        model: the network, in float32.
        folder: where its training is kept.
    """
    digest = json.loads((folder / RECORD).read_text())["digest"]
    return FixedNetwork(title, name, digest, "float32", lambda: model)


def cache_vgg16_features(
    faces: Faces,
    indices: np.ndarray,
    augmentations: list[Augmentation | None],
    seed: int,
    network: FixedNetwork,
    block: int,
    root: Path = FEATURES,
) -> CachedFeatures:
    """Return the features of a block's pool of some images, one array for each augmented copy.

    Blocks 1 to 4 are 9/10 of VGG16's arithmetic, blocks 1 to 3 are 6/10; computed once, they cost
    nothing when what is above them is fine-tuned. Block 4's are computed from block 3's, which are
    kept too.

    Args:
        faces: the data.
        indices: (n,) rows of ``faces``.
        augmentations: one entry a copy; None leaves the images as they are.
        seed: of the random augmentations; the copy's number is mixed in.
        network: as ``fix_vgg16`` makes it.
        block: the last of the fixed ones; 4: (n, 8, 8, 512), 3: (n, 16, 16, 256).
        root: the folder of all caches.
    """
    keeper = _Keeper(network, root)
    copies, seconds = [], 0.0
    for number, augmentation in enumerate(augmentations):
        images = _Copy(faces, indices, augmentation, seed + number)
        which = f", copy {number + 1} of {len(augmentations)}"
        features, taken = keeper.compute(f"block{block}_pool", images, which)
        copies.append(features)
        seconds += taken
    return CachedFeatures(copies, seconds)


def cache_layer_features(
    faces: Faces, indices: np.ndarray, network: FixedNetwork, layer: str, root: Path = FEATURES
) -> np.ndarray:
    """Return the features of unchanged images in one layer.

    Args:
        faces: the data.
        indices: (n,) rows of ``faces``.
        network: whose layer.
        layer: its name. VGG16's block4_pool is shared with ``cache_vgg16_features``.
        root: the folder of all caches.

    Returns:
        A memory-mapped float16 array (n, height, width, channels).
    """
    features, _ = _Keeper(network, root).compute(layer, _Copy(faces, indices, None, None))
    return features


def describe_start(network: FixedNetwork, layer: str) -> dict[str, str]:
    """Return from which kept features a layer's are computed, where that changes them.

    They are kept as float16, which holds all digits of bfloat16, and fewer than float32 has.
    """
    start = network.starts.get(layer)
    return {"start": start} if start and network.dtype == FLOAT32 else {}


def pool_block5(
    features: list[np.ndarray], network: FixedNetwork, root: Path = FEATURES
) -> np.ndarray:
    """Run block 4's features through block 5 and average each map.

    Args:
        features: k arrays (n, 8, 8, 512).
        network: as ``fix_vgg16`` makes it.
        root: the folder on whose disk the result is kept, as long as it is in use.

    Returns:
        A memory-mapped float32 array (k, n, 512).
    """
    model = network.build()
    maps = model.get_layer("block5_pool").output
    means = keras.layers.GlobalAveragePooling2D(dtype=FLOAT32)(maps)
    block5 = keras.Model(model.get_layer("block4_pool").output, means)
    forward = tf.function(block5, reduce_retracing=True)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=root) as file:
        for copy in features:
            # Slice by slice: Keras's predict would hold all features in memory.
            for row in range(0, len(copy), BATCH_SIZE):
                batch = copy[row : row + BATCH_SIZE].astype(np.float32)
                file.write(forward(batch).numpy().tobytes())
        file.flush()
        # The map outlives the file's name, which is gone already.
        shape = (len(features), len(features[0]), means.shape[-1])
        return np.memmap(file, np.float32, "r", shape=shape)


@dataclass(frozen=True)
class _Copy:
    """Some images, as one augmentation shows them."""

    faces: Faces
    indices: np.ndarray
    augmentation: Augmentation | None
    seed: int | None

    def describe(self) -> dict:
        """Say what decides the pixels."""
        rows = np.ascontiguousarray(self.indices, "<i8").tobytes()
        return {
            "data": self.faces.digest,
            "rows": hashlib.sha256(rows).hexdigest(),
            "augmentation": asdict(self.augmentation) if self.augmentation else None,
            "seed": self.seed if self.augmentation else None,
        }

    def __len__(self) -> int:
        return len(self.indices)

    def batches(self, start: int, stop: int) -> Iterator[tf.Tensor]:
        """Give the images of some rows; ``start`` is a multiple of ``BATCH_SIZE``."""
        rows = self.indices[start:stop]
        for number, batch in enumerate(evaluation_batches(self.faces.images, rows, BATCH_SIZE)):
            if self.augmentation:
                seed = (self.seed, start + number * BATCH_SIZE)
                batch = augment(batch, self.augmentation, seed)
            yield batch


@dataclass(frozen=True)
class _Kept:
    """The features of some images in a lower layer."""

    features: np.ndarray

    def __len__(self) -> int:
        return len(self.features)

    def batches(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Give the features of some rows."""
        for row in range(start, stop, BATCH_SIZE):
            yield self.features[row : min(row + BATCH_SIZE, stop)].astype(np.float32)


class _Forward:
    """A network from the image, or from one layer, to another; built when it is first needed."""

    def __init__(self, network: FixedNetwork, layer: str) -> None:
        self.network = network
        self.layer = layer

    @cached_property
    def _function(self) -> Callable[[tf.Tensor], tf.Tensor]:
        model = self.network.build()
        start = self.network.starts.get(self.layer)
        inputs = model.get_layer(start).output if start else model.input
        output = model.get_layer(self.layer).output
        return tf.function(keras.Model(inputs, output), reduce_retracing=True)

    def __call__(self, batch: tf.Tensor | np.ndarray) -> np.ndarray:
        return self._function(batch, training=False).numpy().astype(np.float16)


class _Keeper:
    """Computes features of a network that are not kept yet, and those that they start from."""

    def __init__(self, network: FixedNetwork, root: Path) -> None:
        self.network = network
        self.root = root
        # Traced once for all copies.
        self._forward = cache(partial(_Forward, network))

    def compute(self, layer: str, images: _Copy, which: str = "") -> tuple[np.ndarray, float]:
        """Return a layer's features, mapped from disk, and the seconds that they took once.

        Args:
            layer: its name.
            images: whose features.
            which: what the progress says of the images.
        """
        network = self.network
        description = {"dtype": network.dtype, "weights": network.digest}
        description |= describe_start(network, layer) | describe_cap()
        key = digest_of(images.describe() | description)
        file = self.root / f"{network.name}-{layer.removesuffix('_pool')}-{key[:16]}.npy"
        title = f"{network.title}: features of {layer}{which}"
        with hold_lock(file.with_suffix(".lock"), f"computes features of {network.title}"):
            known = read_seal(file, key)
            if known is None:
                inputs, seconds = images, 0.0
                if start := network.starts.get(layer):
                    lower, seconds = self.compute(start, images, which)
                    inputs = _Kept(lower)
                known = _write_features(file, key, self._forward(layer), inputs, title, seconds)
        return np.load(file, mmap_mode="r"), known["seconds"]


def _write_features(
    file: Path,
    key: str,
    forward: _Forward,
    inputs: _Copy | _Kept,
    title: str,
    seconds: float,
) -> dict:
    """Write one copy's features, part by part, and return what its seal says.

    Args:
        file: where to.
        key: of the seal.
        forward: computes them.
        inputs: what from.
        title: of the progress.
        seconds: those that ``inputs`` took, which are counted too.
    """
    count = len(inputs)
    starts = range(0, count, PART)
    parts = [file.with_name(f"{file.stem}-{start:06d}.npy") for start in starts]
    done = 0
    with (
        tell_if_interrupted(lambda: f"{title}: {done} of {count} images"),
        tqdm(total=count, desc=title, unit="image") as progress,
    ):
        for start, part in zip(starts, parts, strict=True):
            stop = min(start + PART, count)
            known = read_seal(part, key)
            if known is None:
                known = _write_part(part, key, forward, inputs.batches(start, stop), progress)
            else:
                progress.update(stop - start)
            seconds += known["seconds"]
            done = stop
        _join(parts, file, count)
        seal(file, key, seconds=seconds)
    for part in parts:
        discard_sealed(part)
    return {"seconds": seconds}


def _write_part(
    part: Path,
    key: str,
    forward: _Forward,
    batches: Iterator[tf.Tensor | np.ndarray],
    progress: tqdm,
) -> dict:
    begun, features = time.perf_counter(), []
    for batch in batches:
        features.append(forward(batch))
        progress.update(len(features[-1]))
    # Written, not mapped: a full disk is an error under write, and the end under a map.
    with new_path(part) as temporary:
        np.save(temporary, np.concatenate(features))
    seconds = round(time.perf_counter() - begun, 1)
    seal(part, key, seconds=seconds)
    return {"seconds": seconds}


def _join(parts: list[Path], file: Path, count: int) -> None:
    shape = np.load(parts[0], mmap_mode="r").shape[1:]
    header = {"descr": "<f2", "fortran_order": False, "shape": (count, *shape)}
    with new_path(file) as temporary, temporary.open("wb") as stream:
        npy.write_array_header_1_0(stream, header)
        for part in parts:
            stream.write(np.load(part).tobytes())
