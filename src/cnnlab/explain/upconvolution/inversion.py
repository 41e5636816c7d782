"""Decoders for several layers of both networks, and what survives in what they paint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.pipeline import Pipeline

from cnnlab.evaluation.intervals import Mean, average
from cnnlab.explain.upconvolution.decoders import (
    average_training_face,
    choose_training_rows,
    enlarge_images,
    paint_difference,
    shrink_images,
)
from cnnlab.explain.upconvolution.survival import (
    choose_strangers,
    correlate_colour,
    find_own,
    measure_error,
    measure_shift,
    recognise_people,
    train_judge,
)
from cnnlab.faces.loading import Faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.networks.devices import FLOAT32, detect_policy
from cnnlab.networks.features import FixedNetwork, cache_layer_features, fix_vgg16
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.training import TrainingResult
from cnnlab.settings import SEED

LAYERS = {
    "VGG16": ("block2_pool", "block3_pool", "block4_pool", "block5_pool"),
    "Light VGG": ("pool3", "pool5"),
}
"""The layers that are inverted, by the title of their network, from shallow to deep."""

IMAGE, DECODED, STRANGER, MEAN_FACE = "image", "decoded", "another face's features", "mean face"
"""The pictures that are measured."""

ERROR, SIMILARITY, COLOUR = "error", "SSIM", "colour"
SHIFT, OWN, PERSON = "shift", "own image", "person"
"""The figures of merit; beside them ``expression by`` and a judge."""
LENIENT = "Fisherfaces"
"""The judge of expressions that learned from pictures of the same kind."""


@dataclass(frozen=True)
class UnseenFaces:
    """Images of Validation/ that no decoder was trained or chosen on.

    Attributes:
        rows: (n,) rows of the faces.
        labels: (n,) their classes.
        identities: (n,) who is seen, or None.
        images: (n, 64, 64, 3) float32 in [0, 1].
        strangers: (n,) for each the position of another face.
        mean_face: (64, 64, 3), of the training images.
        judge_of_people: or None where it is not known who is seen.
        sharp_judge: of expressions, trained on small training images.
    """

    rows: np.ndarray
    labels: np.ndarray
    identities: np.ndarray | None
    images: np.ndarray
    strangers: np.ndarray
    mean_face: np.ndarray
    judge_of_people: Pipeline | None
    sharp_judge: Pipeline


@dataclass(frozen=True)
class Inversion:
    """A layer and what its decoder paints of unseen faces.

    Attributes:
        network: title of the network.
        layer: name of the layer.
        pictures: (n, 64, 64, 3) float32 in [0, 1].
        judge: of expressions, trained on what the decoder paints of training images.
    """

    network: str
    layer: str
    pictures: np.ndarray
    judge: Pipeline


def fix_networks(light_vgg: TrainedNetwork) -> list[FixedNetwork]:
    """Return the networks of ``LAYERS``: VGG16 with ImageNet's weights, and a light VGG."""
    title, digest = light_vgg.title, light_vgg.digest
    trained = FixedNetwork(title, "light-vgg", digest, FLOAT32, lambda: light_vgg.model)
    return [fix_vgg16(detect_policy()), trained]


def choose_unseen(faces: Faces, per_class: int) -> UnseenFaces:
    """Choose images of Validation/, and prepare what they are measured with.

    Args:
        faces: the data.
        per_class: images a class at most.
    """
    rows = np.concatenate(choose_per_class(faces.labels, faces.split.validation, per_class, SEED))
    everybody = faces.dataset.identities
    identities = None if everybody is None else everybody[rows]
    learned = choose_training_rows(faces)
    training = shrink_images(faces.images[learned])
    return UnseenFaces(
        rows=rows,
        labels=faces.labels[rows],
        identities=identities,
        images=shrink_images(faces.images[rows]),
        strangers=choose_strangers(identities, len(rows)),
        mean_face=average_training_face(faces),
        judge_of_people=None if everybody is None else train_judge(training, everybody[learned]),
        sharp_judge=train_judge(training, faces.labels[learned]),
    )


def invert_layer(
    faces: Faces, network: FixedNetwork, layer: str, decoder: TrainingResult, unseen: UnseenFaces
) -> Inversion:
    """Paint the unseen faces by a trained decoder, and train a judge of what it paints.

    Args:
        faces: the data.
        network: whose features.
        layer: in which layer.
        decoder: trained on them.
        unseen: what is painted.
    """

    def paint(rows: np.ndarray) -> np.ndarray:
        features = cache_layer_features(faces, rows, network, layer)
        return np.clip(unseen.mean_face + paint_difference(decoder.model, features), 0, 1)

    learned = choose_training_rows(faces)
    judge = train_judge(paint(learned), faces.labels[learned])
    return Inversion(network.title, layer, paint(unseen.rows), judge)


def measure_inversions(
    inversions: Sequence[Inversion],
    unseen: UnseenFaces,
    judge: TrainedNetwork,
    num_resamples: int,
) -> pd.DataFrame:
    """Measure what survives in each layer's pictures, and in the baselines'.

    Args:
        inversions: the layers.
        unseen: what they show.
        judge: of expressions, trained on sharp images of full size.
        num_resamples: of the bootstrap; people are resampled where they are known.

    Returns:
        Columns network, layer (both empty for the image itself and the mean face), picture,
        figure, estimate, low, high (95% interval, not a number with too few people), n.
    """
    everywhere = np.repeat(unseen.mean_face[None], len(unseen.rows), axis=0)
    painted = {
        ("", "", IMAGE): (unseen.images, unseen.sharp_judge),
        ("", "", MEAN_FACE): (everywhere, unseen.sharp_judge),
    }
    for each in inversions:
        strangers = each.pictures[unseen.strangers]
        painted[each.network, each.layer, DECODED] = (each.pictures, each.judge)
        painted[each.network, each.layer, STRANGER] = (strangers, each.judge)
    rows = [
        (*key, figure, mean.value, mean.low, mean.high, mean.n)
        for key, (pictures, lenient) in painted.items()
        for figure, mean in _measure(pictures, unseen, judge, lenient, num_resamples).items()
    ]
    columns = ["network", "layer", "picture", "figure", "estimate", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def _measure(
    pictures: np.ndarray,
    unseen: UnseenFaces,
    judge: TrainedNetwork,
    lenient: Pipeline,
    num_resamples: int,
) -> dict[str, Mean]:
    images, people = unseen.images, unseen.identities
    values = {
        ERROR: 255 * measure_error(pictures, images),
        # Wang et al. (2004), with their window of 11 pixels.
        SIMILARITY: tf.image.ssim(pictures, images, max_val=1.0).numpy(),
        SHIFT: measure_shift(pictures, images),
        OWN: find_own(pictures, images),
    }
    if unseen.judge_of_people is not None:
        values[PERSON] = recognise_people(unseen.judge_of_people, pictures, images, people)
    logits = judge.model.predict(enlarge_images(pictures), verbose=0)
    for name, named in ((judge.title, logits.argmax(axis=1)), (LENIENT, lenient.predict(pictures))):
        values[f"expression by {name}"] = (named == unseen.labels).astype(float)
    means = {name: average(value, people, num_resamples, SEED) for name, value in values.items()}
    means[COLOUR] = correlate_colour(pictures, images, people, num_resamples)
    return means
