"""Decoders for several layers of both networks, and what survives in what they paint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from cnnlab.evaluation.intervals import Mean, average
from cnnlab.explain.upconvolution.decoders import (
    Budget,
    choose_training_rows,
    decode_features,
    train_decoder,
)
from cnnlab.explain.upconvolution.judges import Recogniser, recognise_people, train_recogniser
from cnnlab.explain.upconvolution.small_images import (
    average_training_face,
    enlarge_images,
    shrink_images,
)
from cnnlab.explain.upconvolution.survival import (
    choose_strangers,
    correlate_colour,
    find_own,
    measure_error,
    measure_shift,
    measure_similarity,
)
from cnnlab.faces.loading import Faces
from cnnlab.faces.sampling import choose_per_class
from cnnlab.networks.features import FixedNetwork, cache_layer_features, fix_trained, fix_vgg16
from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.networks.precision import detect_policy
from cnnlab.networks.training import TrainingResult

LAYERS = {
    "VGG16": ("block2_pool", "block3_pool", "block4_pool", "block5_pool"),
    "Light VGG": ("pool3", "pool5"),
}
"""The layers that are inverted, by the title of their network, from shallow to deep."""

IMAGE, DECODED, STRANGER, MEAN_FACE = "image", "decoded", "another face's features", "mean face"
"""The pictures that are measured."""

ERROR, SIMILARITY, COLOUR = "error", "SSIM", "colour"
SHIFT, OWN, PERSON, EXPRESSION = "shift", "own image", "person", "expression"
"""The figures of merit; an expression's is followed by its judge."""
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
        recogniser: of people, or None where it is not known who is seen.
        sharp_judge: of expressions, trained on small training images.
    """

    rows: np.ndarray
    labels: np.ndarray
    identities: np.ndarray | None
    images: np.ndarray
    strangers: np.ndarray
    mean_face: np.ndarray
    recogniser: Recogniser | None
    sharp_judge: Recogniser


@dataclass(frozen=True)
class Inversion:
    """A layer and what its decoder paints of unseen faces.

    Attributes:
        network: title of the network.
        layer: name of the layer.
        decoder: its training.
        pictures: (n, 64, 64, 3) float32 in [0, 1].
        judge: of expressions, trained on what the decoder paints of training images.
    """

    network: str
    layer: str
    decoder: TrainingResult
    pictures: np.ndarray
    judge: Recogniser


def fix_networks(light_vgg: TrainedNetwork) -> list[FixedNetwork]:
    """Return the networks of ``LAYERS``: VGG16 with ImageNet's weights, and a light VGG."""
    trained = fix_trained(light_vgg.title, "light-vgg", light_vgg.model, light_vgg.folder)
    return [fix_vgg16(detect_policy()), trained]


def choose_unseen(faces: Faces, per_class: int, seed: int) -> UnseenFaces:
    """Choose images of Validation/, and prepare what they are measured with.

    Args:
        faces: the data.
        per_class: images a class at most.
        seed: of the choice of images and of strangers.
    """
    rows = np.concatenate(choose_per_class(faces.labels, faces.split.validation, per_class, seed))
    everybody = faces.dataset.identities
    identities = None if everybody is None else everybody[rows]
    learned = choose_training_rows(faces, seed)
    training = shrink_images(faces.images[learned])
    return UnseenFaces(
        rows=rows,
        labels=faces.labels[rows],
        identities=identities,
        images=shrink_images(faces.images[rows]),
        strangers=choose_strangers(identities, len(rows), seed),
        mean_face=average_training_face(faces),
        recogniser=None if everybody is None else train_recogniser(training, everybody[learned]),
        sharp_judge=train_recogniser(training, faces.labels[learned]),
    )


def invert_layer(
    faces: Faces,
    network: FixedNetwork,
    layer: str,
    decoder: TrainingResult,
    unseen: UnseenFaces,
    seed: int,
) -> Inversion:
    """Paint the unseen faces by a trained decoder, and train a judge of what it paints.

    Args:
        faces: the data.
        network: whose features.
        layer: in which layer.
        decoder: trained on them.
        unseen: what is painted.
        seed: that the decoder was trained with.
    """
    learned = choose_training_rows(faces, seed)
    painted, seen = (
        decode_features(
            decoder.model, cache_layer_features(faces, rows, network, layer), unseen.mean_face
        )
        for rows in (unseen.rows, learned)
    )
    judge = train_recogniser(seen, faces.labels[learned])
    return Inversion(network.title, layer, decoder, painted, judge)


def invert_layers(
    faces: Faces,
    networks: Sequence[FixedNetwork],
    unseen: UnseenFaces,
    budget: Budget,
    seed: int,
) -> list[Inversion]:
    """Train a decoder for each of ``LAYERS`` and paint the unseen faces.

    Args:
        faces: the data.
        networks: whose titles are among ``LAYERS``.
        unseen: what is painted.
        budget: of each decoder.
        seed: of weights and order.
    """
    return [
        invert_layer(
            faces,
            network,
            layer,
            train_decoder(faces, network, layer, budget, seed=seed),
            unseen,
            seed,
        )
        for network in networks
        for layer in LAYERS[network.title]
    ]


def measure_inversions(
    inversions: Sequence[Inversion],
    unseen: UnseenFaces,
    judges: Mapping[str, keras.Model],
    num_resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Measure what survives in each layer's pictures, and in the baselines'.

    Args:
        inversions: the layers.
        unseen: what they show.
        judges: classifiers of expressions by title: (n, 128, 128, 3) in [0, 1] to logits.
        num_resamples: of the bootstrap; people are resampled where they are known.
        seed: same seed, same intervals.

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
    rows = []
    for key, (pictures, lenient) in painted.items():
        means = _measure(pictures, unseen, judges, lenient, num_resamples, seed)
        rows += [
            (*key, name, each.value, each.low, each.high, each.n) for name, each in means.items()
        ]
    return pd.DataFrame(
        rows,
        columns=["network", "layer", "picture", "figure", "estimate", "low", "high", "n"],
    )


def name_expression(judge: str) -> str:
    """Return the name of the figure of merit "expression" by a judge."""
    return f"{EXPRESSION} by {judge}"


def _measure(
    pictures: np.ndarray,
    unseen: UnseenFaces,
    judges: Mapping[str, keras.Model],
    lenient: Recogniser,
    num_resamples: int,
    seed: int,
) -> dict[str, Mean]:
    images, people = unseen.images, unseen.identities
    values = {
        ERROR: 255 * measure_error(pictures, images),
        SIMILARITY: measure_similarity(pictures, images),
        SHIFT: measure_shift(pictures, images),
        OWN: find_own(pictures, images),
    }
    if unseen.recogniser is not None:
        values[PERSON] = recognise_people(unseen.recogniser, pictures, images, people)
    named = {LENIENT: lenient.classify(pictures)}
    for title, model in judges.items():
        logits = model.predict(enlarge_images(pictures), batch_size=32, verbose=0)
        named[title] = logits.argmax(axis=1)
    for title, classes in named.items():
        values[name_expression(title)] = (classes == unseen.labels).astype(float)
    means = {name: average(value, people, num_resamples, seed) for name, value in values.items()}
    means[COLOUR] = correlate_colour(pictures, images, people, num_resamples, seed)
    return means
