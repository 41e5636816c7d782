"""The usual way to train on folders of pictures, as tutorials show it: what ours is compared with.

Keras's ``ImageDataGenerator`` reads each picture with Pillow and moves it with SciPy every time it
is seen; everything is in float32; frozen layers are run again at every epoch. Networks, recipes,
splits and early stopping are ours, so that only the way of computing differs.
"""

import keras
import numpy as np
import pandas as pd
from tensorflow.keras.preprocessing.image import ImageDataGenerator

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.settings import IMAGE_SIZE


def training_generator(
    faces: Faces, augmentation: Augmentation, batch_size: int, seed: int
) -> keras.utils.PyDataset:
    """Augmented batches of the training split, in another order at each epoch."""
    generator = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=augmentation.rotation_degrees,
        width_shift_range=augmentation.shift,
        height_shift_range=augmentation.shift,
        horizontal_flip=augmentation.horizontal_flip,
        fill_mode="reflect",
    )
    return _flow(generator, faces, faces.split.training, batch_size, shuffle=True, seed=seed)


def development_generator(faces: Faces, batch_size: int) -> keras.utils.PyDataset:
    """Unchanged batches of the development split."""
    generator = ImageDataGenerator(rescale=1 / 255)
    return _flow(generator, faces, faces.split.development, batch_size, shuffle=False, seed=None)


def _flow(
    generator: ImageDataGenerator,
    faces: Faces,
    rows: np.ndarray,
    batch_size: int,
    shuffle: bool,
    seed: int | None,
) -> keras.utils.PyDataset:
    table = pd.DataFrame(
        {
            "filename": [str(faces.dataset.files[row].path) for row in rows],
            "class": [CLASSES[label] for label in faces.labels[rows]],
        }
    )
    return generator.flow_from_dataframe(
        table,
        target_size=(IMAGE_SIZE, IMAGE_SIZE),
        classes=list(CLASSES),
        class_mode="sparse",
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
    )
