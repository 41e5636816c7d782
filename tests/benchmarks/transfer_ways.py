"""One run of VGG16's transfer, ours or the usual way, in a process of its own.

``python transfer_ways.py ours|usual N accuracy`` trains on N rendered images a class and prints
as its last line what ``bench_transfer`` reads: when which development accuracy was reached. The
usual way ends as soon as it reaches the accuracy that is given. An epoch is given by the stage that
it belongs to, seconds, and accuracy.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from cnnlab import paths

VALIDATION_PER_CLASS = 4
"""Validation/ is not looked at; the reader wants some."""


class Timeline(keras.callbacks.Callback):
    """Notes the time and the development accuracy after each epoch; stops at an accuracy."""

    def __init__(self, begun: float, accuracy: float) -> None:
        super().__init__()
        self.begun, self.accuracy, self.epochs, self.stage = begun, accuracy, [], ""

    def on_epoch_end(self, epoch, logs=None):
        seconds, reached = time.perf_counter() - self.begun, logs["val_accuracy"]
        self.epochs.append((self.stage, seconds, reached))
        print(f"usual way, {self.stage}: {seconds:.0f} s, {reached:.3f}", flush=True)
        if self.is_there():
            self.model.stop_training = True

    def is_there(self) -> bool:
        return bool(self.epochs) and self.epochs[-1][2] >= self.accuracy


def train_our_way(per_class: int, root: Path) -> list[tuple[str, float, float]]:
    """Everything from nothing but files and ImageNet's weights: decoding, features, training."""
    # Before the modules that keep caches are imported: none of this checkout's is to be found.
    paths.DECODED, paths.FEATURES, paths.TRAINED = (
        root / name for name in ("decoded", "features", "trained")
    )
    from cnnlab.faces.loading import prepare_faces, render_faces
    from cnnlab.networks.transfer import list_stages, train_vgg16
    from cnnlab.settings import current_profile

    dataset = render_faces(per_class, VALIDATION_PER_CLASS)
    begun = time.perf_counter()
    faces = prepare_faces(dataset)
    ends = []
    stages = list_stages(current_profile())
    # The second goes on where the first ends.
    for some in (stages[:2], stages):
        history = train_vgg16(faces, stages=some).history
        ends.append(time.perf_counter() - begun)
    last = history["stage"] == stages[-1].title
    # All that is no epoch counts as if it came before the first one of its training.
    rest = np.array(ends) - [history.loc[~last, "seconds"].sum(), history["seconds"].sum()]
    seconds = history["seconds"].cumsum() + np.where(last, rest[1], rest[0])
    return list(zip(history["stage"], seconds, history["val_accuracy"], strict=True))


def train_usual_way(per_class: int, accuracy: float) -> list[tuple[str, float, float]]:
    """The head alone, then block 5 with it, then block 4; all layers run for every picture."""
    from usual_way import development_generator, training_generator

    from cnnlab.faces.loading import prepare_faces, render_faces
    from cnnlab.networks.recipes import compile_network, weigh_classes
    from cnnlab.networks.training import Stopping
    from cnnlab.networks.transfer import list_stages
    from cnnlab.networks.vgg16 import build_vgg16_classifier
    from cnnlab.settings import SEED, current_profile

    faces, profile = prepare_faces(render_faces(per_class, VALIDATION_PER_CLASS)), current_profile()
    keras.utils.set_random_seed(SEED)
    timeline = Timeline(time.perf_counter(), accuracy)
    model = build_vgg16_classifier()
    for stage in list_stages(profile):
        timeline.stage, recipe, epochs = stage.title, stage.recipe, stage.epochs
        stage.freeze(model)
        training = Stopping(epochs, profile.patience)
        compile_network(model, recipe, training, len(faces.split.training))
        stopping = keras.callbacks.EarlyStopping(
            patience=profile.patience, restore_best_weights=True
        )
        if not timeline.is_there():
            model.fit(
                training_generator(faces, recipe.augmentation, recipe.batch_size, SEED),
                validation_data=development_generator(faces, recipe.batch_size),
                epochs=epochs,
                class_weight=weigh_classes(faces, recipe),
                callbacks=[timeline, stopping],
                verbose=0,
            )
    return timeline.epochs


def main() -> None:
    way, per_class, accuracy = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if way == "ours":
        with tempfile.TemporaryDirectory(dir=paths.DATA) as root:
            epochs = train_our_way(per_class, Path(root))
    else:
        epochs = train_usual_way(per_class, accuracy)
    print(json.dumps(epochs))


# The renderer's processes import this file too.
if __name__ == "__main__":
    main()
