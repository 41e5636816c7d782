"""Training of the light VGG against the usual way, in images a second: part of ``make bench``.

Both train the same network on the same rendered images from the disk, with augmentation. The two
take turns in one process, so that what slows the machine down slows both.
"""

import statistics
import time

import keras
import numpy as np
import pytest
from usual_way import training_generator

from cnnlab.faces.loading import prepare_faces, render_faces
from cnnlab.faces.pipeline import training_batches
from cnnlab.networks.devices import MIXED_BFLOAT16, detect_policy, use_policy
from cnnlab.networks.from_scratch import LIGHT_VGG
from cnnlab.networks.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation
from cnnlab.networks.training import make_reproducible
from cnnlab.settings import SEED, current_profile
from cnnlab.studies.training_speed import with_composed_normalisation

PER_CLASS = {"smoke": 10, "default": 40, "full": 150}
ROUNDS = 5


def build_usual_authors_form():
    return with_composed_normalisation(build_light_vgg_with_batch_normalisation())


FORMS = {
    "tabled": (build_light_vgg, build_light_vgg, 2.0),
    "authors'": (build_light_vgg_with_batch_normalisation, build_usual_authors_form, 1.5),
}
"""How we build it, how it is built as usual, and the least ratio where bfloat16 is computed."""


@pytest.fixture(scope="module")
def faces():
    return prepare_faces(render_faces(PER_CLASS[current_profile().name], 4))


def compile_classifier(model):
    model.compile(
        keras.optimizers.Adam(LIGHT_VGG.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@pytest.mark.parametrize("form", FORMS)
def test_images_a_second(form, faces):
    build, build_usual, least = FORMS[form]
    rows = faces.split.training
    make_reproducible(SEED)
    with use_policy(detect_policy()):
        ours = compile_classifier(build())
    usual = compile_classifier(build_usual())
    generator = training_generator(faces, LIGHT_VGG.augmentation, LIGHT_VGG.batch_size, SEED)

    def our_batches(epoch):
        return training_batches(
            faces.images,
            faces.labels,
            rows,
            LIGHT_VGG.augmentation,
            LIGHT_VGG.batch_size,
            SEED,
            epoch,
        )

    speeds = []
    for epoch in range(1 + ROUNDS):
        pair = []
        for model, batches in ((ours, our_batches(epoch)), (usual, generator)):
            begun = time.perf_counter()
            model.fit(batches, shuffle=False, verbose=0)
            pair.append(len(rows) / (time.perf_counter() - begun))
        speeds.append(pair)
    # The first round builds the graphs.
    ratio = statistics.median(mine / theirs for mine, theirs in speeds[1:])
    mine, theirs = np.median(speeds[1:], axis=0)
    print(
        f"\n  light VGG, {form} form, {len(rows)} images an epoch: {mine:.0f} images/s in "
        f"{detect_policy()}, {theirs:.0f} the usual way; {ratio:.1f} times (median of "
        f"{ROUNDS} rounds)"
    )
    # Smoke has two or three steps an epoch, and float32 is what others use as well.
    assert ratio >= least or detect_policy() != MIXED_BFLOAT16 or not current_profile().must_learn
