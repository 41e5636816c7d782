"""The three networks of Hewitt & Gunes (2018), section III, trained by one recipe.

Their VGG variant is in ``light_vgg``; here are the other two and what all are trained by.
"""

import keras

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import Architecture, TrainedNetwork, train_network
from cnnlab.networks.light_vgg import (
    apply_logits,
    build_authors_form,
    build_light_vgg_with_batch_normalisation,
)
from cnnlab.networks.normalisation import FusedBatchNormalization, replace_layers
from cnnlab.networks.recipes import Recipe
from cnnlab.networks.training import Stopping
from cnnlab.settings import IMAGE_SIZE, SEED, Profile


def build_light_alexnet() -> keras.Model:
    """Build the authors' AlexNet variant: 3,464,952 parameters for 8 classes.

    One convolution a block, of 9, 7, 5, 3 and 3 pixels, each followed by a pool; the rest as in
    ``light_vgg.build_authors_form``.
    """
    return build_authors_form(((9,), (7,), (5,), (3,), (3,)), "light_alexnet")


def build_light_mobilenet() -> keras.Model:
    """Build the authors' MobileNet variant: 3,237,064 parameters for 8 classes.

    Keras's MobileNet of width 1 without its top (Howard et al. 2017, arXiv 1704.04861), random
    weights, its average over places, dropout 0.3 and one dense layer.
    """
    base = keras.applications.MobileNet(
        input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), include_top=False, weights=None, pooling="avg"
    )
    base = replace_layers(
        base, keras.layers.BatchNormalization, FusedBatchNormalization.from_config
    )
    x = keras.layers.Dropout(0.3, name="dropout")(base.output)
    return keras.Model(base.input, apply_logits(x), name="light_mobilenet")


# One recipe for all, with the authors' learning rate.
FAMILY_RECIPE = Recipe(1e-3, 64, Augmentation(), weight_decay=1e-4)
FAMILY = tuple(
    Architecture(f"{title} variant", name, build, FAMILY_RECIPE)
    for title, name, build in (
        ("AlexNet", "light-alexnet", build_light_alexnet),
        ("VGG", "light-vgg-bn", build_light_vgg_with_batch_normalisation),
        ("MobileNet", "light-mobilenet", build_light_mobilenet),
    )
)


def train_variant(architecture: Architecture, faces: Faces, profile: Profile) -> TrainedNetwork:
    """Train one of ``FAMILY`` from scratch; or return it when that was done before.

    Noise and batch statistics keep the development loss above that of chance for many epochs, so
    training does not stop early; the weights with the lowest development loss are kept.

    Args:
        architecture: which.
        faces: the data; Validation/ is not looked at.
        profile: how long.
    """
    stopping = Stopping(profile.family_epochs, patience=profile.family_epochs)
    return train_network(architecture, faces, stopping, SEED)
