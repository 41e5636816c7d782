"""Faces of which a very small network can learn the class, and the network."""

import keras
import numpy as np

from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.files import ImageFile
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.networks.family import FAMILY_RECIPE
from cnnlab.networks.from_scratch import Architecture


def make_faces(folder, affect: bool) -> Faces:
    """Stripes at one of eight heights, 8 images a class; valence and arousal by the class."""
    labels = np.tile(np.arange(8), 8)
    images = np.random.default_rng(0).integers(0, 60, (64, 128, 128, 3), dtype=np.uint8)
    files = []
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        image[16 * label : 16 * label + 16] += 190
        files.append(ImageFile(folder / f"{number}", f"{number}"))
        files[-1].path.write_bytes(image.tobytes()[:64])
    known = (
        {
            name: np.float32(np.cos(labels + shift))
            for name, shift in (("valence", 0), ("arousal", 1))
        }
        if affect
        else {}
    )
    splits = np.where(np.arange(64) < 48, "train", "validation")
    dataset = FaceDataset("made", False, tuple(files), labels, splits, **known)
    split = Split(np.arange(32), np.arange(32, 48), np.arange(48, 64))
    return Faces(dataset, images, (), split, "0" * 64)


def build_tiny(num_classes: int = 8) -> keras.Model:
    """Build eight strips' means and a dense layer: learns within a few steps."""
    inputs = keras.Input((128, 128, 3), name="image")
    x = keras.layers.AveragePooling2D((16, 128))(inputs)
    x = keras.layers.Conv2D(16, 1, name="conv1_1")(x)
    x = keras.layers.Flatten()(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="tiny")


def make_architecture(title: str) -> Architecture:
    """Return the tiny network under the title of another."""
    return Architecture(title, "tiny", build_tiny, FAMILY_RECIPE)
