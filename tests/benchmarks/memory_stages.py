"""The memory of one stage for a number of images, in a process of its own.

``python memory_stages.py STAGE COUNT FOLDER`` makes COUNT images of a few by repeating them and
prints as its last line the peak memory in bytes: ``own``, which the process has written to and
keeps, and ``mapped``, pages of files, which the system drops when anybody needs memory. Linux only.
"""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
from PIL import Image

from cnnlab import paths
from cnnlab.faces import duplicates
from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import TRAIN, FaceDataset
from cnnlab.faces.decoding import decode_dataset
from cnnlab.faces.files import ImageFile
from cnnlab.faces.pipeline import training_batches
from cnnlab.networks.devices import detect_policy, use_policy
from cnnlab.networks.features import FixedNetwork, cache_layer_features
from cnnlab.networks.from_scratch import LIGHT_VGG
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.predictions import predict_outputs
from cnnlab.settings import IMAGE_SIZE, SEED

DIFFERENT_IMAGES = 64
TRAINED_BATCHES = 64
"""One batch of so many is also trained on: the network's memory counts, its time does not."""


class PeakMemory(threading.Thread):
    """Looks every few milliseconds at what the process occupies, and keeps the most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = {"own": 0, "mapped": 0}
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.look()

    def look(self) -> None:
        lines = Path("/proc/self/status").read_text().splitlines()
        sizes = dict(line.split(":", 1) for line in lines)
        for name, field in (("own", "RssAnon"), ("mapped", "RssFile")):
            size = 1024 * int(sizes[field].split()[0])
            self.peak[name] = max(self.peak[name], size)


def map_images(folder: Path) -> np.ndarray:
    """A few random images, mapped from disk as decoded ones are."""
    shape = (DIFFERENT_IMAGES, IMAGE_SIZE, IMAGE_SIZE, 3)
    np.save(folder / "images.npy", np.random.default_rng(SEED).integers(0, 256, shape, np.uint8))
    return np.load(folder / "images.npy", mmap_mode="r")


def repeat_rows(count: int) -> np.ndarray:
    return np.resize(np.arange(DIFFERENT_IMAGES), count)


def repeat_files(count: int, folder: Path) -> FaceDataset:
    """COUNT files, which are a few by many names."""
    for number, image in enumerate(map_images(folder)):
        Image.fromarray(image).save(folder / f"{number}.jpg")
    files = tuple(
        ImageFile(folder / f"{row}.jpg", f"{number}.jpg")
        for number, row in enumerate(repeat_rows(count))
    )
    return FaceDataset(
        title="repeated",
        rendered=False,
        files=files,
        labels=np.arange(count) % 8,
        splits=np.where(np.arange(count) % 100 < 99, TRAIN, "validation"),
    )


def decode(count: int, folder: Path) -> None:
    """Files to the decoded cache, and from there to the hashes of duplicates."""
    dataset = repeat_files(count, folder)
    images, _ = decode_dataset(dataset, IMAGE_SIZE, folder)
    assert len(images) == count
    # Of a few images repeated all are copies: none is to be listed.
    duplicates.NEAR_DISTANCE = -1
    duplicates.find_duplicates(dataset, images)


def stream(count: int, folder: Path) -> None:
    """An epoch's augmented batches, with the light VGG that now and then trains on one."""
    with use_policy(detect_policy()):
        model = build_light_vgg()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = training_batches(
        map_images(folder),
        np.arange(DIFFERENT_IMAGES) % 8,
        repeat_rows(count),
        Augmentation(),
        LIGHT_VGG.batch_size,
        SEED,
        0,
    )
    seen = 0
    for number, (images, labels) in enumerate(batches):
        seen += len(labels)
        if number % TRAINED_BATCHES == 0:
            model.train_on_batch(images, labels)
            print(f"{seen} of {count} images", flush=True)
    assert seen == count


def cache_features(count: int, folder: Path) -> None:
    """Features as large as VGG16's block 4 gives, of a network that costs nothing."""

    def build() -> keras.Model:
        inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
        x = keras.layers.AveragePooling2D(16)(inputs)
        return keras.Model(inputs, keras.layers.Conv2D(512, 1, name="features")(x))

    faces = SimpleNamespace(images=map_images(folder), digest="repeated")
    network = FixedNetwork("small", "small", "small", "float32", build)
    paths.FEATURES = folder
    features = cache_layer_features(faces, repeat_rows(count), network, "features")
    assert features.shape == (count, 8, 8, 512)


def predict(count: int, folder: Path) -> None:
    """Logits of a network that costs nothing."""
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = keras.layers.AveragePooling2D(32)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(8)(keras.layers.Flatten()(x)))
    network = SimpleNamespace(title="small", model=model, folder=folder)
    faces = SimpleNamespace(images=map_images(folder), digest="repeated")
    assert predict_outputs(network, faces, repeat_rows(count)).shape == (count, 8)


STAGES: dict[str, Callable[[int, Path], None]] = {
    "decoding": decode,
    "streaming": stream,
    "features": cache_features,
    "predictions": predict,
}


def main() -> None:
    stage, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    memory = PeakMemory()
    memory.start()
    STAGES[stage](count, folder)
    memory.ended.set()
    memory.join()
    memory.look()
    print(json.dumps(memory.peak))


if __name__ == "__main__":
    main()
