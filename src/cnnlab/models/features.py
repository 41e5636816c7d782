"""Features of VGG16's frozen blocks, computed once for each augmented copy and kept."""

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from cnnlab.faces.augmentation import Augmentation, augment
from cnnlab.faces.loading import Faces
from cnnlab.faces.pipeline import evaluation_batches
from cnnlab.models.training import digest_of
from cnnlab.models.vgg16 import FEATURE_SHAPE, FROZEN_BLOCKS, build_vgg16_base
from cnnlab.models.vgg16_weights import VGG16_DIGEST
from cnnlab.paths import FEATURES

BATCH_SIZE = 32


@dataclass(frozen=True)
class CachedFeatures:
    """Features of the frozen blocks.

    Attributes:
        copies: for each augmented copy a memory-mapped float16 array (n, 8, 8, 512).
        seconds: wall-clock seconds that computing them took, when they were computed.
    """

    copies: list[np.ndarray]
    seconds: float


def cache_vgg16_features(
    faces: Faces,
    indices: np.ndarray,
    augmentations: list[Augmentation | None],
    seed: int,
    dtype: str,
    root: Path = FEATURES,
) -> CachedFeatures:
    """Return block4_pool's features of some images, one array for each augmented copy.

    The frozen blocks are 9/10 of VGG16's arithmetic; computed once, fine-tuning what is above
    them costs little.

    Args:
        faces: the data.
        indices: (n,) rows of ``faces``.
        augmentations: one entry a copy; None leaves the images as they are.
        seed: of the random augmentations; the copy's number is mixed in.
        dtype: Keras dtype policy of the forward pass.
        root: the folder of all caches.
    """
    files = [
        root / f"vgg16-block4-{_digest(faces, indices, augmentation, seed + copy, dtype)[:16]}.npy"
        for copy, augmentation in enumerate(augmentations)
    ]
    if not all(_is_whole(file) for file in files):
        root.mkdir(parents=True, exist_ok=True)
        base = build_vgg16_base(dtype)
        frozen = keras.Model(base.input, base.get_layer(f"block{FROZEN_BLOCKS[-1]}_pool").output)
        for copy, (file, augmentation) in enumerate(zip(files, augmentations, strict=True)):
            if not _is_whole(file):
                title = f"VGG16 features, copy {copy + 1} of {len(files)}"
                _write_features(file, frozen, faces, indices, augmentation, seed + copy, title)
    return CachedFeatures(
        [np.load(file, mmap_mode="r") for file in files],
        sum(float(_seconds_file(file).read_text()) for file in files),
    )


def pool_block5(features: list[np.ndarray], dtype: str) -> np.ndarray:
    """Run frozen features through ImageNet's block 5 and average each map.

    Args:
        features: k arrays (n, 8, 8, 512).
        dtype: Keras dtype policy of the forward pass.

    Returns:
        (k, n, 512) float32.
    """
    base = build_vgg16_base(dtype)
    inputs = keras.Input(FEATURE_SHAPE)
    x = inputs
    for layer in base.layers:
        if layer.name.startswith("block5_"):
            x = layer(x)
    block5 = keras.Model(inputs, keras.layers.GlobalAveragePooling2D(dtype="float32")(x))
    forward = tf.function(block5, reduce_retracing=True)

    def pool(copy: np.ndarray) -> np.ndarray:
        # Slice by slice: Keras's predict would hold all features in memory.
        batches = (copy[row : row + BATCH_SIZE] for row in range(0, len(copy), BATCH_SIZE))
        return np.concatenate([forward(batch.astype(np.float32)).numpy() for batch in batches])

    return np.stack([pool(copy) for copy in features])


def _digest(
    faces: Faces, indices: np.ndarray, augmentation: Augmentation | None, seed: int, dtype: str
) -> str:
    return digest_of(
        {
            "data": faces.digest,
            "rows": hashlib.sha256(np.ascontiguousarray(indices, "<i8").tobytes()).hexdigest(),
            "augmentation": asdict(augmentation) if augmentation else None,
            "seed": seed if augmentation else None,
            "dtype": dtype,
            "weights": VGG16_DIGEST,
        }
    )


def _write_features(
    file: Path,
    frozen: keras.Model,
    faces: Faces,
    indices: np.ndarray,
    augmentation: Augmentation | None,
    seed: int,
    title: str,
) -> None:
    partial = file.with_suffix(".partial.npy")
    shape = (len(indices), *FEATURE_SHAPE)
    features = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
    forward = tf.function(frozen, reduce_retracing=True)
    start, begun = 0, time.perf_counter()
    with tqdm(total=len(indices), desc=title, unit="image") as progress:
        for batch in evaluation_batches(faces.images, indices, BATCH_SIZE):
            if augmentation:
                batch = augment(batch, augmentation, (seed, start))
            values = forward(batch, training=False).numpy()
            features[start : start + len(values)] = values.astype(np.float16)
            start += len(values)
            progress.update(len(values))
    features.flush()
    _seconds_file(file).write_text(f"{time.perf_counter() - begun:.1f}")
    # The features say that all is there: they come last.
    partial.rename(file)


def _is_whole(file: Path) -> bool:
    return file.exists() and _seconds_file(file).exists()


def _seconds_file(file: Path) -> Path:
    return file.with_suffix(".seconds")
