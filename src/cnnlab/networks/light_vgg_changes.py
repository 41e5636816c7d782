"""Changes to the light VGG that its class activation maps argue for, one builder each.

All keep the ten convolutions of the tabled form, and the names of what they give, so that
``conv5_2`` can be explained in every one of them, and all are trained by its recipe. What argues
for which change is in notebook 08.
"""

import keras
import numpy as np

from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import LIGHT_VGG, LIGHT_VGG_AS_TABLED, Architecture
from cnnlab.networks.light_vgg import (
    BLOCK_FILTERS,
    classify_densely,
    convolve_block,
    pool_block,
)
from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.networks.recipes import count_steps
from cnnlab.networks.training import Stopping
from cnnlab.settings import IMAGE_SIZE, Profile

FRAME = 16
"""Pixels along each side of the image that the framed variant does not see."""

ERASED_SHARES = (0.02, 0.2)
"""Smallest and largest share of the image that is erased in training (Zhong et al. 2020)."""

DROPPED_SHARE = 0.5
"""Of the values before the logits, while training."""

MOST_STEPS = 2000
"""Of one training. On many images the profile's epochs would take hours for all variants."""

LAST_BLOCK = len(BLOCK_FILTERS)


@keras.saving.register_keras_serializable("cnnlab")
class Frame(keras.layers.Layer):
    """Paints a frame around each image in middle grey: 0.5 of [0, 1].

    Args:
        width: of the frame in pixels.
        **kwargs: those of every Keras layer.
    """

    def __init__(self, width: int, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape):
        """Prepare the (1, h, w, 1) window that is left."""
        window = np.zeros((1, *input_shape[1:3], 1), np.float32)
        window[:, self.width : -self.width, self.width : -self.width] = 1
        self.window = window

    def call(self, images):
        """Return the framed (n, h, w, c) images."""
        return (images - 0.5) * keras.ops.cast(self.window, images.dtype) + 0.5

    def get_config(self):
        """Return what makes the layer again."""
        return super().get_config() | {"width": self.width}


@keras.saving.register_keras_serializable("cnnlab")
class MirrorDifference(keras.layers.Layer):
    """Adds to maps how far they differ from their own mirror image: |A - mirrored A|."""

    def call(self, maps):
        """Return (n, h, w, 2 k): the (n, h, w, k) maps, and their differences."""
        differences = keras.ops.abs(maps - keras.ops.flip(maps, axis=2))
        return keras.ops.concatenate([maps, differences], axis=-1)


def build_pooled() -> keras.Model:
    """Build the light VGG with global average pooling and one linear layer for a head.

    The result is that of ``light_vgg.build_light_vgg``, as for all builders here.
    Its class activation maps decompose the logits.
    """
    inputs = _input()
    maps = _convolve(inputs)
    return keras.Model(inputs, _classify_averages(maps), name="pooled")


def build_placed() -> keras.Model:
    """Build the light VGG without hidden dense layers: each place has weights of its own.

    Its HiResCAM at ``pool5`` decomposes the logits.
    """
    inputs = _input()
    maps = pool_block(_convolve(inputs), LAST_BLOCK)
    places = keras.layers.Flatten(name="flatten")(maps)
    return keras.Model(inputs, _apply_logits(places), name="placed")


def build_fine() -> keras.Model:
    """Build the pooled variant with last maps of 16x16 cells instead of 8x8.

    The fourth pool is left out and block 5 dilated by 2 instead, so that its kernels span as
    many pixels as before (Yu & Koltun 2016).
    """
    inputs = x = _input()
    for block in range(1, LAST_BLOCK - 1):
        x = pool_block(convolve_block(x, block), block)
    x = convolve_block(x, LAST_BLOCK - 1)
    maps = convolve_block(x, LAST_BLOCK, dilation=2)
    return keras.Model(inputs, _classify_averages(maps), name="fine")


def build_one_sided() -> keras.Model:
    """Build the pooled variant with the maps' mirror differences beside the maps.

    The only expression that is one-sided is contempt.
    """
    inputs = _input()
    maps = MirrorDifference(name="mirror_difference")(_convolve(inputs))
    return keras.Model(inputs, _classify_averages(maps), name="one_sided")


def build_framed() -> keras.Model:
    """Build the light VGG as tabled, blind for a frame of 16 pixels around the image."""
    inputs = _input()
    framed = Frame(FRAME, name="frame")(inputs)
    maps = pool_block(_convolve(framed), LAST_BLOCK)
    return keras.Model(inputs, classify_densely(maps), name="framed")


def build_erased() -> keras.Model:
    """Build the light VGG as tabled, half of its training images with an erased rectangle."""
    inputs = _input()
    maps = pool_block(_convolve(_erase(inputs)), LAST_BLOCK)
    return keras.Model(inputs, classify_densely(maps), name="erased")


def build_normalised() -> keras.Model:
    """Build the pooled variant with batch normalisation in place of the convolutions' biases.

    As the authors have it, but without their noise and dropout.
    """
    inputs = _input()
    maps = _convolve_normalised(inputs)
    return keras.Model(inputs, _classify_averages(maps), name="normalised")


def build_together() -> keras.Model:
    """Build the normalised variant with mirror differences, trained with erased rectangles."""
    inputs = _input()
    maps = _convolve_normalised(_erase(inputs))
    maps = MirrorDifference(name="mirror_difference")(maps)
    return keras.Model(inputs, _classify_averages(maps), name="together")


def build_placed_normalised() -> keras.Model:
    """Build the placed variant with batch normalisation, as the normalised one has it."""
    inputs = _input()
    maps = pool_block(_convolve_normalised(inputs), LAST_BLOCK)
    places = keras.layers.Flatten(name="flatten")(maps)
    return keras.Model(inputs, _apply_logits(places), name="placed_normalised")


def build_placed_normalised_dropout() -> keras.Model:
    """Build the placed, normalised variant, half of whose last values are dropped in training.

    As the authors do behind their dense layers (Srivastava et al. 2014).
    """
    inputs = _input()
    maps = pool_block(_convolve_normalised(inputs), LAST_BLOCK)
    places = keras.layers.Flatten(name="flatten")(maps)
    places = keras.layers.Dropout(DROPPED_SHARE, name="dropout")(places)
    return keras.Model(inputs, _apply_logits(places), name="placed_normalised_dropout")


ORIGINAL = LIGHT_VGG_AS_TABLED
CHANGED = tuple(
    Architecture(title, f"light-vgg-{title.replace(' ', '-')}", build, LIGHT_VGG)
    for title, build in (
        ("pooled", build_pooled),
        ("placed", build_placed),
        ("fine", build_fine),
        ("one-sided", build_one_sided),
        ("framed", build_framed),
        ("erased", build_erased),
        ("normalised", build_normalised),
        ("together", build_together),
        ("placed normalised", build_placed_normalised),
        ("placed normalised dropout", build_placed_normalised_dropout),
    )
)
"""The changed networks, in the order in which notebook 08 argues for them."""


def choose_budget(faces: Faces, profile: Profile) -> Stopping:
    """Return the profile's rule for the light VGG, with no more than ``MOST_STEPS`` steps.

    Args:
        faces: the data.
        profile: how long the light VGG is trained.
    """
    affordable = max(1, MOST_STEPS // count_steps(len(faces.split.training), LIGHT_VGG))
    return Stopping(min(profile.light_vgg_epochs, affordable), profile.patience)


def _input() -> keras.KerasTensor:
    return keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")


def _convolve(x: keras.KerasTensor) -> keras.KerasTensor:
    """Apply all convolutions of the tabled form, and all pools but the last."""
    for block in range(1, LAST_BLOCK):
        x = pool_block(convolve_block(x, block), block)
    return convolve_block(x, LAST_BLOCK)


def _convolve_normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    """As ``_convolve``, with batch normalisation; ``conv1_1`` is again what its ReLU gives."""
    for block, filters in enumerate(BLOCK_FILTERS, 1):
        for index in (1, 2):
            name = f"conv{block}_{index}"
            x = keras.layers.Conv2D(
                filters,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"{name}_linear",
            )(x)
            x = FusedBatchNormalization(name=f"{name}_bn")(x)
            x = keras.layers.ReLU(name=name)(x)
        if block < LAST_BLOCK:
            x = pool_block(x, block)
    return x


def _erase(images: keras.KerasTensor) -> keras.KerasTensor:
    # In float32: bfloat16 does not know all columns of an image apart.
    return keras.layers.RandomErasing(
        factor=(0.5, 0.5),
        scale=ERASED_SHARES,
        fill_value=0.5,
        value_range=(0, 1),
        dtype="float32",
        name="erase",
    )(images)


def _classify_averages(maps: keras.KerasTensor) -> keras.KerasTensor:
    averages = keras.layers.GlobalAveragePooling2D(name="global_average_pool")(maps)
    return _apply_logits(averages)


def _apply_logits(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.Dense(len(CLASSES), dtype="float32", name="logits")(x)
